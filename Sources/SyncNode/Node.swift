import CRDT
import Dispatch
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A peer and relay for documents: holds rooms, keeps them in a store, and serves them to clients that speak the protocol
/// of y-websocket or of Hocuspocus.
///
/// A node listens to nothing by itself. Run a ``WebSocketListener`` beside it, or SyncHTTP's server:
///
/// ```swift
/// let node = try Node(.init(store: .file("notes.sqlite")))
/// let listener = WebSocketListener(node: node, address: try ListenAddress(port: 8787))
/// let services = ServiceGroup(services: [node, listener], gracefulShutdownSignals: [.sigterm], logger: logger)
/// try await services.run()
/// ```
/// The order matters: services stop in reverse, so nobody connects any more when the node closes its store.
public final class Node: Service {
  /// How the node was set up.
  public let configuration: Configuration
  /// Tells this node from others; kept in its store.
  public let id: PeerID
  /// The links to other nodes, in the order of the configuration.
  public let links: [PeerLink]
  let rooms: RoomRegistry
  let peers: PeerSet
  let signals = SignalBoard()
  let store: any UpdateStore
  let instruments: NodeMetrics
  let analytics: AnalyticsTable
  let alertWatch: AlertWatch
  let refusals: Counter<Refusal>
  private let slowdowns: Counter<Slowdown>
  let counter: ConnectionCounter
  let notifier: Notifier
  private let groups: [ObjectIdentifier: ConnectionGroup]
  private let wasStopped = Mutex(false)
  private let monitor = HealthMonitor()
  /// Where the store is read for those who look into it: one after the other, so that they leave the disk to the others.
  let storeReading = DispatchQueue(label: "store-reading", qos: .utility)
  /// Where it is checked, which takes longer.
  let storeChecking = DispatchQueue(label: "store-checking", qos: .utility)

  /// Opens the store.
  ///
  /// - Throws: When the store cannot be opened; its file is then as it was.
  public convenience init(_ configuration: Configuration) throws(StoreError) {
    switch configuration.store {
    case .ephemeral:
      self.init(configuration, store: EphemeralStore(using: configuration.randomNumbers))
    case .file(let path):
      let store = try SQLiteStore(
        path: path, durability: configuration.durability, bytesMax: configuration.limits.storeBytesMax,
        history: configuration.history, tracer: NodeTracer(tracer: configuration.tracer),
        logger: configuration.logger)
      self.init(configuration, store: store)
    }
  }

  /// - Parameter dialler: Makes the connections of all links; nil for real sockets.
  init(_ configuration: Configuration, store: any UpdateStore, dialler: (any PeerDialler)? = nil) {
    self.configuration = configuration
    self.store = store
    id = store.nodeID
    let instruments = NodeMetrics(
      MetricRegistry(seriesMax: configuration.limits.metricSeriesMax), factory: configuration.metricsFactory)
    self.instruments = instruments
    analytics = AnalyticsTable(limits: configuration.limits)
    alertWatch = AlertWatch(rules: configuration.alertRules ?? AlertRule.defaults(for: configuration.limits))
    refusals = Counter { instruments.refusals[$0]?.increment() }
    slowdowns = Counter { instruments.slowdowns[$0]?.increment() }
    notifier = Notifier(limits: configuration.limits, randomNumbers: configuration.randomNumbers)
    let peers = PeerSet()
    self.peers = peers
    var activity = configuration.activity
    activity.namesAddresses = configuration.authorizer == nil
    let environment = Room.Environment(
      store: store, limits: configuration.limits, compaction: configuration.compaction,
      idle: TimeAmount(configuration.roomIdle), presenceGrace: TimeAmount(configuration.presenceGrace),
      peerCheck: TimeAmount(configuration.peerCheckInterval),
      answerPartBytes: configuration.answerPartBytes, longBytes: configuration.longBytes, worker: configuration.worker,
      logger: configuration.logger,
      randomNumbers: configuration.randomNumbers, hooks: configuration.hooks, metrics: instruments,
      tracer: NodeTracer(tracer: configuration.tracer),
      onChange: { room in peers.noteChange(of: room) },
      activity: activity,
      connectedPeers: { name in peers.ids(replicating: name) })
    let turns = Dictionary(
      uniqueKeysWithValues: configuration.eventLoopGroup.makeIterator().map { eventLoop in
        (ObjectIdentifier(eventLoop), RoomTurns(eventLoop: eventLoop))
      })
    rooms = RoomRegistry(
      memoryBytesMax: configuration.limits.memoryBytesMax, canUnload: store.isPersistent
    ) { name, eventLoop in
      guard let turns = turns[ObjectIdentifier(eventLoop)] else {
        preconditionFailure("a room is on an event loop of its node's group")
      }
      return Room(name: name, turns: turns, environment: environment)
    } onUse: { room in
      peers.noteUse(of: room)
    }
    links = configuration.peers.map { peer in
      PeerLink(
        to: peer, eventLoop: configuration.eventLoopGroup.next(), dialler: dialler ?? SocketDialler(for: peer),
        logger: configuration.logger)
    }
    let (pingInterval, drainTimeout) = (TimeAmount(configuration.pingInterval), TimeAmount(configuration.drainTimeout))
    let (refusals, slowdowns, counter) = (refusals, slowdowns, ConnectionCounter(limits: configuration.limits))
    self.counter = counter
    groups = Dictionary(
      uniqueKeysWithValues: configuration.eventLoopGroup.makeIterator().map { eventLoop in
        (
          ObjectIdentifier(eventLoop),
          ConnectionGroup(
            eventLoop: eventLoop, pingInterval: pingInterval, drainTimeout: drainTimeout, logger: configuration.logger,
            refusals: refusals, slowdowns: slowdowns, counter: counter, metrics: instruments)
        )
      })
    let rooms = rooms
    store.writability.whenRecovered {
      // In an order, so that the same events always have the same consequences.
      for room in rooms.all.sorted(by: { $0.name < $1.name }) { room.resumeWriting() }
    }
    for link in links { link.start(self) }
    if configuration.measuresHealth { monitor.start(self) }
  }

