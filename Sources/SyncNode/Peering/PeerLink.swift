import Logging
import NIOCore
import Synchronization

/// A link to another node: dials it, and dials again for as long as this node runs.
public final class PeerLink: Sendable {
  /// How the link is.
  public enum State: Equatable, Sendable {
    /// The connection is being made.
    case connecting
    /// Both nodes talk, and one of them may lack something that the other has.
    case syncing(PeerID)
    /// Both nodes have stored all that the other has.
    case synced(PeerID)
    /// There is no connection, for a reason; the next attempt is made after a while.
    case offline(reason: String, retryAfter: Duration)
    /// The other node does not let this one in, for a reason; the next attempt, with a new token if there are such, is made
    /// after a longer while.
    case refused(reason: String, retryAfter: Duration)
    /// The node stops.
    case stopped

    /// Whether both nodes talk.
    public var isConnected: Bool {
      switch self {
      case .syncing, .synced: true
      case .connecting, .offline, .refused, .stopped: false
      }
    }
  }

  /// Where the other node listens.
  public let address: PeerAddress
  /// Which rooms are replicated.
  public let rooms: RoomSelection

  private let token: (@Sendable () async throws -> String)?
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
    /// Nil unless it waits for its next attempt.
    var retry: Scheduled<Void>?
    /// Nil before the start.
    weak var node: Node?
    var isStopped = false
  }

  init(
    to peer: Node.Configuration.Peer, eventLoop: any EventLoop, dialler: any PeerDialler, logger: Logger
  ) {
    address = peer.address
    rooms = peer.rooms
    token = peer.token
    self.eventLoop = eventLoop
    self.dialler = dialler
    var logger = logger
    logger[metadataKey: "peer"] = "\(address)"
    self.logger = logger
    attempt = .makeBoxSendingValue(Attempt(), eventLoop: eventLoop)
  }

  /// How the link is now.
  public var state: State { status.withLock { $0.state } }

  /// The node at the other end, while both talk.
  public var peer: PeerID? {
    switch state {
    case .syncing(let peer), .synced(let peer): peer
    case .connecting, .offline, .refused, .stopped: nil
    }
  }

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
    // How far it is changes with every edit.
    switch state {
    case .syncing, .synced: logger.debug("link: \(state)")
    default: logger.info("link: \(state)")
    }
  }
}

// MARK: Dialling

extension PeerLink {
  /// Dials, and dials again whenever the connection ends, until ``stop()``. Callable from anywhere.
  func start(_ node: Node) {
    eventLoop.runOrExecute {
      self.attempt.value.node = node
      self.dial(node)
    }
  }

  private func dial(_ node: Node) {
    guard !attempt.value.isStopped else { return }
    move(to: .connecting)
    guard let token else { return dial(node, token: "") }
    Task {
      do {
        let text = try await token()
        eventLoop.execute { self.dial(node, token: text) }
      } catch {
        eventLoop.execute { self.noteEnd("there is no token: \(error)", node) }
      }
    }
  }

  private func dial(_ node: Node, token: String) {
    guard !attempt.value.isStopped else { return }
    dialler.dial(address, on: eventLoop, for: node) { connection in
      let conversation = PeerConversation(node: node, connection: connection, wanted: self.rooms, token: token)
      self.attempt.value.connection = connection
      conversation.onProgress = { peer, isSynced in
        guard self.attempt.value.connection === connection else { return }
        if self.attempt.value.connectedAt == nil {
          self.attempt.value.connectedAt = self.eventLoop.now
          self.logger.info("link: connected to node \(peer)")
        }
        self.move(to: isSynced ? .synced(peer) : .syncing(peer))
      }
      return conversation
    } ended: { reason in
      self.noteEnd(reason, node)
    }
  }

  /// Dials at once instead of later, if the link is down: when the network is back, or there is a new token.
  public func retryNow() {
    eventLoop.runOrExecute {
      guard let retry = self.attempt.value.retry, let node = self.attempt.value.node else { return }
      retry.cancel()
      self.attempt.value.retry = nil
      self.dial(node)
    }
  }

  private func noteEnd(_ reason: String, _ node: Node) {
    if let since = attempt.value.connectedAt {
      attempt.value.backoff.noteConnection(lasting: Duration(eventLoop.now - since))
    }
    let closure = attempt.value.connection?.closure
    attempt.value.connection = nil
    attempt.value.connectedAt = nil
    guard !attempt.value.isStopped else { return }
    let reason = closure.map { $0.reason.isEmpty ? reason : $0.reason } ?? reason
    var generator = node.configuration.randomNumbers
    let delay: Duration
    if closure?.code == .forbidden || closure?.code == .unauthorized {
      delay = attempt.value.backoff.nextAfterRefusal(using: &generator)
      move(to: .refused(reason: reason, retryAfter: delay))
    } else {
      delay = attempt.value.backoff.next(using: &generator)
      move(to: .offline(reason: reason, retryAfter: delay))
    }
    attempt.value.retry = eventLoop.scheduleTask(in: TimeAmount(delay)) {
      self.attempt.value.retry = nil
      self.dial(node)
    }
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
