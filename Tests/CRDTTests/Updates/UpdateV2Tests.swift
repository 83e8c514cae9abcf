import CRDT
import TestSupport
import Testing

/// Each fixture is what Yjs writes for the edits above it, or reads if it says so.
@Suite("Update V2")
struct UpdateV2Tests {
  private static let bold =
    "01 02 01 00 06 01 01 74 04 626f6c64 04 74727565 86 01 00 04 626f6c64 04 6e756c6c 00"

  @Test("An empty document has nine columns, of which only that of strings has bytes")
  func empty() throws {
    let document = Document(clientID: 1)
    #expect(hex(document.encodeUpdate(format: .v2)) == "00000000000001000000000000")
    let result = try document.apply(bytes("00 00 00 00 00 00 01 00 00 00 00 00 00"), format: .v2)
    #expect(!result.changed && !result.isPending)
  }

  @Test("Inserted text goes into the columns of strings, first bytes and parents")
  func text() throws {
    let fixture = bytes("00 00 01 01 00 00 01 04 07 04 74616263 01 03 01 01 00 00 01 01 00 00")
    let document = Document(clientID: 1)
    document.text("t").insert("abc", at: 0)
    #expect(hex(document.encodeUpdate(format: .v2)) == hex(fixture))
    #expect(document.encodeUpdate(format: .v1) == document.encodeUpdate())
    let copy = Document(clientID: 2)
    #expect(try copy.apply(fixture, format: .v2).changed)
    #expect(copy.text("t").string == "abc")
  }

