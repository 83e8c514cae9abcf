/// How long to wait before the next attempt: exponential, with full jitter, so that many peers do not come back at once.
///
/// After M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
struct Backoff: Equatable {
  /// The longest first wait.
  var first = Duration.milliseconds(500)
  /// The longest wait at all.
  var last = Duration.seconds(30)
  /// The longest wait for a peer that has refused: it will hardly change its mind soon.
  var lastAfterRefusal = Duration.seconds(300)
  /// A connection that lived for so long ends the series.
  var stableAfter = Duration.seconds(10)
  private var attempts = 0

  /// The wait before the next attempt.
  mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    // Beyond 20 doublings the longest wait is reached in any case.
    let bound = min(last, first * (1 << min(attempts, 20)))
    attempts += 1
    return bound * Double.random(in: 0...1, using: &generator)
  }

  /// The wait before the next attempt at a peer that has refused, of which at least half is sat out.
  mutating func nextAfterRefusal(using generator: inout some RandomNumberGenerator) -> Duration {
    let bound = min(lastAfterRefusal, first * (20 << min(attempts, 20)))
    attempts += 1
    return bound * Double.random(in: 0.5...1, using: &generator)
  }

  /// Notes how long a connection lived.
  mutating func noteConnection(lasting duration: Duration) {
    if duration >= stableAfter { attempts = 0 }
  }
}
