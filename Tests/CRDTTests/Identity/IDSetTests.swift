import CRDT
import TestSupport
import Testing

@Suite("Sets of identifiers")
struct IDSetTests {
  @Test("Ranges that overlap or touch become one", arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
  func joining(order: [Int]) {
    let ranges: [Range<Clock>] = [5..<8, 8..<9, 2..<4, 20..<30]
    var set = IDSet()
    for index in order { set.insert(ranges[index], of: 1) }
    #expect(set.ranges(of: 1) == [2..<4, 5..<9, 20..<30])
    set.insert(3..<21, of: 1)
    #expect(set.ranges(of: 1) == [2..<30])
    #expect(set.count == 28)
  }

  @Test("The operations do what sets of single units do", arguments: SeedRange.chosen(default: 100))
  func algebra(seeds: SeedRange) {
    for seed in seeds.range {
      var random = SeededGenerator(seed: seed)
      let (left, leftUnits) = Self.randomSet(&random)
      let (right, rightUnits) = Self.randomSet(&random)
      #expect(Self.units(left) == leftUnits, "seed \(seed)")
      #expect(left.count == UInt64(leftUnits.count), "seed \(seed)")
      #expect(Self.units(left.union(right)) == leftUnits.union(rightUnits), "seed \(seed)")
      #expect(Self.units(left.subtracting(right)) == leftUnits.subtracting(rightUnits), "seed \(seed)")
      #expect(Self.units(left.intersection(right)) == leftUnits.intersection(rightUnits), "seed \(seed)")
      #expect(left.isSubset(of: right) == leftUnits.isSubset(of: rightUnits), "seed \(seed)")
      #expect(left.subtracting(right).union(left.intersection(right)) == left, "seed \(seed)")
      for client in 1...3 as ClosedRange<UInt64> {
        for clock in 0..<40 as Range<Clock> {
          let id = ItemID(client: ClientID(rawValue: client), clock: clock)
          #expect(left.contains(id) == leftUnits.contains(id), "seed \(seed)")
        }
      }
    }
  }

  private static func randomSet(_ random: inout SeededGenerator) -> (IDSet, Set<ItemID>) {
    var set = IDSet()
    var units: Set<ItemID> = []
    for _ in 0..<random.below(12) {
      let client = ClientID(rawValue: UInt64(1 + random.below(3)))
      let start = Clock(random.below(30))
      let clocks = start..<(start + Clock(random.below(6)))
      let isAdded = !random.oneIn(4)
      if isAdded { set.insert(clocks, of: client) } else { set.remove(clocks, of: client) }
      for clock in clocks {
        let id = ItemID(client: client, clock: clock)
        if isAdded { units.insert(id) } else { units.remove(id) }
      }
    }
    return (set, units)
  }

  private static func units(_ set: IDSet) -> Set<ItemID> {
    var units: Set<ItemID> = []
    for (client, clocks) in set { for clock in clocks { units.insert(ItemID(client: client, clock: clock)) } }
    return units
  }

  @Test("Clients are written in descending order, and read in any, with ranges in any order")
  func encoding() throws {
    var set = IDSet()
    set.insert(3..<5, of: 1)
    set.insert(0..<1, of: 300)
    set.insert(ItemID(client: 1, clock: 130))
    #expect(hex(set.encode()) == hex(bytes("02 ac02 01 00 01 01 02 03 02 8201 01")))
    #expect(try IDSet(decoding: set.encode()) == set)
    #expect(try IDSet(decoding: bytes("03 01 02 8201 01 04 01 ac02 01 00 01 01 02 03 01 09 00")) == set)
    #expect(IDSet().encode() == [0])
    #expect(Array(set.map(\.client)) == [300, 1, 1])
  }

  @Test(
    "What is no delete set is refused",
    arguments: [
      ("", .truncated), ("01", .truncated), ("01 01", .truncated), ("01 01 01", .truncated),
      ("01 01 01 00", .truncated), ("ff ff ff ff 0f 01 01", .truncated),
      ("01 01 ff ff ff ff 0f 00 01", .truncated), ("00 00", .trailingBytes),
      ("01 01 01 ffffffffffffff0f 01", .integerOutOfRange),
      ("01 80 80 80 80 80 80 80 80 01 00", .overlongInteger),
    ] as [(String, UpdateError.Code)])
  func refused(digits: String, code: UpdateError.Code) {
    do throws(UpdateError) {
      _ = try IDSet(decoding: bytes(digits))
      Issue.record("\(digits) was read")
    } catch {
      #expect(error.code == code)
    }
  }

  @Test("A document's delete set is the one at the end of its update")
  func ofDocument() throws {
    let document = Document(clientID: 9)
    let text = document.text("text")
    text.insert("a text to delete from", at: 0)
    text.delete(at: 2, count: 3)
    text.delete(at: 10, count: 1)
    document.map("map").set(1, forKey: "key")
    document.map("map").set(2, forKey: "key")
    let set = document.deleteSet
    #expect(set.ranges(of: 9) == [2..<5, 13..<14, 21..<22])
    let update = document.encodeUpdate()
    #expect(Array(update.suffix(set.encode().count)) == set.encode())
    let copy = Document(clientID: 4)
    try copy.apply(update)
    #expect(copy.deleteSet == set)
  }
}
