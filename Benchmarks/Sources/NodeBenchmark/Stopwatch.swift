import Synchronization

/// When each of a series of characters was typed here and seen there.
final class Stopwatch: Sendable {
  private struct Times {
    var typed: [ContinuousClock.Instant] = []
    var latencies: [Duration] = []
  }

  private let times = Mutex(Times())

  /// How many were seen.
  var seenCount: Int { times.withLock { $0.latencies.count } }
  /// From typing to seeing, in the order of typing.
  var latencies: [Duration] { times.withLock { $0.latencies } }

  func noteTyped() { times.withLock { $0.typed.append(.now) } }

  /// Notes that the first `count` characters are seen.
  func noteSeen(_ count: Int) {
    let now = ContinuousClock.now
    times.withLock { times in
      while times.latencies.count < min(count, times.typed.count) {
        times.latencies.append(now - times.typed[times.latencies.count])
      }
    }
  }
}

extension Duration {
  /// In milliseconds.
  var milliseconds: Double {
    Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
  }
}

extension [Duration] {
  /// The shortest of these that `share` of them do not exceed.
  ///
  /// - Precondition: There is one.
  func quantile(_ share: Double) -> Duration { sorted()[Swift.min(count - 1, Int(Double(count) * share))] }
}
