import Foundation
import Hummingbird
import NIOCore
import SyncNode

extension Request {
  func parameter(_ name: Substring) -> String? { uri.queryParameters[name].map { String($0) } }

  func requiredParameter(_ name: Substring) throws -> String {
    guard let value = parameter(name) else {
      throw HTTPError(.badRequest, message: "the parameter `\(name)` is missing")
    }
    return value
  }

  func numericParameter(_ name: Substring) throws -> Int64? {
    guard let text = parameter(name) else { return nil }
    guard let number = Int64(text), number >= 0 else {
      throw HTTPError(.badRequest, message: "the parameter `\(name)` is a number, 0 or more")
    }
    return number
  }

  /// What the body says, in JSON.
  ///
  /// - Throws: ``HTTPError`` when it is longer, or is not what it should be: with the place where.
  func json<Value: Decodable>(bytesMax: Int) async throws -> Value {
    let body = try await body.collect(upTo: bytesMax)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(body.readableBytesView))
    } catch let error as DecodingError {
      throw HTTPError(.badRequest, message: error.told)
    } catch {
      throw HTTPError(.badRequest, message: "\(error)")
    }
  }

  /// Up to where a history is asked for; nil for all of it.
  func moment() throws -> StoreReader.Moment? {
    switch (try numericParameter("update"), try numericParameter("time")) {
    case (nil, nil): nil
    case (let update?, nil): .update(update)
    case (nil, let milliseconds?): .time(milliseconds: milliseconds)
    default: throw HTTPError(.badRequest, message: "`update` and `time` exclude each other")
    }
  }
}

extension Response {
  init(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var body = ByteBuffer(bytes: try encoder.encode(value))
    body.writeString("\n")
    self.init(
      status: .ok, headers: [.contentType: "application/json; charset=utf-8"], body: .init(byteBuffer: body))
  }
}

extension DecodingError {
  /// What is wrong with JSON, for whoever wrote it.
  fileprivate var told: String {
    let (context, reason): (Context, String) =
      switch self {
      case .keyNotFound(let key, let context): (context, "`\(key.stringValue)` is missing")
      case .typeMismatch(let type, let context): (context, "this is no \(type)")
      case .valueNotFound(_, let context): (context, "this is null")
      case .dataCorrupted(let context):
        (context, context.codingPath.isEmpty ? "this is no JSON" : context.debugDescription)
      @unknown default: (Context(codingPath: [], debugDescription: ""), "this cannot be read")
      }
    let path = context.codingPath.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: "/")
    return path.isEmpty ? reason : "at \(path): \(reason)"
  }
}
