/// What a user sees of its notifications at a moment: those that are due, have not expired and were not replaced, the newest
/// first.
public struct NotificationList: Sendable {
  /// Which notifications to list.
  public enum State: String, CaseIterable, Sendable {
    /// Neither read nor put away.
    case unread
    /// Read, and not put away.
    case read
    /// Put away.
    case archived
    /// All that are kept.
    case all
  }

  /// A notification, with what the user has made of it.
  public struct Item: Hashable, Sendable, Identifiable {
    /// What was told.
    public let notification: UserNotification
    /// When it was read, in milliseconds since 1970 by the clock of the device; nil while it is unread.
    public let readMilliseconds: Int64?
    /// When it was put away; nil while it is not.
    public let archivedMilliseconds: Int64?

    /// The notification's identifier.
    public var id: String { notification.id }

    /// Whether it waits for the user: it is neither read nor put away.
    public var isUnread: Bool { readMilliseconds == nil && archivedMilliseconds == nil }

    fileprivate func isIn(_ state: State) -> Bool {
      switch state {
      case .all: true
      case .archived: archivedMilliseconds != nil
      case .read: archivedMilliseconds == nil && readMilliseconds != nil
      case .unread: isUnread
      }
    }
  }

  /// Some of them, the newest first.
  public struct Page: Sendable {
    /// The notifications.
    public let items: [Item]
    /// What to ask for the next page with; nil when there is none.
    public let next: UserNotification.Position?
  }

  /// All that are seen, the newest first.
  public let items: [Item]

  /// - Parameters:
  ///   - told: What the user was told, in any order.
  ///   - marks: What the user has made of it.
  ///   - now: The present time in milliseconds since 1970.
  package init(_ told: [UserNotification], marks: NotificationMarks, now: Int64) {
    items = NotificationList.shown(of: told, at: now).map { notification in
      Item(
        notification: notification, readMilliseconds: marks.read[notification.id],
        archivedMilliseconds: marks.archived[notification.id])
    }
  }

  /// What is seen of what was told, the newest first. Of a key it is the one that was told last: two nodes that told of it
  /// at the same time have both stored theirs.
  static func shown(of told: [UserNotification], at now: Int64) -> [UserNotification] {
    func isOlder(_ left: UserNotification, _ right: UserNotification) -> Bool {
      if left.milliseconds != right.milliseconds { return left.milliseconds < right.milliseconds }
      return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
    }
    let newestOfKeys = Dictionary(
      told.compactMap { notification in notification.key.map { ($0, notification) } },
      uniquingKeysWith: { isOlder($0, $1) ? $1 : $0 })
    return told.filter { notification in
      notification.isShown(at: now) && notification.key.map { newestOfKeys[$0]?.id == notification.id } ?? true
    }.sorted { $0.position > $1.position }
  }

  /// How many wait for the user.
  public var unreadCount: Int { items.count(where: \.isUnread) }

  /// Some of them, the newest first.
  ///
  /// - Parameters:
  ///   - state: Which ones.
  ///   - before: List what stands behind this place only; nil from the newest on.
  ///   - limit: How many at most, at least 1.
  public func page(_ state: State, before: UserNotification.Position? = nil, limit: Int) -> Page {
    let matching = items.filter { item in
      item.isIn(state) && before.map { item.notification.position < $0 } ?? true
    }
    let page = Array(matching.prefix(max(limit, 1)))
    return Page(items: page, next: page.count < matching.count ? page.last?.notification.position : nil)
  }
}
