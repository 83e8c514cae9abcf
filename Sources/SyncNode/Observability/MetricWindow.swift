/// How far back a metric is summarised. A window rolls on in slices, so that what is too old leaves it in small steps.
public enum MetricWindow: String, CaseIterable, Codable, Sendable {
  /// The last second, in quarters.
  case second = "1s"
  /// The last ten seconds, by the second.
  case tenSeconds = "10s"
  /// The last minute, by ten seconds.
  case minute = "1m"
  /// The last hour, by the minute.
  case hour = "1h"

  /// What all slices are made of.
  static let ticksPerSecond: UInt64 = 4
  static let tickMilliseconds: UInt64 = 1000 / ticksPerSecond

  /// How long it is, in seconds.
  public var seconds: Int {
    switch self {
    case .second: 1
    case .tenSeconds: 10
    case .minute: 60
    case .hour: 3600
    }
  }

  /// How many ticks a slice has.
  var sliceTicks: UInt64 {
    switch self {
    case .second: 1
    case .tenSeconds: MetricWindow.ticksPerSecond
    case .minute: 10 * MetricWindow.ticksPerSecond
    case .hour: 60 * MetricWindow.ticksPerSecond
    }
  }

  /// How many slices there are.
  var sliceCount: Int { seconds * Int(MetricWindow.ticksPerSecond) / Int(sliceTicks) }
}

/// What was recorded of a metric within a window.
public struct MetricSummary: Equatable, Codable, Sendable {
  /// How much of the window there is already, in seconds; up to a slice less than the window.
  public var seconds: Double
  /// How often something was recorded.
  public var count: UInt64
  /// All that was recorded, added up: of a counter, how much it grew.
  public var sum: Double
  /// The smallest value; nil when nothing was recorded.
  public var min: Double?
  /// The largest value; nil when nothing was recorded.
  public var max: Double?
  /// The value that half of all are not above; of distributions only, and exact to a hundredth, as are the next two.
  public var p50: Double?
  /// The value that nine tenths are not above.
  public var p90: Double?
  /// The value that all but a hundredth are not above.
  public var p99: Double?

  /// The average; nil when nothing was recorded.
  public var mean: Double? { count > 0 ? sum / Double(count) : nil }

  /// How much was recorded a second: of a counter, how fast it grew. Nil as long as nothing can be told.
  public var rate: Double? { seconds > 0 ? (sum / seconds).nearestFinite : nil }
}
