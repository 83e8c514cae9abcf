import CRDT

extension ByteWriter {
  /// The value as lib0's `Any`, in the bytes that lib0 itself chooses. Independent of the library's own encoder, so that
  /// one can check the other.
  public mutating func writeAny(_ value: Value) {
    switch value {
    case .undefined: writeByte(0x7F)
    case .null: writeByte(0x7E)
    case .number(let number): writeAnyNumber(number)
    case .bigInt(let integer):
      writeByte(0x7A)
      writeBigEndian(UInt64(bitPattern: integer), byteCount: 8)
    case .bool(let flag): writeByte(flag ? 0x78 : 0x79)
    case .string(let string):
      writeByte(0x77)
      writeVarString(string)
    case .object(let members):
      writeByte(0x76)
      writeVarUInt(UInt64(members.count))
      for member in members {
        writeVarString(member.name)
        writeAny(member.value)
      }
    case .array(let elements):
      writeByte(0x75)
      writeVarUInt(UInt64(elements.count))
      for element in elements { writeAny(element) }
    case .bytes(let bytes):
      writeByte(0x74)
      writeVarBytes(bytes)
    }
  }

  private mutating func writeAnyNumber(_ number: Double) {
    if let integer = Int64(exactly: number), integer.magnitude <= 1 << 31 - 1 {
      writeByte(0x7D)
      writeVarInt(magnitude: integer.magnitude, isNegative: number.sign == .minus)
    } else if Double(Float(number)) == number {
      writeByte(0x7C)
      writeBigEndian(UInt64(Float(number).bitPattern), byteCount: 4)
    } else {
      writeByte(0x7B)
      writeBigEndian(number.isNaN ? 0x7FF8_0000_0000_0000 : number.bitPattern, byteCount: 8)
    }
  }

  private mutating func writeBigEndian(_ bits: UInt64, byteCount: Int) {
    for index in (0..<byteCount).reversed() { writeByte(UInt8(truncatingIfNeeded: bits >> (8 * index))) }
  }

  /// Bytes with their length before them.
  public mutating func writeVarBytes(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { writeVarBytes($0) }
  }
}
