import CRDT
import CoreMetrics
import Synchronization
import Testing

@testable import SyncNode

@Suite("Metrics")
struct MetricTests {
  /// A clock that is set by hand.
  private final class HandClock: Sendable {
    private let milliseconds = Atomic<UInt64>(1_000_000)

    var clock: MetricClock { MetricClock { self.milliseconds.load(ordering: .relaxed) } }

    func advance(_ milliseconds: UInt64) { self.milliseconds.add(milliseconds, ordering: .relaxed) }
  }

  private let hand = HandClock()

  private func registry(seriesMax: Int = 100) -> MetricRegistry {
    MetricRegistry(seriesMax: seriesMax, clock: hand.clock)
  }

  private func name(_ name: String, _ labels: [String: String] = [:]) throws -> MetricName {
    try MetricName(name, labels: labels)
  }

  @Test("A window tells what was recorded within it, and forgets what is older")
  func windows() throws {
    let registry = registry()
    let signups = try name("signups")
    try registry.record(3, of: signups, .counter)
    hand.advance(250)
    func sums() throws -> [Double] {
      let report = try #require(registry.report(of: signups))
      return MetricWindow.allCases.map { report[$0]?.sum ?? -1 }
    }
    #expect(try sums() == [3, 3, 3, 3])
    hand.advance(1_000)
    #expect(try sums() == [0, 3, 3, 3])
    try registry.record(4, of: signups, .counter)
    hand.advance(250)
    #expect(try sums() == [4, 7, 7, 7])
    hand.advance(11_000)
    #expect(try sums() == [0, 0, 7, 7])
    hand.advance(60_000)
    #expect(try sums() == [0, 0, 0, 7])
    hand.advance(3_600_000)
    #expect(try sums() == [0, 0, 0, 0])
    #expect(registry.report(of: signups)?.value == 7, "the count itself stays")
  }

