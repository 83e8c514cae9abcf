import Logging
import NIOCore
import Synchronization

/// A link to another node: dials it, and dials again for as long as this node runs.
public final class PeerLink: Sendable {
  /// How the link is.
  public enum State: Equatable, Sendable {
    /// The connection is being made.
    case connecting
    /// Both nodes talk; rooms are compared and kept equal.
    case connected(PeerID)
    /// There is no connection, for a reason; the next attempt is made after a while.
    case offline(reason: String, retryAfter: Duration)
    /// The node stops.
    case stopped
  }

  /// Where the other node listens.
  public let address: PeerAddress
  /// Which rooms are replicated.
  public let rooms: RoomSelection

  private let eventLoop: any EventLoop
  private let dialler: any PeerDialler
  private let logger: Logger
  private let status = Mutex(Status())

  private struct Status {
    var state = State.connecting
    var readers: [UInt64: AsyncStream<State>.Continuation] = [:]
    var lastReader: UInt64 = 0
  }

  /// What is touched on the event loop only.
  private let attempt: NIOLoopBoundBox<Attempt>

  private struct Attempt {
    var backoff = Backoff()
    var connection: Connection?
    var connectedAt: NIODeadline?
    var retry: Scheduled<Void>?
    var isStopped = false
  }

  init(
    to address: PeerAddress, rooms: RoomSelection, eventLoop: any EventLoop, dialler: any PeerDialler, logger: Logger
  ) {
    self.address = address
    self.rooms = rooms
    self.eventLoop = eventLoop
    self.dialler = dialler
    var logger = logger
    logger[metadataKey: "peer"] = "\(address)"
    self.logger = logger
    attempt = .makeBoxSendingValue(Attempt(), eventLoop: eventLoop)
  }

  /// How the link is now.
  public var state: State { status.withLock { $0.state } }

  /// How the link is, and each change from now on. A reader that falls behind gets the latest only.
  public var states: AsyncStream<State> {
    let (stream, continuation) = AsyncStream.makeStream(of: State.self, bufferingPolicy: .bufferingNewest(1))
    status.withLock { status in
      continuation.yield(status.state)
      guard status.state != .stopped else { return continuation.finish() }
      status.lastReader += 1
      let reader = status.lastReader
      status.readers[reader] = continuation
      continuation.onTermination = { [weak self] _ in
        self?.status.withLock { $0.readers[reader] = nil }
      }
    }
    return stream
  }

  private func move(to state: State) {
    let readers = status.withLock { status in
      status.state = state
      return Array(status.readers.values)
    }
    // Not under the lock, which a reader that ends takes.
    for reader in readers {
      reader.yield(state)
      if state == .stopped { reader.finish() }
    }
    logger.info("link: \(state)")
  }
}

// MARK: Dialling

extension PeerLink {
  /// Dials, and dials again whenever the connection ends, until ``stop()``. Callable from anywhere.
  func start(_ node: Node) {
    eventLoop.runOrExecute { self.dial(node) }
  }

  private func dial(_ node: Node) {
    guard !attempt.value.isStopped else { return }
    move(to: .connecting)
    dialler.dial(address, on: eventLoop, for: node) { connection in
      let conversation = PeerConversation(node: node, connection: connection, wanted: self.rooms)
      self.attempt.value.connection = connection
      conversation.onEstablished = { peer in
        self.attempt.value.connectedAt = self.eventLoop.now
        self.move(to: .connected(peer))
      }
      return conversation
    } ended: { reason in
      self.noteEnd(reason, node)
    }
  }

  private func noteEnd(_ reason: String, _ node: Node) {
    if let since = attempt.value.connectedAt {
      attempt.value.backoff.noteConnection(lasting: Duration(eventLoop.now - since))
    }
    attempt.value.connection = nil
    attempt.value.connectedAt = nil
    guard !attempt.value.isStopped else { return }
    var generator = node.configuration.randomNumbers
    let delay = attempt.value.backoff.next(using: &generator)
    move(to: .offline(reason: reason, retryAfter: delay))
    attempt.value.retry = eventLoop.scheduleTask(in: TimeAmount(delay)) { self.dial(node) }
  }

  /// Closes the connection and dials no more.
  func stop() async {
    try? await eventLoop.submit {
      self.attempt.value.isStopped = true
      self.attempt.value.retry?.cancel()
      self.attempt.value.connection?.close(.goingAway, "the node stops")
      self.move(to: .stopped)
    }.get()
  }
}

/// Makes connections to other nodes.
protocol PeerDialler: Sendable {
  /// Dials `address`. What follows happens on `eventLoop`.
  ///
  /// - Parameters:
  ///   - start: Called when the connection stands; gives the conversation over it.
  ///   - ended: Called once: when the connection cannot be made, or has ended.
  func dial(
    _ address: PeerAddress, on eventLoop: any EventLoop, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation, ended: @escaping @Sendable (String) -> Void)
}
