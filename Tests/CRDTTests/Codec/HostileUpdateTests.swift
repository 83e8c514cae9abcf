import CRDT
import TestSupport
import Testing

/// A few bytes that claim a lot: a peer must not be able to make us allocate or work by what it merely announces.
@Suite("Hostile updates", .serialized)
struct HostileUpdateTests {
  private static let large = "ff ff ff ff ff ff ff 0f"
  private static let billions = "ff ff ff ff 07"

  @Test(
    "A large number in a small update costs little",
    arguments: [
      "\(large) 01 01 00 04 01 01 74 01 61 00",  // clients
      "01 \(large) 01 00 04 01 01 74 01 61 00",  // structs
      "01 01 01 \(large) 04 01 01 74 01 61 00",  // first clock
      "01 01 01 \(billions) 04 01 01 74 01 61 00",
      "01 01 01 00 00 \(large) 00",  // length of GC
      "01 01 01 00 00 \(billions) 00",
      "01 01 01 00 01 01 01 74 \(large) 00",  // length of deleted content
      "01 01 01 00 01 01 01 74 \(billions) 00",
      "01 01 01 00 0a \(large) 00",  // length of a gap
      "01 02 01 00 0a \(billions) 04 01 01 74 01 61 00",
      "01 01 01 00 04 01 01 74 \(large) 61 00",  // length of a string
      "01 01 01 00 04 01 \(large) 74 01 61 00",  // length of a root's name
      "01 01 01 00 08 01 01 74 \(large) 7e 00",  // number of values
      "01 01 01 00 08 01 01 74 01 75 \(large) 7e 00",  // length of an array
      "01 01 01 00 08 01 01 74 01 76 \(large) 01 61 7e 00",  // length of an object
      "01 01 01 00 03 01 01 74 \(large) 00",  // length of binary content
      "00 \(large) 01 01 00 01",  // clients of the delete set
      "00 01 01 \(large) 00 01",  // ranges
      "00 01 01 01 00 \(large)",  // length of a range
      "00 01 01 01 \(large) \(large)",
      "00 01 01 02 00 \(billions) \(billions) \(billions)",
    ])
  func announced(digits: String) throws {
    let document = Document(clientID: 9)
    document.text("t").insert("abc", at: 0)
    let before = peakMemoryBytes()
    let start = ContinuousClock.now
    let isAccepted = (try? document.apply(bytes(digits))) != nil
    // Whatever became of it, the document works on, and its encoding can be read.
    document.text("t").append("d")
    let copy = Document(clientID: 3)
    try copy.apply(document.encodeUpdate())
    #expect(copy.text("t").string == document.text("t").string)
    #expect(peakMemoryBytes() - before < 32 << 20, "accepted: \(isAccepted)")
    #expect(start.duration(to: .now) < .seconds(2), "accepted: \(isAccepted)")
  }

