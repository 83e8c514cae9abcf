/// What a user is to be told.
public struct NotificationDraft: Hashable, Sendable {
  /// What kind of thing it is.
  public var category: NotificationCategory
  /// What it says, in a line.
  public var title: String
  /// What else it says.
  public var body = ""
  /// Where it leads: an `http://` or `https://` address, or a path that begins with `/`.
  public var link: String?
  /// The room that it is about, by which it can be muted.
  public var room: String?
  /// Who tells it; nil for the application itself.
  public var sender: String?
  /// What it replaces others by: the user has at most one of a key.
  public var key: String?
  /// From when on it is not shown any more, in milliseconds since 1970; nil to show it for as long as it is kept.
  public var expiryMilliseconds: Int64?

  /// A draft that says no more than a title.
  public init(category: NotificationCategory, title: String) {
    self.category = category
    self.title = title
  }

  /// The latest time that documents can hold: 2^53 − 1 milliseconds from 1970.
  private static let millisecondsMax: Int64 = 0x1F_FFFF_FFFF_FFFF

  /// Checks each field.
  ///
  /// - Parameters:
  ///   - categories: The application's own; nil to take any name.
  ///   - now: The present time in milliseconds since 1970.
  /// - Throws: ``NotificationError`` for the first field that is wrong.
  package func check(
    limits: Limits, categories: Set<NotificationCategory>?, now: Int64
  ) throws(NotificationError) {
    try check(category: categories)
    if title.isEmpty { throw NotificationError(.missing, "title", "the title is empty: say what it is about") }
    try NotificationDraft.check("title", title, bytesMax: limits.notificationTitleBytesMax)
    try NotificationDraft.check("body", body, bytesMax: limits.notificationBodyBytesMax)
    try NotificationDraft.check("link", link, bytesMax: limits.notificationLinkBytesMax)
    try NotificationDraft.check("key", key, bytesMax: limits.notificationKeyBytesMax)
    try NotificationDraft.check("sender", sender, bytesMax: limits.notificationKeyBytesMax)
    try NotificationDraft.check("room", room, bytesMax: limits.roomNameBytesMax)
    if let link, !NotificationDraft.isSafe(link: link) {
      throw NotificationError(
        .malformed, "link", "a link begins with http://, https:// or /, and has no spaces and no backslashes")
    }
    for (name, text) in [("room", room), ("sender", sender), ("key", key)] where text == "" {
      throw NotificationError(.missing, name, "the \(name) is empty: leave it out where there is none")
    }
    if let expiry = expiryMilliseconds, expiry <= now || expiry > NotificationDraft.millisecondsMax {
      throw NotificationError(
        .malformed, "expiryMilliseconds", "the expiry is a time to come, in milliseconds since 1970")
    }
  }

  private func check(category categories: Set<NotificationCategory>?) throws(NotificationError) {
    guard let categories else {
      if category.rawValue.isEmpty { throw NotificationError(.missing, "category", "the category is empty") }
      return
    }
    guard NotificationCategory.builtIn.contains(category) || categories.contains(category) else {
      let known = NotificationCategory.builtIn.map(\.rawValue) + categories.map(\.rawValue).sorted()
      throw NotificationError(.unknownCategory, "category", "no such category: it is \(known.joined(separator: ", "))")
    }
  }

  private static func check(_ field: String, _ text: String?, bytesMax: Int) throws(NotificationError) {
    guard let text, text.utf8.count > bytesMax else { return }
    throw NotificationError(.large, field, "the \(field) has \(text.utf8.count) bytes and may have \(bytesMax)")
  }

  /// Whether a link can be followed without harm: by address over HTTP, or by path. Others may be scripts (`javascript:`);
  /// browsers leave out control characters, so that a script may hide behind them, and take a backslash for a slash, so that
  /// a path may lead elsewhere.
  package static func isSafe(link: String) -> Bool {
    guard !link.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else { return false }
    // By bytes, as browsers read them: a slash and a mark that combines are one character here.
    if link.utf8.first == UInt8(ascii: "/") { return link.utf8.dropFirst().first != UInt8(ascii: "/") }
    let beginning = String(decoding: link.utf8.prefix(8), as: UTF8.self).lowercased().utf8
    return ["http://", "https://"].contains { scheme in
      beginning.starts(with: scheme.utf8)
        && link.utf8.dropFirst(scheme.utf8.count).first.map { $0 != UInt8(ascii: "/") } ?? false
    }
  }
}

/// What became of a notification.
public enum NotificationOutcome: Hashable, Sendable {
  /// It is stored, and on its way to the user's devices.
  case delivered(UserNotification)
  /// It is stored, and took the place of one with the same key.
  case replaced(UserNotification)
  /// The user wants nothing of the kind, so nothing was stored.
  case muted(NotificationPreferences.Mute)
}
