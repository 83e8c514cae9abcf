import CRDT

/// What a user was told, in the document of the room `notifications:ID`.
///
/// A log of plain objects in the root array `notifications`, which <doc:Notifications> describes: what goes leaves tombstones
/// behind that merge to next to nothing, where a map would keep each key for ever.
package struct NotificationLog {
  package static let root = "notifications"

  private let log: BoundedLog

  /// The log in a document.
  ///
  /// - Parameters:
  ///   - countMax: The notifications to keep, at least 1.
  ///   - secondsMax: How long to keep them.
  package init(_ document: Document, countMax: Int, secondsMax: Int) {
    let (milliseconds, isLong) = Int64(secondsMax).multipliedReportingOverflow(by: 1000)
    log = BoundedLog(
      document.array(NotificationLog.root), countMax: countMax, ageMax: isLong ? nil : milliseconds)
  }

  /// The log in a document, by the bounds of a node.
  package init(_ document: Document, limits: Limits) {
    self.init(
      document, countMax: limits.notificationsPerUserMax, secondsMax: limits.notificationAgeSecondsMax)
  }

  /// All notifications, in no order; what is none is left out.
  package static func notifications(in document: Document) -> [UserNotification] {
    document.array(root).values.compactMap { $0.value.flatMap { UserNotification($0) } }
  }

  /// Adds a notification, and deletes those with the same key, those that have expired, and what is beyond the bounds.
  ///
  /// - Returns: Whether it took the place of one with the same key.
  /// - Complexity: O(*n* + *k* log *n*) for *n* notifications and *k* deleted ones.
  @discardableResult
  package func add(_ notification: UserNotification, now: Int64) -> NotificationOutcome {
    let array = log.array
    return array.document.transact {
      var isReplacement = false
      let elements = array.values
      for index in elements.indices.reversed() {
        guard let other = elements[index].value.flatMap({ UserNotification($0) }) else { continue }
        let isOver = other.isExpired(at: now)
        let hasSameKey = notification.key != nil && other.key == notification.key
        if hasSameKey || isOver { array.delete(at: index) }
        if hasSameKey, !isOver { isReplacement = true }
      }
      log.append(contentsOf: [notification.entry])
      log.trim(now: now)
      return isReplacement ? .replaced(notification) : .delivered(notification)
    }
  }
}
