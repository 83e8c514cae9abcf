import CRDT
import Synchronization

extension Node {
  /// What the node measures of itself; metrics of the application may stand beside it.
  ///
  /// Clients that have the room `system` open are told by presence, up to four times a second.
  public var metrics: MetricRegistry { instruments.registry }

  /// The metrics of an application, whose name is that of the room `analytics:NAME` behind its colon.
  ///
  /// Clients that have the room open are told by presence, up to four times a second. What is not measured for an hour is
  /// forgotten.
  /// ```swift
  /// try node.analytics("acme").record(1, of: MetricName("signups", labels: ["plan": "free"]), .counter)
  /// ```
  /// - Throws: ``MetricError`` when there are as many applications as the limit allows, or the name is empty or too long.
  public func analytics(_ application: String) throws(MetricError) -> MetricRegistry {
    guard !application.isEmpty,
      FeedRoom(.analytics, of: application).name.utf8.count <= configuration.limits.roomNameBytesMax
    else { throw MetricError(.application, of: application) }
    return try analytics.registry(of: application)
  }

  /// The metrics of an application; nil when nothing of it was measured within an hour.
  public func knownAnalytics(_ application: String) -> MetricRegistry? { analytics.known(application) }
}

/// The metrics of applications, by name.
final class AnalyticsTable: Sendable {
  /// For how long what is not measured is remembered: as long as the longest window.
  private static let idleSecondsMax = UInt64(MetricWindow.hour.seconds)

  private struct Entry {
    let registry: MetricRegistry
    let stream: MetricStream
  }

  private let limits: Limits
  private let clock: MetricClock
  private let entries = Mutex(NameTable<Entry>())

  init(limits: Limits, clock: MetricClock = .system) {
    self.limits = limits
    self.clock = clock
  }

  func registry(of application: String) throws(MetricError) -> MetricRegistry {
    let found = entries.withLock { entries -> MetricRegistry? in
      if let entry = entries[application] { return entry.registry }
      guard entries.count < limits.measuredApplicationsMax else { return nil }
      let registry = MetricRegistry(seriesMax: limits.metricSeriesMax, clock: clock)
      entries[application] = Entry(
        registry: registry, stream: MetricStream(in: FeedRoom(.analytics, of: application)))
      return registry
    }
    guard let found else { throw MetricError(.tooManyApplications, of: application) }
    return found
  }

  /// The metrics of an application, if there are any.
  func known(_ application: String) -> MetricRegistry? { entries.withLock { $0[application]?.registry } }

  /// Tells clients that look how all of it is now.
  func tell(on node: Node) {
    for entry in entries.withLock({ $0.map(\.value) }) { entry.stream.tell(of: entry.registry, on: node) }
  }

  /// Forgets what has not been measured for an hour.
  func forgetIdle() {
    let ticks = AnalyticsTable.idleSecondsMax * MetricWindow.ticksPerSecond
    entries.withLock { entries in
      for (name, entry) in entries where entry.registry.forget(idleFor: ticks) { entries[name] = nil }
    }
  }
}
