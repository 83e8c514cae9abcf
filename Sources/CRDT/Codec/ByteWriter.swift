/// Appends lib0's primitive encodings to a growing buffer.
public struct ByteWriter: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Whether the memory is somebody else's.
  private var isLent = false
  /// Bytes written so far.
  public private(set) var count = 0

  /// An empty writer with room for `capacity` bytes before it grows.
  public init(capacity: Int = 256) {
    self.capacity = max(capacity, 16)
    base = .allocate(capacity: self.capacity)
  }

  /// An empty writer into memory that is there, as long as it is enough.
  private init(lent: UnsafeMutableBufferPointer<UInt8>) {
    capacity = lent.count
    base = lent.baseAddress!
    isLent = true
  }

  deinit { if !isLent { base.deallocate() } }

  /// What `write` writes. It is not copied when it has `capacity` bytes or fewer.
  static func bytes(capacity: Int, _ write: (consuming ByteWriter) -> ByteWriter) -> [UInt8] {
    var outgrown: [UInt8]?
    let bytes = [UInt8](unsafeUninitializedCapacity: max(capacity, 16)) { memory, count in
      let writer = write(ByteWriter(lent: memory))
      if writer.isLent { count = writer.count } else { outgrown = writer.bytes() }
    }
    return outgrown ?? bytes
  }

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
    if !isLent { base.deallocate() }
    isLent = false
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
    var place = base + count
    while rest > 0x7F {
      place.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
      place += 1
      rest &>>= 7
    }
    place.pointee = UInt8(truncatingIfNeeded: rest)
    count = place - base &+ 1
  }

  /// Leaves a byte for a count that is not known yet; returns where it stands.
  ///
  /// - Precondition: `reserve` made room for it.
  @inline(__always)
  mutating func openCount() -> Int {
    defer { count &+= 1 }
    return count
  }

  /// Writes a count where it was left open. What follows is moved when the count takes more than a byte.
  @inline(__always)
  mutating func closeCount(at position: Int, _ value: UInt64) {
    if value < 0x80 { base[position] = UInt8(truncatingIfNeeded: value) } else { closeLongCount(at: position, value) }
  }

  @inline(never)
  private mutating func closeLongCount(at position: Int, _ value: UInt64) {
    let extra = (63 &- value.leadingZeroBitCount) / 7
    reserve(extra)
    let follows = base + (position &+ 1)
    (follows + extra).update(from: follows, count: count &- position &- 1)
    let end = count &+ extra
    count = position
    uncheckedVarUInt(value)
    count = end
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
    reserve(bytes.count)
    uncheckedBytes(bytes)
  }

  /// - Precondition: `reserve` made room.
  @inline(__always)
  private mutating func uncheckedBytes(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    if bytes.count == 1 {
      // A keystroke.
      base[count] = bytes[0]
    } else {
      UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    }
    count &+= bytes.count
  }

  /// Bytes with their length before them.
  @inline(__always)
  public mutating func writeVarBytes(_ bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count &+ 10)
    uncheckedVarUInt(UInt64(truncatingIfNeeded: bytes.count))
    uncheckedBytes(bytes)
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
