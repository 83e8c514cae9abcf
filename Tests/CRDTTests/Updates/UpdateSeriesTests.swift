import CRDT
import TestSupport
import Testing

@Suite("A document as a series of updates")
struct UpdateSeriesTests {
  @Test(
    "Each update can be applied at once, and all of them give what the document has at the end",
    arguments: SeedRange.chosen(default: 100))
  func appliesInOrder(seeds: SeedRange) {
    for seed in seeds.range { appliesInOrder(seed: seed) }
  }

  private func appliesInOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var writers = Writers(using: &random)
    for _ in 0..<random.below(60) { writers.step(using: &random) }
    let copy = Document()
    if random.oneIn(2) { writers.exchange(from: writers.documents[0], to: copy) }
    for _ in 0..<random.below(60) { writers.step(using: &random) }
    let document = writers.documents[0]
    var series = UpdateSeries(of: document, since: copy.stateVector)
    let byteCount = 1 + random.below(400)
    let goesOn = random.oneIn(2)
    while !series.isFinished {
      for update in series.next(ofAbout: byteCount) {
        #expect(throws: Never.self, "seed \(seed)") { try copy.apply(update) }
        #expect(copy.pending == nil, "seed \(seed)")
      }
      // Some of it from other writers, who know what the copy does not.
      if goesOn, !series.isFinished, random.oneIn(3) { writers.step(using: &random) }
      if goesOn, random.oneIn(20) { break }
    }
    // One that is given up is followed by another.
    for update in series.isFinished ? [] : Self.all(of: document, since: copy.stateVector, byteCount) {
      #expect(throws: Never.self, "seed \(seed)") { try copy.apply(update) }
    }
    #expect(copy.encodeUpdate() == document.encodeUpdate(), "seed \(seed)")
    #expect(series.isFinished ? series.next(ofAbout: byteCount).isEmpty : true)
  }

  @Test("What fits into one update has the bytes of the document's update", arguments: SeedRange.chosen(default: 50))
  func equalBytes(seeds: SeedRange) {
    for seed in seeds.range { equalBytes(seed: seed) }
  }

  private func equalBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var writers = Writers(using: &random)
    for _ in 0..<random.below(200) { writers.step(using: &random) }
    let document = writers.documents[0]
    let vector = random.oneIn(2) ? StateVector() : writers.documents[1].stateVector
    let updates = Self.all(of: document, since: vector, 1 << 20)
    #expect(updates == [document.encodeUpdate(since: vector)], "seed \(seed)")
  }

  @Test("Long texts and lists are cut, and a surrogate pair is not")
  func cutsContent() throws {
    let document = Document()
    document.text("t").insert(String(repeating: "a😀é", count: 3000), at: 0)
    document.array("a").insert((0..<3000).map { .string("value \($0)") }, at: 0)
    for byteCount in 90...110 {
      let updates = Self.all(of: document, since: StateVector(), byteCount)
      #expect(updates.count > 100)
      // Three bytes a unit at most, and the fields around them.
      #expect(updates.allSatisfy { $0.count < 3 * byteCount + 80 })
      let copy = Document()
      for update in updates { try copy.apply(update) }
      #expect(copy.text("t").string == document.text("t").string)
      #expect(copy.encodeUpdate() == document.encodeUpdate())
    }
  }

  @Test("What waits for missing updates, and many deletions, come at the end")
  func waiting() throws {
    let other = Document()
    var updates: [[UInt8]] = []
    let subscription = other.observeUpdates { updates.append($0.update) }
    for character in ["a", "b", "c"] { other.text("t").append(character) }
    subscription.cancel()
    let document = Document()
    for number in 0..<2000 { document.text("t").insert("\(number % 10)", at: 0) }
    for number in 0..<900 { document.text("t").delete(at: number, count: 1) }
    try document.apply(updates[0])
    try document.apply(updates[2])
    let copy = Document()
    for update in Self.all(of: document, since: StateVector(), 300) { try copy.apply(update) }
    #expect(copy.pending == document.pending)
    try copy.apply(updates[1])
    try document.apply(updates[1])
    #expect(copy.pending == nil)
    #expect(copy.encodeUpdate() == document.encodeUpdate())
  }

  private static func all(of document: Document, since vector: StateVector, _ byteCount: Int) -> [[UInt8]] {
    var series = UpdateSeries(of: document, since: vector)
    var updates: [[UInt8]] = []
    while !series.isFinished { updates += series.next(ofAbout: byteCount) }
    return updates
  }
}

/// Several who write into one document, the first of whom hears of all.
private struct Writers {
  let documents: [Document]

  init(using random: inout SeededGenerator) {
    var documents: [Document] = []
    for _ in 0..<(2 + random.below(4)) { documents.append(Document(clientID: ClientID(rawValue: random.next() >> 12))) }
    self.documents = documents
  }

  /// One edit, or an exchange of what was written.
  mutating func step(using random: inout SeededGenerator) {
    let document = documents[random.below(documents.count)]
    let text = document.text("t")
    let list = document.array("a")
    switch random.below(8) {
    case 0...2: text.insert(String(repeating: "né", count: 1 + random.below(20)), at: random.below(text.count + 1))
    case 3: if text.count > 0 { text.delete(at: random.below(text.count), count: 1) }
    case 4: document.map("m").set(.number(Double(random.below(100))), forKey: "k\(random.below(3))")
    case 5: list.insertMap(at: random.below(list.count + 1)).set("x", forKey: "y")
    case 6: if list.count > 0 { list.delete(at: random.below(list.count), count: 1) }
    default: break
    }
    let other = documents[random.below(documents.count)]
    exchange(from: other, to: document)
    exchange(from: document, to: documents[0])
  }

  func exchange(from source: Document, to target: Document) {
    guard source !== target else { return }
    do {
      try target.apply(source.encodeUpdate(since: target.stateVector))
    } catch {
      Issue.record("an update of ours cannot be read: \(error)")
    }
  }
}
