import Foundation
import SyncHTTP
import SyncNode

/// How a relay is at a moment, as it tells.
struct NodeSnapshot {
  let status: StatusReport
  let metrics: [MetricReport]
  let rooms: [RoomReport]
  let connections: [ConnectionReport]
  let alerts: [Alert]
  /// When it was asked.
  let time = Date()

  /// Asks a relay.
  ///
  /// - Throws: ``Failure``
  init(of node: NodeReplica) async throws {
    async let status: StatusReport = node.page(NodeAPI.Path.status)
    async let metrics: [MetricReport] = node.page(MetricsAPI.Path.metrics)
    async let rooms = node.rooms(named: nil)
    async let connections: [ConnectionReport] = node.page(MetricsAPI.Path.connections)
    async let alerts: [Alert] = node.page(MetricsAPI.Path.alerts)
    (self.status, self.metrics, self.rooms) = (try await status, try await metrics, try await rooms)
    (self.connections, self.alerts) = (try await connections, try await alerts)
  }

  /// The value of a gauge or a counter, those of all its series added up; nil when there is none of the name.
  func value(_ metric: String) -> Double? {
    let values = metrics.filter { $0.name == metric }.compactMap(\.value)
    return values.isEmpty ? nil : values.reduce(0, +)
  }

  /// How fast a counter grows, all its series together, a second.
  func rate(_ metric: String, over window: MetricWindow) -> Double {
    metrics.filter { $0.name == metric }.compactMap { $0[window]?.rate }.reduce(0, +)
  }

  /// What was recorded of a metric within a window.
  func summary(_ metric: String, over window: MetricWindow) -> MetricSummary? {
    metrics.first { $0.name == metric }?[window]
  }

  /// The rooms, with how many updates of each came a second since an earlier moment: the busiest first.
  func busiestRooms(since earlier: NodeSnapshot?) -> [(report: RoomReport, updatesPerSecond: Double?)] {
    let before = Dictionary((earlier?.rooms ?? []).map { ($0.name, $0.stored?.updates ?? 0) }) { first, _ in first }
    let seconds = earlier.map { time.timeIntervalSince($0.time) } ?? 0
    let rates = rooms.map { room -> (report: RoomReport, updatesPerSecond: Double?) in
      guard earlier != nil, seconds > 0 else { return (room, nil) }
      let (count, isImpossible) = (room.stored?.updates ?? 0).subtractingReportingOverflow(before[room.name] ?? 0)
      return (room, isImpossible ? nil : Double(max(count, 0)) / seconds)
    }
    return rates.sorted {
      ($0.updatesPerSecond ?? 0, $0.report.usage?.clients ?? 0, $1.report.name)
        > ($1.updatesPerSecond ?? 0, $1.report.usage?.clients ?? 0, $0.report.name)
    }
  }
}
