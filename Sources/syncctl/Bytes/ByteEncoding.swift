import ArgumentParser
import Foundation

/// How bytes are written into a file.
enum ByteEncoding: String, CaseIterable, ExpressibleByArgument {
  case raw, hex, base64

  /// The bytes that a text stands for, whose white space does not count; nil when it stands for none.
  ///
  /// Base64 may be that of URLs, and its padding may be missing.
  func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
    switch self {
    case .raw: return Array(text)
    case .hex: return Self.bytes(ofHexadecimal: text.filter { !Self.isSpace($0) })
    case .base64: return Self.bytes(ofBase64: text.filter { !Self.isSpace($0) })
    }
  }

  private static func bytes(ofHexadecimal digits: [UInt8]) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(ofDigit: digits[index]), let low = value(ofDigit: digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func bytes(ofBase64 letters: [UInt8]) -> [UInt8]? {
    var letters = letters.map { letter in
      switch letter {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: letter
      }
    }
    while !letters.count.isMultiple(of: 4) { letters.append(UInt8(ascii: "=")) }
    return Data(base64Encoded: Data(letters)).map { [UInt8]($0) }
  }

  /// The text that stands for bytes, in one line.
  func text(of bytes: [UInt8]) -> String {
    switch self {
    case .raw: String(decoding: bytes, as: UTF8.self)
    case .hex: bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    case .base64: Data(bytes).base64EncodedString()
    }
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
