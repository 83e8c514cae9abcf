import CRDT
import TestSupport
import Testing

/// Documents of ours and of Yjs with the same client identifier and an undo manager each.
@Suite("Undo twins: this library and Yjs under one client identifier")
struct UndoTwinTests {
  @Test("The same edits, undone and redone, emit the same updates", arguments: SeedRange.chosen(default: 460))
  func emitTheSame(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      var twins = try UndoTwins(seed: seed, driver: driver)
      let failure = try CurrentSeed.run(seed) { try twins.run() }
      guard let failure else { continue }
      Issue.record(
        """
        seed \(seed): \(failure)
        rerun: CRDT_SEED=\(seed) swift test --filter UndoTwinTests
        """)
      return
    }
  }
}

/// A program for two twins and a stranger, a Yjs document that edits concurrently.
private struct UndoTwins {
  private static let twinNumber = 0
  private static let strangerNumber = 1
  private static let captureTimeout: UInt64 = 500

  private let driver: Driver
  private let document: Document
  private let manager: SharedUndoManager
  private let time = Time()
  private var random: SeededGenerator
  private var operations: OperationGenerator
  private let stepCount: Int
  /// The positions that were made so far.
  private var positions: [RelativePosition] = []

  private final class Time {
    var milliseconds: UInt64 = 1_000_000
  }

  init(seed: UInt64, driver: Driver) throws {
    self.driver = driver
    var random = SeededGenerator(seed: seed)
    operations = OperationGenerator(seed: random.next(), profile: .twin)
    stepCount = 10 + random.below(60)
    let client = ClientID.random(using: &random)
    var stranger = ClientID.random(using: &random)
    while stranger == client { stranger = ClientID.random(using: &random) }
    let (document, time) = (Document(clientID: client), time)
    self.document = document
    let names = Document.sharedRootNames.filter { _ in random.oneIn(2) }
    let scope = names.isEmpty ? Document.sharedRootNames : names
    for name in Document.sharedRootNames { _ = document.sharedRoot(name) }
    var options = SharedUndoManager.Options(now: { time.milliseconds })
    options.captureTimeout = Self.captureTimeout
    options.ignoresRemoteMapChanges = random.oneIn(2)
    options.trackedOrigins = ["tracked"]
    manager = SharedUndoManager(scope.map { document.sharedRoot($0).content }, options: options)
    try driver.create(Self.twinNumber, client: client)
    try driver.createUndoManager(
      Self.twinNumber, captureTimeout: Self.captureTimeout,
      ignoresRemoteMapChanges: options.ignoresRemoteMapChanges, scope: scope)
    try driver.create(Self.strangerNumber, client: stranger)
    self.random = random
  }

  /// What differs first, or nil.
  mutating func run() throws -> String? {
    for step in 0..<stepCount {
      time.milliseconds += random.oneIn(2) ? 100 : 1000
      let difference =
        switch random.below(20) {
        case 0, 1: try learnFromStranger()
        case 2, 3: try strangerEdits()
        case 4, 5, 6, 7, 8: try act(.undo)
        case 9, 10: try act(.redo)
        case 11: try act(random.oneIn(8) ? .clear : .stopCapturing)
        case 12: try edit(isTracked: false)
        case 13: try position()
        default: try edit(isTracked: true)
        }
      if let difference { return "step \(step): \(difference)" }
    }
    try driver.drop(Self.twinNumber)
    try driver.drop(Self.strangerNumber)
    return nil
  }

  private mutating func edit(isTracked: Bool) throws -> String? {
    let transaction = operations.transaction()
    let theirs = try driver.perform(transaction, on: Self.twinNumber, at: time.milliseconds, isTracked: isTracked)
    let ours = updates {
      document.transact(origin: isTracked ? "tracked" : "other") {
        for operation in transaction { operation.perform(on: document) }
      }
    }
    return try difference(ours, theirs.updates, "\(transaction)")
  }

