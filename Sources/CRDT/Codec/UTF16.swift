/// The UTF-16 code units of well-formed UTF-8, one by one.
struct UTF16Units {
  private var position: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private var trailing: UInt16 = 0

  init(_ utf8: UnsafeRawBufferPointer) {
    let base = utf8.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    position = base.assumingMemoryBound(to: UInt8.self)
    end = position + utf8.count
  }

  mutating func next() -> UInt16? {
    if trailing != 0 {
      defer { trailing = 0 }
      return trailing
    }
    guard position < end else { return nil }
    let lead = UInt32(position[0])
    if lead < 0x80 {
      position += 1
      return UInt16(truncatingIfNeeded: lead)
    }
    if lead < 0xE0 {
      defer { position += 2 }
      return UInt16(truncatingIfNeeded: (lead & 0x1F) << 6 | tail(1))
    }
    if lead < 0xF0 {
      defer { position += 3 }
      return UInt16(truncatingIfNeeded: (lead & 0x0F) << 12 | tail(1) << 6 | tail(2))
    }
    defer { position += 4 }
    let scalar = ((lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)) &- 0x1_0000
    trailing = UInt16(truncatingIfNeeded: 0xDC00 | scalar & 0x3FF)
    return UInt16(truncatingIfNeeded: 0xD800 | scalar >> 10)
  }

  private func tail(_ index: Int) -> UInt32 { UInt32(position[index]) & 0x3F }
}

/// Turns UTF-16 code units into UTF-8; a surrogate without its other half becomes U+FFFD.
struct UTF16ToUTF8 {
  private var high: UInt16 = 0

  /// - Precondition: the writer has room for 6 bytes.
  @inline(__always)
  mutating func append(_ unit: UInt16, to writer: inout ByteWriter) {
    if high != 0 {
      if unit & 0xFC00 == 0xDC00 {
        let scalar = 0x1_0000 &+ (UInt32(high & 0x3FF) << 10 | UInt32(unit & 0x3FF))
        writer.uncheckedByte(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
        writer.uncheckedByte(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
        writer.uncheckedByte(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
        writer.uncheckedByte(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        high = 0
        return
      }
      high = 0
      three(0xFFFD, to: &writer)
    }
    if unit < 0x80 {
      writer.uncheckedByte(UInt8(truncatingIfNeeded: unit))
    } else if unit < 0x800 {
      writer.uncheckedByte(UInt8(truncatingIfNeeded: 0xC0 | unit >> 6))
      writer.uncheckedByte(UInt8(truncatingIfNeeded: 0x80 | unit & 0x3F))
    } else if unit & 0xFC00 == 0xD800 {
      high = unit
    } else if unit & 0xFC00 == 0xDC00 {
      three(0xFFFD, to: &writer)
    } else {
      three(unit, to: &writer)
    }
  }

  /// Writes what a last, lone surrogate becomes.
  mutating func finish(to writer: inout ByteWriter) {
    guard high != 0 else { return }
    high = 0
    writer.reserve(3)
    three(0xFFFD, to: &writer)
  }

  @inline(__always)
  private func three(_ unit: UInt16, to writer: inout ByteWriter) {
    writer.uncheckedByte(UInt8(truncatingIfNeeded: 0xE0 | unit >> 12))
    writer.uncheckedByte(UInt8(truncatingIfNeeded: 0x80 | unit >> 6 & 0x3F))
    writer.uncheckedByte(UInt8(truncatingIfNeeded: 0x80 | unit & 0x3F))
  }
}

extension ByteWriter {
  /// Writes text without its first `known` UTF-16 units, with its length before it. Half a pair of surrogates becomes
  /// U+FFFD.
  ///
  /// - Parameter utf8: Well-formed UTF-8 of at least so many units.
  mutating func writeText(_ utf8: UnsafeRawBufferPointer, skipping known: UInt32) {
    var units = UTF16Units(utf8)
    for _ in 0..<known { _ = units.next() }
    var rest = ByteWriter(capacity: utf8.count + 8)
    var encoder = UTF16ToUTF8()
    while let unit = units.next() {
      rest.reserve(6)
      encoder.append(unit, to: &rest)
    }
    encoder.finish(to: &rest)
    rest.withBytes { writeVarBytes($0) }
  }
}
