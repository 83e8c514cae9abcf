import CRDT

/// What a user makes of a notification.
public enum NotificationMark: String, CaseIterable, Sendable {
  /// It was read.
  case read
  /// It is to be read after all.
  case unread
  /// It is put away, whether it was read or not.
  case archived
  /// It is among the others again.
  case unarchived

  /// The root array with what is marked so.
  fileprivate var root: String { self == .read || self == .unread ? "read" : "archived" }
  /// Whether it takes another mark away.
  fileprivate var isRemoval: Bool { self == .unread || self == .unarchived }
}

/// Which notifications a user has read and put away: what the document of the room `user:ID` says in its root arrays `read`
/// and `archived`.
///
/// Marks are entries of logs, and not keys of maps, which would be kept for ever. Of a mark that is made on one device while
/// another takes it away, the mark stays, since only what is known is deleted: so it would be with a key, too.
public struct NotificationMarks: Equatable, Sendable {
  /// The marks that are looked at, the last in the array: devices may write as many as they like.
  private static let countMax = 10_000

  /// When a notification was read, in milliseconds since 1970 by the clock of the device, by its identifier.
  public private(set) var read: [String: Int64]
  /// When a notification was put away.
  public private(set) var archived: [String: Int64]

  /// The marks in a document; of several of one notification the last in the array counts.
  package init(_ document: Document) {
    read = NotificationMarks.times(in: document.array(NotificationMark.read.root))
    archived = NotificationMarks.times(in: document.array(NotificationMark.archived.root))
  }

  private static func times(in array: SharedArray) -> [String: Int64] {
    let first = max(0, array.count - NotificationMarks.countMax)
    return Dictionary(
      (first..<array.count).compactMap { NotificationMarks.mark(array[$0]) }, uniquingKeysWith: { $1 })
  }

  /// The identifier and the time that an element of a log says; nil when it is no mark.
  private static func mark(_ element: Content) -> (id: String, milliseconds: Int64)? {
    guard let value = element.value, let id = value["value"].stringValue else { return nil }
    return (id, Int64(value["time"].intValue ?? 0))
  }

  // MARK: Changes

  /// How long the marks of notifications that are gone are kept, as far as there is room: one that is not there may be on its
  /// way, by another node.
  private static let absenceMilliseconds: Int64 = 7 * 86_400_000

  /// Marks notifications, and forgets marks that are of no use any more.
  ///
  /// - Parameters:
  ///   - present: The identifiers of all notifications that are there.
  ///   - absentMax: The marks to keep of notifications that are not there.
  ///   - now: The present time in milliseconds since 1970.
  /// - Returns: How many were not marked so before.
  @discardableResult
  package static func mark(
    _ ids: [String], as mark: NotificationMark, in document: Document, present: Set<String>,
    absentMax: Int = Limits().notificationsPerUserMax, now: Int64
  ) -> Int {
    let array = document.array(mark.root)
    let ids = Set(ids)
    return document.transact {
      tidy(document, present: present, absentMax: absentMax, now: now)
      let elements = array.values
      if mark.isRemoval {
        var changed: Set<String> = []
        for index in elements.indices.reversed() {
          guard let id = NotificationMarks.mark(elements[index])?.id, ids.contains(id) else { continue }
          array.delete(at: index)
          changed.insert(id)
        }
        return changed.count
      }
      let known = Set(elements.compactMap { NotificationMarks.mark($0)?.id })
      let news = ids.subtracting(known).sorted()
      if !news.isEmpty {
        array.append(contentsOf: news.map { ["time": Value(now), "value": .string($0)] })
      }
      return news.count
    }
  }

  /// Deletes what is no mark, marks that are there twice, and those of notifications that are gone: those that are older than
  /// a week, and those beyond the newest `absentMax`.
  ///
  /// Does nothing when there is nothing to delete.
  private static func tidy(_ document: Document, present: Set<String>, absentMax: Int, now: Int64) {
    for root in [NotificationMark.read.root, NotificationMark.archived.root] {
      let array = document.array(root)
      let excess = array.count - countMax
      if excess > 0 { array.delete(at: 0, count: excess) }
      let elements = array.values
      var kept: Set<String> = []
      var absentCount = 0
      var surplus: [Int] = []
      for index in elements.indices.reversed() {
        guard let mark = mark(elements[index]), !kept.contains(mark.id) else {
          surplus.append(index)
          continue
        }
        if !present.contains(mark.id) {
          absentCount += 1
          if absentCount > absentMax || mark.milliseconds < now - absenceMilliseconds {
            surplus.append(index)
            continue
          }
        }
        kept.insert(mark.id)
      }
      // From the last on, so that the others stay where they are.
      document.transact { for index in surplus { array.delete(at: index) } }
    }
  }
}
