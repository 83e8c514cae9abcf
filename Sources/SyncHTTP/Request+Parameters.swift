import Foundation
import Hummingbird
import NIOCore
import SyncNode

extension Request {
  /// A parameter of the query, the first of its name. A `+` is a space, as in forms.
  ///
  /// - Throws: ``APIError`` for what is no text.
  func parameter(_ name: String) throws -> String? {
    for part in (uri.query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      guard part[..<end].elementsEqual(name.utf8) else { continue }
      let text = String(decoding: part[end...].dropFirst(), as: UTF8.self).replacing("+", with: " ")
      guard let value = text.removingPercentEncoding else {
        throw APIError(.invalidParameter, "the parameter `\(name)` is not percent-encoded UTF-8")
      }
      return value
    }
    return nil
  }

  func requiredParameter(_ name: String) throws -> String {
    guard let value = try parameter(name) else {
      throw APIError(.missingParameter, "the parameter `\(name)` is missing")
    }
    return value
  }

  func numericParameter(_ name: String) throws -> Int64? {
    guard let text = try parameter(name) else { return nil }
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
