import CRDT
import Foundation
import Testing

@testable import SyncNode

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What a server answered over HTTP.
struct APIAnswer: CustomStringConvertible {
  let status: Int
  /// Null where there is none.
  let body: Value

  /// What it says of a failure.
  var message: String { body["error"]["message"].stringValue ?? "" }
  var code: String { body["error"]["code"].stringValue ?? "" }
  var description: String { "\(status) \(body.jsonString())" }
}

extension TestServer {
  /// Asks the server's API.
  func ask(
    _ path: String, as token: String? = nil, _ method: String = "GET", _ content: String? = nil
  ) async throws -> APIAnswer {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
    request.httpMethod = method
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    request.httpBody = content.map { Data($0.utf8) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = try #require(response as? HTTPURLResponse).statusCode
    let body = data.isEmpty ? Value.null : try Value(json: String(decoding: data, as: UTF8.self))
    return APIAnswer(status: status, body: body)
  }
}
