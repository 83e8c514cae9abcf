import CoreMetrics
import Synchronization

/// What kind of values a metric has.
public enum MetricKind: String, CaseIterable, Codable, Sendable {
  /// Something that is counted and never gets less.
  case counter
  /// Something that goes up and down, and has a value at each moment.
  case gauge
  /// How long something takes, in seconds.
  case timing
  /// Values of which the distribution matters, as of sizes; whole numbers from 0.
  case distribution

  var isDistribution: Bool { self == .timing || self == .distribution }

  /// What one unit is, as which a value is recorded.
  var scale: Double { self == .timing ? 1e-6 : 1 }
}

/// One series of values: what it came to, and what was recorded lately. Callable from anywhere.
final class MetricSeries: Sendable {
  /// Bounds of the buckets that Prometheus gets of timings, in seconds.
  static let timingBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  struct State {
    /// A counter's count, or a gauge's value.
    var value = 0.0
    /// How often something was recorded since the beginning, and all of it added up.
    var count: UInt64 = 0
    var sum = 0.0
    /// Of timings: how many were not above each bound, and above the one before it.
    var buckets: [UInt64]
    var windows: RollingWindows
    /// When something was recorded last.
    var lastTick: UInt64

    mutating func record(_ value: Double, count: UInt64 = 1, at tick: UInt64) {
      lastTick = tick
      windows.record(value, count: count, at: tick)
    }
  }

  let name: MetricName
  let kind: MetricKind
  private let clock: MetricClock
  private let state: Mutex<State>

  init(_ name: MetricName, _ kind: MetricKind, clock: MetricClock) {
    self.name = name
    self.kind = kind
    self.clock = clock
    state = Mutex(
      State(
        buckets: kind == .timing ? Array(repeating: 0, count: MetricSeries.timingBounds.count) : [],
        windows: RollingWindows(isDistribution: kind.isDistribution, at: clock.tick), lastTick: clock.tick))
  }

  /// When something was recorded last.
  var lastTick: UInt64 { state.withLock { $0.lastTick } }

  /// Adds to a counter or a gauge.
  func increment(by amount: Double) {
    if kind == .gauge { return change { $0 + amount } }
    guard amount > 0, amount.isFinite else { return }
    state.withLock { state in
      state.value = (state.value + amount).nearestFinite
      state.record(amount, at: clock.tick)
    }
  }

  /// Sets a gauge.
  func set(_ value: Double) { change { _ in value } }

  /// Changes a gauge.
  func change(_ body: (Double) -> Double) {
    state.withLock { state in
      let value = body(state.value)
      guard value.isFinite else { return }
      state.value = value
      state.count &+= 1
      state.record(value, at: clock.tick)
    }
  }

  /// Records a value of a distribution, or a timing in seconds, as often as it was there.
  func record(_ value: Double, count: UInt64 = 1) {
    guard value.isFinite, count > 0 else { return }
    let value = max(value, 0)
    state.withLock { state in
      state.count &+= count
      state.sum = (state.sum + value * Double(count)).nearestFinite
      if kind == .timing, let bucket = MetricSeries.timingBounds.firstIndex(where: { value <= $0 }) {
        state.buckets[bucket] &+= count
      }
      state.record((value / kind.scale).nearestFinite, count: count, at: clock.tick)
    }
  }

  /// Sets a counter back to nothing.
  func reset() {
    state.withLock { $0.value = 0 }
  }

  /// What is known, for whoever is told of it as text.
  var snapshot: State { state.withLock { $0 } }

  /// How the series is now.
  func report(_ windows: [MetricWindow]) -> MetricReport {
    state.withLock { state in
      let tick = clock.tick
      return MetricReport(
        name: name.name, labels: name.labels, kind: kind,
        value: kind == .counter || kind == .gauge && state.count > 0 ? state.value : nil,
        windows: Dictionary(
          uniqueKeysWithValues: windows.map {
            ($0.rawValue, state.windows.summary(of: $0, at: tick, scale: kind.scale))
          }
        ))
    }
  }
}

/// One series as it is at a moment.
public struct MetricReport: Equatable, Codable, Sendable {
  /// The metric's name.
  public let name: String
  /// What parts its series from each other.
  public let labels: [String: String]
  /// What kind of values it has.
  public let kind: MetricKind
  /// A counter's count, or a gauge's value; nil for others, and for a gauge that was not set yet.
  public let value: Double?
  /// What was recorded lately, by ``MetricWindow``.
  public let windows: [String: MetricSummary]

  /// What was recorded within a window; nil when that was not asked for.
  public subscript(window: MetricWindow) -> MetricSummary? { windows[window.rawValue] }
}

/// Tells in which tick of windows it is.
struct MetricClock: Sendable {
  /// Milliseconds of a clock that never goes back.
  let milliseconds: @Sendable () -> UInt64

  /// The time since the process began, about.
  static let system = MetricClock {
    let elapsed = start.duration(to: .now)
    return UInt64(elapsed.components.seconds) * 1000 + UInt64(elapsed.components.attoseconds / 1_000_000_000_000_000)
  }

  private static let start = ContinuousClock.now

  var tick: UInt64 { milliseconds() / MetricWindow.tickMilliseconds }
}

// MARK: What swift-metrics asks for

extension MetricSeries: CounterHandler, FloatingPointCounterHandler {
  func increment(by amount: Int64) { increment(by: Double(amount)) }
}

extension MetricSeries: MeterHandler {
  func set(_ value: Int64) { set(Double(value)) }

  func decrement(by amount: Double) { change { $0 - amount } }
}

extension MetricSeries: RecorderHandler {
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) { if kind == .gauge { set(value) } else { record(value, count: 1) } }
}

extension MetricSeries: TimerHandler {
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) * 1e-9) }
}