  @Test("Types nested far deeper than any document are integrated, encoded and deleted without running out of stack")
  func deepTypes() throws {
    // A map in the root map `m`, a map in that one under the key `n`, and so on.
    let depth = 20_000
    var writer = ByteWriter()
    for number in [1, depth, 7, 0] { writer.writeVarUInt(UInt64(number)) }
    for level in 0..<depth {
      writer.writeByte(0x27)
      if level == 0 {
        writer.writeByte(1)
        writer.writeVarString("m")
      } else {
        for number in [0, 7, level - 1] { writer.writeVarUInt(UInt64(number)) }
      }
      writer.writeVarString("n")
      writer.writeByte(1)
    }
    writer.writeByte(0)
    let document = Document(clientID: 9)
    try document.apply(writer.bytes())
    #expect(document.encodeUpdate() == writer.bytes())
    document.map("m").removeValue(forKey: "n")
    #expect(
      hex(document.encodeUpdate()) == hex(bytes("01 02 07 00 21 01 01 6d 01 6e 01 00 9f 9c 01 01 07 01 00 a0 9c 01")))
  }

  /// Updates that a step for each pair of their parts would take hours over.
  private static let partCount = 40_000

  @Test(
    "Concurrent insertions at one place are merged in whatever order their clients are listed", .timeLimit(.minutes(1)),
    arguments: [true, false])
  func manyClientsAtOnePlace(isAscending: Bool) throws {
    var writer = ByteWriter()
    writer.writeVarUInt(UInt64(Self.partCount))
    for index in 0..<Self.partCount {
      let client = isAscending ? index : Self.partCount - 1 - index
      for number in [1, client, 0] { writer.writeVarUInt(UInt64(number)) }
      writer.writeByte(4)
      writer.writeByte(1)
      for string in ["t", "a"] { writer.writeVarString(string) }
    }
    writer.writeByte(0)
    let document = Document(clientID: 70_000)
    try document.apply(writer.bytes())
    #expect(document.text("t").count == Self.partCount)
  }

  @Test(
    "Updates of a client for whom many others wait cost no more, until what they wait for is there",
    .timeLimit(.minutes(1)))
  func manyWaiters() throws {
    let (waiting, updates) = (10_000, 10_000)
    var writer = ByteWriter()
    writer.writeVarUInt(UInt64(waiting))
    for client in 0..<waiting {
      // One unit behind one of client 20,000 that is far away.
      for number in [1, 100 + client, 0] { writer.writeVarUInt(UInt64(number)) }
      writer.writeByte(0x84)
      for number in [20_000, 2 * updates] { writer.writeVarUInt(UInt64(number)) }
      writer.writeVarString("a")
    }
    // And as many deletions.
    for number in [1, 20_000, waiting] { writer.writeVarUInt(UInt64(number)) }
    for index in 0..<waiting { for number in [2 * updates + 2 * index, 1] { writer.writeVarUInt(UInt64(number)) } }
    let document = Document(clientID: 9)
    try document.apply(writer.bytes())
    for index in 0..<updates {
      var update = ByteWriter()
      for number in [1, 1, 20_000, index] { update.writeVarUInt(UInt64(number)) }
      update.writeByte(index == 0 ? 4 : 0x84)
      if index == 0 {
        update.writeByte(1)
        update.writeVarString("t")
      } else {
        for number in [20_000, index - 1] { update.writeVarUInt(UInt64(number)) }
      }
      update.writeVarString("b")
      update.writeByte(0)
      try document.apply(update.bytes())
    }
    #expect(document.text("t").count == updates)
    #expect(document.pending?.missing[20_000] == Clock(2 * updates + 2 * waiting - 1))
  }

  @Test("Deletions of unknown units are kept in whatever order they come", .timeLimit(.minutes(1)))
  func manyDeletionsInDescendingOrder() throws {
    var writer = ByteWriter()
    for number in [0, 1, 7, Self.partCount] { writer.writeVarUInt(UInt64(number)) }
    for index in (0..<Self.partCount).reversed() {
      for number in [2 * index, 1] { writer.writeVarUInt(UInt64(number)) }
    }
    let document = Document(clientID: 9)
    try document.apply(writer.bytes())
    // Heard again, they are nothing new.
    try document.apply(writer.bytes())
    let whole = document.encodeUpdate()
    #expect(whole.count == writer.bytes().count)
    let text = Document(clientID: 7)
    text.text("t").insert(String(repeating: "ab", count: 500), at: 0)
    try document.apply(text.encodeUpdate())
    #expect(document.text("t").string == String(repeating: "b", count: 500))
  }

  @Test("Sections of no structs and sections that wait leave their clients unknown")
  func strangers() throws {
    let document = Document(clientID: 9)
    try document.apply(bytes("02 00 08 05 00 07 00 00"))
    try document.apply(bytes("01 01 06 03 00 02 00"))
    #expect(document.pending?.missing == StateVector([6: 3]))
    #expect(document.statistics.clients == 0)
    #expect(hex(document.encodeUpdate()) == "01010603000200")
    try document.apply(bytes("01 01 06 00 00 03 00"))
    #expect(document.pending == nil)
    #expect(document.stateVector == StateVector([6: 5]))
  }
}
