// The columns of update format V2: lib0's run-length encodings, read from bytes that may be hostile.
//
// A run costs a few bytes and may stand for any number of values: who reads must bound how many.

extension ByteReader {
  /// A reader of a part of what `whole` reads; errors keep their offsets in the whole.
  init(part: UnsafeRawBufferPointer, of whole: borrowing ByteReader) {
    start = whole.start
    // Only an empty input has no address.
    if let address = part.baseAddress {
      position = address.assumingMemoryBound(to: UInt8.self)
    } else {
      position = whole.start
    }
    end = position + part.count
  }

  /// A reader of the bytes whose length comes next.
  mutating func readColumn() throws(UpdateError) -> ByteReader {
    let bytes = try readVarBytes()
    return ByteReader(part: bytes, of: self)
  }
}

/// Bytes with the length of their run behind each but the last, which goes on for ever.
struct ByteRunReader {
  private(set) var reader: ByteReader
  /// Where the last value's run stands.
  private(set) var field: UnsafePointer<UInt8>
  private var value: UInt8 = 0
  /// Values left in the run; nil in the last one.
  private var left: UInt64? = 0

  init(_ reader: ByteReader) {
    self.reader = reader
    field = reader.position
  }

  /// - Throws: `truncated` and what integers throw.
  mutating func next() throws(UpdateError) -> UInt8 {
    if left == 0 {
      field = reader.position
      value = try reader.readByte()
      left = reader.isAtEnd ? nil : try reader.readVarUInt() + 1
    }
    if let count = left { left = count - 1 }
    return value
  }
}

/// Whole numbers; a number with a minus sign has the length of its run behind it.
struct IntegerRunReader {
  private(set) var reader: ByteReader
  /// Where the last value's run stands.
  private(set) var field: UnsafePointer<UInt8>
  private var value: UInt64 = 0
  private var left: UInt64 = 0

  init(_ reader: ByteReader) {
    self.reader = reader
    field = reader.position
  }

  /// - Throws: `truncated` and what integers throw.
  @inline(__always)
  mutating func next() throws(UpdateError) -> UInt64 {
    if left == 0 { try readRun() }
    left &-= 1
    return value
  }

  @inline(never)
  private mutating func readRun() throws(UpdateError) {
    field = reader.position
    let (magnitude, isRun) = try reader.readVarInt()
    value = magnitude
    left = isRun ? try reader.readVarUInt() + 2 : 1
  }
}

/// Numbers by their difference to the one before; the lowest bit says that the length of a run of equal differences
/// follows.
struct DifferenceRunReader {
  private(set) var reader: ByteReader
  /// Where the last value's run stands.
  private(set) var field: UnsafePointer<UInt8>
  private var value: Int64 = 0
  private var difference: Int64 = 0
  private var left: UInt64 = 0

  init(_ reader: ByteReader) {
    self.reader = reader
    field = reader.position
  }

  /// A number that may be negative where the input is wrong.
  ///
  /// - Throws: `integerOutOfRange` beyond ±2^62, `truncated` and what integers throw.
  @inline(__always)
  mutating func next() throws(UpdateError) -> Int64 {
    if left == 0 { try readRun() }
    left &-= 1
    value &+= difference
    // Differences have 53 bits, so the sum is checked long before it could overflow.
    guard value.magnitude < 1 << 62 else { throw reader.failure(.integerOutOfRange, at: field) }
    return value
  }

  @inline(never)
  private mutating func readRun() throws(UpdateError) {
    field = reader.position
    let (magnitude, isNegative) = try reader.readVarInt()
    let number = isNegative ? -Int64(magnitude) : Int64(magnitude)
    difference = number >> 1
    left = number & 1 == 1 ? try reader.readVarUInt() + 2 : 1
  }

  /// A clock.
  ///
  /// - Throws: `integerOutOfRange`, `truncated` and what integers throw.
  @inline(__always)
  mutating func nextClock() throws(UpdateError) -> UInt32 {
    let clock = try next()
    guard let clock = UInt32(exactly: clock) else { throw reader.failure(.integerOutOfRange, at: field) }
    return clock
  }
}

/// Strings, joined, with their lengths in UTF-16 units behind them.
struct StringColumnReader {
  private(set) var lengths: IntegerRunReader
  /// The next string's first byte.
  private(set) var position: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private let isASCII: Bool
  /// The second half of a pair of surrogates that a string ended inside.
  private var hasHalf = false

  /// - Throws: `truncated`, `invalidUTF8` and what integers throw.
  init(_ reader: ByteReader) throws(UpdateError) {
    var reader = reader
    let text = try reader.readVarString()
    isASCII = UTF8Text.isASCII(text)
    position = text.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) } ?? reader.position
    end = position + text.count
    lengths = IntegerRunReader(reader)
  }

  /// Writes the next string with its length before it. Half a pair of surrogates becomes U+FFFD.
  ///
  /// - Returns: The string's length in UTF-16 units.
  /// - Throws: `truncated` and what integers throw.
  /// - Complexity: O(*n*) in the string's length.
  mutating func copyNext(to writer: inout ByteWriter) throws(UpdateError) -> UInt64 {
    let units = try lengths.next()
    if !isASCII { return try copyWide(units, to: &writer) }
    guard units <= UInt64(end - position) else { throw failure() }
    writer.writeVarBytes(UnsafeRawBufferPointer(start: position, count: Int(units)))
    position += Int(units)
    return units
  }

  private func failure() -> UpdateError { lengths.reader.failure(.truncated, at: lengths.field) }

  private mutating func copyWide(_ units: UInt64, to writer: inout ByteWriter) throws(UpdateError) -> UInt64 {
    var left = units
    let startsInside = hasHalf && left > 0
    if startsInside {
      left -= 1
      hasHalf = false
    }
    let start = position
    while left > 0 && position < end {
      let lead = position.pointee
      if lead >= 0xF0 {
        if left == 1 { break }
        left -= 2
        position += 4
      } else {
        left -= 1
        position += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3
      }
    }
    guard left == 0 || position < end else { throw failure() }
    let count = position - start
    writer.writeVarUInt(UInt64((startsInside ? 3 : 0) + count + (left > 0 ? 3 : 0)))
    if startsInside { Self.writeReplacement(to: &writer) }
    writer.writeBytes(UnsafeRawBufferPointer(start: start, count: count))
    if left > 0 {
      Self.writeReplacement(to: &writer)
      position += 4
      hasHalf = true
    }
    return units
  }

  private static func writeReplacement(to writer: inout ByteWriter) {
    for byte in [0xEF, 0xBF, 0xBD] as [UInt8] { writer.writeByte(byte) }
  }
}
