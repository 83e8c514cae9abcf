extension JSONText {
  /// The text that `JSON.stringify` makes of a value.
  static func text(of value: Value) -> [UInt8] {
    var writer = ByteWriter(capacity: 32)
    write(value, to: &writer)
    return writer.bytes()
  }

  /// Writes what `JSON.stringify` makes of a value: numbers in JavaScript's notation, members that are whole numbers first,
  /// of a name that is given twice its last value, bytes as an object of their indices.
  ///
  /// What JSON cannot say, `undefined`, NaN and infinity, is null; members that are `undefined` are left out. A big
  /// integer, which JavaScript refuses to write, is its digits.
  static func write(_ value: Value, to writer: inout ByteWriter) {
    switch value {
    case .undefined, .null: writeWord("null", to: &writer)
    case .bool(let bool): writeWord(bool ? "true" : "false", to: &writer)
    case .number(let number):
      if number.isFinite { NumberText.write(number, to: &writer) } else { writeWord("null", to: &writer) }
    case .bigInt(let integer):
      if integer < 0 { writer.writeByte(UInt8(ascii: "-")) }
      NumberText.write(integer.magnitude, to: &writer)
    case .string(let string): write(string, to: &writer)
    case .bytes(let bytes): write(bytes, to: &writer)
    case .array(let elements):
      writer.writeByte(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
        write(element, to: &writer)
      }
      writer.writeByte(UInt8(ascii: "]"))
    case .object(let members): write(members, to: &writer)
    }
  }

  /// Writes an element of an array from before version 13: what is no JSON is `undefined`, as Yjs writes that value.
  static func writeElement(_ text: UnsafeRawBufferPointer, to writer: inout ByteWriter) {
    let value = value(text)
    if case .undefined = value { writeWord("undefined", to: &writer) } else { write(value, to: &writer) }
  }

  /// Whether a text is one of the words that most formats have for a value, written as JavaScript writes it.
  static func isPlainWord(_ text: UnsafeRawBufferPointer) -> Bool {
    for word in ["true", "false", "null", "{}"] as [StaticString] where word.utf8CodeUnitCount == text.count {
      if UnsafeRawBufferPointer(start: word.utf8Start, count: text.count).elementsEqual(text) { return true }
    }
    return false
  }

  /// Whether a text is sure to be what JavaScript would write for its value: a word, or a string without escapes.
  static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
    let quote = UInt8(ascii: "\"")
    guard text.count >= 2, text[0] == quote, text[text.count - 1] == quote else { return isPlainWord(text) }
    return text[1..<(text.count - 1)].allSatisfy { $0 != quote && $0 != UInt8(ascii: "\\") && $0 >= 0x20 }
  }

  private static func writeWord(_ word: StaticString, to writer: inout ByteWriter) {
    writer.writeBytes(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private static func write(_ members: [Value.Member], to writer: inout ByteWriter) {
    writer.writeByte(UInt8(ascii: "{"))
    var isFirst = true
    for member in PropertyOrder.sorted(members) {
      if case .undefined = member.value { continue }
      if !isFirst { writer.writeByte(UInt8(ascii: ",")) }
      isFirst = false
      write(member.name, to: &writer)
      writer.writeByte(UInt8(ascii: ":"))
      write(member.value, to: &writer)
    }
    writer.writeByte(UInt8(ascii: "}"))
  }

  /// A `Uint8Array`, which JavaScript takes for an object here.
  private static func write(_ bytes: [UInt8], to writer: inout ByteWriter) {
    writer.writeByte(UInt8(ascii: "{"))
    for (index, byte) in bytes.enumerated() {
      if index > 0 { writer.writeByte(UInt8(ascii: ",")) }
      writer.writeByte(UInt8(ascii: "\""))
      NumberText.write(UInt64(index), to: &writer)
      writer.writeByte(UInt8(ascii: "\""))
      writer.writeByte(UInt8(ascii: ":"))
      NumberText.write(UInt64(byte), to: &writer)
    }
    writer.writeByte(UInt8(ascii: "}"))
  }

  private static func write(_ string: String, to writer: inout ByteWriter) {
    writer.writeByte(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { writeCharacters($0, to: &writer) }
    writer.writeByte(UInt8(ascii: "\""))
  }

  private static func writeCharacters(_ utf8: UnsafeBufferPointer<UInt8>, to writer: inout ByteWriter) {
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): writeEscape(byte, to: &writer)
      case 0x08: writeEscape(UInt8(ascii: "b"), to: &writer)
      case 0x09: writeEscape(UInt8(ascii: "t"), to: &writer)
      case 0x0A: writeEscape(UInt8(ascii: "n"), to: &writer)
      case 0x0C: writeEscape(UInt8(ascii: "f"), to: &writer)
      case 0x0D: writeEscape(UInt8(ascii: "r"), to: &writer)
      case 0..<0x20:
        writeWord("\\u00", to: &writer)
        for digit in [byte >> 4, byte & 15] {
          writer.writeByte(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default: writer.writeByte(byte)
      }
    }
  }

  private static func writeEscape(_ byte: UInt8, to writer: inout ByteWriter) {
    writer.writeByte(UInt8(ascii: "\\"))
    writer.writeByte(byte)
  }
}
