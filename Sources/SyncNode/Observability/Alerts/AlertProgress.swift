/// How one alert is: whether its condition holds, and for how long already. Knows no clock and no metric.
struct AlertProgress: Equatable {
  /// What became of the alert.
  enum Change: Equatable {
    case fired
    case resolved
  }

  private enum State: Equatable {
    case quiet
    /// The condition holds since a time.
    case pending(since: Double)
    case firing
    /// It is good again since a time.
    case clearing(since: Double)
  }

  private var state: State

  /// - Parameter isFiring: Whether it has fired before, and not resolved.
  init(isFiring: Bool = false) { state = isFiring ? .firing : .quiet }

  /// Whether it has fired and not resolved.
  var isFiring: Bool {
    switch state {
    case .quiet, .pending: false
    case .firing, .clearing: true
    }
  }

  /// Takes a new value.
  ///
  /// - Parameters:
  ///   - value: What the rule looks at; nil when nothing was recorded.
  ///   - time: The present in seconds, of a clock that never goes back.
  mutating func receive(_ value: Double?, _ rule: AlertRule, at time: Double) -> Change? {
    switch state {
    case .quiet:
      guard rule.holds(for: value) else { return nil }
      state = .pending(since: time)
      return fire(since: time, rule, at: time)
    case .pending(let since):
      guard rule.holds(for: value) else {
        state = .quiet
        return nil
      }
      return fire(since: since, rule, at: time)
    case .firing:
      guard rule.isClear(for: value) else { return nil }
      state = .clearing(since: time)
      return resolve(since: time, rule, at: time)
    case .clearing(let since):
      guard rule.isClear(for: value) else {
        state = .firing
        return nil
      }
      return resolve(since: since, rule, at: time)
    }
  }

  private mutating func fire(since start: Double, _ rule: AlertRule, at time: Double) -> Change? {
    guard time - start >= rule.seconds else { return nil }
    state = .firing
    return .fired
  }

  private mutating func resolve(since start: Double, _ rule: AlertRule, at time: Double) -> Change? {
    guard time - start >= rule.seconds else { return nil }
    state = .quiet
    return .resolved
  }
}

extension AlertRule {
  /// Whether the condition holds; nothing is neither above nor below.
  func holds(for value: Double?) -> Bool {
    switch condition {
    case .above: value.map { $0 > threshold } ?? false
    case .below: value.map { $0 < threshold } ?? false
    case .absent: value == nil
    }
  }

  /// Whether it is good again.
  func isClear(for value: Double?) -> Bool {
    switch condition {
    case .above: value.map { $0 <= clear ?? threshold } ?? true
    case .below: value.map { $0 >= clear ?? threshold } ?? true
    case .absent: value != nil
    }
  }

  /// What the rule looks at; nil when nothing of it was recorded within the window.
  func value(in registry: MetricRegistry) -> Double? {
    let values = registry.reports(of: metric, labels: labels, window).compactMap { report -> Double? in
      let summary = report[window]
      if condition == .absent { return summary.flatMap { $0.count > 0 ? 1 : nil } }
      return switch statistic {
      case .value: report.value
      case .count: summary.map { Double($0.count) }
      case .rate: summary?.rate
      case .mean: summary?.mean
      case .min: summary?.min
      case .max: summary?.max
      case .p50: summary?.p50
      case .p90: summary?.p90
      case .p99: summary?.p99
      }
    }
    guard !values.isEmpty else { return nil }
    let isAddedUp =
      statistic == .count || statistic == .rate || statistic == .value && registry.kind(of: metric) == .counter
    return isAddedUp ? values.reduce(0, +) : condition == .below ? values.min() : values.max()
  }
}
