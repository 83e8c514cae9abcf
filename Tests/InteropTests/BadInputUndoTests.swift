import CRDT
import TestSupport
import Testing

@Suite("Bad input and undo")
struct BadInputUndoTests {
  @Test(
    "Damaged updates that are tracked can be undone and redone, and the document still encodes",
    arguments: SeedRange.chosen(default: 40, length: 10))
  func damagedUpdates(seeds: SeedRange) throws {
    let drivers = try Drivers()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        let samples = try UpdateSamples(seed: seed, drivers: drivers)
        var mutator = UpdateMutator(samples: samples.updates, seed: seed)
        var operations = OperationGenerator(seed: seed, profile: .yjs)
        for _ in 0..<20 {
          let document = Document(clientID: 5)
          let manager = Self.manager(of: document)
          if mutator.oneIn(2) { try document.apply(samples.base, origin: "tracked") }
          for _ in 0..<10 {
            _ = try? document.apply(mutator.next(), origin: mutator.oneIn(2) ? "tracked" : "other")
            document.transact(origin: "tracked") {
              for operation in operations.transaction() { operation.perform(on: document) }
            }
            while mutator.oneIn(2) { if mutator.oneIn(3) { manager.redo() } else { manager.undo() } }
            if mutator.oneIn(10) { manager.clear() }
          }
          let copy = Document(clientID: 6)
          #expect(throws: Never.self, "seed \(seed)") { try copy.apply(document.encodeUpdate()) }
          if document.pending == nil {
            #expect(copy.canonicalValues == document.canonicalValues, "seed \(seed)")
          }
        }
      }
    }
  }

  private static func manager(of document: Document) -> SharedUndoManager {
    var options = SharedUndoManager.Options(now: { 0 })
    options.captureTimeout = 0
    options.trackedOrigins = ["tracked"]
    let roots = Document.sharedRootNames.map { document.sharedRoot($0).content }
    return SharedUndoManager(roots, options: options)
  }
}
