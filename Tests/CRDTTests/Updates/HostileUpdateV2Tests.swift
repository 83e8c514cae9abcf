import CRDT
import TestSupport
import Testing

/// A run in a column stands for any number of values: a few bytes must not become gigabytes.
@Suite("Hostile updates V2", .serialized)
struct HostileUpdateV2Tests {
  /// Generous: other tests run at the same time. What is refused would take gigabytes.
  private static let memoryBytesMax = 512 << 20
  private static let large = "ff ff ff ff ff ff ff 0f"
  private static let billions = "ff ff ff ff 07"

  @Test(
    "A large number in a small update costs little",
    arguments: [
      // Collected structs for ever: of one unit each, of many; more than there may be; as many as there may be of clients.
      ("00 00 01 01 00 00 01 00 02 01 00 00 00 0a 41 \(large)", "01 \(large) 00 00"),
      ("00 00 01 01 00 00 01 00 02 01 00 00 00 0a 41 \(large)", "01 \(billions) 00 00"),
      ("00 00 01 01 00 00 01 00 02 01 00 00 00 0a bf 80 \(billions) \(large)", "01 ff ff 3f 00 00"),
      ("00 00 0a 41 \(large) 00 00 01 00 02 01 00 00 00 0a 41 \(large)", "\(large) 00 00 00 00"),
      // Tombstones in a row that nothing but a run says anything of.
      ("00 00 0a 41 \(large) 0a 01 \(large) 00 01 81 02 01 00 00 00 0a 41 \(large)", "01 \(large) 01 00"),
      // An element or a value each of no bytes; strings of no bytes.
      ("00 00 01 01 00 00 01 02 0c 01 74 01 40 \(large) 01 01 00 09 bf ff ff ff ff ff ff 1f", "01 01 00 00"),
      ("00 00 01 01 00 00 01 02 0c 01 74 01 40 \(large) 01 01 00 05 bf ff ff 07", "01 01 00 00"),
      ("00 00 01 01 00 00 01 08 03 01 74 01 01 01 00 05 bf ff ff ff 0f", "01 01 00 7e 00"),
      // A string longer than the column, a number of strings, a type that does not exist.
      ("00 00 01 01 00 00 01 04 0b 01 74 01 bf ff ff ff ff ff ff 1f 01 01 00 00", "01 01 00 00"),
      ("00 00 01 01 00 00 01 07 03 01 74 01 01 01 09 bf ff ff ff ff ff ff 1f 00", "01 01 00 00"),
      // Clocks at the limits: origins, differences that add up, the delete set.
      ("00 00 02 41 00 09 be ff ff ff ff ff ff 1f 00 01 84 03 01 61 01 00 00 00", "01 01 05 00"),
      ("00 00 02 41 05 0a bf ff ff ff ff ff ff 1f 05 00 01 84 03 01 61 41 05 00 00 00", "01 05 05 00"),
      ("00 00 00 00 00 00 01 00 00 00 00", "00 01 01 01 \(large) \(large)"),
      ("00 00 00 00 00 00 01 00 00 00 00", "00 01 01 \(large) 00 00"),
      ("00 00 00 00 00 00 01 00 00 00 00", "00 \(large) 01 01 00 00"),
      ("00 00 00 00 00 00 01 00 00 00 00", "\(large) 00"),
    ])
  func announced(columns: String, rest: String) throws {
    let update = bytes(columns + rest)
    let before = peakMemoryBytes()
    let document = Document(clientID: 9)
    document.text("t").insert("abc", at: 0)
    let isAccepted = (try? document.apply(update, format: .v2)) != nil
    _ = try? Update.inspect(update, format: .v2)
    _ = try? Update.merge([update, update], format: .v2)
    document.text("t").append("d")
    #expect(document.text("t").string.hasPrefix("abc"))
    #expect(peakMemoryBytes() - before < Self.memoryBytesMax, "accepted: \(isAccepted)")
  }

  @Test("As many structs without a byte as are allowed are read, one more is refused")
  func structsMax() throws {
    func update(_ count: UInt64) -> [UInt8] {
      var writer = ByteWriter()
      // Collected structs of one unit each.
      let columns = bytes("00 00 01 01 00 00 01 00 02 01 00 00 00 09 41 ff ff ff ff ff ff ff 0f")
      for byte in columns { writer.writeByte(byte) }
      writer.writeByte(1)
      writer.writeVarUInt(count)
      writer.writeByte(0)
      writer.writeByte(0)
      return writer.bytes()
    }
    let most = UInt64(1 << 20 + 8 * update(1 << 20).count)
    let before = peakMemoryBytes()
    #expect(try Update.stateVector(of: update(most), format: .v2)[1] == most)
    #expect(throws: UpdateError.self) { try Update.stateVector(of: update(most + 1), format: .v2) }
    #expect(peakMemoryBytes() - before < Self.memoryBytesMax)
  }

  @Test("A long key that many structs refer to is refused before it fills the memory")
  func repeatedKey() throws {
    let keyLength = 60_000
    let structCount = 20_000
    var writer = ByteWriter()
    func column(_ write: (inout ByteWriter) -> Void) {
      var column = ByteWriter()
      write(&column)
      column.withBytes { writer.writeVarBytes($0) }
    }
    func run(_ column: inout ByteWriter, _ value: UInt64, count: Int) {
      column.writeVarInt(magnitude: value, isNegative: true)
      column.writeVarUInt(UInt64(count - 2))
    }
    writer.writeByte(0)
    // The key clock is 0 for all.
    column {
      $0.writeVarInt(magnitude: 1, isNegative: false)
      $0.writeVarUInt(UInt64(structCount - 2))
    }
    column { run(&$0, 1, count: structCount + 1) }
    column {
      $0.writeVarInt(magnitude: 0, isNegative: false)
      $0.writeVarInt(magnitude: 3, isNegative: false)
      $0.writeVarUInt(UInt64(structCount - 4))
    }
    column { _ in }
    column {
      for byte in [0x06, 0, 0x86] as [UInt8] { $0.writeByte(byte) }
    }
    column {
      $0.writeVarUInt(UInt64(keyLength + 1))
      for _ in 0...keyLength { $0.writeByte(0x74) }
      $0.writeVarInt(magnitude: 1, isNegative: false)
      $0.writeVarInt(magnitude: UInt64(keyLength), isNegative: false)
    }
    column { $0.writeByte(1) }
    column { _ in }
    column { _ in }
    writer.writeByte(1)
    writer.writeVarUInt(UInt64(structCount))
    writer.writeByte(0)
    for _ in 0..<structCount { writer.writeByte(0x7E) }
    writer.writeByte(0)
    let before = peakMemoryBytes()
    let error = #expect(throws: UpdateError.self) { try Update.stateVector(of: writer.bytes(), format: .v2) }
    #expect(error?.code == .tooLarge)
    #expect(peakMemoryBytes() - before < Self.memoryBytesMax)
  }

  @Test("Values nested deeper than any stack are refused")
  func deepValues() {
    let prefix = bytes("00 00 01 01 00 00 01 05 03 01 74 01 01 01 00 00 01 01 00")
    let value = Array(repeating: [0x75, 0x01] as [UInt8], count: 100_000).flatMap { $0 }
    #expect(throws: UpdateError.self) { try Update.inspect(prefix + value + [0x7E, 0], format: .v2) }
  }
}
