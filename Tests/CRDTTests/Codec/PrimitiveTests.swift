import CRDT
import TestSupport
import Testing

@Suite("Primitive encodings of lib0")
struct PrimitiveTests {
  @Test(
    "An unsigned integer has lib0's bytes",
    arguments: [
      (0, "00"), (1, "01"), (127, "7f"), (128, "80 01"), (16_383, "ff 7f"), (16_384, "80 80 01"),
      ((1 << 32) - 1, "ff ff ff ff 0f"), ((1 << 53) - 1, "ff ff ff ff ff ff ff 0f"),
    ] as [(UInt64, String)])
  func varUInt(value: UInt64, digits: String) throws {
    var writer = ByteWriter()
    writer.writeVarUInt(value)
    #expect(hex(writer.bytes()) == hex(bytes(digits)))
    try bytes(digits).withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      let read = try reader.readVarUInt()
      #expect(read == value)
      #expect(reader.isAtEnd)
    }
  }

  @Test(
    "A signed integer has lib0's bytes, and −0 its own",
    arguments: [
      (0, false, "00"), (0, true, "40"), (1, true, "41"), (63, false, "3f"), (64, false, "80 01"), (64, true, "c0 01"),
      (8191, false, "bf 7f"), (8192, false, "80 80 01"), ((1 << 53) - 1, true, "ff ff ff ff ff ff ff 1f"),
    ] as [(UInt64, Bool, String)])
  func varInt(magnitude: UInt64, isNegative: Bool, digits: String) throws {
    var writer = ByteWriter()
    writer.writeVarInt(magnitude: magnitude, isNegative: isNegative)
    #expect(hex(writer.bytes()) == hex(bytes(digits)))
    try bytes(digits).withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      let value = try reader.readVarInt()
      #expect(value.magnitude == magnitude && value.isNegative == isNegative)
      #expect(reader.isAtEnd)
    }
  }

  @Test(
    "An unsigned integer that no lib0 writes is refused",
    arguments: [
      ("", .truncated), ("80", .truncated), ("ff ff", .truncated),
      ("80 80 80 80 80 80 80 10", .integerOutOfRange), ("ff ff ff ff ff ff ff 7f", .integerOutOfRange),
      ("80 80 80 80 80 80 80 80 00", .overlongInteger), ("ff ff ff ff ff ff ff ff ff 01", .overlongInteger),
    ] as [(String, UpdateError.Code)])
  func badVarUInt(digits: String, code: UpdateError.Code) {
    bytes(digits).withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      #expect(throws: UpdateError(code, at: 0)) { try reader.readVarUInt() }
    }
  }

  @Test("An unsigned integer is the same whatever follows it, and a cut one is refused", arguments: 0...52)
  func varUIntInContext(bit: UInt64) throws {
    for value in [1 << bit, (1 << bit) + (1 << bit) / 2, (2 << bit) - 1] as [UInt64] {
      var writer = ByteWriter()
      writer.writeVarUInt(value)
      let encoded = writer.bytes()
      for rest in [[], [0], [0xFF], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]] as [[UInt8]] {
        try (encoded + rest).withUnsafeBytes { buffer in
          var reader = ByteReader(buffer)
          let read = try reader.readVarUInt()
          #expect(read == value)
          #expect(reader.byteOffset == encoded.count)
        }
      }
      for length in 0..<encoded.count {
        encoded.prefix(length).withUnsafeBytes { buffer in
          var reader = ByteReader(buffer)
          #expect(throws: UpdateError(.truncated, at: 0)) { try reader.readVarUInt() }
        }
      }
    }
  }

  @Test("A string carries its length in UTF-8 bytes, and must be UTF-8")
  func varString() throws {
    var writer = ByteWriter()
    writer.writeVarString("é日😀")
    #expect(hex(writer.bytes()) == "09" + "c3a9" + "e697a5" + "f09f9880")
    try writer.withBytes { buffer in
      var reader = ByteReader(buffer)
      let read = try reader.readVarString()
      #expect(String(decoding: read, as: UTF8.self) == "é日😀")
    }
    // A surrogate by itself, an overlong form, a lone continuation byte, a cut character.
    for digits in ["03 eda080", "02 c0af", "01 80", "02 e697"] {
      bytes(digits).withUnsafeBytes { buffer in
        var reader = ByteReader(buffer)
        #expect(throws: UpdateError(.invalidUTF8, at: 0)) { try reader.readVarString() }
      }
    }
  }
}
