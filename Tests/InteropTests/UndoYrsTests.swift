import CRDT
import TestSupport
import Testing

@Suite("Undo beside yrs")
struct UndoYrsTests {
  /// Plain edits of the root text only: undoing keys of maps, and text among formats, differs in yrs.
  @Test("Text is undone and redone to the same text", arguments: SeedRange.chosen(default: 60, length: 20))
  func text(seeds: SeedRange) throws {
    let driver = try Driver.yrs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        var operations = OperationGenerator(seed: seed, profile: .yrs)
        let replica = LocalReplica(client: 7)
        var options = SharedUndoManager.Options(now: { 0 })
        options.captureTimeout = 0
        options.trackedOrigins = ["tracked"]
        let manager = SharedUndoManager([.text(replica.document.text("text"))], options: options)
        try driver.create(0, client: 7)
        try driver.createUndoManager(0, captureTimeout: 0, ignoresRemoteMapChanges: false, scope: ["text"])
        for step in 0..<UInt64(40) {
          let action: Driver.UndoAction? = random.oneIn(2) ? nil : random.oneIn(3) ? .redo : .undo
          if let action {
            _ = try driver.act(action, on: 0, at: step * 1000)
            if action == .undo { manager.undo() } else { manager.redo() }
          } else {
            var transaction = operations.transaction()
            for index in transaction.indices {
              transaction[index].target = 0
              // Insertions and deletions.
              transaction[index].choice = [0, 1, 8, 9][Int(transaction[index].choice % 4)]
            }
            _ = try driver.perform(transaction, on: 0, at: step * 1000, isTracked: true)
            replica.document.transact(origin: "tracked") {
              for operation in transaction { operation.perform(on: replica.document) }
            }
          }
          let theirs = try driver.state(0).values
          guard theirs == replica.document.canonicalValues else {
            Issue.record(
              """
              seed \(seed), step \(step), after \(String(describing: action)):
                ours   \(replica.document.canonicalValues)
                theirs \(theirs)
              """)
            return
          }
        }
        try driver.drop(0)
      }
    }
  }
}
