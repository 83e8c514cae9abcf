import CRDT

/// What a user was told, and what it makes of it: reads both of its rooms, and writes `user:ID` as one more device.
///
/// ```swift
/// let inbox = try await node.notifications(for: "ada")
/// for item in try await inbox.page(.unread).items { print(item.notification.title) }
/// try await inbox.markAll(.read)
/// for await notification in inbox.arrivals { print(notification.title) }
/// ```
/// The rooms stay loaded for as long as the object lives.
public final class NotificationInbox: Sendable {
  /// Whose it is.
  public let user: String
  let told: RoomHandle
  let choices: RoomHandle
  let clock: WallClock
  private let limits: Limits

  init(user: String, told: RoomHandle, choices: RoomHandle, limits: Limits, clock: WallClock) {
    self.user = user
    self.told = told
    self.choices = choices
    self.limits = limits
    self.clock = clock
  }

  // MARK: Reading

  /// All that is shown now, the newest first.
  ///
  /// - Throws: ``RoomError`` when a room failed.
  public func list() async throws -> NotificationList {
    let marks = try await choices.read { NotificationMarks($0) }
    return NotificationList(try await notifications(), marks: marks, now: clock.milliseconds)
  }

  /// Some of what is shown now, the newest first.
  ///
  /// - Parameters:
  ///   - state: Which ones.
  ///   - before: Where the page before ended, ``NotificationList/Page/next``.
  ///   - limit: How many at most, at least 1.
  /// - Throws: ``RoomError`` when a room failed.
  public func page(
    _ state: NotificationList.State = .all, before: UserNotification.Position? = nil, limit: Int = 50
  ) async throws -> NotificationList.Page {
    try await list().page(state, before: before, limit: limit)
  }

  /// How many notifications wait for the user.
  ///
  /// - Throws: ``RoomError`` when a room failed.
  public func unreadCount() async throws -> Int { try await list().unreadCount }

  /// All that is stored, in no order.
  func notifications() async throws -> [UserNotification] {
    try await told.read { NotificationLog.notifications(in: $0) }
  }

  // MARK: Marks

  /// Marks notifications. What is marked so already stays as it is.
  ///
  /// - Returns: How many were not marked so before.
  /// - Throws: ``NotificationError`` when one of them is not shown here, and then none is marked; ``RoomError`` when it cannot
  ///   be stored.
  @discardableResult
  public func mark(_ mark: NotificationMark, _ ids: [String]) async throws -> Int {
    let stored = try await notifications()
    let known = Set(NotificationList.shown(of: stored, at: clock.milliseconds).map(\.id))
    guard ids.allSatisfy({ known.contains($0) }) else {
      throw NotificationError(.unknownNotification, "ids", "there is no such notification here, or it has expired")
    }
    return try await write(mark, ids, stored: stored)
  }

  /// Marks all that is shown here now. What is told meanwhile, here or on another node, is not marked.
  ///
  /// - Returns: How many were not marked so before.
  /// - Throws: ``RoomError`` when it cannot be stored.
  @discardableResult
  public func markAll(_ mark: NotificationMark) async throws -> Int {
    let stored = try await notifications()
    return try await write(
      mark, NotificationList.shown(of: stored, at: clock.milliseconds).map(\.id), stored: stored)
  }

  private func write(_ mark: NotificationMark, _ ids: [String], stored: [UserNotification]) async throws -> Int {
    let (present, absentMax, now) = (Set(stored.map(\.id)), limits.notificationsPerUserMax, clock.milliseconds)
    return try await choices.edit { document in
      NotificationMarks.mark(ids, as: mark, in: document, present: present, absentMax: absentMax, now: now)
    }
  }

  // MARK: Preferences

  /// What the user wants to be told, and when.
  ///
  /// - Throws: ``RoomError`` when the room failed.
  public func preferences() async throws -> NotificationPreferences {
    try await choices.read { NotificationPreferences($0) }
  }

  /// Changes what the user wants. Only what differs is written.
  ///
  /// - Returns: What holds then.
  /// - Throws: What `body` throws, ``NotificationError`` when there is too much of it, or ``RoomError`` when it cannot be stored.
  @discardableResult
  public func updatePreferences(
    _ body: @escaping @Sendable (inout NotificationPreferences) throws -> Void
  ) async throws -> NotificationPreferences {
    try await choices.edit { document in
      var preferences = NotificationPreferences(document)
      try body(&preferences)
      try preferences.check()
      preferences.write(to: document)
      return preferences
    }
  }
}
