import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import SyncNode

/// Tells others over HTTP of what happens at a node: events of rooms, documents and alerts, signed, and tried again for two
/// days until they are taken.
///
/// ```swift
/// let webhook = try Webhook(url: "https://example.org/hook", secret: secret)
/// let webhooks = try Webhooks([webhook], queue: "notes.sqlite.webhooks", eventLoopGroup: .singletonMultiThreadedEventLoopGroup)
/// webhooks.listen(to: &configuration.hooks)  // before the node is made
/// let node = try Node(configuration)
/// let services = ServiceGroup(services: [webhooks, node, listener], gracefulShutdownSignals: [.sigterm], logger: logger)
/// ```
/// In that order the last events of a node that stops are still taken.
///
/// An event is posted as JSON (``WebhookEvent``) with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of
/// Standard Webhooks. Any answer from 200 to 299 takes it. All else, and none within ten seconds, is a failure: the event is
/// tried again after 5 seconds, 30 seconds, 2, 10 and 30 minutes, 2, 6, 12 and 24 hours, and is *dead* then; dead ones are kept
/// until somebody has them tried again or discards them. Each event that the queue has taken is posted at least once, in no
/// certain order; the end of the process may cost those of the last moment. Redirections are not followed: what is signed for
/// one is not for another.
public final class Webhooks: Service {
  /// How long after the first change of a document further ones are waited for, to be told with it.
  public static let changeInterval = Duration.seconds(2)
  private static let answerTimeout = TimeAmount.seconds(10)

  /// How it is with a webhook.
  public struct Report: Equatable, Codable, Sendable {
    /// Counts the webhooks, from 1, in the order in which they were given.
    public let number: Int
    /// Where events are posted.
    public let url: String
    /// What it is told of.
    public let events: [String]
    /// Patterns of the rooms it is told of; nil for all that are no feeds.
    public let rooms: [String]?
    /// How many events wait.
    public let pending: Int
    /// How many were given up, and are kept.
    public let dead: Int
    /// How many were taken since the process started.
    public let delivered: Int
    /// Why the last one failed of those that wait or were given up.
    public let lastFailure: String?
  }

  private let outbox: WebhookOutbox
  private let senders: [WebhookSender]
  private let collector: ChangeCollector
  private let client: HTTPClient
  private let logger: Logger

  /// Milliseconds since 1970.
  static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

  /// Where a relay keeps what waits for webhooks, beside its store.
  public static func queuePath(besideStore path: String) -> String { path + ".webhooks" }

  /// Opens the queue.
  ///
  /// - Parameters:
  ///   - webhooks: Who is told.
  ///   - path: The queue's SQLite file, which is made if need be, for this process alone; nil to keep it in memory.
  ///   - eventLoopGroup: Where connections live.
  ///   - logger: Where failures are told, without addresses.
  /// - Throws: When two webhooks have one address, or the queue cannot be opened.
  public convenience init(
    _ webhooks: [Webhook], queue path: String?, eventLoopGroup: any EventLoopGroup,
    logger: Logger = Logger(label: "webhooks")
  ) throws(WebhookError) {
    try self.init(
      webhooks, queue: path, schedule: WebhookSchedule(), changeInterval: TimeAmount(Webhooks.changeInterval),
      eventLoopGroup: eventLoopGroup, logger: logger)
  }

