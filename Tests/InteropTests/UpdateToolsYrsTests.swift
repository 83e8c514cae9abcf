import CRDT
import TestSupport
import Testing

@Suite("Update tools, beside yrs")
struct UpdateToolsYrsTests {
  @Test(
    "What yrs merges and tells apart leads to the same document as what this library does",
    arguments: SeedRange.chosen(default: 40, length: 20))
  func tools(seeds: SeedRange) throws {
    let drivers = try Drivers()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        let samples = try UpdateSamples(seed: seed, drivers: drivers)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5 {
          let chosen = samples.updates.shuffled(using: &random).prefix(2 + random.below(samples.updates.count))
          let merged = try Update.merge(Array(chosen))
          let theirs = try drivers.yrs.merge(Array(chosen), format: .v1)
          expectSameDocument([merged], [theirs], "seed \(seed), merged from \(chosen.map { hex($0) })")
        }
        let whole = try Update.merge(samples.updates)
        let vector = try Update.stateVector(of: whole)
        #expect(vector == (try drivers.yrs.stateVector(of: whole, format: .v1)), "seed \(seed)")
        var known = StateVector()
        // At the ends of structs: where yrs has to cut one, what it writes is not the rest of it.
        for entry in try Update.inspect(whole).structs where random.oneIn(4) {
          known[entry.id.client] = entry.id.clock + entry.length
        }
        expectSameDocument(
          [samples.base, try Update.difference(whole, since: known)],
          [samples.base, try drivers.yrs.difference(whole, since: known, format: .v1)],
          "seed \(seed), since \(known.clocks) of \(hex(whole))")
      }
    }
  }

  private func expectSameDocument(_ ours: [[UInt8]], _ theirs: [[UInt8]], _ what: String) {
    let (one, two) = (Document(clientID: 5), Document(clientID: 5))
    do {
      for update in ours { try one.apply(update) }
      for update in theirs { try two.apply(update) }
    } catch {
      Issue.record("\(what): \(error)")
    }
    #expect(one.stateVector == two.stateVector, "\(what)")
    #expect(one.canonicalValues == two.canonicalValues, "\(what)")
    #expect(one.deleteSet == two.deleteSet, "\(what)")
  }
}
