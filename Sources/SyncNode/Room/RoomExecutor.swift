import NIOCore
import NIOPosix

/// Runs what concerns one room, one thing after the other: on the room's event loop, or, what takes long, beside it, so that
/// other rooms and connections of that event loop do not wait for it.
///
/// Whatever else is to run meanwhile waits, so that nobody ever sees the room in between. What waits, and what comes from
/// other event loops, takes turns with that of other rooms.
// Sendable: what changes is touched on `eventLoop` only.
final class RoomExecutor: @unchecked Sendable {
  /// What runs beside the event loop, and why.
  enum Aside { case long, ofSlowRoom }

  /// Runs something on another thread.
  typealias Worker = @Sendable (_ kind: Aside, _ body: @escaping @Sendable () -> Void) -> Void

  /// What is long, and for how long a room is taken to be slow that took so long.
  private static let long = TimeAmount.milliseconds(5)
  private static let slow = TimeAmount.seconds(1)

  let eventLoop: any EventLoop
  private let turns: RoomTurns
  private let worker: Worker
  private var isAside = false
  private var waiting = CircularBuffer<@Sendable () -> Void>()
  /// Whether what waits is being run.
  private var isRunning = false
  /// Whether it is among those that wait for a turn.
  private var isListed = false
  private var slowUntil = NIODeadline.uptimeNanoseconds(0)

  init(turns: RoomTurns, worker: @escaping Worker) {
    eventLoop = turns.eventLoop
    self.turns = turns
    self.worker = worker
  }

  /// Runs `body`: at once when on the event loop already and nothing waits or runs beside it. Callable from anywhere.
  func run(_ body: @escaping @Sendable () -> Void) {
    guard eventLoop.inEventLoop else { return eventLoop.execute { self.append(body) } }
    if isAside || !waiting.isEmpty && !isRunning { append(body) } else { body() }
  }

  /// Runs `body`, but never at once. Callable from anywhere.
  func enqueue(_ body: @escaping @Sendable () -> Void) { eventLoop.execute { self.run(body) } }

  /// Runs `body` after a while. Callable from anywhere.
  func schedule(in delay: TimeAmount, _ body: @escaping @Sendable () -> Void) -> Scheduled<Void> {
    eventLoop.scheduleTask(in: delay) { self.run(body) }
  }

  /// What `body` gives, once it has run. Callable from anywhere.
  func submit<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> EventLoopFuture<Value> {
    let promise = eventLoop.makePromise(of: Value.self)
    run { promise.succeed(body()) }
    return promise.futureResult
  }

  /// Runs `body`: beside the event loop if it is long, or if such was long a moment ago. To be called as
  /// ``runAside(as:_:then:)`` is.
  func run(isLong: Bool, _ body: @escaping @Sendable () -> Void) {
    let start = eventLoop.now
    guard isLong || start < slowUntil else {
      body()
      return noteTime(since: start)
    }
    runAside(as: isLong ? .long : .ofSlowRoom) {
      let start = self.eventLoop.now
      body()
      return start
    } then: {
      self.noteTime(since: $0)
    }
  }

  private func noteTime(since start: NIODeadline) {
    let now = eventLoop.now
    if now - start >= RoomExecutor.long { slowUntil = now + RoomExecutor.slow }
  }

  /// Runs `body` beside the event loop, and what is to follow with its result on the event loop, before all that waits.
  ///
  /// To be called on the event loop, as the last thing that is done with the room in what runs.
  func runAside<Value: Sendable>(
    as kind: Aside = .long, _ body: @escaping @Sendable () -> Value,
    then follow: @escaping @Sendable (Value) -> Void = { (_: Value) in }
  ) {
    eventLoop.preconditionInEventLoop()
    precondition(!isAside, "only one thing of a room runs at a time")
    isAside = true
    worker(kind) {
      let value = body()
      self.eventLoop.execute {
        self.isAside = false
        follow(value)
        self.askForTurn()
      }
    }
  }

  /// Runs `bodies` one after the other, before all that waits. To be called as ``runAside(as:_:then:)`` is.
  func runFirst(_ bodies: [@Sendable () -> Void]) {
    eventLoop.preconditionInEventLoop()
    precondition(!isAside, "only one thing of a room runs at a time")
    for body in bodies.reversed() { waiting.prepend(body) }
    askForTurn()
  }

  private func append(_ body: @escaping @Sendable () -> Void) {
    waiting.append(body)
    askForTurn()
  }

  private func askForTurn() {
    guard !isAside, !waiting.isEmpty, !isListed else { return }
    isListed = true
    turns.append(self)
  }

  /// Runs some of what waits.
  ///
  /// - Returns: How much.
  fileprivate func takeTurn(_ countMax: Int, until end: NIODeadline) -> Int {
    isListed = false
    isRunning = true
    var count = 0
    while !isAside, count < countMax, let body = waiting.popFirst() {
      body()
      count += 1
      if eventLoop.now >= end { break }
    }
    isRunning = false
    askForTurn()
    return count
  }
}

/// The rooms of one event loop that have something to run, in turns, with pauses in which the event loop looks at its sockets:
/// it does that only when nothing is left to run, and there may always be more.
// Sendable: what changes is touched on `eventLoop` only.
final class RoomTurns: @unchecked Sendable {
  /// How much runs between two pauses, for how long at most, but for the last of it, and how much at once of one room.
  private static let countMax = 64
  private static let timeMax = TimeAmount.milliseconds(1)
  private static let countOfRoomMax = 8
  private static let pause = TimeAmount.microseconds(200)

  let eventLoop: any EventLoop
  private var executors = CircularBuffer<RoomExecutor>()
  private var isScheduled = false

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  fileprivate func append(_ executor: RoomExecutor) {
    executors.append(executor)
    guard !isScheduled else { return }
    isScheduled = true
    // All that has arrived is known by then.
    eventLoop.execute { self.take() }
  }

  private func take() {
    var count = 0
    let end = eventLoop.now + RoomTurns.timeMax
    while count < RoomTurns.countMax, let executor = executors.popFirst() {
      count += executor.takeTurn(RoomTurns.countOfRoomMax, until: end)
      if eventLoop.now >= end { break }
    }
    isScheduled = !executors.isEmpty
    if isScheduled { eventLoop.scheduleTask(in: RoomTurns.pause) { self.take() } }
  }
}

extension RoomExecutor {
  /// Threads for what runs beside event loops, of all nodes of the process. What is of a slow room does not wait for what is
  /// long: the room may only have seemed so, since it had to wait for a processor.
  private static let threadsForLong = makeThreads()
  private static let threadsForSlowRooms = makeThreads()

  /// Half as many as there are processors, so that event loops have the others.
  private static func makeThreads() -> NIOThreadPool {
    let threads = NIOThreadPool(numberOfThreads: max(System.coreCount / 2, 1))
    threads.start()
    return threads
  }

  /// Runs something on one of those threads.
  static let worker: Worker = { kind, body in
    switch kind {
    case .long: threadsForLong.submit { _ in body() }
    case .ofSlowRoom: threadsForSlowRooms.submit { _ in body() }
    }
  }
}
