import CRDT
import TestSupport
import Testing

@Suite("Three replicas: this library, Yjs and yrs")
struct ThreeReplicaTests {
  @Test(
    "Random programs converge, and a Yjs shadow agrees at every step",
    arguments: SeedRange.chosen(default: 2000, length: 250))
  func programsConverge(seeds: SeedRange) throws {
    let drivers = try Drivers()
    for seed in seeds.range {
      let isPassed = try CurrentSeed.run(seed) {
        let program = Program(seed: seed)
        guard let failure = program.failure(on: drivers) else { return true }
        // A driver that failed may have ended: fresh ones for the search.
        let (smallest, last) = program.minimized(on: try Drivers(), failure: failure)
        Issue.record(
          """
          seed \(seed) failed at \(failure)
          rerun: CRDT_SEED=\(seed) swift test --filter ThreeReplicaTests
          smallest program found, failing at \(last)
          \(smallest.listing)
          """)
        return false
      }
      guard isPassed else { return }
    }
  }
}
