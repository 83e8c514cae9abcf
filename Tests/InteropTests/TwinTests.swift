import CRDT
import TestSupport
import Testing

/// The sharpest comparison: a document of ours and one of Yjs with the same client identifier do the same, so all that
/// they emit must be the same, byte by byte and event by event.
@Suite("Twins: this library and Yjs under one client identifier")
struct TwinTests {
  @Test("The same edits emit the same updates and the same events", arguments: SeedRange.chosen(default: 460))
  func emitTheSame(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      var twins = try Twins(seed: seed, driver: driver)
      let failure = try CurrentSeed.run(seed) { try twins.run() }
      guard let failure else { continue }
      Issue.record(
        """
        seed \(seed): \(failure)
        rerun: CRDT_SEED=\(seed) swift test --filter TwinTests
        """)
      return
    }
  }
}

/// A program for two twins and a stranger, a Yjs document that edits concurrently.
private struct Twins {
  private static let twinNumber = 0
  private static let strangerNumber = 1

  private let driver: Driver
  private let document: Document
  private let events = EventLog()
  private var random: SeededGenerator
  private var operations: OperationGenerator
  private let stepCount: Int

  init(seed: UInt64, driver: Driver) throws {
    self.driver = driver
    random = SeededGenerator(seed: seed)
    operations = OperationGenerator(seed: random.next(), profile: .twin)
    stepCount = 10 + random.below(60)
    let client = ClientID.random(using: &random)
    var stranger = ClientID.random(using: &random)
    while stranger == client { stranger = ClientID.random(using: &random) }
    document = Document(clientID: client)
    events.observeNewTypes(of: document)
    try driver.create(Self.twinNumber, client: client, reportsEvents: true)
    try driver.create(Self.strangerNumber, client: stranger)
  }

  /// What differs first, or nil.
  mutating func run() throws -> String? {
    for step in 0..<stepCount {
      let difference =
        switch random.below(6) {
        case 0: try learnFromStranger()
        case 1: try strangerEdits()
        default: try edit()
        }
      if let difference { return "step \(step): \(difference)" }
    }
    try driver.drop(Self.twinNumber)
    try driver.drop(Self.strangerNumber)
    return nil
  }

  private mutating func edit() throws -> String? {
    let transaction = operations.transaction()
    let theirs = try driver.perform(transaction, on: Self.twinNumber)
    let ours = changes {
      document.transact {
        for operation in transaction { operation.perform(on: document) }
      }
    }
    return difference(ours, theirs).map { "\($0)\n\(transaction)" }
  }

  private mutating func strangerEdits() throws -> String? {
    if random.oneIn(2) { _ = try driver.apply(document.encodeUpdate(), to: Self.strangerNumber) }
    for _ in 0..<(1 + random.below(4)) { _ = try driver.perform(operations.transaction(), on: Self.strangerNumber) }
    return nil
  }

  private mutating func learnFromStranger() throws -> String? {
    let update = try driver.encodeUpdate(
      Self.strangerNumber, since: random.oneIn(3) ? StateVector() : document.stateVector)
    let theirs = try driver.apply(update, to: Self.twinNumber)
    let ours = try changes { try document.apply(update) }
    if let difference = difference(ours, theirs) { return "\(difference)\n  for the update \(hex(update))" }
    let whole = document.encodeUpdate()
    let expected = try driver.encodeUpdate(Self.twinNumber)
    return whole == expected ? nil : "the whole update differs\n  ours   \(hex(whole))\n  theirs \(hex(expected))"
  }

  private func changes(_ body: () throws -> Void) rethrows -> Driver.Changes {
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    defer { subscription.cancel() }
    try body()
    return Driver.Changes(updates: updates, events: events.take(from: document))
  }

  private func difference(_ ours: Driver.Changes, _ theirs: Driver.Changes) -> String? {
    if ours.updates != theirs.updates {
      return "the updates differ\n  ours   \(ours.updates.map { hex($0) })\n  theirs \(theirs.updates.map { hex($0) })"
    }
    if ours.events != theirs.events {
      return "the events differ\n  ours\n\(ours.events)\n  theirs\n\(theirs.events)"
    }
    return nil
  }
}
