import CRDT
import TestSupport
import Testing

@Suite("Merging updates")
struct UpdateMergeTests {
  /// One update for each letter.
  private func keystrokes(_ letters: String, client: ClientID = 1) -> [[UInt8]] {
    let document = Document(clientID: client)
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    for (index, letter) in letters.enumerated() { document.text("t").insert(String(letter), at: index) }
    subscription.cancel()
    return updates
  }

  @Test("No updates make an empty one, and one comes back as it is")
  func few() throws {
    #expect(try Update.merge([]) == [0, 0])
    #expect(hex(try Update.merge([], format: .v2)) == "00000000000001000000000000")
    let update = keystrokes("a")[0]
    #expect(try Update.merge([update]) == update)
    #expect(throws: UpdateError(.truncated, at: 5)) { try Update.merge([Array(update.dropLast(update.count - 5))]) }
  }

  @Test("The order of updates and repetitions make no difference")
  func order() throws {
    let updates = keystrokes("abcdef") + keystrokes("xyz", client: 2)
    let merged = try Update.merge(updates)
    #expect(try Update.merge(updates.reversed() + updates) == merged)
    #expect(try Update.merge([merged, updates[2]]) == merged)
    let document = Document(clientID: 9)
    try document.apply(merged)
    #expect(document.stateVector == StateVector([1: 6, 2: 3]))
    #expect(try Update.stateVector(of: merged) == document.stateVector)
  }

  @Test("A gap is written where units are missing, and goes when they come")
  func gaps() throws {
    let updates = keystrokes("abcd")
    let gapped = try Update.merge([updates[0], updates[3]])
    #expect(try Update.inspect(gapped).structs.map(\.content) == [.text("a"), .skipped, .text("d")])
    #expect(try Update.inspect(gapped).structs.map(\.length) == [1, 2, 1])
    #expect(try Update.stateVector(of: gapped) == StateVector([1: 1]))
    let rest = try Update.merge([updates[2], updates[1]])
    #expect(try Update.merge([gapped, rest]) == (try Update.merge(updates)))
    #expect(try Update.difference(gapped, since: StateVector([1: 1])) == updates[3])
  }

  @Test("Structs that overlap are cut, and a pair of surrogates that is cut is two replacement characters")
  func overlap() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("ab😀cd", at: 0)
    let short = bytes("01 01 01 00 04 01 01 74 03 616278 00")
    let merged = try Update.merge([short, document.encodeUpdate()])
    #expect(try Update.inspect(merged).structs.map(\.content) == [.text("abx"), .text("\u{FFFD}cd")])
    let difference = try Update.difference(document.encodeUpdate(), since: StateVector([1: 3]))
    #expect(try Update.inspect(difference).structs.map(\.content) == [.text("\u{FFFD}cd")])
    #expect(try Update.inspect(difference).structs[0].origin == ItemID(client: 1, clock: 2))
  }

  @Test("Clients in any order are merged without loss")
  func unsortedClients() throws {
    // Ascending clients, and one client twice: nobody writes that, but it can be read.
    let update = bytes(
      "03 01 01 00 04 01 01 74 01 61 01 02 00 04 01 01 74 01 62 01 01 01 84 01 00 01 63 00")
    let other = keystrokes("xyz", client: 3)
    let merged = try Update.merge([update] + other)
    #expect(try Update.stateVector(of: merged) == StateVector([1: 2, 2: 1, 3: 3]))
    #expect(try Update.stateVector(of: update) == StateVector([1: 2, 2: 1]))
  }

  @Test("Deletions are joined, whatever order they come in")
  func deletions() throws {
    let deletions = [(5, 1), (0, 2), (2, 1), (9, 4), (6, 2)].map { clock, length in
      bytes("00 01 07 01") + [UInt8(clock), UInt8(length)]
    }
    let merged = try Update.merge(deletions)
    #expect(hex(merged) == hex(bytes("00 01 07 03 00 03 05 03 09 04")))
    #expect(try Update.deleteSet(of: merged).ranges(of: 7) == [0..<3, 5..<8, 9..<13])
  }
}
