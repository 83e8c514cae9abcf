/// JSON text as values, for content that Yjs stores as JSON: embeds, formats, and arrays from before version 13.
enum JSONText {
  /// The value that a text means; `undefined` when it is not JSON. Yjs writes `undefined` for that value itself.
  static func value(_ text: UnsafeRawBufferPointer) -> Value {
    var parser = Parser(text: text)
    parser.skipSpace()
    guard let value = parser.readValue(depth: 0) else { return .undefined }
    parser.skipSpace()
    return parser.position == text.count ? value : .undefined
  }

  private struct Parser {
    let text: UnsafeRawBufferPointer
    var position = 0

    private var next: UInt8? { position < text.count ? text[position] : nil }

    mutating func skipSpace() {
      while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    private mutating func skip(_ word: StaticString) -> Bool {
      guard position + word.utf8CodeUnitCount <= text.count else { return false }
      for index in 0..<word.utf8CodeUnitCount where text[position + index] != word.utf8Start[index] { return false }
      position += word.utf8CodeUnitCount
      return true
    }

    mutating func readValue(depth: Int) -> Value? {
      guard depth <= ValueCodec.depthMax, let byte = next else { return nil }
      switch byte {
      case UInt8(ascii: "{"): return readObject(depth: depth)
      case UInt8(ascii: "["): return readArray(depth: depth)
      case UInt8(ascii: "\""): return readString().map { .string($0) }
      case UInt8(ascii: "t"): return skip("true") ? .bool(true) : nil
      case UInt8(ascii: "f"): return skip("false") ? .bool(false) : nil
      case UInt8(ascii: "n"): return skip("null") ? .null : nil
      default: return readNumber()
      }
    }

    private mutating func readObject(depth: Int) -> Value? {
      position += 1
      var members: [Value.Member] = []
      skipSpace()
      if skip("}") { return .object([]) }
      while true {
        skipSpace()
        guard next == UInt8(ascii: "\""), let name = readString() else { return nil }
        skipSpace()
        guard skip(":") else { return nil }
        skipSpace()
        guard let value = readValue(depth: depth + 1) else { return nil }
        members.append(Value.Member(name, value))
        skipSpace()
        if skip("}") { return .object(members) }
        guard skip(",") else { return nil }
      }
    }

    private mutating func readArray(depth: Int) -> Value? {
      position += 1
      var elements: [Value] = []
      skipSpace()
      if skip("]") { return .array([]) }
      while true {
        skipSpace()
        guard let value = readValue(depth: depth + 1) else { return nil }
        elements.append(value)
        skipSpace()
        if skip("]") { return .array(elements) }
        guard skip(",") else { return nil }
      }
    }

    private mutating func readString() -> String? {
      position += 1
      var units: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = readEscape() else { return nil }
          units.append(contentsOf: Array(String(Character(scalar)).utf8))
        case 0..<0x20: return nil
        default: units.append(byte)
        }
      }
      return nil
    }

    private mutating func readEscape() -> Unicode.Scalar? {
      guard let byte = next else { return nil }
      position += 1
      switch byte {
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "u"): return readUnicodeEscape()
      default: return nil
      }
    }

    private mutating func readUnicodeEscape() -> Unicode.Scalar? {
      guard let unit = readHex() else { return nil }
      if unit & 0xFC00 == 0xD800 {
        let mark = position
        if skip("\\u"), let low = readHex(), low & 0xFC00 == 0xDC00 {
          return Unicode.Scalar(0x1_0000 + (unit & 0x3FF) << 10 + low & 0x3FF)
        }
        position = mark
      }
      // Half of a pair is no character.
      return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }

    private mutating func readHex() -> UInt32? {
      guard position + 4 <= text.count else { return nil }
      var value: UInt32 = 0
      for _ in 0..<4 {
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
        default: return nil
        }
      }
      return value
    }

    private mutating func readNumber() -> Value? {
      let start = position
      let marks: StaticString = "+-.eE"
      while let byte = next {
        let isMark = (0..<marks.utf8CodeUnitCount).contains { marks.utf8Start[$0] == byte }
        guard isMark || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
        position += 1
      }
      guard position > start else { return nil }
      return Double(String(decoding: text[start..<position], as: UTF8.self)).map { .number($0) }
    }
  }
}
