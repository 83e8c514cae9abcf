/// A string that is compared as JavaScript compares: code unit by code unit, without regard to what Unicode holds to be
/// the same. Names in structures are compared this way, so that every client finds the same order.
struct JavaScriptString: Hashable, Comparable, Sendable {
  let string: String

  init(_ string: String) { self.string = string }

  static func == (left: Self, right: Self) -> Bool { left.string.utf8.elementsEqual(right.string.utf8) }

  func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// The order of UTF-16 code units, `<` in JavaScript.
  static func < (left: Self, right: Self) -> Bool {
    var leftBytes = left.string.utf8.makeIterator()
    var rightBytes = right.string.utf8.makeIterator()
    while let rightByte = rightBytes.next() {
      guard let leftByte = leftBytes.next() else { return true }
      if leftByte != rightByte { return weight(leftByte) < weight(rightByte) }
    }
    return false
  }

  /// Orders UTF-8's bytes as UTF-16's code units: surrogates (F0 to F4) come before U+E000 to U+FFFF (EE and EF).
  private static func weight(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0xF0...: byte - 2
    case 0xEE...: byte + 5
    default: byte
    }
  }
}
