/// Consecutive seeds that one test case runs through; ranges run in parallel.
public struct SeedRange: Sendable, CustomStringConvertible {
  /// The seeds.
  public let range: Range<UInt64>
  /// `seeds 0..<50`, as the list of test cases shows it.
  public var description: String { "seeds \(range)" }

  /// The seeds to run, cut into ranges of at most `length`: only `CRDT_SEED` if it is set; else as many as
  /// `CRDT_SEEDS` says, from 0, or `count` where it is not set.
  public static func chosen(default count: Int, length: Int = 50) -> [SeedRange] {
    if let seed = TestEnvironment.integer("CRDT_SEED") {
      return [SeedRange(range: UInt64(seed)..<(UInt64(seed) + 1))]
    }
    let count = TestEnvironment.integer("CRDT_SEEDS") ?? count
    return stride(from: 0, to: count, by: length).map { first in
      SeedRange(range: UInt64(first)..<UInt64(min(first + length, count)))
    }
  }
}
