/// How it was at one moment, and since the sample before.
struct Sample {
  static let header =
    "seconds,resident_mb,connections,joined,lagged,written,acknowledged,delivered,lost,delay_p50_ms,delay_p99_ms,"
    + "delay_max_ms,healthy,unhealthy"

  let seconds: Double
  let residentMB: Double
  let counts: Ledger.Counts
  let p50: Double
  let p99: Double
  let max: Double
  let healthy: Int
  let unhealthy: Int

  init(seconds: Double, residentMB: Double, counts: Ledger.Counts, healthy: Int, unhealthy: Int) {
    self.seconds = seconds
    self.residentMB = residentMB
    let delays = counts.delays.sorted()
    func percentile(_ share: Double) -> Double {
      delays.isEmpty ? .nan : delays[Swift.min(delays.count - 1, Int(Double(delays.count) * share))]
    }
    p50 = percentile(0.5)
    p99 = percentile(0.99)
    max = delays.last ?? .nan
    var counts = counts
    counts.delays = []
    self.counts = counts
    self.healthy = healthy
    self.unhealthy = unhealthy
  }

  /// One line of the table.
  var line: String {
    let counted = [
      counts.connections, counts.joined, counts.lagged, counts.written, counts.acknowledged, counts.delivered,
      counts.lost,
    ]
    let fields =
      [seconds.text(1), residentMB.text(1)] + counted.map { "\($0)" }
      + [p50.text(2), p99.text(2), max.text(2), "\(healthy)", "\(unhealthy)"]
    return fields.joined(separator: ",")
  }
}

extension Double {
  /// The number with so many digits behind the point; nothing when it is none.
  func text(_ digits: Int) -> String {
    guard isFinite else { return "" }
    let factor = digits == 0 ? 1.0 : digits == 1 ? 10 : 100
    let value = (self * factor).rounded() / factor
    return digits == 0 ? "\(Int(value))" : "\(value)"
  }
}
