import CRDT
import Foundation
import SyncHTTP
import SyncNode

/// What a user was told and what it makes of it, at a moment.
struct KnownNotifications {
  let rooms: NotificationRooms
  /// All that is stored, in no order.
  let told: [UserNotification]
  /// What of it the user sees.
  let list: NotificationList
  let preferences: NotificationPreferences
  /// The moment, in milliseconds since 1970.
  let now: Int64
}

extension Replica {
  /// What a user was told and what it makes of it; a user that was never told anything and never chose has nothing.
  func notifications(of user: String) async throws -> KnownNotifications {
    let rooms = try NotificationRooms(named: user)
    let told = try await storedDocument(of: rooms.told).map { NotificationLog.notifications(in: $0) } ?? []
    let document = try await storedDocument(of: rooms.user) ?? Document()
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    return KnownNotifications(
      rooms: rooms, told: told, list: NotificationList(told, marks: NotificationMarks(document), now: now),
      preferences: NotificationPreferences(document), now: now)
  }
}

extension NotificationRooms {
  /// The rooms of a user that was named on the command line.
  fileprivate init(named user: String) throws(Failure) {
    do {
      try self.init(of: user, limits: Limits())
    } catch {
      throw Failure(.usage, "\(error)")
    }
  }
}

extension NodeReplica {
  func notify(user: String, _ draft: NotificationDraft) async throws -> NotificationAPI.Outcome {
    _ = try NotificationRooms(named: user)
    return try await post(NotificationAPI.Path.notifications, [("user", user)], NotificationAPI.Draft(draft))
  }
}

extension StoreReplica {
  func notify(user: String, _ draft: NotificationDraft) async throws -> NotificationAPI.Outcome {
    let rooms = try NotificationRooms(named: user)
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    do {
      try draft.check(limits: Limits(), categories: nil, now: now)
    } catch {
      throw Failure(.refused, "\(error)")
    }
    let preferences =
      try storedDocument(of: rooms.user).map { NotificationPreferences($0) } ?? NotificationPreferences()
    switch Notifier().decide(draft, for: preferences, now: now) {
    case .muted(let mute): return NotificationAPI.Outcome(.muted(mute))
    case .told(let notification):
      var outcome = NotificationOutcome.delivered(notification)
      _ = try await edit(rooms.told) { document in
        outcome = NotificationLog(document, limits: Limits()).add(notification, now: now)
      }
      return NotificationAPI.Outcome(outcome)
    }
  }
}