  @Test("A difference in V2 holds only what is new")
  func difference() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("abc", at: 0)
    let copy = Document(clientID: 2)
    try copy.apply(document.encodeUpdate(format: .v2), format: .v2)
    document.text("t").append("d")
    let update = document.encodeUpdate(since: copy.stateVector, format: .v2)
    #expect(try Update.inspect(update, format: .v2).structs.map(\.length) == [1])
    try copy.apply(update, format: .v2)
    #expect(copy.text("t").string == "abcd")
  }

  @Test("A key may be the number of one that came before, though nobody writes that")
  func keyReference() throws {
    let update = bytes(
      "00 02 0100 02 4100 01 00 00 03 060086 08 0574626f6c64 0104 01 01 00 00 01 02 00 78 7e 00")
    #expect(hex(try Update.convert(update, from: .v2, to: .v1)) == hex(bytes(Self.bold)))
    // Written again, each key is a string of its own.
    let written = bytes(
      "00 02 0002 02 4100 01 00 00 03 060086 0d 0974626f6c64626f6c64 014400 01 01 00 00 01 02 00 78 7e 00")
    #expect(hex(try Update.convert(bytes(Self.bold), from: .v1, to: .v2)) == hex(written))
  }

  @Test("Client identifiers of 53 bits and integers wider than 31 bits are read")
  func wideNumbers() throws {
    let client = ClientID.max
    let document = Document(clientID: client)
    document.array("a").append(1)
    let update = document.encodeUpdate(format: .v2)
    let copy = Document(clientID: 1)
    try copy.apply(update, format: .v2)
    #expect(copy.stateVector == StateVector([client: 1]))
    // yrs writes whole numbers of up to 53 bits as integers; Yjs then writes them as floats.
    let wide = bytes("00 00 01 01 00 00 01 08 03 01 61 01 01 01 00 01 01 01 01 00 7d bf ff ff ff ff ff ff 1f 00")
    try copy.apply(wide, format: .v2)
    #expect(copy.array("a").values.compactMap { $0.value } == [.number(9_007_199_254_740_991), 1])
    let narrow = try Update.convert(Update.convert(wide, from: .v2, to: .v1), from: .v1, to: .v2)
    #expect(hex(narrow).hasSuffix("7b433fffffffffffff00"))
  }

  @Test("A string that ends inside a pair of surrogates gives each half a replacement character")
  func splitPair() throws {
    // Two texts of one unit each from one character of two.
    let update = bytes(
      "00 00 02 4100 01 00 00 03 040084 08 05 74f09f9880 4101 01 01 00 00 01 02 00 00")
    let document = Document(clientID: 2)
    try document.apply(update, format: .v2)
    #expect(document.text("t").string == "\u{FFFD}\u{FFFD}")
  }

  @Test(
    "Stretches that are left out are read wherever they are",
    arguments: [
      // Before, between and behind structs, twice in a row, alone, and of a client that has nothing else.
      ("01 02 01 00 0a 02 44 01 01 01 62 00", [:], true),
      ("01 03 01 00 04 01 01 74 01 61 0a 02 84 01 02 01 62 00", [1: 1], true),
      ("01 02 01 00 04 01 01 74 01 61 0a 05 00", [1: 1], false),
      ("01 04 01 00 04 01 01 74 01 61 0a 02 0a 03 84 01 02 01 62 00", [1: 1], true),
      ("01 01 01 00 0a 05 00", [:], false),
      ("02 01 02 00 0a 05 01 01 00 04 01 01 74 01 61 00", [1: 1], false),
    ] as [(String, [ClientID: Clock], Bool)])
  func gaps(digits: String, known: [ClientID: Clock], isPending: Bool) throws {
    let update = bytes(digits)
    let converted = try Update.convert(update, from: .v1, to: .v2)
    #expect(hex(try Update.convert(converted, from: .v2, to: .v1)) == hex(update))
    for (bytes, format) in [(update, UpdateFormat.v1), (converted, .v2)] {
      let document = Document(clientID: 9)
      let result = try document.apply(bytes, format: format)
      #expect(result.isPending == isPending)
      #expect(document.stateVector == StateVector(known))
      #expect(try Update.stateVector(of: bytes, format: format) == StateVector(known))
    }
  }

  @Test("An error says where in the V2 bytes it is, and changes nothing")
  func errorOffsets() throws {
    let update = bytes("00 00 01 01 00 00 01 04 07 04 74616263 01 03 01 01 00 00 01 01 00 00")
    let document = Document(clientID: 9)
    for length in 0..<update.count {
      let error = #expect(throws: UpdateError.self) { try document.apply(Array(update[..<length]), format: .v2) }
      #expect((error?.byteOffset ?? -1) <= length && (error?.byteOffset ?? -1) >= 0)
    }
    func expect(_ digits: String, _ code: UpdateError.Code, at offset: Int, line: Int = #line) {
      #expect(throws: UpdateError(code, at: offset), "line \(line)") { try document.apply(bytes(digits), format: .v2) }
    }
    expect("01" + hex(update.dropFirst()), .unknownContent, at: 0)
    expect(hex(update) + "00", .trailingBytes, at: update.count)
    // A string that is not UTF-8, a run of client identifiers that ends early, a clock that never ends.
    expect("00 00 01 01 00 00 01 04 07 04 74ff6263 01 03 01 01 00 00 01 01 00 00", .invalidUTF8, at: 9)
    expect("00 00 00 00 00 01 04 07 04 74616263 01 03 01 01 00 00 01 01 00 00", .truncated, at: 3)
    expect("00 00 01 01 00 00 01 04 07 04 74616263 01 03 01 01 00 00 01 01 ff", .truncated, at: 22)
    #expect(document.stateVector.isEmpty && document.pending == nil)
  }

  @Test("Delete sets are read and written in both formats")
  func deleteSets() throws {
    var set = IDSet()
    set.insert(0..<1, of: 7)
    set.insert(5..<8, of: 7)
    set.insert(2..<4, of: 300)
    #expect(hex(set.encode(format: .v1)) == hex(bytes("02 ac02 01 02 02 07 02 00 01 05 03")))
    #expect(hex(set.encode(format: .v2)) == hex(bytes("02 ac02 01 02 01 07 02 00 00 04 02")))
    for format in [UpdateFormat.v1, .v2] {
      #expect(try IDSet(decoding: set.encode(format: format), format: format) == set)
    }
    #expect(throws: UpdateError(.trailingBytes, at: 1)) { try IDSet(decoding: [0, 0], format: .v2) }
    #expect(throws: UpdateError(.truncated, at: 2)) { try IDSet(decoding: [1, 7, 9, 0, 0], format: .v2) }
  }
}
