import Logging
import SyncNode
import Synchronization

/// What is to be told, and what came of it.
final class WebhookOutbox: Sendable {
  private static let counterName = "sync_webhook_deliveries_total"

  private struct State {
    /// How many events each webhook has taken.
    var delivered: [Int]
    var registry: MetricRegistry?
  }

  let webhooks: [Webhook]
  let queue: WebhookQueue
  /// Wakes the sender of each webhook.
  let wakeUps: [WakeUp]
  private let logger: Logger
  private let state: Mutex<State>

  init(_ webhooks: [Webhook], queue: WebhookQueue, wakeUps: [WakeUp], logger: Logger) {
    self.webhooks = webhooks
    self.queue = queue
    self.wakeUps = wakeUps
    self.logger = logger
    state = Mutex(State(delivered: webhooks.map { _ in 0 }))
  }

  /// What a node tells is told to those who want it. Callable from anywhere; returns at once.
  func append(_ kind: WebhookEvent.Kind, in room: String?, at milliseconds: Int64, _ data: some Encodable) {
    let wanting = webhooks.indices.filter { webhooks[$0].wants(kind, in: room) }
    guard !wanting.isEmpty else { return }
    let event = WebhookEvent(kind, in: room, at: milliseconds, data)
    queue.append(event, for: wanting.map { webhooks[$0].url }, now: Webhooks.now) { [wakeUps, logger] result in
      switch result {
      case .success: for index in wanting { wakeUps[index].call() }
      case .failure(let error):
        logger.error("an event for webhooks is lost", metadata: ["event": "\(kind.rawValue)", "error": "\(error)"])
      }
    }
  }

  func noteOutcome(_ outcome: WebhookOutcome, of index: Int) {
    let registry = state.withLock { state in
      if outcome == .delivered { state.delivered[index] += 1 }
      return state.registry
    }
    guard let registry, let name = try? MetricName(Self.counterName, labels: ["outcome": outcome.rawValue]) else {
      return
    }
    // A registry that is full tells of it itself.
    try? registry.record(1, of: name, .counter)
  }

  /// How many events a webhook has taken.
  func deliveredCount(of index: Int) -> Int { state.withLock { $0.delivered[index] } }

  func measure(in registry: MetricRegistry) { state.withLock { $0.registry = registry } }
}
