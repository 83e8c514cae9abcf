/// The two rooms of a user: what nodes tell it, and what its devices say of that.
package struct NotificationRooms: Sendable {
  /// Written by nodes: ``NotificationLog``.
  package let told: String
  /// Written by the user's devices: ``NotificationMarks`` and ``NotificationPreferences``.
  package let user: String

  /// The rooms of a user.
  ///
  /// - Throws: ``NotificationError`` when it has no identifier, or one that is too long for a room's name.
  package init(of user: String, limits: Limits) throws(NotificationError) {
    if user.isEmpty { throw NotificationError(.missing, "user", "the user is empty: say whom it is for") }
    let feed = FeedRoom(.notifications, of: user)
    guard feed.name.utf8.count <= limits.roomNameBytesMax, let subject = feed.subject else {
      throw NotificationError(
        .large, "user", "the user has \(user.utf8.count) bytes, and names of rooms may have \(limits.roomNameBytesMax)")
    }
    told = feed.name
    self.user = subject
  }
}
