import Logging
import NIOCore

/// The connections of one event loop: flushes them once per tick, and asks them whether they live.
// Sendable: what changes is touched on `eventLoop` only.
final class ConnectionGroup: @unchecked Sendable {
  let eventLoop: any EventLoop
  private let pingInterval: TimeAmount
  /// How long a connection may take to hear that what came over it is stored, when the server stops.
  let drainTimeout: TimeAmount
  let logger: Logger
  let refusals: Counter<Refusal>
  let slowdowns: Counter<Slowdown>
  let counter: ConnectionCounter
  private let metrics: NodeMetrics
  private var connections: Set<Connection> = []
  private var unflushed: [Connection] = []
  /// What is flushed at the end of this tick, by when it came.
  private var deliveries: [(arrival: NIODeadline, count: Int)] = []
  private var pings: RepeatedTask?
  /// Those whose end is waited for. Whoever comes later is not among them, or the wait might have no end.
  private var draining: Set<Connection> = []
  private var whenDrained: EventLoopPromise<Void>?
  /// Whether the node stops, so that whoever comes is sent away.
  private(set) var isStopping = false

  init(
    eventLoop: any EventLoop, pingInterval: TimeAmount, drainTimeout: TimeAmount, logger: Logger,
    refusals: Counter<Refusal>, slowdowns: Counter<Slowdown>, counter: ConnectionCounter,
    metrics: NodeMetrics
  ) {
    self.eventLoop = eventLoop
    self.pingInterval = pingInterval
    self.drainTimeout = drainTimeout
    self.logger = logger
    self.refusals = refusals
    self.slowdowns = slowdowns
    self.counter = counter
    self.metrics = metrics
  }

  /// Counts a refusal, and tells the operator.
  func note(_ refusal: Refusal, _ reason: String, source: String, connection: Connection.ID? = nil) {
    refusals.count(refusal)
    var metadata: Logger.Metadata = ["peer": "\(source)", "for": "\(refusal.rawValue)", "reason": "\(reason)"]
    if let connection { metadata["connection"] = "\(connection)" }
    logger.info("refused", metadata: metadata)
  }

  func insert(_ connection: Connection) {
    eventLoop.preconditionInEventLoop()
    connections.insert(connection)
    guard pings == nil else { return }
    pings = eventLoop.scheduleRepeatedTask(initialDelay: pingInterval, delay: pingInterval) {
      [weak self] _ in
      // In an order, so that the same events always have the same consequences.
      for connection in self?.all ?? [] { connection.ping() }
    }
  }

  func remove(_ connection: Connection) {
    eventLoop.preconditionInEventLoop()
    if connections.remove(connection) != nil {
      metrics.lifetime.record(Double((NIODeadline.now() - connection.start).nanoseconds) * 1e-9, count: 1)
    }
    draining.remove(connection)
    if connections.isEmpty {
      pings?.cancel()
      pings = nil
    }
    if draining.isEmpty {
      whenDrained?.succeed()
      whenDrained = nil
    }
  }

  /// In the order in which they were made.
  var all: [Connection] { connections.sorted { $0.id < $1.id } }

  /// Flushes `connection` at the end of this tick, however often it is asked until then.
  func scheduleFlush(of connection: Connection) {
    guard !connection.isFlushScheduled else { return }
    connection.isFlushScheduled = true
    unflushed.append(connection)
    guard unflushed.count == 1 else { return }
    eventLoop.execute {
      let connections = self.unflushed
      self.unflushed.removeAll(keepingCapacity: true)
      for connection in connections {
        connection.isFlushScheduled = false
        connection.flush()
      }
      self.measureDeliveries()
    }
  }

  /// Notes that something which came at a time goes out at the end of this tick.
  func noteDelivery(since arrival: NIODeadline) {
    if deliveries.last?.arrival == arrival {
      deliveries[deliveries.count - 1].count += 1
    } else {
      deliveries.append((arrival, 1))
    }
  }

  private func measureDeliveries() {
    guard !deliveries.isEmpty else { return }
    let now = NIODeadline.now()
    for (arrival, count) in deliveries { metrics.delivery.record(now - arrival, count: count) }
    metrics.deliveries.increment(by: deliveries.reduce(0) { $0 + $1.count })
    deliveries.removeAll(keepingCapacity: true)
  }

  /// Has the application asked anew about everybody. Callable from anywhere.
  func reviewAccess() {
    eventLoop.runOrExecute {
      for connection in self.all { connection.onReview?() }
    }
  }

  /// Closes all connections for good: those that are made from now on at once. Callable from anywhere.
  ///
  /// - Returns: Done when all are closed that there were.
  func stop() -> EventLoopFuture<Void> {
    eventLoop.flatSubmit {
      self.isStopping = true
      return self.drainAll()
    }
  }

  /// Closes all connections, each when what came over it is stored and acknowledged. Callable from anywhere.
  ///
  /// - Returns: Done when all are closed that there were.
  func drainAll() -> EventLoopFuture<Void> {
    eventLoop.flatSubmit {
      guard !self.connections.isEmpty else { return self.eventLoop.makeSucceededVoidFuture() }
      let promise = self.whenDrained ?? self.eventLoop.makePromise()
      self.whenDrained = promise
      self.draining.formUnion(self.connections)
      for connection in self.connections { connection.drain(within: self.drainTimeout) }
      return promise.futureResult
    }
  }
}
