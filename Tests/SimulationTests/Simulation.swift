import CRDT
import Logging
import NIOCore
import NIOEmbedded
import TestSupport

@testable import SyncNode

/// A law that did not hold, with what led to it.
struct SimulationFailure: Error, CustomStringConvertible {
  let seed: UInt64
  let message: String
  let trace: [String]

  var description: String {
    (["seed \(seed): \(message)", "rerun: CRDT_SEED=\(seed) swift test --filter SimulationTests"] + trace.suffix(4000))
      .joined(separator: "\n")
  }
}

/// Nodes on a simulated network, disk and clock, with faults. All of it follows from a seed.
// Sendable: all of it runs on one thread.
final class Simulation: @unchecked Sendable {
  private struct Event {
    let time: Int64
    let order: Int
    /// The machine on which it happens; nil for all.
    let machine: Int?
    let action: () -> Void
  }

  /// One node, over all its lives.
  final class Machine {
    let disk: SimulatedDisk
    let peers: [Int]
    /// How far its clock is ahead, in nanoseconds.
    var skew: Int64 = 0
    var life = 0
    var node: Node?
    var eventLoop = EmbeddedEventLoop()
    var rooms: [String: Room] = [:]

    init(disk: SimulatedDisk, peers: [Int]) {
      self.disk = disk
      self.peers = peers
    }
  }

  let seed: UInt64
  let scenario: Scenario
  var random: SeededGenerator
  /// Of clients, so that what happens without them is the same as it would be with them.
  var clientRandom: SeededGenerator
  private(set) var now: Int64 = 0
  private(set) var trace: [String] = []
  private(set) var machines: [Machine] = []
  /// Markers that a node said were stored.
  private(set) var stored: Set<String> = []
  private(set) var failure: String?
  private var events: [Event] = []
  private var lastOrder = 0
  private var lastMarker = 0
  var connections: [SimulatedConnection] = []
  var clients: [SimulatedClient] = []
  var sockets: [SimulatedSocket] = []
  /// Whether a client is gone for good, and what it did not get through with it; or a node lost what it had not stored yet,
  /// of which others may have a part only.
  var hasVanished = false
  /// Pairs whose frames do not get through, from the first to the second.
  var cuts: Set<[Int]> = []
  var areFaultsOn = true
  private let isTraced: Bool

  /// - Parameter isTraced: Whether what happens is written down, which takes time.
  init(seed: UInt64, isTraced: Bool = false) {
    self.seed = seed
    self.isTraced = isTraced
    random = SeededGenerator(seed: seed)
    clientRandom = SeededGenerator(seed: ~seed)
    scenario = Scenario(using: &random, clients: &clientRandom)
    for peers in scenario.links {
      machines.append(Machine(disk: SimulatedDisk(nodeID: .random(using: &random)), peers: peers))
    }
  }

  func note(_ text: @autoclosure () -> String) {
    if isTraced { trace.append("\(now / 1_000_000) ms  \(text())") }
  }

  func noteStored(_ marker: String) { stored.insert(marker) }

  func nextMarker(of writer: String) -> String {
    lastMarker += 1
    return "\(writer)-\(lastMarker)"
  }

  func fail(_ message: String) { if failure == nil { failure = message } }
}

// MARK: Time

extension Simulation {
  static let millisecond: Int64 = 1_000_000
  static let second: Int64 = 1_000_000_000

