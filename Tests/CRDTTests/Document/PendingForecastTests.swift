import CRDT
import TestSupport
import Testing

@Suite("What would wait, and what is held")
struct PendingForecastTests {
  private func forecast(_ update: [UInt8], in document: Document) throws -> Int {
    try update.withUnsafeBytes { try document.pendingBytes(after: $0) }
  }

  /// Updates of two people who build on each other's edits, in the order in which they were made.
  private func history(seed: UInt64, count: Int) throws -> [[UInt8]] {
    var random = SeededGenerator(seed: seed)
    let documents = [Document(clientID: 1), Document(clientID: 2)]
    var updates: [[UInt8]] = []
    for _ in 0..<count {
      let (writer, reader) = Bool.random(using: &random) ? (0, 1) : (1, 0)
      let known = documents[writer].stateVector
      let text = documents[writer].text("t")
      text.insert("ab", at: Int.random(in: 0...text.count, using: &random))
      if text.count > 4, Bool.random(using: &random) { text.delete(at: 0, count: 2) }
      updates.append(documents[writer].encodeUpdate(since: known))
      if Bool.random(using: &random) { try documents[reader].apply(updates[updates.count - 1]) }
    }
    return updates
  }

  @Test("Nothing is foretold exactly when nothing waits afterwards", arguments: 0..<200 as Range<UInt64>)
  func agreesWithApplying(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let document = Document(clientID: 9)
    for update in try history(seed: seed, count: 12).shuffled(using: &random) {
      let before = document.pendingBytes
      let foretold = try forecast(update, in: document)
      let state = document.encodeUpdate()
      #expect(
        try forecast(update, in: document) == foretold && document.encodeUpdate() == state, "it changed something")
      let result = try document.apply(update)
      #expect(document.pendingBytes <= foretold)
      // Nothing that was foretold to go in waits.
      if foretold == before { #expect(document.pendingBytes <= before) }
      if before == 0 { #expect((foretold > 0) == result.isPending) }
      #expect((document.pendingBytes > 0) == result.isPending)
    }
    #expect(document.pendingBytes == 0)
  }

  @Test("What waits costs more than its bytes, by structs and by deletions")
  func costs() throws {
    let document = Document()
    let struct1: [UInt8] = [1, 1, 5, 9, 4, 1, 1, 0x74, 1, 0x61, 0]
    let deletions: [UInt8] = [0, 1, 7, 2, 0, 1, 5, 1]
    #expect(try forecast(struct1, in: document) > 500)
    #expect(try forecast(deletions, in: document) > 300)
    #expect(throws: UpdateError.self) { try forecast([1, 2], in: document) }
    try document.apply(struct1)
    try document.apply(deletions)
    #expect(document.pendingBytes > 800)
    let all = document.pendingBytes
    try document.apply(deletions)
    #expect(document.pendingBytes == all)
  }

  @Test("A document's memory grows with its content, and is not far from the bytes of plain text")
  func memory() {
    let document = Document()
    let empty = document.memoryBytes
    document.text("t").append(String(repeating: "x", count: 1 << 17))
    let full = document.memoryBytes
    #expect(empty < 16 << 10 && full > 1 << 17 && full < 1 << 19, "\(empty), \(full)")
    let numbers = Document()
    for number in 0..<1_000 { numbers.map("m").set(.number(Double(number)), forKey: "k\(number)") }
    #expect(numbers.memoryBytes > empty + 30_000)
  }
}
