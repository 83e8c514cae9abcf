import Foundation
import Hummingbird
import NIOCore
import SyncNode

extension Request {
  func parameter(_ name: Substring) -> String? { uri.queryParameters[name].map { String($0) } }

  func requiredParameter(_ name: Substring) throws -> String {
    guard let value = parameter(name) else {
      throw APIError(.missingParameter, "the parameter `\(name)` is missing")
    }
    return value
  }

  func numericParameter(_ name: Substring) throws -> Int64? {
    guard let text = parameter(name) else { return nil }
    guard let number = Int64(text), number >= 0 else {
      throw APIError(.invalidParameter, "the parameter `\(name)` is a number, 0 or more")
    }
    return number
  }

  /// Up to where a history is asked for; nil for all of it.
  func moment() throws -> StoreReader.Moment? {
    switch (try numericParameter("update"), try numericParameter("time")) {
    case (nil, nil): nil
    case (let update?, nil): .update(update)
    case (nil, let milliseconds?): .time(milliseconds: milliseconds)
    default: throw APIError(.badRequest, "`update` and `time` exclude each other")
    }
  }
}

extension Response {
  init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var body = ByteBuffer(bytes: try encoder.encode(value))
    body.writeString("\n")
    self.init(
      status: status, headers: [.contentType: "application/json; charset=utf-8"], body: .init(byteBuffer: body))
  }
}
