import CRDT
import TestSupport
import Testing

@Suite("Awareness against y-protocols and pycrdt")
struct AwarenessTests {
  enum Peer: CaseIterable { case yProtocols, pycrdt }

  @Test(
    "States, clocks, bytes and changes are the same after each step", arguments: Peer.allCases,
    SeedRange.chosen(default: 400, length: 200))
  func programs(peer: Peer, seeds: SeedRange) throws {
    let driver = peer == .yProtocols ? try Driver.yjs() : try Driver.yrs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        let program = AwarenessProgram(seed: seed)
        let (ours, theirs) = (try program.run(), try driver.run(program))
        #expect(ours.count == theirs.count)
        for (index, pair) in zip(ours, theirs).enumerated() where pair.0 != pair.1 {
          Issue.record(
            "CRDT_SEED=\(seed) step \(index) \(program.steps[index])\n  ours   \(pair.0)\n  theirs \(pair.1)")
          return
        }
      }
    }
  }
}
