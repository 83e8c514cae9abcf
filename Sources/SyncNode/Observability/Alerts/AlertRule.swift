import Foundation

/// When somebody is to be alerted: what of a metric must be how, and for how long.
///
/// ```json
/// {"name": "slow-delivery", "metric": "sync_delivery_seconds", "statistic": "p99", "window": "1m",
///  "condition": "above", "threshold": 0.1, "clear": 0.08, "seconds": 30, "severity": "warning"}
/// ```
/// An alert fires when the condition has held for ``seconds`` without a break, and resolves when the metric has been beyond
/// ``clear`` for as long: so one that goes up and down fires once and resolves once.
public struct AlertRule: Equatable, Codable, Sendable {
  /// How a value is compared.
  public enum Condition: String, CaseIterable, Codable, Sendable {
    /// It is larger than the threshold.
    case above
    /// It is smaller than the threshold.
    case below
    /// Nothing was recorded within the window.
    case absent
  }

  /// What of a metric is looked at.
  public enum Statistic: String, CaseIterable, Codable, Sendable {
    /// A counter's count, or a gauge's value.
    case value
    /// How often something was recorded within the window.
    case count
    /// How much was recorded a second within the window: how fast a counter grew.
    case rate
    /// The average within the window.
    case mean
    /// The smallest value within the window.
    case min
    /// The largest value within the window.
    case max
    /// The value that half of all in the window are not above.
    case p50
    /// The value that nine tenths are not above.
    case p90
    /// The value that all but a hundredth are not above.
    case p99
  }

  /// How much it matters.
  public enum Severity: String, CaseIterable, Codable, Sendable {
    /// Something to know.
    case info
    /// Something to look at soon.
    case warning
    /// Something to do now.
    case critical
  }

  /// What the alert is called; no other rule of the node is.
  public var name: String
  /// Whose metric it is: an application's, as in ``Node/analytics(_:)``; nil for the node's own.
  public var application: String?
  /// The metric's name.
  public var metric: String
  /// What labels its series must have. Of several series counters are added up, and of others the worst counts.
  public var labels: [String: String]
  /// What is looked at.
  public var statistic: Statistic
  /// How far back.
  public var window: MetricWindow
  /// How it is compared.
  public var condition: Condition
  /// With what; nothing for ``Condition/absent``.
  public var threshold: Double
  /// Beyond which value it is good again; nil for the threshold.
  public var clear: Double?
  /// How long the condition must hold, or be over, in seconds.
  public var seconds: Double
  /// How much it matters.
  public var severity: Severity

  /// A rule.
  public init(
    _ name: String, application: String? = nil, metric: String, labels: [String: String] = [:],
    _ statistic: Statistic, over window: MetricWindow = .minute, _ condition: Condition, _ threshold: Double = 0,
    clear: Double? = nil, seconds: Double = 30, severity: Severity = .warning
  ) {
    self.name = name
    self.application = application
    self.metric = metric
    self.labels = labels
    self.statistic = statistic
    self.window = window
    self.condition = condition
    self.threshold = threshold
    self.clear = clear
    self.seconds = seconds
    self.severity = severity
  }

  /// Reads a rule of JSON; what is left out is as in the initialiser.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let condition = try values.decodeIfPresent(Condition.self, forKey: .condition) ?? .above
    self.init(
      try values.decode(String.self, forKey: .name),
      application: try values.decodeIfPresent(String.self, forKey: .application),
      metric: try values.decode(String.self, forKey: .metric),
      labels: try values.decodeIfPresent([String: String].self, forKey: .labels) ?? [:],
      try values.decodeIfPresent(Statistic.self, forKey: .statistic) ?? .value,
      over: try values.decodeIfPresent(MetricWindow.self, forKey: .window) ?? .minute, condition,
      condition == .absent ? 0 : try values.decode(Double.self, forKey: .threshold),
      clear: try values.decodeIfPresent(Double.self, forKey: .clear),
      seconds: try values.decodeIfPresent(Double.self, forKey: .seconds) ?? 30,
      severity: try values.decodeIfPresent(Severity.self, forKey: .severity) ?? .warning)
  }

  /// The most seconds that a condition may have to hold.
  public static let secondsMax = 86_400.0
  /// Bytes of a rule's name.
  public static let nameBytesMax = 100
  /// Rules of a node.
  public static let countMax = 1_000

  /// Checks rules that belong together.
  ///
  /// - Throws: ``AlertRuleError`` for the first that makes no sense.
  public static func check(_ rules: [AlertRule]) throws(AlertRuleError) {
    guard rules.count <= countMax else { throw AlertRuleError(nil, "there are more than \(countMax) rules") }
    var names: Set<String> = []
    for rule in rules {
      try rule.check()
      guard names.insert(rule.name).inserted else { throw AlertRuleError(rule.name, "another rule has the same name") }
    }
  }

  private func check() throws(AlertRuleError) {
    guard !name.isEmpty, name.utf8.count <= AlertRule.nameBytesMax else {
      throw AlertRuleError(name, "`name` has 1 to \(AlertRule.nameBytesMax) bytes")
    }
    do {
      _ = try MetricName(metric, labels: labels)
    } catch {
      throw AlertRuleError(name, "\(error)")
    }
    guard threshold.isFinite, clear?.isFinite ?? true else {
      throw AlertRuleError(name, "`threshold` and `clear` are finite numbers")
    }
    guard (0...AlertRule.secondsMax).contains(seconds) else {
      throw AlertRuleError(name, "`seconds` is 0 to \(Int(AlertRule.secondsMax))")
    }
    guard let clear else { return }
    switch condition {
    case .above where clear > threshold: throw AlertRuleError(name, "`clear` is not above `threshold`")
    case .below where clear < threshold: throw AlertRuleError(name, "`clear` is not below `threshold`")
    case .absent: throw AlertRuleError(name, "an absent metric has nothing that `clear` could be compared with")
    case .above, .below: break
    }
  }

  /// What a node alerts of unless told otherwise: latency, lag, refusals, a store that fails, and what is running out.
  public static func defaults(for limits: Limits = Limits()) -> [AlertRule] {
    var rules = [
      AlertRule("slow-delivery", metric: "sync_delivery_seconds", .p99, .above, 0.1, clear: 0.08),
      AlertRule("slow-commits", metric: "sync_commit_seconds", .p99, .above, 0.5, clear: 0.3),
      AlertRule("event-loop-lag", metric: "sync_event_loop_lag_seconds", .p99, .above, 0.1, clear: 0.05),
      AlertRule("refusals", metric: "sync_refusals_total", .rate, .above, 10, clear: 5),
      AlertRule("store-failed", metric: "sync_store_failed", .value, .above, 0, seconds: 5, severity: .critical),
      AlertRule(
        "disk-full", metric: "sync_store_free_bytes", .value, .below, 1e9, clear: 1.5e9, severity: .critical),
      AlertRule("links-down", metric: "sync_links_down", .value, .above, 0, seconds: 60),
    ]
    if limits.memoryBytesMax < .max {
      let bytes = Double(limits.memoryBytesMax)
      rules.append(
        AlertRule("memory", metric: "sync_room_memory_bytes", .value, .above, bytes * 0.9, clear: bytes * 0.8))
    }
    return rules
  }
}

/// What is wrong with a rule.
public struct AlertRuleError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The rule's name; nil when it is all of them.
  public let rule: String?
  /// What is wrong.
  public let reason: String

  init(_ rule: String?, _ reason: String) {
    self.rule = rule
    self.reason = reason
  }

  /// One line: the rule, and what is wrong.
  public var description: String { (rule.map { "rule \($0): " } ?? "") + reason }
}