  /// - Parameters:
  ///   - delay: In nanoseconds.
  ///   - machine: Where it happens, if it is one machine only.
  func schedule(in delay: Int64, on machine: Int? = nil, _ action: @escaping () -> Void) {
    lastOrder += 1
    let event = Event(time: now + delay, order: lastOrder, machine: machine, action: action)
    var (low, high) = (0, events.count)
    // The next one is last.
    while low < high {
      let middle = (low + high) / 2
      if (events[middle].time, events[middle].order) > (event.time, event.order) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    events.insert(event, at: low)
  }

  func between(_ low: Int64, _ high: Int64) -> Int64 { Int64.random(in: low...high, using: &random) }

  /// Runs everything up to `time`; clocks move at least every half second.
  private func run(until time: Int64) {
    while failure == nil, now < time {
      let next = min(time, now + Simulation.second / 2, events.last?.time ?? .max)
      now = max(now, next)
      for machine in machines where machine.node != nil {
        machine.eventLoop.advanceTime(to: .uptimeNanoseconds(UInt64(Simulation.second + now + machine.skew)))
      }
      carryFrames()
      while let event = events.last, event.time <= now {
        events.removeLast()
        event.action()
        if !scenario.arrivesTogether { settle(event.machine) }
      }
      if scenario.arrivesTogether { settle() }
    }
  }

  /// Lets every node, or one, do what it can do at once.
  private func settle(_ only: Int? = nil) {
    for (index, machine) in machines.enumerated() where machine.node != nil && (only == nil || only == index) {
      machine.eventLoop.run()
    }
    carryFrames(of: only)
  }
}

// MARK: Machines

extension Simulation {
  private func start(_ index: Int) {
    let machine = machines[index]
    guard machine.node == nil else { return }
    machine.life += 1
    let life = machine.life
    note("node \(index) starts")
    machine.eventLoop = EmbeddedEventLoop()
    machine.eventLoop.advanceTime(to: .uptimeNanoseconds(UInt64(Simulation.second + now + machine.skew)))
    let store = SimulatedStore(disk: machine.disk) { [unowned self] action in
      schedule(in: between(0, scenario.commitMax), on: index) {
        if self.isAlive(index, life) { action() }
      }
    } nextFault: { [unowned self] in
      areFaultsOn && scenario.commitFaultOneIn > 0 && random.oneIn(scenario.commitFaultOneIn)
        ? random.pick(CommitFault.allCases) : nil
    } crash: { [unowned self] in
      crash(index, "at a commit")
    }
    var configuration = Node.Configuration(store: .ephemeral)
    configuration.eventLoopGroup = machine.eventLoop
    configuration.logger.logLevel = .critical
    configuration.measuresHealth = false
    configuration.compaction.updatesMax = 15
    configuration.answerPartBytes = scenario.answerPartBytes
    configuration.longBytes = scenario.longBytes
    configuration.worker = { [unowned self] _, body in
      schedule(in: between(0, scenario.longMax), on: index) {
        if self.isAlive(index, life) { body() }
      }
    }
    configuration.roomIdle = .seconds(5)
    configuration.peerCheckInterval = .seconds(20)
    configuration.pingInterval = .seconds(10)
    configuration.randomNumbers = RandomSource(drawing: SharedGenerator(seed: random.next()))
    configuration.peers = machine.peers.compactMap { peer in
      (try? PeerAddress("tcp://node:\(peer + 1)")).map { .init($0) }
    }
    machine.node = Node(configuration, store: store, dialler: SimulatedDialler(self, from: index))
  }

  func isAlive(_ index: Int, _ life: Int) -> Bool {
    machines[index].node != nil && machines[index].life == life
  }

  /// Notes that something may be lost that was passed on before it was stored, in part.
  private func noteUnstored() {
    // Clients get what is new as soon as they are there, before what they asked for.
    if scenario.dropOneIn > 0 || scenario.mayOvertake || !clients.isEmpty { hasVanished = true }
  }

  /// Ends a node as `kill -9` or a power cut would.
  private func crash(_ index: Int, _ reason: String) {
    let machine = machines[index]
    guard machine.node != nil else { return }
    note("node \(index) crashes \(reason)")
    noteUnstored()
    machine.node = nil
    machine.rooms = [:]
    for connection in connections {
      guard let end = connection.ends.firstIndex(where: { $0.node == index }) else { continue }
      // After a power cut nobody is told.
      connection.ends[end].isEndTold = random.oneIn(3)
      connection.ends[end].channel.close(promise: nil)
    }
    crashSockets(of: index)
    schedule(in: between(0, scenario.downMax)) { self.start(index) }
  }

  /// The room `name` of a node that is up, which uses it from now on.
  func room(_ name: String, of index: Int) -> Room? {
    let machine = machines[index]
    if let room = machine.rooms[name], !room.isClosed { return room }
    guard let room = machine.node?.rooms.lease(name, by: .process, on: machine.eventLoop) else { return nil }
    machine.rooms[name] = room
    return room
  }
}

// MARK: What happens

extension Simulation {
  /// Runs the scenario, mends everything, and checks the laws.
  ///
  /// - Throws: ``SimulationFailure``.
  func run() throws {
    for index in machines.indices { start(index) }
    makeClients()
    for _ in 0..<scenario.steps {
      run(until: now + between(0, scenario.pauseMax))
      if !clients.isEmpty, clientRandom.oneIn(2) { stepOfClient() } else { step() }
      settle()
    }
    heal()
    // Time to find out that a connection is dead, to dial again, and to compare.
    var violation: String?
    for _ in 0..<12 where failure == nil {
      run(until: now + 10 * Simulation.second)
      violation = brokenLaw()
      if violation == nil { break }
    }
    if let violation { fail(violation) }
    guard let failure else { return }
    // The same again, with a trace.
    if !isTraced { try Simulation(seed: seed, isTraced: true).run() }
    throw SimulationFailure(seed: seed, message: failure, trace: trace)
  }

