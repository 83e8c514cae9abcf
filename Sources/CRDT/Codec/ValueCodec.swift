/// Plain values in lib0's `Any` encoding: a tag byte, then the value; floats and big integers are big-endian.
public enum ValueCodec {
  /// How deep values may nest: what is read must also be walked later, on whatever stack there is.
  public static var depthMax: Int { 128 }

  private enum Tag {
    static var undefined: UInt8 { 127 }
    static var null: UInt8 { 126 }
    static var integer: UInt8 { 125 }
    static var float32: UInt8 { 124 }
    static var float64: UInt8 { 123 }
    static var bigInt: UInt8 { 122 }
    static var `false`: UInt8 { 121 }
    static var `true`: UInt8 { 120 }
    static var string: UInt8 { 119 }
    static var object: UInt8 { 118 }
    static var array: UInt8 { 117 }
    static var bytes: UInt8 { 116 }
  }

  /// Reads a value.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`, `unknownValue`, `tooDeep`.
  public static func read(_ reader: inout ByteReader) throws(UpdateError) -> Value {
    try read(&reader, depth: 0)
  }

  private static func read(_ reader: inout ByteReader, depth: Int) throws(UpdateError) -> Value {
    let field = reader.position
    guard depth <= depthMax else { throw reader.failure(.tooDeep, at: field) }
    switch try reader.readByte() {
    case Tag.undefined: return .undefined
    case Tag.null: return .null
    case Tag.integer:
      let (magnitude, isNegative) = try reader.readVarInt()
      return .number(isNegative ? -Double(magnitude) : Double(magnitude))
    case Tag.float32: return .number(Double(Float(bitPattern: UInt32(try readBigEndian(&reader, count: 4)))))
    case Tag.float64: return .number(Double(bitPattern: try readBigEndian(&reader, count: 8)))
    case Tag.bigInt: return .bigInt(Int64(bitPattern: try readBigEndian(&reader, count: 8)))
    case Tag.false: return .bool(false)
    case Tag.true: return .bool(true)
    case Tag.string: return .string(String(decoding: try reader.readVarString(), as: UTF8.self))
    case Tag.bytes: return .bytes([UInt8](try reader.readVarBytes()))
    case Tag.array:
      let count = try readCount(&reader, bytesEach: 1)
      var elements: [Value] = []
      for _ in 0..<count { elements.append(try read(&reader, depth: depth + 1)) }
      return .array(elements)
    case Tag.object:
      let count = try readCount(&reader, bytesEach: 2)
      var members: [Value.Member] = []
      for _ in 0..<count {
        let name = String(decoding: try reader.readVarString(), as: UTF8.self)
        members.append(Value.Member(name, try read(&reader, depth: depth + 1)))
      }
      return .object(members)
    default: throw reader.failure(.unknownValue, at: field)
    }
  }

  /// Reads over a value, checking all of it.
  ///
  /// - Returns: Whether its numbers are encoded as Yjs would; others write floats where an integer would do, and integers
  ///   wider than 31 bits.
  /// - Throws: As ``read(_:)``.
  @discardableResult
  static func skip(_ reader: inout ByteReader, depth: Int = 0) throws(UpdateError) -> Bool {
    let field = reader.position
    guard depth <= depthMax else { throw reader.failure(.tooDeep, at: field) }
    switch try reader.readByte() {
    case Tag.undefined, Tag.null, Tag.false, Tag.true: return true
    case Tag.integer: return try reader.readVarInt().magnitude <= integerMax
    case Tag.float32:
      let number = Double(Float(bitPattern: UInt32(try readBigEndian(&reader, count: 4))))
      return NumberForm(number) == .float32
    case Tag.float64:
      let bits = try readBigEndian(&reader, count: 8)
      let number = Double(bitPattern: bits)
      return NumberForm(number) == .float64 && (!number.isNaN || bits == notANumber)
    case Tag.bigInt: _ = try reader.readBytes(count: 8)
    case Tag.string: _ = try reader.readVarString()
    case Tag.bytes: _ = try reader.readVarBytes()
    case Tag.array:
      var isCanonical = true
      for _ in 0..<(try readCount(&reader, bytesEach: 1)) {
        if try !skip(&reader, depth: depth + 1) { isCanonical = false }
      }
      return isCanonical
    case Tag.object:
      var isCanonical = true
      for _ in 0..<(try readCount(&reader, bytesEach: 2)) {
        _ = try reader.readVarString()
        if try !skip(&reader, depth: depth + 1) { isCanonical = false }
      }
      return isCanonical
    default: throw reader.failure(.unknownValue, at: field)
    }
    return true
  }

