import Foundation
import SyncHTTP
import SyncNode

/// A relay's moment as lines of text, for a terminal or a file.
struct NodeView {
  private static let windows: [(MetricWindow, String)] = [(.second, "1 s"), (.tenSeconds, "10 s"), (.minute, "1 min")]
  private static let timings = [
    ("delivery", "sync_delivery_seconds"), ("commit", "sync_commit_seconds"), ("lag", "sync_event_loop_lag_seconds"),
  ]

  let place: String
  let now: NodeSnapshot
  let earlier: NodeSnapshot?

  /// All that there is to tell.
  ///
  /// - Parameter linesMax: How many lines there may be: of rooms and connections, only the first are told then.
  func lines(atMost linesMax: Int = .max) -> [String] {
    var lines = head + [""] + latencies
    let alerts = firing
    if !alerts.isEmpty { lines += [""] + alerts }
    let left = linesMax == .max ? .max : max(linesMax - lines.count - 4, 2)
    let rooms = roomRows.prefix(left == .max ? .max : max(left - min(now.connections.count, left / 2), 1))
    lines += [""] + Output.tableLines(NodeView.roomHeader, Array(rooms), numbers: [1, 2, 3, 4, 5, 6])
    let connections = connectionRows.prefix(left == .max ? .max : max(left - rooms.count, 1))
    lines += [""] + Output.tableLines(NodeView.connectionHeader, Array(connections), numbers: [1, 2])
    return Array(lines.prefix(linesMax))
  }

  private var head: [String] {
    let node = "node \(now.status.node.prefix(8))…, up \(NodeView.duration(now.value("sync_uptime_seconds") ?? 0))"
    let memory = NodeView.bytes(now.value("sync_process_memory_bytes") ?? 0)
    let disk =
      now.value("sync_store_free_bytes").map { ", \(NodeView.bytes($0)) of disk free" }
      ?? ""
    let links =
      now.status.links.isEmpty
      ? "" : ", \(Int(now.value("sync_links_down") ?? 0)) of \(counted(now.status.links.count, "link")) down"
    let failure = now.status.storeFailure.map { ["nothing is stored: \(Output.printable($0))"] } ?? []
    return [
      "\(Output.printable(place)): \(node), \(now.time.formatted(.iso8601))",
      "\(counted(now.connections.count, "connection")), \(counted(now.status.rooms, "room")) loaded; \(memory) of memory\(disk)\(links)",
      "\(rate("sync_updates_total")) updates/s, \(NodeView.bytes(now.rate("sync_update_bytes_total", over: .tenSeconds)))/s; "
        + "\(rate("sync_deliveries_total")) deliveries/s; \(rate("sync_refusals_total")) refusals/s; "
        + "\(Int(now.value("sync_waiting_commits") ?? 0)) waiting commits",
    ] + failure
  }

  private func rate(_ metric: String) -> String { NodeView.number(now.rate(metric, over: .tenSeconds)) }

  private var latencies: [String] {
    let header = ["MS"] + NodeView.windows.flatMap { ["\($0.1): P50", "P99", "MAX"] }
    let rows = NodeView.timings.map { name, metric in
      [name]
        + NodeView.windows.flatMap { window, _ in
          let summary = now.summary(metric, over: window)
          return [summary?.p50, summary?.p99, summary?.max].map { $0.map { NodeView.number($0 * 1000) } ?? "-" }
        }
    }
    return Output.tableLines(header, rows, numbers: Set(1..<header.count))
  }

  private var firing: [String] {
    now.alerts.filter { $0.state == .firing }.map { alert in
      "ALERT \(alert.severity.rawValue) since \(Output.time(alert.since)): \(Output.printable(alert.rule)): "
        + Output.printable(alert.title)
    }
  }

  private static let roomHeader = ["ROOM", "UPDATES/S", "UPDATES", "BYTES", "CLIENTS", "NODES", "MEMORY"]

  private var roomRows: [[String]] {
    now.busiestRooms(since: earlier).map { room, updatesPerSecond in
      [
        Output.excerpt(room.name, characters: 40), updatesPerSecond.map(NodeView.number) ?? "-",
        room.stored.map { "\($0.updates)" } ?? "-", room.stored.map { NodeView.bytes(Double($0.bytes)) } ?? "-",
        room.usage.map { "\($0.clients)" } ?? "-", room.usage.map { "\($0.peers)" } ?? "-",
        room.usage.map { NodeView.bytes(Double($0.memoryBytes)) } ?? "-",
      ]
    }
  }

  private static let connectionHeader = ["CONNECTION", "SINCE", "WAITING", "USER"]

  /// Those first for which most waits.
  private var connectionRows: [[String]] {
    now.connections.sorted { ($0.waitingBytes, $1.id) > ($1.waitingBytes, $0.id) }.map { connection in
      [
        Output.printable(connection.address) + (connection.isPaused ? " (paused)" : ""),
        NodeView.duration(connection.seconds), NodeView.bytes(Double(connection.waitingBytes)),
        connection.users.isEmpty ? "-" : Output.printable(connection.users.joined(separator: ", ")),
      ]
    }
  }

  // MARK: Numbers

  /// Three digits, more before the point; a whole number as it is.
  static func number(_ value: Double) -> String {
    if value.magnitude < 1e15, let whole = Int64(exactly: value) { return "\(whole)" }
    return switch value.magnitude {
    case ..<1: value.formatted(.number.precision(.fractionLength(2)).grouping(.never).locale(NodeView.locale))
    case ..<100: value.formatted(.number.precision(.fractionLength(1)).grouping(.never).locale(NodeView.locale))
    default: value.formatted(.number.precision(.fractionLength(0)).grouping(.never).locale(NodeView.locale))
    }
  }

  /// As in `1.5 MB`, by powers of 1,000.
  static func bytes(_ value: Double) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (value, 0)
    while value >= 1000, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
    return "\(number(unit == 0 ? value.rounded() : value)) \(units[unit])"
  }

  /// The two largest units of a time, as in `2h 14m`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "-" }
    let whole = Int(seconds)
    let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
    let first = parts.firstIndex { $0.0 > 0 } ?? parts.count - 1
    return parts[first..<min(first + 2, parts.count)].map { "\($0.0)\($0.1)" }.joined(separator: " ")
  }

  private static let locale = Locale(identifier: "en_US_POSIX")
}
