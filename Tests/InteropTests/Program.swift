import CRDT
import TestSupport

/// What three replicas do, as data: made from a seed, replayed against any implementations, and cut down when it fails.
struct Program {
  /// Replicas are 0, this library's, and 1 and 2, others'.
  static let replicaCount = 3

  enum Step: Equatable {
    /// One transaction. What it emits is put into the others' inboxes.
    case edit(replica: Int, [Operation])
    /// Sends what `to` lacks by its state vector, or all there is.
    case sync(from: Int, to: Int, isFull: Bool)
    /// Takes any update from the inbox, perhaps too early, perhaps to get it again later.
    case deliver(to: Int, pick: UInt32, isKept: Bool)
    /// Loses an update from the inbox.
    case lose(to: Int, pick: UInt32)
    /// Compares the updates since a part of what replica 0 knows.
    case difference(seed: UInt64)
  }

  let seed: UInt64
  /// Whether replica 2 is yrs; else it is a second Yjs, and edits may split surrogate pairs.
  let usesYrs: Bool
  let clients: [ClientID]
  var steps: [Step]

  init(seed: UInt64) {
    self.seed = seed
    usesYrs = seed.isMultiple(of: 2)
    var random = SeededGenerator(seed: seed)
    clients = Self.clients(using: &random)
    var operations = OperationGenerator(seed: random.next(), profile: usesYrs ? .yrs : .yjs)
    // Some programs hardly sync, so that much is concurrent; some do it all the time.
    let editWeight = 2 + random.below(12)
    steps = (0..<(20 + random.below(101))).map { _ in
      Self.step(editWeight: editWeight, operations: &operations, random: &random)
    }
  }

  /// Distinct, of one to five bytes on the wire, in any order: ties go to the smaller one.
  private static func clients(using random: inout SeededGenerator) -> [ClientID] {
    var chosen: [ClientID] = []
    while chosen.count < replicaCount {
      let client = ClientID(rawValue: 1 + UInt64(random.bits32() >> UInt32(random.below(31))) % 4_294_967_000)
      if !chosen.contains(client) { chosen.append(client) }
    }
    return chosen
  }

  private static func step(
    editWeight: Int, operations: inout OperationGenerator, random: inout SeededGenerator
  ) -> Step {
    let replica = random.below(replicaCount)
    switch random.below(editWeight + 5) {
    case 0, 1:
      let other = (replica + 1 + random.below(replicaCount - 1)) % replicaCount
      return .sync(from: replica, to: other, isFull: random.oneIn(6))
    case 2: return .deliver(to: replica, pick: random.bits32(), isKept: random.oneIn(4))
    case 3 where random.oneIn(3): return .lose(to: replica, pick: random.bits32())
    case 3: return .deliver(to: 0, pick: random.bits32(), isKept: random.oneIn(4))
    case 4: return .difference(seed: random.next())
    default: return .edit(replica: replica, operations.transaction())
    }
  }
}

/// The processes that programs run against.
struct Drivers {
  let yjs: Driver
  let yrs: Driver

  init() throws {
    yjs = try Driver.yjs()
    yrs = try Driver.yrs()
  }
}

/// Why a program failed, and where.
struct ProgramFailure: Error, CustomStringConvertible {
  var step: Int
  var message: String
  var description: String { "step \(step): \(message)" }
}

/// Runs a program's steps and compares.
///
/// Beside replica 0 stands its shadow, a Yjs document that gets the same updates: after every step both must hold the
/// same values, know the same and encode to the same bytes, whatever the other replicas do.
struct ProgramRun {
  private let program: Program
  private let drivers: Drivers
  private let replicas: [any Replica]
  private let shadow: DriverReplica
  private var inboxes: [[[UInt8]]] = Array(repeating: [], count: Program.replicaCount)

  private init(_ program: Program, on drivers: Drivers) throws {
    self.program = program
    self.drivers = drivers
    let third = program.usesYrs ? drivers.yrs : drivers.yjs
    replicas = [
      LocalReplica(client: program.clients[0]),
      try DriverReplica(drivers.yjs, number: 1, client: program.clients[1]),
      try DriverReplica(third, number: 2, client: program.clients[2]),
    ]
    shadow = try DriverReplica(drivers.yjs, number: 0, client: 4_294_967_295)
  }

  /// How a program came to its end.
  enum End {
    case finished
    /// A peer wrote bytes that nobody can read: there is no going on from there.
    case brokenPeer
  }

  /// - Throws: ``ProgramFailure``.
  @discardableResult
  static func run(_ program: Program, on drivers: Drivers) throws -> End {
    var index = 0
    do {
      var run = try ProgramRun(program, on: drivers)
      while index < program.steps.count {
        try run.perform(program.steps[index])
        index += 1
      }
      try run.finish()
      return .finished
    } catch is BrokenPeer {
      return .brokenPeer
    } catch {
      throw ProgramFailure(step: index, message: "\(error)")
    }
  }

