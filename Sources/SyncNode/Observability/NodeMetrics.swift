import CoreMetrics
import NIOCore
import Synchronization

/// What a node measures of itself: kept here, and handed on to swift-metrics where the application wants that.
final class NodeMetrics: Sendable {
  /// A counter.
  struct Count: Sendable {
    let series: MetricSeries
    let mirror: (any CounterHandler)?

    func increment(by amount: Int = 1) {
      series.increment(by: Double(amount))
      mirror?.increment(by: Int64(amount))
    }
  }

  /// A value that goes up and down.
  struct Level: Sendable {
    let series: MetricSeries
    let mirror: (any MeterHandler)?

    func set(_ value: Double) {
      series.set(value)
      mirror?.set(value)
    }
  }

  /// How long something takes.
  struct Timing: Sendable {
    let series: MetricSeries
    let mirror: (any TimerHandler)?

    /// - Parameter count: How many took so long. Only one of them is handed on, which knows no weights.
    func record(_ time: TimeAmount, count: Int = 1) {
      series.record(Double(time.nanoseconds) * 1e-9, count: UInt64(clamping: count))
      mirror?.recordNanoseconds(time.nanoseconds)
    }
  }

  let registry: MetricRegistry

  /// Updates that were news and went to the store, and their bytes.
  let updates: Count
  let updateBytes: Count
  /// Updates that went to a client or a node, and how long each took from when its message was read, or from when it was
  /// written here, until it was handed to the socket.
  let deliveries: Count
  let delivery: Timing
  /// From when an update was handed to the store until it was committed.
  let commit: Timing
  /// How much later than it should an event loop does something.
  let lag: Timing
  /// How long connections lasted that have ended, in seconds.
  let lifetime: MetricSeries
  let refusals: [Refusal: Count]
  let slowdowns: [Slowdown: Count]
  let connections: Level
  let rooms: Level
  let roomMemory: Level
  let waitingCommits: Level
  let processMemory: Level
  let storeFree: Level
  let storeFailed: Level
  let linksDown: Level
  let uptime: Level
  /// Updates that are with the store.
  private let waiting = Atomic(0)

  /// - Parameters:
  ///   - registry: Where they are kept.
  ///   - factory: Where they are handed on to.
  init(_ registry: MetricRegistry, factory: (any MetricsFactory)?) {
    self.registry = registry
    let maker = Maker(registry: registry, factory: factory)
    updates = maker.count("sync_updates_total")
    updateBytes = maker.count("sync_update_bytes_total")
    deliveries = maker.count("sync_deliveries_total")
    delivery = maker.timing("sync_delivery_seconds")
    commit = maker.timing("sync_commit_seconds")
    lag = maker.timing("sync_event_loop_lag_seconds")
    lifetime = maker.series("sync_connection_lifetime_seconds", [:], .distribution)
    refusals = Dictionary(
      uniqueKeysWithValues: Refusal.allCases.map { ($0, maker.count("sync_refusals_total", ["reason": $0.rawValue])) })
    slowdowns = Dictionary(
      uniqueKeysWithValues: Slowdown.allCases.map { ($0, maker.count("sync_slowdowns_total", ["reason": $0.rawValue])) }
    )
    connections = maker.level("sync_connections")
    rooms = maker.level("sync_rooms")
    roomMemory = maker.level("sync_room_memory_bytes")
    waitingCommits = maker.level("sync_waiting_commits")
    processMemory = maker.level("sync_process_memory_bytes")
    storeFree = maker.level("sync_store_free_bytes")
    storeFailed = maker.level("sync_store_failed")
    linksDown = maker.level("sync_links_down")
    uptime = maker.level("sync_uptime_seconds")
  }

  /// Counts an update that is handed to the store.
  func noteAppend(byteCount: Int) {
    updates.increment()
    updateBytes.increment(by: byteCount)
    waiting.add(1, ordering: .relaxed)
  }

  /// Counts an update that the store has answered for.
  func noteAnswer(after time: TimeAmount, isStored: Bool) {
    waiting.subtract(1, ordering: .relaxed)
    if isStored { commit.record(time) }
  }

  /// How many updates are with the store.
  var waitingCount: Int { waiting.load(ordering: .relaxed) }

  private struct Maker {
    let registry: MetricRegistry
    let factory: (any MetricsFactory)?

    func series(_ name: String, _ labels: [String: String], _ kind: MetricKind) -> MetricSeries {
      do {
        return try registry.series(MetricName(name, labels: labels), kind)
      } catch {
        preconditionFailure("a node's own metric is refused: \(error)")
      }
    }

    private func dimensions(_ labels: [String: String]) -> [(String, String)] { labels.map { ($0.key, $0.value) } }

    func count(_ name: String, _ labels: [String: String] = [:]) -> Count {
      Count(
        series: series(name, labels, .counter),
        mirror: factory?.makeCounter(label: name, dimensions: dimensions(labels)))
    }

    func level(_ name: String) -> Level {
      Level(series: series(name, [:], .gauge), mirror: factory?.makeMeter(label: name, dimensions: []))
    }

    func timing(_ name: String) -> Timing {
      Timing(series: series(name, [:], .timing), mirror: factory?.makeTimer(label: name, dimensions: []))
    }
  }
}
