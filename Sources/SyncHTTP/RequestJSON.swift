import Foundation
import Hummingbird
import NIOCore

extension Request {
  /// What the body says, which is JSON.
  ///
  /// - Throws: ``APIError`` that names the field that is wrong; `Body`'s own errors.
  func jsonBody<Body: Decodable>(_ type: Body.Type = Body.self, upTo bytesMax: Int = 64 << 10) async throws -> Body {
    let bytes: ByteBuffer
    do {
      bytes = try await body.collect(upTo: bytesMax)
    } catch is NIOTooManyBytesError {
      throw APIError(.contentTooLarge, "a body has at most \(bytesMax) bytes")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
    } catch let error as DecodingError {
      throw APIError(.invalidBody, RequestJSON.description(of: error))
    }
  }
}

/// What is wrong with JSON that came with a request.
private enum RequestJSON {
  static func description(of error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "`\(path(context.codingPath + [key]))` is missing"
    case .valueNotFound(_, let context): "`\(path(context.codingPath))` is null: leave it out where there is none"
    case .typeMismatch(let type, let context) where context.codingPath.isEmpty:
      "the body is not \(name(of: type)) in JSON"
    case .typeMismatch(let type, let context): "`\(path(context.codingPath))` is not \(name(of: type))"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      "the body is no JSON, or has a number that is too large"
    case .dataCorrupted(let context): "`\(path(context.codingPath))`: \(context.debugDescription)"
    @unknown default: "the body cannot be read"
    }
  }

  private static func path(_ path: [any CodingKey]) -> String {
    path.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }.joined(separator: ".")
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is Int64.Type, is Int.Type: "a whole number"
    case is [Any].Type: "an array"
    default: "an object"
    }
  }
}

/// The name of any field.
private struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// Refuses fields that mean nothing here: whoever mistypes one is to hear of it.
  func refuseFields<Key: CodingKey & CaseIterable>(besides keys: Key.Type) throws {
    let known = Set(keys.allCases.map(\.stringValue))
    let container = try container(keyedBy: FieldName.self)
    guard
      let unknown = container.allKeys.filter({ !known.contains($0.stringValue) }).min(by: {
        $0.stringValue < $1.stringValue
      })
    else { return }
    throw DecodingError.dataCorruptedError(
      forKey: unknown, in: container,
      debugDescription: "there is no such field, but \(known.sorted().joined(separator: ", "))")
  }
}
