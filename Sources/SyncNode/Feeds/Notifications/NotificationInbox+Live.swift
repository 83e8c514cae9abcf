import CRDT
import NIOCore
import Synchronization

// What happens in an inbox, as sequences.

extension NotificationInbox {
  /// The longest time until what is shown is looked at again: the clock may be set meanwhile.
  private static let lookMax = TimeAmount.minutes(1)

  /// Each notification that is shown from now on, the oldest first: told anywhere, or held back until now.
  ///
  /// Starts when it is asked for and ends with the room. Nothing depends on its being read in time: what was told while nobody
  /// read is in ``list()``.
  public var arrivals: AsyncStream<UserNotification> {
    watch { inbox, seen, continuation in
      let stored = try await inbox.notifications()
      let shown = NotificationList.shown(of: stored, at: inbox.clock.milliseconds)
      let known = seen.exchange(Set(shown.map(\.id)))
      for notification in shown.reversed() where !known.contains(notification.id) { continuation.yield(notification) }
      return stored
    }
  }

  /// How many notifications wait for the user: now, and whenever that changes, by what is told or expires or by what any
  /// device makes of it.
  ///
  /// A reader that falls behind gets the latest only.
  public var unreadCounts: AsyncStream<Int> {
    let last = Mutex<Int?>(nil)
    return watch(keptMax: 1) { inbox, _, continuation in
      let stored = try await inbox.notifications()
      let marks = try await inbox.choices.read { NotificationMarks($0) }
      let count = NotificationList(stored, marks: marks, now: inbox.clock.milliseconds).unreadCount
      let isNews = last.withLock { last in
        defer { last = count }
        return last != count
      }
      if isNews { continuation.yield(count) }
      return stored
    }
  }

  /// The identifiers of what was shown when somebody looked last.
  private final class Seen: Sendable {
    private let ids = Mutex<Set<String>>([])

    /// - Returns: What it was before.
    func exchange(_ new: Set<String>) -> Set<String> {
      ids.withLock { ids in
        defer { ids = new }
        return ids
      }
    }
  }

  /// What looks into the rooms for those who read, and yields what is news to them.
  ///
  /// - Returns: All that is stored.
  private typealias Look<Element> =
    @Sendable (
      _ inbox: NotificationInbox, _ seen: Seen, _ continuation: AsyncStream<Element>.Continuation
    ) async throws -> [UserNotification]

  /// A sequence of what `look` yields, which is called at first, after changes of the rooms, and when something becomes due
  /// or expires.
  private func watch<Element: Sendable>(
    keptMax: Int = 1000, _ look: @escaping Look<Element>
  ) -> AsyncStream<Element> {
    let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(keptMax))
    let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let (seen, room, clock) = (Seen(), told.room, clock)
    // Before the first change that the room tells of, so that nothing is missed and nothing told that was there.
    room.executor.run {
      let stored = NotificationLog.notifications(in: room.document)
      _ = seen.exchange(Set(NotificationList.shown(of: stored, at: clock.milliseconds).map(\.id)))
    }
    let sources = [told.changes, choices.changes]
    // Behind the beginning of those: whatever they do not tell of is seen then.
    for handle in [told, choices] { handle.room.executor.run { signal.yield() } }
    let task = Task { [self] in
      await withTaskGroup(of: Void.self) { group in
        for source in sources {
          group.addTask {
            for await _ in source { signal.yield() }
            signal.finish()
          }
        }
        var timer: Scheduled<Void>?
        for await _ in signals {
          timer?.cancel()
          guard let stored = try? await look(self, seen, continuation) else { break }
          let delay = NotificationInbox.delay(until: stored, now: clock.milliseconds)
          timer = room.executor.eventLoop.scheduleTask(in: delay) { _ = signal.yield() }
        }
        timer?.cancel()
        group.cancelAll()
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  /// How long it takes until something becomes due or expires.
  private static func delay(until stored: [UserNotification], now: Int64) -> TimeAmount {
    let times = stored.flatMap { [$0.dueMilliseconds, $0.expiryMilliseconds] }.compactMap(\.self).filter { $0 > now }
    guard let next = times.min(), next - now < lookMax.nanoseconds / 1_000_000 else { return lookMax }
    return .milliseconds(next - now)
  }
}
