import Histogram

/// What was recorded within a stretch of time.
struct MetricSlice {
  /// Values of a distribution that are the same to a hundredth, and how many there were.
  struct Bucket: Equatable {
    let value: UInt64
    var count: UInt64
  }

  var count: UInt64 = 0
  var sum = 0.0
  var min = Double.infinity
  var max = -Double.infinity
  /// In the order of their values.
  var buckets: [Bucket] = []

  var isEmpty: Bool { count == 0 }

  mutating func record(_ value: Double, count added: UInt64 = 1) {
    count &+= added
    sum = (sum + value * Double(added)).nearestFinite
    min = Swift.min(min, value)
    max = Swift.max(max, value)
  }

  mutating func add(_ other: MetricSlice) {
    guard !other.isEmpty else { return }
    count &+= other.count
    sum = (sum + other.sum).nearestFinite
    min = Swift.min(min, other.min)
    max = Swift.max(max, other.max)
    buckets = MetricSlice.merged(buckets, other.buckets)
  }

  /// - Complexity: O(*n* + *m*).
  private static func merged(_ left: [Bucket], _ right: [Bucket]) -> [Bucket] {
    if left.isEmpty { return right }
    if right.isEmpty { return left }
    var merged: [Bucket] = []
    merged.reserveCapacity(left.count + right.count)
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if left[i].value == right[j].value {
        merged.append(Bucket(value: left[i].value, count: left[i].count &+ right[j].count))
        (i, j) = (i + 1, j + 1)
      } else if left[i].value < right[j].value {
        merged.append(left[i])
        i += 1
      } else {
        merged.append(right[j])
        j += 1
      }
    }
    return merged + left[i...] + right[j...]
  }

  /// The value that `share` of all recorded ones are not above.
  func percentile(_ share: Double) -> UInt64? {
    let total = buckets.reduce(0) { $0 &+ $1.count }
    guard total > 0 else { return nil }
    let wanted = Swift.max(UInt64((Double(total) * share).rounded(.up)), 1)
    var seen: UInt64 = 0
    for bucket in buckets {
      seen &+= bucket.count
      if seen >= wanted { return bucket.value }
    }
    return buckets.last?.value
  }
}

extension Double {
  /// The number, or the largest one of its sign: applications measure what they like, and JSON has no infinity.
  var nearestFinite: Double { Swift.min(Swift.max(self, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) }
}

/// What was recorded of one series, for all windows at once: a slice that is open, and rings of those that are closed.
///
/// Values of distributions are counted by HdrHistogram's buckets, exact to a hundredth. Of most there are few different ones in
/// a slice, so only buckets in which something is are kept, and not a histogram for each series.
struct RollingWindows {
  /// Closed slices, each at the place that its number says.
  private struct Ring {
    let window: MetricWindow
    private var slices: [(number: UInt64, slice: MetricSlice)]

    init(_ window: MetricWindow) {
      self.window = window
      slices = Array(repeating: (0, MetricSlice()), count: window.sliceCount)
    }

    mutating func add(_ slice: MetricSlice, at tick: UInt64) {
      let number = tick / window.sliceTicks
      let place = Int(number % UInt64(slices.count))
      if slices[place].number != number { slices[place] = (number, MetricSlice()) }
      slices[place].slice.add(slice)
    }

    /// All that is not older than the window, and in which tick that begins. The tick itself is not over.
    func total(at tick: UInt64) -> (slice: MetricSlice, firstTick: UInt64) {
      guard tick > 0 else { return (MetricSlice(), 0) }
      let last = (tick - 1) / window.sliceTicks
      let first = last - min(last, UInt64(slices.count) - 1)
      var total = MetricSlice()
      for (number, slice) in slices where (first...last).contains(number) { total.add(slice) }
      return (total, first * window.sliceTicks)
    }
  }

  /// A distribution's largest value: an hour in microseconds. What is larger counts as that.
  static let valueMax: UInt64 = 3_600_000_000
  /// Tells the bucket of a value; nothing is recorded in it.
  private static let scale = Histogram<UInt32>(
    highestTrackableValue: valueMax, numberOfSignificantValueDigits: .two)

  private let isDistribution: Bool
  private let startTick: UInt64
  private var openTick: UInt64
  private var open = MetricSlice()
  /// Values of the open slice, by the largest of their bucket.
  private var counts: [UInt64: UInt64] = [:]
  private var rings = MetricWindow.allCases.map { Ring($0) }

  /// Nothing is recorded yet.
  ///
  /// - Parameters:
  ///   - isDistribution: Whether percentiles are asked for; values are whole numbers then.
  ///   - tick: The present.
  init(isDistribution: Bool, at tick: UInt64) {
    self.isDistribution = isDistribution
    (startTick, openTick) = (tick, tick)
  }

  /// Records a value, as often as it was there. Time never goes back.
  mutating func record(_ value: Double, count: UInt64 = 1, at tick: UInt64) {
    close(before: tick)
    open.record(value, count: count)
    guard isDistribution else { return }
    let whole = value > 0 ? UInt64(Swift.min(value.rounded(), Double(RollingWindows.valueMax))) : 0
    counts[RollingWindows.scale.highestEquivalentForValue(whole), default: 0] &+= count
  }

  /// Closes the open slice if it is of an earlier tick.
  private mutating func close(before tick: UInt64) {
    guard tick > openTick else { return }
    if !open.isEmpty {
      open.buckets = counts.sorted { $0.key < $1.key }.map { MetricSlice.Bucket(value: $0.key, count: $0.value) }
      counts.removeAll(keepingCapacity: true)
      for index in rings.indices { rings[index].add(open, at: openTick) }
      open = MetricSlice()
    }
    openTick = tick
  }

  /// What was recorded within a window that ends before a tick: what is recorded right now is told with the next one.
  ///
  /// - Parameter scale: What one unit of a recorded value is told as.
  mutating func summary(of window: MetricWindow, at tick: UInt64, scale: Double = 1) -> MetricSummary {
    close(before: tick)
    guard let ring = rings.first(where: { $0.window == window }) else { preconditionFailure("each window has a ring") }
    let (total, firstTick) = ring.total(at: tick)
    let ticks = tick - Swift.min(tick, Swift.max(firstTick, startTick))
    // The largest of a bucket may be more than there was.
    func scaled(_ value: UInt64?) -> Double? { value.map { Swift.min(Double($0), total.max) * scale } }
    return MetricSummary(
      seconds: Double(ticks) / Double(MetricWindow.ticksPerSecond), count: total.count, sum: total.sum * scale,
      min: total.isEmpty ? nil : total.min * scale, max: total.isEmpty ? nil : total.max * scale,
      p50: scaled(total.percentile(0.5)), p90: scaled(total.percentile(0.9)), p99: scaled(total.percentile(0.99)))
  }
}