  init(
    _ webhooks: [Webhook], queue path: String?, schedule: WebhookSchedule, changeInterval: TimeAmount,
    eventLoopGroup: any EventLoopGroup, logger: Logger
  ) throws(WebhookError) {
    try webhooks.check()
    let queue = try WebhookQueue(path: path, schedule: schedule)
    let wakeUps = webhooks.map { _ in WakeUp(on: eventLoopGroup.next()) }
    let outbox = WebhookOutbox(webhooks, queue: queue, wakeUps: wakeUps, logger: logger)
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup), configuration: configuration)
    self.outbox = outbox
    self.client = client
    self.logger = logger
    senders = webhooks.indices.map { index in
      WebhookSender(
        webhook: webhooks[index], number: index + 1, queue: queue, schedule: schedule, client: client,
        timeout: Webhooks.answerTimeout, wakeUp: wakeUps[index],
        outcome: { outbox.noteOutcome($0, of: index) }, logger: logger)
    }
    collector = ChangeCollector(interval: changeInterval, eventLoop: eventLoopGroup.next()) { change in
      outbox.append(.documentChanged, in: change.room, at: change.until, change)
    }
  }

  /// Has the node whose hooks these become tell of what happens. What the hooks do already, they go on doing.
  public func listen(to hooks: inout Hooks) {
    let known = hooks
    let (outbox, collector) = (outbox, collector)
    hooks.onChange = { change in
      known.onChange?(change)
      // Another node tells of what came in there.
      if case .peer = change.origin { return }
      guard outbox.webhooks.contains(where: { $0.wants(.documentChanged, in: change.room) }) else { return }
      collector.note(change, at: Webhooks.now)
    }
    hooks.onLoad = { room in
      known.onLoad?(room)
      outbox.append(.roomOpened, in: room, at: Webhooks.now, WebhookEvent.InRoom(room: room))
    }
    hooks.onIdle = { room in
      known.onIdle?(room)
      outbox.append(.roomIdle, in: room, at: Webhooks.now, WebhookEvent.InRoom(room: room))
    }
    hooks.onEvent = { room, event in
      known.onEvent?(room, event)
      guard case .recreated = event else { return }
      outbox.append(.documentRecreated, in: room, at: Webhooks.now, WebhookEvent.InRoom(room: room))
    }
    hooks.onAlert = { alert in
      known.onAlert?(alert)
      let kind: WebhookEvent.Kind = alert.state == .firing ? .alertFired : .alertResolved
      outbox.append(kind, in: nil, at: alert.until ?? alert.since, alert)
    }
  }

  /// Counts attempts in a node's metrics: `sync_webhook_deliveries_total` with the label `outcome`, which is delivered, failed
  /// or dead.
  public func measure(in registry: MetricRegistry) { outbox.measure(in: registry) }

  /// Posts what waits until the service group shuts down gracefully or the task is cancelled; what is left waits for the next
  /// start. Nothing can be asked of the webhooks then.
  public func run() async throws {
    // Not earlier: only who runs a node on the store knows that nobody else does.
    do {
      try outbox.queue.keepOnly(outbox.webhooks.map(\.url))
    } catch {
      logger.error("\(error)")
    }
    for sender in senders { sender.wakeUp.call() }
    await withTaskGroup(of: Void.self) { group in
      for sender in senders { group.addTask { await sender.run() } }
      try? await gracefulShutdown()
      group.cancelAll()
    }
    collector.flush()
    try await client.shutdown()
    do {
      try outbox.queue.close()
    } catch {
      logger.warning("the webhooks' queue did not close cleanly", metadata: ["error": "\(error)"])
    }
  }

  // MARK: What people look at

  /// How it is with each webhook.
  public func reports() async throws -> [Report] {
    var reports: [Report] = []
    for (index, webhook) in outbox.webhooks.enumerated() {
      let counts = try await outbox.queue.counts(of: webhook.url)
      reports.append(
        Report(
          number: index + 1, url: webhook.url, events: webhook.events.map(\.rawValue).sorted(), rooms: webhook.rooms,
          pending: counts.pending, dead: counts.dead, delivered: outbox.deliveredCount(of: index),
          lastFailure: counts.lastFailure))
    }
    return reports
  }

  /// What waits or was given up, the latest first.
  ///
  /// - Parameters:
  ///   - state: Which; nil for both.
  ///   - limit: How many at most.
  public func deliveries(_ state: WebhookDelivery.State? = nil, limit: Int = 100) async throws -> [WebhookDelivery] {
    try await outbox.queue.deliveries(state, limit: limit)
  }

  /// Has dead deliveries tried again, from the first attempt on.
  ///
  /// - Parameter ids: Which of them; nil for all.
  /// - Returns: How many there were.
  @discardableResult
  public func retry(_ ids: [String]? = nil) async throws -> Int {
    let urls = outbox.webhooks.map(\.url)
    let count = try await outbox.queue.retry(ids, for: urls, now: Webhooks.now)
    for wakeUp in outbox.wakeUps { wakeUp.call() }
    return count
  }

  /// Forgets dead deliveries.
  ///
  /// - Parameter ids: Which of them; nil for all.
  /// - Returns: How many there were.
  @discardableResult
  public func discard(_ ids: [String]? = nil) async throws -> Int { try await outbox.queue.discard(ids) }

  /// What is in a relay's queue, the latest first; also while it runs.
  ///
  /// - Throws: When the file at `path` cannot be read or is something else.
  public static func deliveries(
    inQueue path: String, _ state: WebhookDelivery.State? = nil, limit: Int
  ) async throws -> [WebhookDelivery] {
    try await WebhookQueue(path: path, isReadOnly: true).deliveries(state, limit: limit)
  }
}
