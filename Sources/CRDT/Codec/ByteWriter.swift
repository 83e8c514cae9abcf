/// Appends lib0's primitive encodings to a growing buffer.
public struct ByteWriter: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Bytes written so far.
  public private(set) var count = 0

  /// An empty writer with room for `capacity` bytes before it grows.
  public init(capacity: Int = 256) {
    self.capacity = max(capacity, 16)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Makes room for `extra` more bytes, so that `unchecked` writes of that many are in bounds.
  @inline(__always)
  mutating func reserve(_ extra: Int) {
    if count &+ extra > capacity { grow(count + extra) }
  }

  @inline(never)
  private mutating func grow(_ needed: Int) {
    let larger = max(needed, capacity * 2)
    let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    grown.update(from: base, count: count)
    base.deallocate()
    base = grown
    capacity = larger
  }

  /// - Precondition: `reserve` made room.
  @inline(__always)
  mutating func uncheckedByte(_ value: UInt8) {
    base[count] = value
    count &+= 1
  }

  /// - Precondition: `reserve` made room for 10 bytes.
  @inline(__always)
  mutating func uncheckedVarUInt(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
      count &+= 1
      rest &>>= 7
    }
    base[count] = UInt8(truncatingIfNeeded: rest)
    count &+= 1
  }

  /// Passes over `gap` bytes, to be filled by ``closeGap(at:length:_:)``; returns where they start.
  ///
  /// - Precondition: `reserve` made room.
  @inline(__always)
  mutating func skip(_ gap: Int) -> Int {
    defer { count &+= gap }
    return count
  }

  /// Writes what belongs into a gap, and moves all that follows the gap up to it.
  ///
  /// - Parameters:
  ///   - write: Writes at most `length` bytes.
  @inline(__always)
  mutating func closeGap(at start: Int, length: Int, _ write: (inout ByteWriter) -> Void) {
    let end = count
    count = start
    write(&self)
    let follows = start &+ length
    if count != follows { (base + count).update(from: base + follows, count: end &- follows) }
    count &+= end &- follows
  }

  /// One byte as it is.
  public mutating func writeByte(_ value: UInt8) {
    reserve(1)
    uncheckedByte(value)
  }

  /// An unsigned integer of 7 bits a byte, least significant first.
  public mutating func writeVarUInt(_ value: UInt64) {
    reserve(10)
    uncheckedVarUInt(value)
  }

  /// A signed integer: a sign bit and 6 bits in the first byte, then 7 bits a byte. Negative zero has its own bytes.
  public mutating func writeVarInt(magnitude: UInt64, isNegative: Bool) {
    reserve(11)
    let rest = magnitude >> 6
    uncheckedByte((rest > 0 ? 0x80 : 0) | (isNegative ? 0x40 : 0) | UInt8(magnitude & 0x3F))
    if rest > 0 { uncheckedVarUInt(rest) }
  }

  /// Bytes as they are, without their length.
  public mutating func writeBytes(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count &+= bytes.count
  }

  /// Bytes with their length before them.
  public mutating func writeVarBytes(_ bytes: UnsafeRawBufferPointer) {
    writeVarUInt(UInt64(bytes.count))
    writeBytes(bytes)
  }

  /// The string's UTF-8 bytes with their length before them.
  public mutating func writeVarString(_ string: String) {
    var string = string
    string.withUTF8 { writeVarBytes(UnsafeRawBufferPointer($0)) }
  }

  /// Forgets all after the first `length` bytes.
  mutating func truncate(to length: Int) { count = min(count, length) }

  /// The bytes written so far.
  public borrowing func bytes() -> [UInt8] {
    [UInt8](UnsafeBufferPointer(start: base, count: count))
  }

  /// Lends the bytes written so far.
  public borrowing func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }
}
