import CoreMetrics
import Synchronization

/// Metrics by name: what they came to, what was recorded in the last second, ten seconds, minute and hour, and all of it as
/// text for Prometheus.
///
/// It is a factory for swift-metrics, so that what an application measures can stand beside what a node does:
/// ```swift
/// MetricsSystem.bootstrap(node.metrics)
/// Counter(label: "signups").increment()
/// ```
public final class MetricRegistry: MetricsFactory {
  private struct State {
    var series: [MetricName: MetricSeries] = [:]
    var kinds: [String: MetricKind] = [:]
    /// The tick in which a series was asked for last.
    var lastUse: UInt64
  }

  /// How many series there may be. What is beyond is not measured.
  public let seriesMax: Int
  private let clock: MetricClock
  private let state: Mutex<State>

  /// Nothing is measured yet.
  public convenience init(seriesMax: Int) { self.init(seriesMax: seriesMax, clock: .system) }

  init(seriesMax: Int, clock: MetricClock) {
    self.seriesMax = seriesMax
    self.clock = clock
    state = Mutex(State(lastUse: clock.tick))
  }

  /// How many series there are.
  public var seriesCount: Int { state.withLock { $0.series.count } }

  /// Records a value: adds to a counter, sets a gauge, or counts as one of a distribution or of timings, in seconds.
  ///
  /// - Throws: ``MetricError``; nothing is recorded then.
  public func record(_ value: Double, of name: MetricName, _ kind: MetricKind) throws(MetricError) {
    try record([MetricSample(name: name, kind: kind, value: value)])
  }

  /// Records several values, or none.
  ///
  /// - Throws: ``MetricError`` for the first that cannot be recorded; nothing is recorded then.
  public func record(_ samples: [MetricSample]) throws(MetricError) {
    for sample in samples where !sample.value.isFinite || sample.value < 0 && sample.kind != .gauge {
      throw MetricError(.value, of: sample.name.name)
    }
    let series = try series(samples.map { ($0.name, $0.kind) })
    for (series, sample) in zip(series, samples) {
      switch sample.kind {
      case .counter: series.increment(by: sample.value)
      case .gauge: series.set(sample.value)
      case .timing, .distribution: series.record(sample.value, count: 1)
      }
    }
  }

  /// The series of a name, which is made if need be.
  func series(_ name: MetricName, _ kind: MetricKind) throws(MetricError) -> MetricSeries {
    try series([(name, kind)])[0]
  }

  /// The series of some names, which are made if need be: all of them, or none.
  private func series(_ wanted: [(name: MetricName, kind: MetricKind)]) throws(MetricError) -> [MetricSeries] {
    let result = state.withLock { state -> Result<[MetricSeries], MetricError> in
      var made = state
      made.lastUse = clock.tick
      for (name, kind) in wanted {
        if made.kinds[name.name, default: kind] != kind { return .failure(MetricError(.kind, of: name.name)) }
        guard made.series[name] == nil else { continue }
        guard made.series.count < seriesMax else { return .failure(MetricError(.tooManySeries, of: name.name)) }
        made.series[name] = MetricSeries(name, kind, clock: clock)
        made.kinds[name.name] = kind
      }
      state = made
      return .success(wanted.compactMap { made.series[$0.name] })
    }
    return try result.get()
  }

  /// Forgets series of which nothing was recorded for so many ticks.
  ///
  /// - Returns: Whether nothing is left, and nothing was asked for as long.
  func forget(idleFor ticks: UInt64) -> Bool {
    let now = clock.tick
    return state.withLock { state in
      let idle = state.series.values.filter { now - min($0.lastTick, now) > ticks }
      for series in idle { state.series[series.name] = nil }
      if !idle.isEmpty {
        let names = Set(state.series.keys.map(\.name))
        state.kinds = state.kinds.filter { names.contains($0.key) }
      }
      return state.series.isEmpty && now - min(state.lastUse, now) > ticks
    }
  }

  /// All series as they are now, by name.
  ///
  /// - Parameter windows: How far back to tell what was recorded.
  public func reports(_ windows: [MetricWindow] = MetricWindow.allCases) -> [MetricReport] {
    sorted.map { $0.report(windows) }
  }

