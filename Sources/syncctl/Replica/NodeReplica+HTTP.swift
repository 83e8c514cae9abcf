import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SyncHTTP
import SyncNode

/// What a relay answers over HTTP.
extension NodeReplica {
  /// What came of a request.
  private enum Answer<Result> {
    case content(Result)
    case refusal(status: UInt, body: Data)
  }

  /// How long an answer may take to begin, and to go on.
  private static let answerTimeout = TimeAmount.seconds(60)
  /// The most bytes that an answer may have, one that refuses, and a line.
  private static let answerBytesMax = 1 << 30
  private static let refusalBytesMax = 1 << 16
  private static let lineBytesMax = 1 << 24

  /// What is at a path.
  ///
  /// - Throws: ``Failure``, also when the relay says that it is not there.
  func page<Value: Decodable>(_ path: String, _ query: [(name: String, value: String)] = []) async throws -> Value {
    guard let value: Value = try await get(path, query) else { throw notRelay }
    return value
  }

  /// What is at a path; nil when the relay says that it is not there.
  func get<Value: Decodable>(_ path: String, _ query: [(name: String, value: String)] = []) async throws -> Value? {
    try await wholeAnswer(to: request(path, query)).map { try decode($0) }
  }

  /// What comes of a request that asks for something to be done.
  func post<Value: Decodable>(
    _ path: String, _ query: [(name: String, value: String)], _ content: some Encodable
  ) async throws -> Value {
    guard let answer = try await wholeAnswer(to: request(path, query, content)) else { throw notRelay }
    return try decode(answer)
  }

  /// Asks for something to be done of which nothing is to be told.
  func tell(_ path: String, _ query: [(name: String, value: String)], _ content: some Encodable) async throws {
    guard try await wholeAnswer(to: request(path, query, content)) != nil else { throw notRelay }
  }

  private func request(_ path: String, _ query: [(name: String, value: String)]) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: address.page(path, query))
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    return request
  }

  private func request(
    _ path: String, _ query: [(name: String, value: String)], _ content: some Encodable
  ) throws -> HTTPClientRequest {
    var request = request(path, query)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(content)))
    return request
  }

  private func wholeAnswer(to request: HTTPClientRequest) async throws -> Data? {
    try await answer(to: request) { body in
      Data(try await body.collect(upTo: NodeReplica.answerBytesMax).readableBytesView)
    }
  }

  /// Hands over what is at a path, line by line as it comes.
  func forEachLine<Value: Decodable>(at path: String, _ body: (Value) throws -> Void) async throws {
    let isThere: Void? = try await answer(to: request(path, [])) { content in
      var line = Data()
      for try await buffer in content {
        for byte in buffer.readableBytesView {
          guard byte == UInt8(ascii: "\n") else {
            guard line.count < NodeReplica.lineBytesMax else { throw notRelay }
            line.append(byte)
            continue
          }
          try body(try decode(line))
          line.removeAll()
        }
      }
    }
    guard isThere != nil else { throw notRelay }
  }

  private func decode<Value: Decodable>(_ body: Data) throws -> Value {
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      return try decoder.decode(Value.self, from: body)
    } catch {
      throw notRelay
    }
  }

  var notRelay: Failure { Failure(.unreachable, "\(place) is no relay, or one of another version") }

  /// What `read` makes of an answer; nil when the relay says that there is nothing.
  private func answer<Result>(
    to request: HTTPClientRequest, _ read: (HTTPClientResponse.Body) async throws -> Result
  ) async throws -> Result? {
    var configuration = HTTPClient.Configuration(
      timeout: .init(connect: .seconds(10), read: NodeReplica.answerTimeout))
    // Who asks wants to know at once, and not after tries for as long.
    configuration.connectionPool.retryConnectionEstablishment = false
    if let trustRootsFile {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(trustRootsFile)
      configuration.tlsConfiguration = tls
    }
    let http = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    let answer = await Swift.Result { try await self.answer(to: request, by: http, read) }
    try await http.shutdown()
    switch try answer.get() {
    case .content(let result): return result
    case .refusal(404, let body) where NodeReplica.reason(in: body) != nil: return nil
    case .refusal(404, _): throw notRelay
    case .refusal(let status, let body):
      let reason = NodeReplica.reason(in: body) ?? "status \(status)"
      let isRefused = [400, 401, 403, 413, 429].contains(status)
      throw isRefused
        ? Failure(.refused, "\(place) refuses it: \(reason)") : Failure(.unreachable, "\(place) says: \(reason)")
    }
  }

  private func answer<Result>(
    to request: HTTPClientRequest, by http: HTTPClient, _ read: (HTTPClientResponse.Body) async throws -> Result
  ) async throws -> Answer<Result> {
    do {
      let response = try await http.execute(request, timeout: NodeReplica.answerTimeout)
      guard (200..<300).contains(response.status.code) else {
        let body = try await response.body.collect(upTo: NodeReplica.refusalBytesMax)
        return .refusal(status: response.status.code, body: Data(body.readableBytesView))
      }
      return .content(try await read(response.body))
    } catch let error as Failure {
      throw error
    } catch let error as HTTPClientError where error == .remoteConnectionClosed {
      throw Failure(.unreachable, "cannot connect to \(place): the server ended the connection")
    } catch {
      throw Failure(.unreachable, "cannot connect to \(place): \(DialError(connecting: error, to: address.host))")
    }
  }

  /// What a relay says of a failure.
  private static func reason(in body: Data) -> String? {
    struct Answer: Decodable {
      struct Problem: Decodable { let message: String }
      let error: Problem
    }
    return (try? JSONDecoder().decode(Answer.self, from: body))?.error.message
  }
}

extension Result where Failure == any Error {
  /// What an asynchronous `body` comes to.
  fileprivate init(_ body: () async throws -> Success) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