  private func step() {
    let index = random.below(machines.count)
    let name = "room-\(random.below(scenario.rooms))"
    switch random.pick(scenario.actions) {
    case .edit: edit(name, on: index)
    case .flush: flush(name, on: index)
    case .leave:
      if let room = machines[index].rooms.removeValue(forKey: name) {
        machines[index].node?.rooms.release(room, by: .process)
      }
    case .crash: crash(index, "by itself")
    case .cut:
      let other = random.below(machines.count)
      note("cut from \(index) to \(other)")
      cuts.insert([index, other])
      if random.oneIn(2) { cuts.insert([other, index]) }
      schedule(in: between(0, scenario.cutMax)) { [self] in
        note("no cut between \(index) and \(other)")
        cuts.subtract([[index, other], [other, index]])
      }
    case .fillDisk:
      note("the disk of \(index) is full")
      machines[index].disk.isFull = true
      schedule(in: between(0, scenario.cutMax)) { [self] in
        note("the disk of \(index) has room")
        machines[index].disk.isFull = false
      }
    case .jump:
      note("the clock of \(index) jumps")
      machines[index].skew += between(0, 3600 * Simulation.second)
    case .stall:
      stall(index)
    case .recreate:
      recreate(name, on: index)
    }
  }

  func edit(_ name: String, on index: Int) {
    guard let room = room(name, of: index) else { return }
    let marker = nextMarker(of: "\(index)")
    note("edit \(marker) of \(name)")
    let place = random.next()
    let deletes = random.oneIn(3)
    if random.oneIn(4) { return delete(at: place, in: room) }
    room.perform { room in
      room.edit { Simulation.write(marker, to: $0, at: place, deletes: deletes) }
    } completion: { [self] error in
      note("edit \(marker) \(error.map { "failed: \($0)" } ?? "is stored")")
      if error == nil { stored.insert("\(name) \(marker)") } else { noteUnstored() }
    }
  }

  static func write(_ marker: String, to document: Document, at place: UInt64, deletes: Bool) {
    document.transact {
      document.array("log").append(.string(marker))
      let text = document.text("t")
      text.insert("ab", at: Int(place % UInt64(text.count + 1)))
      if deletes { text.delete(at: Int(place % UInt64(text.count)), count: 1) }
    }
  }

  static func delete(from document: Document, at place: UInt64) {
    let text = document.text("t")
    if text.count > 0 { text.delete(at: Int(place % UInt64(text.count)), count: 1) }
  }

  /// Deletes a unit in a transaction of its own: no state vector tells of it.
  private func delete(at place: UInt64, in room: Room) {
    room.perform { room in
      room.edit { Simulation.delete(from: $0, at: place) }
    } completion: { _ in
    }
  }

  /// Asks to be told when a neighbour has all, and believes it only when the neighbour's disk says so.
  private func flush(_ name: String, on index: Int) {
    guard let room = room(name, of: index), room.isOpen else { return }
    let neighbours = machines.indices.filter {
      machines[index].peers.contains($0) || machines[$0].peers.contains(index)
    }
    let neighbour = machines[random.pick(neighbours)]
    let markers = Simulation.markers(of: room.document)
    note("flush of \(name) on \(index)")
    room.whenFlushed(to: neighbour.disk.nodeID) { [self] error in
      guard error == nil else { return }
      note("\(name) on \(index) is flushed")
      let missing = markers.filter { !neighbour.disk.holds($0, in: name) }
      if !missing.isEmpty { fail("flushed, but not on the peer's disk: \(missing.sorted())") }
    }
  }

  /// Lets one connection of a node take nothing for a while.
  private func stall(_ index: Int) {
    let toNode = connections.lazy.flatMap(\.ends).first { $0.node == index }?.channel
    let toClient = sockets.first { $0.node == index }?.channel
    guard let channel = toClient == nil || clientRandom.oneIn(2) ? toNode : toClient else { return }
    note("a connection of \(index) takes nothing")
    channel.isWritable = false
    channel.pipeline.fireChannelWritabilityChanged()
    schedule(in: between(0, scenario.cutMax)) {
      channel.isWritable = true
      channel.pipeline.fireChannelWritabilityChanged()
    }
  }

  private func heal() {
    note("all is mended")
    areFaultsOn = false
    cuts = []
    for machine in machines { machine.disk.isFull = false }
    for index in machines.indices { start(index) }
    healClients()
  }

  static func markers(of document: Document) -> [String] {
    document.array("log").values.compactMap { content in
      if case .value(.string(let marker)) = content { marker } else { nil }
    }
  }
}

/// A generator that its copies share.
private final class SharedGenerator: @unchecked Sendable {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  func next() -> UInt64 { generator.next() }
}

extension RandomSource {
  fileprivate init(drawing generator: SharedGenerator) { self.init { generator.next() } }
}
