import TestSupport
import Testing

@Suite("Simulated networks, disks and clocks")
struct SimulationTests {
  @Test(
    "Whatever fails meanwhile, nodes end up equal, nothing that was stored is lost, and nothing is left to send",
    arguments: SeedRange.chosen(default: 2000, length: 100))
  func converges(seeds: SeedRange) throws {
    for seed in seeds.range {
      try CurrentSeed.run(seed) { try Simulation(seed: seed).run() }
    }
  }
}