  @Test("A counter's rate is by the time that there was, not by the length of the window")
  func rates() throws {
    let registry = registry()
    let events = try name("events")
    try registry.record(0, of: events, .counter)
    for _ in 0..<20 {
      try registry.record(5, of: events, .counter)
      hand.advance(250)
    }
    let report = try #require(registry.report(of: events))
    // 20 a second for 5 seconds.
    for window in MetricWindow.allCases { #expect(report[window]?.rate == 20, "\(window)") }
  }

  @Test("Percentiles are exact to a hundredth, whatever the order and over however many slices")
  func percentiles() throws {
    let registry = registry()
    let latency = try name("latency_seconds")
    for step in 0..<1000 {
      try registry.record(Double(step * 7919 % 1000 + 1) / 1000, of: latency, .timing)
      if step % 50 == 0 { hand.advance(250) }
    }
    hand.advance(250)
    let minute = try #require(registry.report(of: latency)?[.minute])
    #expect(minute.count == 1000)
    for (actual, expected) in [(minute.p50, 0.5), (minute.p90, 0.9), (minute.p99, 0.99), (minute.max, 1.0)] {
      let actual = try #require(actual)
      #expect(abs(actual - expected) <= expected * 0.01 + 1e-6, "\(actual) for \(expected)")
    }
    #expect(abs((minute.mean ?? 0) - 0.5005) < 1e-9)
  }

  @Test("What is too large for a number counts as the largest one", arguments: MetricKind.allCases)
  func largeValues(kind: MetricKind) throws {
    let registry = registry()
    let huge = try name("huge")
    for _ in 0..<3 {
      try registry.record(.greatestFiniteMagnitude, of: huge, kind)
      hand.advance(250)
    }
    let report = try #require(registry.report(of: huge))
    #expect(report.value?.isFinite ?? true)
    for window in MetricWindow.allCases {
      let summary = try #require(report[window])
      #expect(summary.sum.isFinite && summary.max?.isFinite == true && summary.rate?.isFinite == true, "\(summary)")
    }
    #expect(!registry.prometheusText.contains("inf"))
  }

  @Test("Values of one kind are not recorded as another, and too many series not at all")
  func refusals() throws {
    let registry = registry(seriesMax: 3)
    try registry.record(1, of: name("a"), .counter)
    #expect(throws: MetricError(.kind, of: "a")) { try registry.record(1, of: name("a", ["x": "y"]), .gauge) }
    for value in [-1, .infinity, .nan] as [Double] {
      #expect(throws: MetricError(.value, of: "a")) { try registry.record(value, of: name("a"), .counter) }
    }
    // One of several that cannot be recorded leaves all unrecorded.
    let flood = try (0..<5).map { MetricSample(name: try name("b", ["user": "\($0)"]), kind: .gauge, value: 1) }
    #expect(throws: MetricError(.tooManySeries, of: "b")) { try registry.record(flood) }
    let mixed = [
      MetricSample(name: try name("c"), kind: .counter, value: 1),
      MetricSample(name: try name("c"), kind: .gauge, value: 1),
    ]
    #expect(throws: MetricError(.kind, of: "c")) { try registry.record(mixed) }
    #expect(registry.seriesCount == 1)
    try registry.record(-5, of: name("level"), .gauge)
    #expect(registry.report(of: try name("level"))?.value == -5)
  }

  @Test("Names that Prometheus would not take are refused")
  func names() throws {
    for bad in ["", "1a", "a-b", "a.b", "ä", "a b", String(repeating: "a", count: 101)] {
      #expect(throws: MetricError(.name, of: bad)) { try MetricName(bad) }
      #expect(throws: MetricError(.label, of: "ok")) { try MetricName("ok", labels: [bad: "x"]) }
    }
    #expect(throws: MetricError(.label, of: "ok")) { try MetricName("ok", labels: ["__name": "x"]) }
    let long = String(repeating: "x", count: 201)
    #expect(throws: MetricError(.labelValue, of: "ok")) { try MetricName("ok", labels: ["a": long]) }
    let many = Dictionary(uniqueKeysWithValues: (0..<11).map { ("l\($0)", "x") })
    #expect(throws: MetricError(.labels, of: "ok")) { try MetricName("ok", labels: many) }
  }

  @Test("Prometheus reads all series: labels are escaped, timings are histograms")
  func prometheus() throws {
    let registry = registry()
    try registry.record(2, of: name("requests_total", ["path": "a\"b\\c\nd"]), .counter)
    try registry.record(1.5, of: name("level"), .gauge)
    for seconds in [0.0004, 0.003, 0.003, 99] { try registry.record(seconds, of: name("took_seconds"), .timing) }
    for size in [10, 20] as [Double] { try registry.record(size, of: name("size"), .distribution) }
    hand.advance(250)
    let lines = registry.prometheusText.split(separator: "\n").map(String.init)
    #expect(lines.contains("# TYPE requests_total counter"))
    #expect(lines.contains(#"requests_total{path="a\"b\\c\nd"} 2"#))
    #expect(lines.contains("level 1.5"))
    #expect(lines.contains("# TYPE took_seconds histogram"))
    #expect(lines.contains(#"took_seconds_bucket{le="0.0005"} 1"#))
    #expect(lines.contains(#"took_seconds_bucket{le="0.005"} 3"#))
    #expect(lines.contains(#"took_seconds_bucket{le="10"} 3"#))
    #expect(lines.contains(#"took_seconds_bucket{le="+Inf"} 4"#))
    #expect(lines.contains("took_seconds_count 4"))
    #expect(lines.contains("# TYPE size summary"))
    #expect(lines.contains(#"size{quantile="0.5"} 10"#))
    #expect(lines.contains("size_sum 30"))
    #expect(registry.prometheusText.hasSuffix("\n"))
  }

  @Test("What an application measures by swift-metrics stands beside the rest, and floods nothing")
  func swiftMetrics() throws {
    let registry = registry(seriesMax: 3)
    CoreMetrics.Counter(label: "http.requests", dimensions: [("method", "GET")], factory: registry).increment(by: 2)
    let meter = Meter(label: "queue", factory: registry)
    meter.set(5)
    meter.decrement(by: 2)
    CoreMetrics.Timer(label: "took", factory: registry).recordMilliseconds(20)
    // There is no room for a fourth; its values go nowhere.
    Recorder(label: "fourth", factory: registry).record(1)
    #expect(registry.report(of: try name("http_requests", ["method": "GET"]))?.value == 2)
    #expect(registry.report(of: try name("queue"))?.value == 3)
    hand.advance(250)
    #expect(registry.report(of: try name("took"))?[.minute]?.max == 0.02)
    #expect(registry.seriesCount == 3)
  }

  @Test("What is not measured for an hour is forgotten, and makes room")
  func forgetting() throws {
    var limits = Limits()
    limits.measuredApplicationsMax = 1
    let table = AnalyticsTable(limits: limits, clock: hand.clock)
    let acme = try table.registry(of: "acme")
    try acme.record(1, of: name("old"), .counter)
    #expect(throws: MetricError(.tooManyApplications, of: "other")) { try table.registry(of: "other") }
    hand.advance(1_800_000)
    try acme.record(1, of: name("young"), .counter)
    hand.advance(1_900_000)
    table.forgetIdle()
    #expect(acme.reports().map(\.name) == ["young"])
    #expect(table.known("acme") === acme)
    hand.advance(3_700_000)
    table.forgetIdle()
    #expect(table.known("acme") == nil)
    _ = try table.registry(of: "other")
  }
}

@Suite("What a node measures")
struct NodeMetricTests {
  @Test("An update is measured on its way to each client, and until it is stored")
  func updates() async throws {
    try await TestServer.run(.measured()) { server in
      let readers = [try await server.connect("room"), try await server.connect("room")]
      for reader in readers {
        try await reader.send(Message.syncStep1())
        _ = try await reader.payload(.syncStep2)
      }
      let writer = try await server.connect("room")
      let update = Insertion.update("a", client: 1)
      try await writer.sendUpdate(update)
      for client in readers + [writer] { _ = try await client.payload(.update) { $0 == update } }
      let metrics = server.node.metrics
      func value(_ name: String) throws -> Double? { metrics.report(of: try MetricName(name))?.value }
      #expect(try value("sync_updates_total") == 1)
      #expect(try value("sync_update_bytes_total") == Double(update.count))
      // What came back to the writer is an acknowledgement.
      try await until("both deliveries") { try value("sync_deliveries_total") == 2 }
      try await until("they are summarised") {
        metrics.report(of: try MetricName("sync_delivery_seconds"))?[.minute]?.count == 2
      }
      try await until("the commit") {
        metrics.report(of: try MetricName("sync_commit_seconds"))?[.minute]?.count == 1
      }
      try await until("the levels") { try value("sync_connections") == 3 }
      try await until("the lag") {
        metrics.report(of: try MetricName("sync_event_loop_lag_seconds"))?[.minute]?.count ?? 0 > 0
      }
      #expect(try #require(try value("sync_process_memory_bytes")) > 1_000_000)
      #expect(try await server.node.connections().count == 3)
      try await writer.disconnect()
      try await until("it is gone") { try await server.node.connections().count == 2 }
      try await until("its lifetime") {
        metrics.report(of: try MetricName("sync_connection_lifetime_seconds"))?[.minute]?.count == 1
      }
    }
  }

