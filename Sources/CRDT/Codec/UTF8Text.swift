/// UTF-8 as bytes: validity, and its length in UTF-16 code units, which is what clocks count.
enum UTF8Text {
  /// Whether all bytes are below 0x80.
  @inline(__always)
  static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index &+ 8 <= bytes.count {
      if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
      index &+= 8
    }
    while index < bytes.count {
      if bytes[index] > 0x7F { return false }
      index &+= 1
    }
    return true
  }

  /// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool { lengthUTF16(bytes) != nil }

  /// The length in UTF-16 code units, or nil when the bytes are not well-formed UTF-8.
  ///
  /// - Complexity: O(*n*), eight bytes at a time while they are ASCII.
  @inline(__always)
  static func lengthUTF16(_ bytes: UnsafeRawBufferPointer) -> Int? {
    isASCII(bytes) ? bytes.count : lengthUTF16OfWide(bytes)
  }

  @inline(never)
  private static func lengthUTF16OfWide(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    var units = 0
    let count = bytes.count
    while index < count {
      let lead = bytes[index]
      units &+= 1
      if lead < 0x80 {
        index &+= 1
        continue
      }
      // The second byte's range rules out overlong forms, surrogates and what lies above U+10FFFF (Unicode table 3-7).
      var lowest: UInt8 = 0x80
      var highest: UInt8 = 0xBF
      let length: Int
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, lowest) = (3, 0xA0)
      case 0xED: (length, highest) = (3, 0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, lowest) = (4, 0x90)
      case 0xF4: (length, highest) = (4, 0x8F)
      case 0xF1...0xF3: length = 4
      default: return nil
      }
      guard index &+ length <= count, bytes[index &+ 1] >= lowest, bytes[index &+ 1] <= highest else { return nil }
      var trail = 2
      while trail < length {
        guard bytes[index &+ trail] & 0xC0 == 0x80 else { return nil }
        trail &+= 1
      }
      if length == 4 { units &+= 1 }
      index &+= length
    }
    return units
  }
}