  /// Why the store takes no writes, as when the disk is full; nil while it does.
  ///
  /// Until it does again, which the node finds out by itself, rooms are served and presence goes on, and nothing new is taken:
  /// clients and other nodes keep what they write, and are asked for it when it can be stored.
  public var storeFailure: StoreError? { store.writability.failure }

  /// Whether clients are served: true until the node starts to stop.
  public var isReady: Bool { rooms.isOpen }

  /// How many connections were cut off for what the other side did, since the node started.
  public var refusalCounts: [Refusal: Int] { refusals.all }

  /// How often a connection was not read for a while because of what came over it, since the node started.
  public var slowdownCounts: [Slowdown: Int] { slowdowns.all }

  /// How many connections others have made to the node, those that are not upgraded to a WebSocket among them.
  public var connectionCount: Int { counter.count }

  /// Runs until the service group shuts down gracefully or the task is cancelled, then calls ``stop()``.
  public func run() async throws {
    try? await gracefulShutdown()
    await stop()
  }

  /// Closes all connections (1001), each when what came over it is stored and acknowledged, and then the store. The node
  /// cannot be used after: whoever still connects to it is sent away at once.
  ///
  /// Clients that do not hear of it within ``Configuration/drainTimeout`` keep what they wrote, and what arrived of it is stored
  /// all the same. The end has no bound of its own: it waits for the disk.
  public func stop() async {
    let isFirst = wasStopped.withLock { wasStopped in
      defer { wasStopped = true }
      return !wasStopped
    }
    guard isFirst else { return }
    monitor.stop()
    rooms.close()
    for link in links { await link.stop() }
    let ends = groups.values.map { $0.stop() }
    for end in ends { try? await end.get() }
    // What the connections' last messages still have to do in their rooms.
    for room in rooms.all { try? await room.executor.submit {}.get() }
    for group in groups.values { try? await group.eventLoop.submit {}.get() }
    for room in rooms.all { await room.finishActivity() }
    for room in rooms.all { await room.finishIndexing() }
    await store.close()
  }

  /// Opens a room for this process's own reading and editing.
  ///
  /// The room stays loaded for as long as the handle lives.
  ///
  /// - Throws: ``RoomError`` when the document cannot be loaded or the node has stopped.
  public func open(_ room: String) async throws -> RoomHandle {
    guard !room.isNoRoom else { throw RoomError(room: room, reason: "a room's name has no NUL") }
    guard let leased = rooms.lease(room, by: .process, on: configuration.eventLoopGroup.next()) else {
      throw RoomError(room: room, reason: "the node has stopped")
    }
    let handle = RoomHandle(room: leased, registry: rooms)
    try await handle.read { _ in }
    return handle
  }

  /// Another handle of a room that is loaded; nil when the node has stopped.
  func handle(of room: Room) -> RoomHandle? {
    rooms.lease(room.name, by: .process, on: room.eventLoop).map { RoomHandle(room: $0, registry: rooms) }
  }

  var connectionGroups: some Collection<ConnectionGroup> { groups.values }

  /// The connections of one of the node's event loops.
  func group(of eventLoop: any EventLoop) -> ConnectionGroup {
    guard let group = groups[ObjectIdentifier(eventLoop)] else {
      preconditionFailure("a listener must run on the event loop group of its node's configuration")
    }
    return group
  }
}
