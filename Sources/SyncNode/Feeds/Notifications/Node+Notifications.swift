import CRDT
import NIOCore

extension Node {
  /// Tells a user something: on all devices that are connected anywhere, and on the others when they are back.
  ///
  /// ```swift
  /// try await node.notify(
  ///   user: "ada", category: .userAction, title: "Bob mentioned you", link: "/projects/42", key: "mention:42")
  /// ```
  /// Returns when it is stored; <doc:Notifications> says what happens then.
  ///
  /// - Parameters:
  ///   - user: Whose rooms `notifications:ID` and `user:ID` are.
  ///   - category: What kind of thing it is: a built-in one, or one of the configuration's.
  ///   - title: What it says, in a line.
  ///   - body: What else it says.
  ///   - link: Where it leads: an `http://` or `https://` address, or a path that begins with `/`.
  ///   - room: The room that it is about.
  ///   - sender: Who tells it, which has its rate bounded; nil for the application itself, which has not.
  ///   - key: What it replaces others by.
  ///   - lifetime: For how long it is shown; nil for as long as it is kept.
  /// - Returns: What became of it.
  /// - Throws: ``NotificationError`` when something is not as it must be; ``RoomError`` when it cannot be stored.
  @discardableResult
  public func notify(
    user: String, category: NotificationCategory, title: String, body: String = "", link: String? = nil,
    room: String? = nil, sender: String? = nil, key: String? = nil, lifetime: Duration? = nil
  ) async throws -> NotificationOutcome {
    var draft = NotificationDraft(category: category, title: title)
    (draft.body, draft.link, draft.room, draft.sender, draft.key) = (body, link, room, sender, key)
    draft.expiryMilliseconds = lifetime.map { configuration.wallClock.milliseconds.adding($0) }
    return try await notify(user: user, draft)
  }

  /// Tells a user something.
  ///
  /// - Returns: What became of it.
  /// - Throws: ``NotificationError`` when something is not as it must be; ``RoomError`` when it cannot be stored.
  @discardableResult
  public func notify(user: String, _ draft: NotificationDraft) async throws -> NotificationOutcome {
    try await notify(user: user, draft, by: draft.sender)
  }

  /// - Parameter payer: Whose rate it counts for; nil for nobody's.
  package func notify(
    user: String, _ draft: NotificationDraft, by payer: String?
  ) async throws -> NotificationOutcome {
    let (limits, now) = (configuration.limits, configuration.wallClock.milliseconds)
    let names = try NotificationRooms(of: user, limits: limits)
    try draft.check(limits: limits, categories: configuration.notificationCategories, now: now)
    if let payer { try notifier.spend(of: payer, now: .now()) }
    let (told, choices) = (try await open(names.told), try await open(names.user))
    let preferences = try await choices.read { NotificationPreferences($0, concerning: draft) }
    switch notifier.decide(draft, for: preferences, now: now) {
    case .muted(let mute): return .muted(mute)
    case .told(let notification):
      return try await told.edit { document in
        NotificationLog(document, limits: limits).add(notification, now: now)
      }
    }
  }

  /// What a user was told, and what it makes of it.
  ///
  /// - Throws: ``NotificationError`` when the user has no identifier or too long a one; ``RoomError`` when its rooms cannot be
  ///   loaded.
  public func notifications(for user: String) async throws -> NotificationInbox {
    let names = try NotificationRooms(of: user, limits: configuration.limits)
    return NotificationInbox(
      user: user, told: try await open(names.told), choices: try await open(names.user), limits: configuration.limits,
      clock: configuration.wallClock)
  }
}

extension Int64 {
  /// Milliseconds with a duration behind them, as far as documents can hold them.
  fileprivate func adding(_ duration: Duration) -> Int64 {
    let seconds = duration.components.seconds.clamped(to: -(1 << 42)...1 << 42)
    return self + seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  }

  private func clamped(to range: ClosedRange<Int64>) -> Int64 {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
