/// Reads lib0's primitive encodings from bytes that may be hostile.
///
/// Every read either consumes a whole field or throws an ``UpdateError`` with the field's offset. The buffer must
/// outlive the reader.
public struct ByteReader {
  let start: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>
  var position: UnsafePointer<UInt8>

  /// A reader at the first byte of `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) {
    // An empty buffer may have no address; any address will do, since nothing is read there.
    let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    start = base.assumingMemoryBound(to: UInt8.self)
    end = start + bytes.count
    position = start
  }

  /// Bytes consumed so far.
  public var byteOffset: Int { position - start }

  /// Bytes not yet consumed.
  public var remaining: Int { end - position }

  /// Whether all bytes are consumed.
  public var isAtEnd: Bool { position == end }

  @inline(never)
  func failure(_ code: UpdateError.Code, at field: UnsafePointer<UInt8>) -> UpdateError {
    UpdateError(code, at: field - start)
  }

  /// - Throws: `truncated`.
  @inline(__always)
  public mutating func readByte() throws(UpdateError) -> UInt8 {
    guard position < end else { throw failure(.truncated, at: position) }
    defer { position += 1 }
    return position.pointee
  }

  /// An unsigned integer of 7 bits a byte, least significant first; at most 2^53 − 1.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`.
  @inline(__always)
  public mutating func readVarUInt() throws(UpdateError) -> UInt64 {
    if position < end {
      let first = position[0]
      if first < 0x80 {
        position += 1
        return UInt64(first)
      }
      // Most clocks of large documents.
      if end - position >= 3 {
        let low = UInt64(first & 0x7F) | UInt64(position[1] & 0x7F) &<< 7
        if position[1] < 0x80 {
          position += 2
          return low
        }
        if position[2] < 0x80 {
          defer { position += 3 }
          return low | UInt64(position[2]) &<< 14
        }
      }
    }
    return try readLongVarUInt()
  }

  @inline(never)
  private mutating func readLongVarUInt() throws(UpdateError) -> UInt64 {
    let field = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = position.pointee
      position += 1
      guard shift < 56 else { throw failure(.overlongInteger, at: field) }
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 {
        guard value < 1 << 53 else { throw failure(.integerOutOfRange, at: field) }
        return value
      }
      shift &+= 7
    }
    throw failure(.truncated, at: field)
  }

  /// A signed integer: a sign bit and 6 bits in the first byte, then 7 bits a byte; magnitude at most 2^53 − 1.
  ///
  /// JavaScript tells −0 from 0, so the sign comes apart from the magnitude.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`.
  public mutating func readVarInt() throws(UpdateError) -> (magnitude: UInt64, isNegative: Bool) {
    let field = position
    let first = try readByte()
    let isNegative = first & 0x40 != 0
    var value = UInt64(first & 0x3F)
    guard first & 0x80 != 0 else { return (value, isNegative) }
    var shift: UInt64 = 6
    while position < end {
      let byte = position.pointee
      position += 1
      guard shift < 55 else { throw failure(.overlongInteger, at: field) }
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 {
        guard value < 1 << 53 else { throw failure(.integerOutOfRange, at: field) }
        return (value, isNegative)
      }
      shift &+= 7
    }
    throw failure(.truncated, at: field)
  }

  /// `count` bytes as they are.
  ///
  /// - Throws: `truncated`.
  @inline(__always)
  public mutating func readBytes(count: UInt64) throws(UpdateError) -> UnsafeRawBufferPointer {
    guard count <= UInt64(remaining) else { throw failure(.truncated, at: position) }
    defer { position += Int(count) }
    return UnsafeRawBufferPointer(start: position, count: Int(count))
  }

  /// Bytes with their length before them.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`.
  @inline(__always)
  public mutating func readVarBytes() throws(UpdateError) -> UnsafeRawBufferPointer {
    let field = position
    let count = try readVarUInt()
    guard count <= UInt64(remaining) else { throw failure(.truncated, at: field) }
    return try readBytes(count: count)
  }

  /// The UTF-8 bytes of a string with their length before them, checked to be well formed.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`.
  public mutating func readVarString() throws(UpdateError) -> UnsafeRawBufferPointer {
    let field = position
    let bytes = try readVarBytes()
    guard UTF8Text.isValid(bytes) else { throw failure(.invalidUTF8, at: field) }
    return bytes
  }
}