  /// One series as it is now; nil when there is none of the name.
  public func report(of name: MetricName, _ windows: [MetricWindow] = MetricWindow.allCases) -> MetricReport? {
    state.withLock { $0.series[name] }?.report(windows)
  }

  /// The series of a metric that have some labels, and maybe others.
  func reports(of metric: String, labels: [String: String], _ window: MetricWindow) -> [MetricReport] {
    let series = state.withLock { state in
      state.series.filter { name, _ in
        name.name == metric && labels.allSatisfy { name.labels[$0.key] == $0.value }
      }.values
    }
    return series.map { $0.report([window]) }
  }

  /// What kind of values a metric has; nil when there is none of the name.
  func kind(of metric: String) -> MetricKind? { state.withLock { $0.kinds[metric] } }

  private var sorted: [MetricSeries] {
    state.withLock { Array($0.series.values) }.sorted { $0.name < $1.name }
  }

  // MARK: Prometheus

  /// All series in Prometheus' text format: timings as histograms in seconds, other distributions as summaries of the last
  /// minute.
  public var prometheusText: String {
    var text = ""
    var last: String?
    for series in sorted {
      let name = series.name.name
      if name != last {
        text += "# TYPE \(name) \(series.kind.prometheusType)\n"
        last = name
      }
      series.write(to: &text)
    }
    return text
  }

  // MARK: swift-metrics

  /// The series of a label; one that is told to nobody where there are too many, or the name is another kind's.
  private func series(_ label: String, _ dimensions: [(String, String)], _ kind: MetricKind) -> MetricSeries {
    let name = MetricName(converting: label, dimensions)
    return (try? series(name, kind)) ?? MetricSeries(name, kind, clock: clock)
  }

  /// A counter.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions, .counter)
  }

  /// A counter.
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(label, dimensions, .counter)
  }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions, .gauge)
  }

  /// A distribution, or a gauge where nothing is to be aggregated.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    series(label, dimensions, aggregate ? .distribution : .gauge)
  }

  /// Timings.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions, .timing)
  }

  /// Forgets a counter.
  public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }

  /// Forgets a counter.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }

  /// Forgets a gauge.
  public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }

  /// Forgets a distribution or a gauge.
  public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }

  /// Forgets timings.
  public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

  private func forget(_ handler: AnyObject) {
    guard let series = handler as? MetricSeries else { return }
    state.withLock { state in
      guard state.series[series.name] === series else { return }
      state.series[series.name] = nil
      if !state.series.keys.contains(where: { $0.name == series.name.name }) { state.kinds[series.name.name] = nil }
    }
  }
}

extension MetricKind {
  fileprivate var prometheusType: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .timing: "histogram"
    case .distribution: "summary"
    }
  }
}

extension MetricSeries {
  fileprivate func write(to text: inout String) {
    let state = snapshot
    func line(_ suffix: String, _ value: String, _ label: (String, String)? = nil) {
      text += "\(name.name)\(suffix)\(name.labelText(adding: label)) \(value)\n"
    }
    switch kind {
    case .gauge where state.count == 0: return
    case .counter, .gauge:
      line("", MetricSeries.text(state.value))
      return
    case .timing:
      var count: UInt64 = 0
      for (bound, bucket) in zip(MetricSeries.timingBounds, state.buckets) {
        count &+= bucket
        line("_bucket", "\(count)", ("le", MetricSeries.text(bound)))
      }
      line("_bucket", "\(state.count)", ("le", "+Inf"))
    case .distribution:
      let minute = report([.minute])[.minute]
      for (share, value) in [("0.5", minute?.p50), ("0.9", minute?.p90), ("0.99", minute?.p99)] {
        line("", value.map(MetricSeries.text) ?? "NaN", ("quantile", share))
      }
    }
    line("_sum", MetricSeries.text(state.sum))
    line("_count", "\(state.count)")
  }
}

extension MetricSeries {
  /// Whole numbers without a point.
  static func text(_ value: Double) -> String {
    abs(value) < 1e15 && value == value.rounded() ? "\(Int64(value))" : "\(value)"
  }
}