  @Test("What is refused is counted by its reason")
  func refusals() async throws {
    try await TestServer.run(.measured()) { server in
      let client = try await server.connect("room")
      try await client.send([0, 2, 1, 99])
      _ = try await client.closure()
      let name = try MetricName("sync_refusals_total", labels: ["reason": "unreadableMessage"])
      #expect(server.node.metrics.report(of: name)?.value == 1)
    }
  }

  @Test("Whoever opens the room of an application or of nodes is told what is measured, and nobody else is")
  func streams() async throws {
    try await TestServer.run(.measured()) { server in
      try server.node.analytics("acme").record(3, of: MetricName("signups", labels: ["plan": "free"]), .counter)
      #expect(!server.node.rooms.names(onlyUsed: false).contains("analytics:acme"))
      let client = try await server.connect("analytics:acme")
      let handle = try await server.node.open("analytics:acme")
      var told: Value?
      for await presence in handle.presence {
        guard case .array(let metrics)? = presence.values.first?["metrics"] else { continue }
        told = metrics.first
        break
      }
      let signups = try #require(told)
      #expect(signups["name"] == .string("signups") && signups["value"] == .number(3))
      #expect(signups["labels"]["plan"] == .string("free"))
      try await client.disconnect()
      // Nobody looks any more.
      for await presence in handle.presence where presence.isEmpty { break }
      _ = try await server.connect("system")
      let system = try await server.node.open("system")
      for await presence in system.presence {
        guard case .array(let metrics)? = presence.values.first?["metrics"] else { continue }
        #expect(metrics.contains { $0["name"] == .string("sync_connections") })
        break
      }
    }
  }

  @Test("A client sees the metrics of all linked nodes, and they fall silent when it leaves")
  func linked() async throws {
    try await TestServer.run(.measured()) { first in
      let address = try first.address("tcp")
      var linked = Node.Configuration.linked(to: address)
      linked.measuresHealth = true
      try await TestServer.run(linked) { second in
        let client = try await second.connect("system")
        let watched = try await second.node.open("system")
        let both = Set(["\(first.node.id)", "\(second.node.id)"])
        func nodes(_ presence: [ClientID: Value]) -> Set<String> {
          Set(presence.values.compactMap { if case .string(let node) = $0["node"] { node } else { nil } })
        }
        for await presence in watched.presence where nodes(presence) == both { break }
        try await client.disconnect()
        for await presence in watched.presence where presence.isEmpty { break }
      }
    }
  }
}
