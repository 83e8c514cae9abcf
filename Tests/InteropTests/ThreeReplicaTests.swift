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
    var brokenPeers = 0
    for seed in seeds.range {
      let program = Program(seed: seed)
      do {
        if try CurrentSeed.run(seed, { try ProgramRun.run(program, on: drivers) }) == .brokenPeer { brokenPeers += 1 }
      } catch let failure as ProgramFailure {
        // A driver that failed may have ended: fresh ones for the search.
        let (smallest, last) = program.minimized(on: try Drivers(), failure: failure)
        Issue.record(
          """
          seed \(seed) failed at \(failure)
          rerun: CRDT_SEED=\(seed) swift test --filter ThreeReplicaTests
          smallest program found, failing at \(last)
          \(smallest.listing)
          """)
        return
      }
    }
    #expect(
      brokenPeers <= 1 + seeds.range.count / 50, "too many programs ended since yrs wrote what nobody can read")
  }
}
