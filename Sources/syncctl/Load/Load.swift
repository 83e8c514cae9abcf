import CRDT
import SyncNode
import Synchronization

/// Clients that write to rooms of a relay at a given rate.
struct Load {
  /// How many clients connect at the same time.
  private static let connectingMax = 32
  /// How long deliveries are waited for when the last update was sent.
  private static let drain = Duration.seconds(10)

  let node: NodeReplica
  let clients: Int
  let rooms: Int
  /// How the names of the rooms begin.
  let prefix: String

  /// Lets all clients connect, then write for a while.
  ///
  /// - Parameters:
  ///   - rate: Updates in a second of all of them.
  ///   - late: From how long on a delivery is late.
  ///   - note: Told what is done now.
  /// - Throws: ``Failure`` when a client cannot connect, or loses its connection.
  func run(rate: Int, duration: Duration, late: Duration, note: (String) -> Void) async throws -> LoadReport {
    let meter = LoadMeter()
    let gate = StartGate()
    let turns = Turns(Load.connectingMax)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<clients {
        group.addTask { await self.client(index, rate, duration, meter, gate, turns) }
      }
      defer { gate.close() }
      while gate.arrivedCount < clients {
        note("\(gate.arrivedCount) of \(clients) clients are connected")
        try await gate.pause(.milliseconds(20))
      }
      note("writing")
      gate.open()
      let start = ContinuousClock.now
      while ContinuousClock.now < start + duration { try await gate.pause(.milliseconds(100)) }
      while !meter.isComplete, ContinuousClock.now < start + duration + Load.drain {
        try await gate.pause(.milliseconds(5))
      }
    }
    return meter.report(clients: clients, rooms: rooms, late: late, during: duration)
  }

  private func client(
    _ index: Int, _ rate: Int, _ duration: Duration, _ meter: LoadMeter, _ gate: StartGate, _ turns: Turns
  ) async {
    let id = ClientID.random()
    // Rooms differ by one client at most.
    let others = clients / rooms + (index % rooms < clients % rooms ? 1 : 0) - 1
    await turns.take()
    var hasTurn = true
    do {
      try await node.client(of: "\(prefix)-\(index % rooms)") { client in
        guard client.mayWrite else {
          throw Failure(.refused, "rooms at \(node.place) are for reading only: show a token that lets you write")
        }
        _ = try await client.document()
        await turns.giveBack()
        hasTurn = false
        let sender = client.sender
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            guard await gate.pass(closing: sender) else { return }
            try await self.write(as: id, index, rate, duration, others, meter, sender)
          }
          try await Load.read(client, id, meter)
          try await group.waitForAll()
        }
        throw Failure(.unreachable, "the relay ended a connection: it may have no room for as many clients")
      }
    } catch {
      // After the end it was ended here.
      gate.fail(error)
    }
    if hasTurn { await turns.giveBack() }
  }

  /// Sends an update at its time, whatever became of those before: a relay that is slow gets no less to do.
  private func write(
    as id: ClientID, _ index: Int, _ rate: Int, _ duration: Duration, _ others: Int, _ meter: LoadMeter,
    _ sender: RoomClient.Sender
  ) async throws {
    let document = Document(clientID: id)
    let text = document.text("body")
    let interval = Duration.seconds(1) * clients / rate
    let start = ContinuousClock.now
    // Not all at once.
    var next = start + interval * index / clients
    while next < start + duration {
      try await Task.sleep(until: next)
      let before = document.stateVector
      text.append("x")
      meter.noteSending(by: id, others: others)
      try await sender.send(document.encodeUpdate(since: before))
      next += interval
    }
  }

  /// Takes what comes, until the connection ends.
  private static func read(_ client: RoomClient, _ id: ClientID, _ meter: LoadMeter) async throws {
    var answered = 0
    while let event = try await client.next() {
      switch event {
      case .update(let update):
        if let units = try? Update.contentIDs(of: update).insertions { meter.noteReceived(units) }
      case .status(let isStored):
        meter.noteStatus(isStored: isStored, of: answered, by: id)
        answered += 1
      case .presence, .stateless: break
      }
    }
  }
}

/// Lets clients begin together, and ends them together.
private final class StartGate: Sendable {
  private struct State {
    var waiting: [CheckedContinuation<Bool, Never>] = []
    var senders: [RoomClient.Sender] = []
    var isOpen = false
    var isClosed = false
    var failure: (any Error)?
  }

  private let state = Mutex(State())

  /// How many clients have come.
  var arrivedCount: Int { state.withLock { $0.senders.count } }

  /// Waits a little.
  ///
  /// - Throws: The first failure of a client.
  func pause(_ duration: Duration) async throws {
    try await Task.sleep(for: duration)
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Notes that a client has failed; what happens after the end is none.
  func fail(_ error: any Error) {
    state.withLock { state in
      if !state.isClosed, state.failure == nil { state.failure = error }
    }
  }

  /// Waits until all may begin.
  ///
  /// - Parameter sender: What is closed in the end.
  /// - Returns: Whether it has begun; else all has been ended.
  func pass(closing sender: RoomClient.Sender) async -> Bool {
    await withCheckedContinuation { continuation in
      let answer = state.withLock { state -> Bool? in
        state.senders.append(sender)
        if state.isClosed {
          sender.close()
          return false
        }
        if state.isOpen { return true }
        state.waiting.append(continuation)
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume(returning: true) }
  }

  func close() {
    let (waiting, senders) = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [] }
      return (state.waiting, state.senders)
    }
    for continuation in waiting { continuation.resume(returning: false) }
    for sender in senders { sender.close() }
  }
}

/// Lets a number of tasks go on at the same time.
private actor Turns {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
