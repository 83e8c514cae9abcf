import TestSupport
import Testing

@testable import CRDT

@Suite("Differences of lists")
struct ListDifferenceTests {
  private func applied(_ edits: [ListDifference.Edit], to old: [UInt32], _ new: [UInt32]) -> [UInt32] {
    var result = old
    for edit in edits.reversed() { result.replaceSubrange(edit.removed, with: new[edit.inserted]) }
    return result
  }

  /// The length of a longest common subsequence, by the table of all prefixes.
  private func commonLength(_ old: [UInt32], _ new: [UInt32]) -> Int {
    var row = [Int](repeating: 0, count: new.count + 1)
    for element in old {
      var diagonal = 0
      for index in new.indices {
        let above = row[index + 1]
        row[index + 1] = element == new[index] ? diagonal + 1 : max(above, row[index])
        diagonal = above
      }
    }
    return row[new.count]
  }

  @Test(
    "Edits lead from one list to the other, are the fewest, and are apart",
    arguments: SeedRange.chosen(default: 2000, length: 500))
  func random(seeds: SeedRange) {
    for seed in seeds.range {
      CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let alphabet = 1 + random.below(6)
        let old = (0..<random.below(30)).map { _ in UInt32(random.below(alphabet)) }
        let new = (0..<random.below(30)).map { _ in UInt32(random.below(alphabet)) }
        let edits = ListDifference(from: old, to: new).edits
        #expect(applied(edits, to: old, new) == new, "CRDT_SEED=\(seed)")
        let changed = edits.reduce(0) { $0 + $1.removed.count + $1.inserted.count }
        #expect(changed == old.count + new.count - 2 * commonLength(old, new), "CRDT_SEED=\(seed)")
        for (edit, next) in zip(edits, edits.dropFirst()) {
          #expect(edit.removed.upperBound < next.removed.lowerBound, "CRDT_SEED=\(seed)")
          #expect(edit.inserted.upperBound < next.inserted.lowerBound, "CRDT_SEED=\(seed)")
        }
      }
    }
  }

  @Test("Lists with nothing in common end in one edit, and long ones in few, within the limits")
  func bounded() {
    let old = (0..<20_000).map { UInt32($0) }
    let other = (0..<20_000).map { UInt32($0 + 20_000) }
    #expect(
      ListDifference(from: old, to: other).edits == [ListDifference.Edit(removed: 0..<20_000, inserted: 0..<20_000)])
    let common = Array(old[0..<100] + other[0..<5_000] + old[5_000...])
    let edits = ListDifference(from: old, to: common).edits
    #expect(edits == [ListDifference.Edit(removed: 100..<5_000, inserted: 100..<5_100)])
    let shuffled = old.map { $0 ^ 1 }
    #expect(applied(ListDifference(from: old, to: shuffled).edits, to: old, shuffled) == shuffled)
  }
}
