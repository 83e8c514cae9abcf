import NIOCore
import SyncNode
import Synchronization

/// Puts together what is written in a room within a moment: a typist makes several updates a second, and whoever is told
/// wants to know that something has changed.
final class ChangeCollector: Sendable {
  private let interval: TimeAmount
  private let eventLoop: any EventLoop
  private let tell: @Sendable (WebhookEvent.DocumentChange) -> Void
  /// By the bytes of rooms' names, since Unicode takes more names for equal; from the first change until it is told of.
  private let pending = Mutex<[[UInt8]: WebhookEvent.DocumentChange]>([:])

  /// - Parameters:
  ///   - interval: How long after the first change of a room that is told, with all that came after it.
  ///   - tell: Called on `eventLoop`, and by ``flush()``.
  init(
    interval: TimeAmount, eventLoop: any EventLoop, tell: @escaping @Sendable (WebhookEvent.DocumentChange) -> Void
  ) {
    self.interval = interval
    self.eventLoop = eventLoop
    self.tell = tell
  }

  /// Notes a change. Callable from anywhere.
  ///
  /// - Complexity: O(1); O(*n*) in the authors of the moment, of which at most 100 are noted, where it is another one.
  func note(_ change: RoomChange, at milliseconds: Int64) {
    let (user, room) = (change.origin.subject, Array(change.room.utf8))
    let isFirst = pending.withLock { pending in
      if pending[room] != nil {
        pending[room]?.add(byteCount: change.update.count, by: user, at: milliseconds)
        return false
      }
      pending[room] = WebhookEvent.DocumentChange(
        room: change.room, users: user.map { [$0] } ?? [], updates: 1, bytes: change.update.count, since: milliseconds,
        until: milliseconds)
      return true
    }
    guard isFirst else { return }
    eventLoop.scheduleTask(in: interval) { self.tell(of: room) }
  }

  private func tell(of room: [UInt8]) {
    if let change = pending.withLock({ $0.removeValue(forKey: room) }) { tell(change) }
  }

  /// Tells of all that is pending.
  func flush() {
    let rooms = pending.withLock { $0.keys.sorted { $0.lexicographicallyPrecedes($1) } }
    for room in rooms { tell(of: room) }
  }
}

extension WebhookEvent.DocumentChange {
  private static let usersMax = 100

  fileprivate mutating func add(byteCount: Int, by user: String?, at milliseconds: Int64) {
    updates += 1
    bytes += byteCount
    until = max(until, milliseconds)
    if let user, users.count < Self.usersMax, !users.contains(user) { users.append(user) }
  }
}
