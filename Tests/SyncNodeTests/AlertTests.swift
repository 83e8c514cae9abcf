import CRDT
import Foundation
import Synchronization
import Testing

@testable import SyncNode

@Suite("Alerts")
struct AlertTests {
  private let rule = AlertRule("hot", metric: "heat", .value, .above, 10, clear: 8, seconds: 5)

  /// What happens at which second while `values` come, one a second.
  private func changes(
    _ values: [Double?], of rule: AlertRule, isFiring: Bool = false
  ) -> [String] {
    var progress = AlertProgress(isFiring: isFiring)
    return values.enumerated().compactMap { second, value in
      progress.receive(value, rule, at: Double(second)).map { "\($0) at \(second)" }
    }
  }

  @Test("An alert fires once what it is about has lasted, and resolves once that has been over as long")
  func lasting() {
    let values = Array(repeating: 11.0, count: 10) + Array(repeating: 5.0, count: 10)
    #expect(changes(values, of: rule) == ["fired at 5", "resolved at 15"])
  }

  @Test("A metric that flaps fires once and resolves once")
  func flapping() {
    let hot = Array(repeating: 11.0, count: 6)
    // Around the threshold, but never good for long.
    let flapping: [Double] = (0..<60).map { $0.isMultiple(of: 2) ? 11 : 9 } + (0..<60).map { $0 % 4 == 0 ? 11 : 7 }
    let good = Array(repeating: 7.0, count: 10)
    #expect(changes(hot + flapping + good, of: rule) == ["fired at 5", "resolved at 128"])
    // One that never lasts does not fire at all.
    #expect(changes(flapping, of: rule).isEmpty)
  }

  @Test("A value that is too low, and one that is missing, are alerted of, too")
  func conditions() {
    let low = AlertRule("low", metric: "disk", .value, .below, 10, clear: 20, seconds: 1)
    #expect(changes([9, 9, 15, 15, 15, 20, 20], of: low) == ["fired at 1", "resolved at 6"])
    let absent = AlertRule("silent", metric: "heartbeat", .count, .absent, seconds: 2)
    #expect(changes([nil, nil, nil, 1, 1, 1], of: absent) == ["fired at 2", "resolved at 5"])
    // Nothing is neither too high nor too low.
    #expect(changes([nil, nil, nil], of: AlertRule("x", metric: "y", .value, .below, 1, seconds: 0)).isEmpty)
  }

  @Test("What fired before a restart resolves when it is over")
  func restart() {
    #expect(changes([5, 5, 5, 5, 5, 5], of: rule, isFiring: true) == ["resolved at 5"])
    #expect(changes([11, 11, 11, 11, 11, 11], of: rule, isFiring: true).isEmpty)
  }

  @Test("Series of a metric are added up where they count, and the worst one counts where they do not")
  func series() throws {
    let milliseconds = Atomic<UInt64>(1000)
    let registry = MetricRegistry(
      seriesMax: 10, clock: MetricClock { milliseconds.load(ordering: .relaxed) })
    for (label, value) in [("a", 3.0), ("b", 4.0)] {
      try registry.record(value, of: MetricName("errors", labels: ["kind": label]), .counter)
      try registry.record(value, of: MetricName("heat", labels: ["kind": label]), .gauge)
    }
    milliseconds.add(1000, ordering: .relaxed)
    #expect(AlertRule("x", metric: "errors", .value, .above, 1).value(in: registry) == 7)
    #expect(AlertRule("x", metric: "errors", .rate, .above, 1).value(in: registry) == 7)
    #expect(AlertRule("x", metric: "heat", .value, .above, 1).value(in: registry) == 4)
    #expect(AlertRule("x", metric: "heat", .value, .below, 1).value(in: registry) == 3)
    #expect(AlertRule("x", metric: "heat", labels: ["kind": "a"], .max, .above, 1).value(in: registry) == 3)
    #expect(AlertRule("x", metric: "nothing", .value, .above, 1).value(in: registry) == nil)
    // What is not measured yet is neither much nor little.
    _ = try registry.series(MetricName("unset"), .gauge)
    #expect(AlertRule("x", metric: "unset", .value, .below, 1).value(in: registry) == nil)
  }

  @Test("Rules that make no sense are named, with what is wrong")
  func badRules() {
    func problem(_ change: (inout AlertRule) -> Void) -> String? {
      var bad = rule
      change(&bad)
      do {
        try AlertRule.check([bad])
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.clear = 11 } == "rule hot: `clear` is not above `threshold`")
    #expect(problem { $0.seconds = -1 } == "rule hot: `seconds` is 0 to 86400")
    #expect(problem { $0.seconds = .nan } != nil)
    #expect(problem { $0.threshold = .infinity } != nil)
    #expect(problem { $0.metric = "a-b" }?.hasPrefix("rule hot: a metric is named by") == true)
    #expect(problem { $0.name = "" } != nil)
    #expect(throws: AlertRuleError("hot", "another rule has the same name")) { try AlertRule.check([rule, rule]) }
    #expect(throws: Never.self) { try AlertRule.check(AlertRule.defaults()) }
    var unbounded = Limits()
    unbounded.memoryBytesMax = .max
    #expect(throws: Never.self) { try AlertRule.check(AlertRule.defaults(for: unbounded)) }
  }

  @Test(
    "An alert is told in the room `system`, to the hook and to whoever asks, once for each change; also after a restart"
  )
  func node() async throws {
    let folder = try TemporaryFolder()
    let heard = Mutex<[Alert]>([])
    func configuration() -> Node.Configuration {
      var configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
      configuration.measuresHealth = true
      configuration.alertRules = [
        AlertRule("hot", application: "acme", metric: "heat", .value, .above, 10, seconds: 0, severity: .info)
      ]
      configuration.hooks.onAlert = { alert in heard.withLock { $0.append(alert) } }
      return configuration
    }
    let heat = try MetricName("heat")
    try await TestServer.run(configuration()) { server in
      try server.node.analytics("acme").record(11, of: heat, .gauge)
      try await until("it fires") { server.node.alerts.map(\.rule) == ["hot"] }
      try await until("it is written") {
        let room = try await server.node.open("system")
        return try await room.read { AlertBook(document: $0).alerts.map(\.state) } == [.firing]
      }
      #expect(try await server.node.allAlerts().count == 1)
    }
    #expect(heard.withLock { $0.map(\.state) } == [.firing])
    try await TestServer.run(configuration()) { server in
      try await until("it is over") { server.node.alerts.isEmpty && heard.withLock { $0.count } == 2 }
      try await until("that is written") {
        try await server.node.allAlerts().map(\.state) == [.resolved]
      }
      let events = try await server.node.open("system").read { $0.array("events").count }
      #expect(events == 2)
    }
    let (first, last) = heard.withLock { ($0[0], $0[1]) }
    #expect(first.value == 11 && last.state == .resolved && last.since == first.since && last.until != nil)
  }
}
