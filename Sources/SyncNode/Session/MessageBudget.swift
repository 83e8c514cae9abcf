import NIOCore

/// How many messages a connection may still send: a bucket that fills up with time and that each message takes from.
struct MessageBudget {
  /// How many seconds' worth of messages may come at once.
  private static let burstSeconds = 10.0

  private let perSecond: Double
  private var left: Double
  private var filledAt: NIODeadline

  init(perSecondMax: Int, now: NIODeadline) {
    perSecond = Double(perSecondMax)
    left = perSecond * MessageBudget.burstSeconds
    filledAt = now
  }

  /// Takes one message.
  ///
  /// - Returns: Whether there was one left.
  mutating func take(now: NIODeadline) -> Bool {
    let seconds = Double((now - filledAt).nanoseconds) / 1e9
    left = min(perSecond * MessageBudget.burstSeconds, left + seconds * perSecond)
    filledAt = now
    guard left >= 1 else { return false }
    left -= 1
    return true
  }
}
