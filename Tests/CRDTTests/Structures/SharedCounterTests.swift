import CRDT
import TestSupport
import Testing

@Suite("Counters")
struct SharedCounterTests {
  private static let integerMax: Int64 = (1 << 53) - 1

  @Test("No concurrent addition is lost, and none counts twice", arguments: SeedRange.chosen(default: 300))
  func sumsAreExact(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "SharedCounterTests") { random in
      let replicas = ThreeDocuments(random: &random)
      var expected: Int64 = 0
      try replicas.run(using: &random) { document, random in
        let amount = random.oneIn(3) ? Int64(random.bits32()) : Int64(random.below(21) - 10)
        expected += amount
        guard SharedCounter(document.map("count")).add(amount) else {
          throw SeedFailure(description: "refused \(amount)")
        }
      }
      let values = replicas.documents.map { SharedCounter($0.map("count")).value }
      return values.allSatisfy { $0 == expected } ? nil : "\(values) instead of \(expected)"
    }
  }

  @Test("An entry goes up to 2^53 − 1 exactly, and no further")
  func entryBounds() {
    let document = Document(clientID: 1)
    let counter = SharedCounter(document.map("count"))
    #expect(counter.add(Self.integerMax - 1))
    #expect(counter.add(1))
    #expect(!counter.add(1))
    #expect(!counter.add(.max))
    #expect(counter.value == Self.integerMax)
    #expect(counter.add(-2 * Self.integerMax))
    #expect(!counter.add(-1))
    #expect(!counter.add(.min))
    #expect(counter.value == -Self.integerMax)
  }

  @Test("Sums beyond 64 bits give the nearest integer, in whatever order the entries come")
  func wideSums() {
    let document = Document(clientID: 1)
    let counter = SharedCounter(document.map("count"))
    document.transact {
      for client in 0..<1100 { counter.map.set(Value(Self.integerMax), forKey: String(client)) }
    }
    #expect(counter.value == .max)
    document.transact {
      for client in 1100..<2201 { counter.map.set(Value(-Self.integerMax), forKey: String(client)) }
    }
    #expect(counter.value == -Self.integerMax)
    document.transact {
      for client in 2201..<3400 { counter.map.set(Value(-Self.integerMax), forKey: String(client)) }
    }
    #expect(counter.value == .min)
  }

  @Test("What is no whole number counts as 0, also in the own entry; a BigInt counts")
  func foreignEntries() {
    let document = Document(clientID: 7)
    let counter = SharedCounter(document.map("count"))
    let foreign: [Value] = [
      1.5, .number(.nan), .number(.infinity), .number(9_007_199_254_740_992), .bigInt(.min), .bigInt(.max), "12", nil,
      true, [1], ["value": 1], .bytes([1]), .undefined, .number(-0.0),
    ]
    for (index, value) in foreign.enumerated() { counter.map.set(value, forKey: "x\(index)") }
    counter.map.setMap(forKey: "map").set(5, forKey: "7")
    counter.map.setText(forKey: "7").append("5")
    counter.map.set(.bigInt(40), forKey: "8")
    #expect(counter.value == 40)
    counter.add(2)
    #expect(counter.value == 42)
    #expect(counter.map["7"]?.value == 2)
  }

  @Test("A document that finds its identifier taken counts on in a new entry, and the old one stays")
  func identifierChanges() throws {
    let first = Document(clientID: 1)
    SharedCounter(first.map("count")).add(5)
    let copy = Document(clientID: 1)
    try copy.apply(first.encodeUpdate())
    #expect(copy.clientID != 1)
    SharedCounter(first.map("count")).add(2)
    SharedCounter(copy.map("count")).add(1)
    try first.apply(copy.encodeUpdate())
    try copy.apply(first.encodeUpdate())
    #expect(SharedCounter(first.map("count")).value == 8)
    #expect(SharedCounter(copy.map("count")).value == 8)
    #expect(first.map("count").count == 2)
  }

  @Test("A counter in a map that was deleted is 0, and additions do nothing")
  func deletedMap() {
    let document = Document(clientID: 1)
    let counter = SharedCounter(document.map("map").setMap(forKey: "count"))
    counter.add(3)
    document.map("map").removeValue(forKey: "count")
    counter.add(3)
    #expect(counter.value == 0)
  }
}
