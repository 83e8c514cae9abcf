import CRDT
import TestSupport
import Testing

@Suite("Bad input")
struct BadInputTests {
  /// Mutations of each seed's updates.
  private static let mutationsPerSeed = 1000

  @Test(
    "A damaged update throws and changes nothing, or leaves a document that still encodes",
    arguments: SeedRange.chosen(default: 120, length: 10))
  func damagedUpdates(seeds: SeedRange) throws {
    let drivers = try Drivers()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        let samples = try UpdateSamples(seed: seed, drivers: drivers)
        var attack = Attack(samples: samples, seed: seed)
        for number in 0..<Self.mutationsPerSeed {
          do {
            try attack.strike(isThorough: number.isMultiple(of: 50))
          } catch {
            Issue.record(
              """
              seed \(seed), mutation \(number): \(error)
              update: \(hex(attack.update))
              rerun: CRDT_SEED=\(seed) swift test --filter BadInputTests
              """)
            return
          }
        }
      }
    }
  }
}

/// Valid updates of all implementations, taken at random moments of a program.
struct UpdateSamples {
  /// A document's whole state, which most other updates continue.
  let base: [UInt8]
  /// Whole states, differences and single transactions.
  let updates: [[UInt8]]

  init(seed: UInt64, drivers: Drivers) throws {
    var random = SeededGenerator(seed: seed)
    let replicas = [
      try DriverReplica(drivers.yjs, number: 1, client: 11),
      try DriverReplica(drivers.yrs, number: 1, client: 70_000),
    ]
    var operations = OperationGenerator(seed: seed, profile: .yrs)
    var updates: [[UInt8]] = []
    for round in 0..<30 {
      let (one, other) = round.isMultiple(of: 2) ? (replicas[0], replicas[1]) : (replicas[1], replicas[0])
      updates += try one.perform(operations.transaction())
      guard random.oneIn(4) else { continue }
      let difference = try one.encodeUpdate(since: try other.state().stateVector)
      try other.apply(difference)
      updates.append(difference)
    }
    base = try replicas[0].encodeUpdate(since: StateVector())
    self.updates = updates + [base, try replicas[1].encodeUpdate(since: StateVector())]
  }
}

/// Applies mutated updates to a document and checks what became of it.
struct Attack {
  /// What was wrong after an update was applied.
  struct Finding: Error, CustomStringConvertible {
    let description: String
  }

  /// The most that one update of at most some kilobytes may take. Generous: other tests run at the same time.
  private static let secondsMax = 5.0
  private static let memoryBytesMax = 256 << 20

  private let samples: UpdateSamples
  private var mutator: UpdateMutator
  private var operations: OperationGenerator
  private var document = Document(clientID: 5)
  private var encoded: [UInt8] = []
  private var stateVector = StateVector()
  private(set) var update: [UInt8] = []

  init(samples: UpdateSamples, seed: UInt64) {
    self.samples = samples
    mutator = UpdateMutator(samples: samples.updates, seed: seed)
    operations = OperationGenerator(seed: seed, profile: .yjs)
    reset()
  }

  private mutating func reset() {
    document = Document(clientID: 5)
    // Half of the attacks meet an empty document.
    if mutator.oneIn(2) { _ = try? document.apply(samples.base) }
    remember()
  }

  private mutating func remember() {
    encoded = document.encodeUpdate()
    stateVector = document.stateVector
  }

  /// - Throws: ``Finding``.
  mutating func strike(isThorough: Bool) throws {
    update = mutator.next()
    let start = ContinuousClock.now
    let memory = peakMemoryBytes()
    defer { checkCost(since: start, memory: memory) }
    do throws(UpdateError) {
      try document.apply(update)
    } catch {
      guard error.byteOffset >= 0, error.byteOffset <= update.count else {
        throw Finding(description: "the error's offset is outside of the update: \(error)")
      }
      guard document.stateVector == stateVector, !isThorough || document.encodeUpdate() == encoded else {
        throw Finding(description: "refused, but the document changed: \(error)")
      }
      return
    }
    try checkAccepted()
    // What was accepted must also bear edits, and the next damaged update.
    for operation in operations.transaction() { operation.perform(on: document) }
    try checkAccepted()
    if mutator.oneIn(4) { reset() } else { remember() }
  }

  private func checkCost(since start: ContinuousClock.Instant, memory: Int) {
    let seconds = start.duration(to: .now) / .seconds(1)
    if seconds > Self.secondsMax { Issue.record("\(seconds) s were spent on the update \(hex(update))") }
    let growth = peakMemoryBytes() - memory
    if growth > Self.memoryBytesMax { Issue.record("\(growth) bytes were taken by the update \(hex(update))") }
  }

  /// What was accepted must be readable by a fresh document, to the same values. Not always to the same bytes: forged
  /// structs need not have the boundaries that any document gives them.
  private func checkAccepted() throws {
    let whole = document.encodeUpdate()
    let copy = Document(clientID: 6)
    do throws(UpdateError) {
      try copy.apply(whole)
    } catch {
      throw Finding(description: "accepted, but the document's own encoding is refused: \(error)\n\(hex(whole))")
    }
    // A forged struct may wait although a part of it is known; encoded without that part, it may have nothing to wait
    // for. Yjs does the same.
    guard document.pending == nil else { return }
    guard copy.stateVector == document.stateVector, copy.canonicalValues == document.canonicalValues else {
      throw Finding(
        description: """
          accepted, but the document's own encoding says something else
          \(document.stateVector) \(document.canonicalValues)
          \(copy.stateVector) \(copy.canonicalValues)
          \(hex(whole))
          """)
    }
  }
}