  private static func readCount(_ reader: inout ByteReader, bytesEach: UInt64) throws(UpdateError) -> UInt64 {
    let field = reader.position
    let count = try reader.readVarUInt()
    guard count <= UInt64(reader.remaining) / bytesEach else { throw reader.failure(.truncated, at: field) }
    return count
  }

  private static func readBigEndian(_ reader: inout ByteReader, count: UInt64) throws(UpdateError) -> UInt64 {
    var value: UInt64 = 0
    for byte in try reader.readBytes(count: count) { value = value << 8 | UInt64(byte) }
    return value
  }

  /// Writes a value as Yjs does: the shortest of integer, float32 and float64 that holds a number exactly.
  public static func write(_ value: Value, to writer: inout ByteWriter) {
    switch value {
    case .undefined: writer.writeByte(Tag.undefined)
    case .null: writer.writeByte(Tag.null)
    case .bool(let bool): writer.writeByte(bool ? Tag.true : Tag.false)
    case .number(let number): write(number, to: &writer)
    case .bigInt(let integer):
      writer.writeByte(Tag.bigInt)
      writeBigEndian(UInt64(bitPattern: integer), bytes: 8, to: &writer)
    case .string(let string):
      writer.writeByte(Tag.string)
      writer.writeVarString(string)
    case .bytes(let bytes):
      writer.writeByte(Tag.bytes)
      bytes.withUnsafeBytes { writer.writeVarBytes($0) }
    case .array(let elements):
      writer.writeByte(Tag.array)
      writer.writeVarUInt(UInt64(elements.count))
      for element in elements { write(element, to: &writer) }
    case .object(let members):
      writer.writeByte(Tag.object)
      writer.writeVarUInt(UInt64(members.count))
      for member in members {
        writer.writeVarString(member.name)
        write(member.value, to: &writer)
      }
    }
  }

  /// The largest magnitude that Yjs writes as an integer.
  private static var integerMax: UInt64 { 0x7FFF_FFFF }
  /// JavaScript has one NaN.
  private static var notANumber: UInt64 { 0x7FF8_0000_0000_0000 }

  /// How Yjs encodes a number: the shortest form that holds it exactly.
  private enum NumberForm {
    case integer, float32, float64

    init(_ number: Double) {
      if number.magnitude <= Double(integerMax), number == Double(Int32(number)) {
        self = .integer
      } else {
        self = Double(Float(number)) == number ? .float32 : .float64
      }
    }
  }

  private static func write(_ number: Double, to writer: inout ByteWriter) {
    switch NumberForm(number) {
    case .integer:
      writer.writeByte(Tag.integer)
      writer.writeVarInt(magnitude: UInt64(number.magnitude), isNegative: number.sign == .minus)
    case .float32:
      writer.writeByte(Tag.float32)
      writeBigEndian(UInt64(Float(number).bitPattern), bytes: 4, to: &writer)
    case .float64:
      writer.writeByte(Tag.float64)
      writeBigEndian(number.isNaN ? notANumber : number.bitPattern, bytes: 8, to: &writer)
    }
  }

  private static func writeBigEndian(_ value: UInt64, bytes: Int, to writer: inout ByteWriter) {
    for byte in stride(from: bytes - 1, through: 0, by: -1) {
      writer.writeByte(UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)))
    }
  }
}
