import CRDT
import NIOCore
import Synchronization

/// What a process needs to tell users something: identifiers, and how much each sender may still send.
package final class Notifier: Sendable {
  /// The senders that are remembered at a time.
  private static let sendersMax = 10_000

  private struct State {
    /// What the last identifier was made of.
    var time: UInt64 = 0
    var counter: UInt64 = 0
    var budgets: [String: TokenBucket] = [:]
  }

  private let limits: Limits
  private let randomNumbers: RandomSource
  private let state = Mutex(State())

  init(limits: Limits, randomNumbers: RandomSource) {
    self.limits = limits
    self.randomNumbers = randomNumbers
  }

  /// For a process that tells something once.
  package convenience init() { self.init(limits: Limits(), randomNumbers: .system) }

  /// What a draft comes to by what its user wants.
  package enum Decision: Sendable {
    /// It is to be told, as it is to be stored.
    case told(UserNotification)
    /// The user wants nothing of the kind.
    case muted(NotificationPreferences.Mute)
  }

  /// Decides whether and when a user is told something. The draft was checked.
  package func decide(_ draft: NotificationDraft, for preferences: NotificationPreferences, now: Int64) -> Decision {
    if let mute = preferences.mute(of: draft) { return .muted(mute) }
    let due = preferences.dueTime(of: draft.category, now: now)
    return .told(
      UserNotification(
        id: makeID(now: now), category: draft.category, title: draft.title, body: draft.body, link: draft.link,
        room: draft.room, sender: draft.sender, key: draft.key, milliseconds: now, dueMilliseconds: due,
        expiryMilliseconds: draft.expiryMilliseconds, isQuiet: preferences.quietHours?.include(due ?? now) ?? false))
  }

  /// Counts one more of a sender.
  ///
  /// - Throws: ``NotificationError`` when that is too much.
  func spend(of sender: String, now: NIODeadline) throws(NotificationError) {
    let isAllowed = state.withLock { state in
      if state.budgets[sender] == nil, state.budgets.count >= Notifier.sendersMax {
        // Who has not sent for a while is as good as new.
        state.budgets = state.budgets.filter { !$0.value.isFull(now: now) }
        guard state.budgets.count < Notifier.sendersMax else { return false }
      }
      return state.budgets[sender, default: TokenBucket(perSecond: limits.notificationsPerSecondMax, now: now)]
        .take(now: now)
    }
    guard isAllowed else {
      throw NotificationError(
        .tooMany, "sender",
        "too many notifications of one sender: \(limits.notificationsPerSecondMax) a second on average; try again later"
      )
    }
  }

  /// A UUID of version 7 (RFC 9562) with a counter behind the time: those of one process are in the order in which they were
  /// made.
  private func makeID(now: Int64) -> String {
    let (time, counter) = state.withLock { state in
      let now = UInt64(clamping: now)
      if now > state.time {
        (state.time, state.counter) = (now, 0)
      } else if state.counter < 0xFFF {
        state.counter += 1
      } else {
        (state.time, state.counter) = (state.time + 1, 0)
      }
      return (state.time, state.counter)
    }
    let high = time << 16 | 0x7000 | counter
    let low = randomNumbers.next() & ~(0xC << 60) | 0x8 << 60
    let digits = [high, low].map { half in
      let text = String(half, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
      String(digits.dropFirst(range.lowerBound).prefix(range.count))
    }.joined(separator: "-")
  }
}