  private struct BrokenPeer: Error {}

  // MARK: Steps

  private mutating func perform(_ step: Program.Step) throws {
    switch step {
    case .edit(let replica, let operations):
      let updates = try replicas[replica].perform(operations)
      if program.usesYrs && replica == 2 && updates.contains(where: Update.skipsBackwards) { throw BrokenPeer() }
      for other in 0..<Program.replicaCount where other != replica { inboxes[other] += updates }
      if replica == 0 { try compareWithShadow(applying: updates, asLocal: true) }
    case .sync(let from, let to, let isFull):
      try sync(from: from, to: to, isFull: isFull)
    case .deliver(let to, let pick, let isKept):
      guard !inboxes[to].isEmpty else { return }
      let index = Int(pick) % inboxes[to].count
      let update = isKept ? inboxes[to][index] : inboxes[to].remove(at: index)
      try apply(update, to: to)
    case .lose(let to, let pick):
      guard !inboxes[to].isEmpty else { return }
      inboxes[to].remove(at: Int(pick) % inboxes[to].count)
    case .difference(let seed):
      try compareDifference(seed: seed)
    }
  }

  private func sync(from: Int, to: Int, isFull: Bool) throws {
    let known = isFull ? StateVector() : try replicas[to].state().stateVector
    let update = try replicas[from].encodeUpdate(since: known)
    if program.usesYrs && from == 2 && Update.skipsBackwards(update) { throw BrokenPeer() }
    try apply(update, to: to)
  }

  private func apply(_ update: [UInt8], to replica: Int) throws {
    try replicas[replica].apply(update)
    if replica == 0 { try compareWithShadow(applying: [update], asLocal: false) }
  }

  /// Syncs all with all until what the last learns late has reached the first, and what one cleans up after it the
  /// others; then all must be the same.
  private func finish() throws {
    for _ in 0..<4 {
      for from in 0..<Program.replicaCount {
        for to in 0..<Program.replicaCount where to != from { try sync(from: from, to: to, isFull: false) }
      }
    }
    let state = try replicas[0].state()
    for other in 1..<Program.replicaCount {
      try expectEqual(state, try replicas[other].state(), "the final state, replica 0 and \(other)")
    }
    // yrs orders the members of objects at random, so bytes that went through it are compared with the shadow's only.
    if !program.usesYrs {
      let known = StateVector()
      try expectEqual(
        hex(try replicas[0].encodeUpdate(since: known)), hex(try replicas[1].encodeUpdate(since: known)),
        "the final update")
    }
  }

  // MARK: Comparisons

  /// Gives the shadow what replica 0 has got or written.
  private func compareWithShadow(applying updates: [[UInt8]], asLocal: Bool) throws {
    let theirs = try shadow.state(applying: updates, asLocal: asLocal)
    let known = StateVector()
    try expectEqual(try replicas[0].state(), theirs.state, "the state, after \(updates.map { hex($0) })")
    try compareUpdates(try replicas[0].encodeUpdate(since: known), theirs.update, "the whole update")
  }

  private func compareDifference(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let known = try shadow.state().stateVector
    var part = StateVector()
    for client in known.clocks.keys.sorted() {
      switch random.below(4) {
      case 0: break
      case 1: part[client] = known[client]
      default: part[client] = random.next() % (known[client] + 1)
      }
    }
    try compareUpdates(
      try replicas[0].encodeUpdate(since: part), try shadow.encodeUpdate(since: part),
      "the update since \(part.clocks)")
  }

  /// Byte by byte, but for two freedoms where something is pending: Yjs writes by merging, which loses a bit of some
  /// structs, and which of several versions of a waiting struct it keeps, whole, cut or collected, depends on the order
  /// in which it got them.
  private func compareUpdates(_ ours: [UInt8], _ theirs: [UInt8], _ what: String) throws {
    if ours == theirs { return }
    guard try replicas[0].state().isPending else {
      return try expectEqual(hex(ours), hex(theirs), what)
    }
    let (ours, theirs) = (try drivers.yjs.merged(ours), try drivers.yjs.merged(theirs))
    if ours == theirs { return }
    let known = try replicas[0].state().stateVector
    try expectEqual(
      try Update.inspect(ours).outline(known: known), try Update.inspect(theirs).outline(known: known),
      "\(what), as Yjs merges it,")
  }

  private func expectEqual<T: Equatable>(_ ours: T, _ theirs: T, _ what: String) throws {
    guard ours != theirs else { return }
    throw Mismatch(description: "\(what) differs:\n  ours   \(ours)\n  theirs \(theirs)")
  }

  private struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }
}
