// The columns of update format V2, written exactly as lib0 writes them.

/// Bytes with the length of their run behind each but the last.
struct ByteRunWriter: ~Copyable {
  private var writer = ByteWriter(capacity: 64)
  private var value: UInt8 = 0
  private var count: UInt64 = 0

  @inline(__always)
  mutating func write(_ next: UInt8) {
    if count > 0 && next == value {
      count &+= 1
    } else {
      if count > 0 { writer.writeVarUInt(count - 1) }
      count = 1
      value = next
      writer.writeByte(next)
    }
  }

  /// Writes the column with its length before it.
  consuming func finish(to output: inout ByteWriter) {
    writer.withBytes { output.writeVarBytes($0) }
  }
}

/// Whole numbers; a run of equal ones is the number with a minus sign and the run's length.
struct IntegerRunWriter: ~Copyable {
  private(set) var writer = ByteWriter(capacity: 64)
  private var value: UInt64 = 0
  private var count: UInt64 = 0

  @inline(__always)
  mutating func write(_ next: UInt64) {
    if next == value {
      count &+= 1
    } else {
      flush()
      count = 1
      value = next
    }
  }

  /// Ends the last run; nothing may be written after it.
  mutating func flush() {
    guard count > 0 else { return }
    writer.writeVarInt(magnitude: value, isNegative: count > 1)
    if count > 1 { writer.writeVarUInt(count - 2) }
  }

  /// Writes the column with its length before it.
  consuming func finish(to output: inout ByteWriter) {
    flush()
    writer.withBytes { output.writeVarBytes($0) }
  }
}

/// Numbers by their difference to the one before, runs of equal differences with their length.
struct DifferenceRunWriter: ~Copyable {
  private var writer = ByteWriter(capacity: 64)
  private var value: Int64 = 0
  private var difference: Int64 = 0
  private var count: UInt64 = 0

  @inline(__always)
  mutating func write(_ next: UInt64) {
    let next = Int64(next)
    if next &- value == difference {
      count &+= 1
    } else {
      flush()
      count = 1
      difference = next &- value
    }
    value = next
  }

  private mutating func flush() {
    guard count > 0 else { return }
    let number = difference * 2 + (count > 1 ? 1 : 0)
    writer.writeVarInt(magnitude: number.magnitude, isNegative: number < 0)
    if count > 1 { writer.writeVarUInt(count - 2) }
  }

  /// Writes the column with its length before it.
  consuming func finish(to output: inout ByteWriter) {
    flush()
    writer.withBytes { output.writeVarBytes($0) }
  }
}

/// Strings, joined, with their lengths in UTF-16 units behind them.
struct StringColumnWriter: ~Copyable {
  private var text = ByteWriter()
  private var lengths = IntegerRunWriter()

  /// - Precondition: the bytes are UTF-8 of `units` units.
  mutating func write(_ utf8: UnsafeRawBufferPointer, units: UInt64) {
    text.writeBytes(utf8)
    lengths.write(units)
  }

  /// Writes the column with its length before it.
  consuming func finish(to output: inout ByteWriter) {
    lengths.flush()
    var column = ByteWriter(capacity: text.count + lengths.writer.count + 10)
    text.withBytes { column.writeVarBytes($0) }
    lengths.writer.withBytes { column.writeBytes($0) }
    column.withBytes { output.writeVarBytes($0) }
  }
}