  private mutating func act(_ action: Driver.UndoAction) throws -> String? {
    let theirs = try driver.act(action, on: Self.twinNumber, at: time.milliseconds)
    var isPopped = false
    let ours = updates {
      switch action {
      case .undo: isPopped = manager.undo() != nil
      case .redo: isPopped = manager.redo() != nil
      case .stopCapturing: manager.stopCapturing()
      case .clear: manager.clear()
      }
    }
    let counts = (isPopped, manager.undoStack.count, manager.redoStack.count)
    let expected = (theirs.isPopped, theirs.undoCount, theirs.redoCount)
    if counts != expected { return "\(action): the stacks differ: \(counts), \(expected)" }
    return try difference(ours, theirs.changes.updates, "\(action)")
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
    let ours = try updates { try document.apply(update) }
    return try difference(ours, theirs.updates, "the update \(hex(update))")
  }

  /// Makes a position in both, and looks where one that was made before is now.
  private mutating func position() throws -> String? {
    let (target, index, isPrevious) = (random.bits32(), random.bits32(), random.oneIn(2))
    let types = document.sharedTypes
    let created: RelativePosition
    let association: RelativePosition.Association = isPrevious ? .previous : .next
    switch types[Int(target) % types.count] {
    case .text(let text): created = text.position(at: Int(index) % (text.count + 1), association: association)
    case .array(let array): created = array.position(at: Int(index) % (array.count + 1), association: association)
    case .xmlText(let node):
      created = node.text.position(at: Int(index) % (node.text.count + 1), association: association)
    case .fragment(let node): created = node.position(at: Int(index) % (node.count + 1), association: association)
    case .element(let node): created = node.position(at: Int(index) % (node.count + 1), association: association)
    case .map: return nil
    }
    let theirs = try driver.position(target, at: index, isPrevious: isPrevious, in: Self.twinNumber)
    if created.encode() != theirs.bytes { return "the position differs: \(created), \(hex(theirs.bytes))" }
    if created.jsonValue.jsonString() != theirs.json {
      return "the position's JSON differs:\n\(created.jsonValue.jsonString())\n\(theirs.json)"
    }
    if RelativePosition(jsonValue: created.jsonValue) != created { return "the position is not read back: \(created)" }
    positions.append(created)
    for _ in 0..<4 {
      if let difference = try resolve(random.pick(positions)) { return difference }
    }
    return nil
  }

  private func resolve(_ position: RelativePosition) throws -> String? {
    let bytes = position.encode()
    let read = try RelativePosition(decoding: bytes)
    let theirs = try driver.resolve(bytes, in: Self.twinNumber)
    let ours = document.resolve(read).flatMap { resolved in
      SharedKind(resolved.target).flatMap { document.sharedTypes.firstIndex(of: $0) }.map { ($0, resolved.index) }
    }
    if ours?.0 != theirs?.type || ours?.1 != theirs?.index {
      return "\(position) leads to \(String(describing: ours)), not to \(String(describing: theirs))"
    }
    return nil
  }

  private func updates(_ body: () throws -> Void) rethrows -> [[UInt8]] {
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    defer { subscription.cancel() }
    try body()
    return updates
  }

  private func difference(_ ours: [[UInt8]], _ theirs: [[UInt8]], _ what: String) throws -> String? {
    if ours != theirs {
      return """
        the updates differ
          ours   \(ours.map { hex($0) })
          theirs \(theirs.map { hex($0) })
          after  \(what)
        """
    }
    let whole = document.encodeUpdate()
    let expected = try driver.encodeUpdate(Self.twinNumber)
    if whole != expected {
      return "the whole update differs\n  ours   \(hex(whole))\n  theirs \(hex(expected))\n  after  \(what)"
    }
    let state = try driver.state(Self.twinNumber)
    if state.values != document.canonicalValues {
      return "the values differ\n  ours   \(document.canonicalValues)\n  theirs \(state.values)\n  after  \(what)"
    }
    return nil
  }
}

extension SharedKind {
  /// The type as content of another one.
  var content: Content {
    switch self {
    case .text(let text): .text(text)
    case .array(let array): .array(array)
    case .map(let map): .map(map)
    case .xmlText(let node): .xmlText(node)
    case .fragment(let fragment): .xmlFragment(fragment)
    case .element(let element): .xmlElement(element)
    }
  }
}
