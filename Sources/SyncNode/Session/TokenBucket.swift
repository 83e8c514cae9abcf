import NIOCore

/// How much somebody may still do: a bucket that fills up with time, to what ten seconds bring, and that each use takes
/// from.
struct TokenBucket {
  /// How many seconds' worth may be used at once.
  private static let burstSeconds = 10.0

  private let perSecond: Double
  /// Negative after more was used than there was.
  private var left: Double
  private var filledAt: NIODeadline

  init(perSecond: Int, now: NIODeadline) {
    self.perSecond = Double(perSecond)
    left = self.perSecond * TokenBucket.burstSeconds
    filledAt = now
  }

  private mutating func fill(_ now: NIODeadline) {
    let seconds = Double((now - filledAt).nanoseconds) / 1e9
    left = min(perSecond * TokenBucket.burstSeconds, left + seconds * perSecond)
    filledAt = now
  }

  /// Whether nothing was taken for so long that it is as if nothing ever was.
  func isFull(now: NIODeadline) -> Bool {
    var later = self
    later.fill(now)
    return later.left >= perSecond * TokenBucket.burstSeconds
  }

  /// Takes one.
  ///
  /// - Returns: Whether there was one left; when not, nothing was taken.
  mutating func take(now: NIODeadline) -> Bool {
    fill(now)
    guard left >= 1 else { return false }
    left -= 1
    return true
  }

  /// Takes `count`, whether there are as many or not.
  ///
  /// - Returns: How long it takes until there is none too few any more; nil when there are enough.
  mutating func spend(_ count: Int, now: NIODeadline) -> TimeAmount? {
    fill(now)
    left -= Double(count)
    guard left < 0 else { return nil }
    return .nanoseconds(Int64(min(-left / perSecond, 3_600) * 1e9))
  }
}
