import Foundation
import NIOCore

/// JSON that came with a request: what is wrong with it is said with the field's name.
enum RequestJSON {
  /// What is wrong with a body.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// - Throws: ``Problem``
  static func decode<Body: Decodable>(_ type: Body.Type, from bytes: ByteBuffer) throws -> Body {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
    } catch let error as DecodingError {
      throw Problem(description: RequestJSON.description(of: error))
    }
  }

  private static func description(of error: DecodingError) -> String {
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
