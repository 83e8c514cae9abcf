import CRDT

/// The entries of a project's activity in the document of its feed: a ``BoundedLog`` in the root array `activity`.
///
/// An entry that grows takes the place of the one before it, at the log's end. What lies between in the history are
/// tombstones of one client that follow one another, which take next to nothing.
struct ActivityLog {
  /// The name of the root.
  static let root = "activity"
  /// Entries from the end among which one that grows is looked for; beyond, both are there, and the newer one holds.
  private static let growingMax = 512

  let log: BoundedLog

  /// The log in `document`, within the bounds of `configuration`.
  init(_ document: Document, _ configuration: Node.Configuration.Activity) {
    log = BoundedLog(
      document.array(ActivityLog.root), countMax: configuration.countMax,
      ageMax: configuration.ageMax.map { $0.milliseconds })
  }

  /// All entries, the newest first; of those with one identifier the newest only.
  ///
  /// - Complexity: O(*n* log *n*).
  static func entries(of document: Document) -> [ActivityEntry] {
    var newest: [String: ActivityEntry] = [:]
    for content in document.array(root).values {
      guard let entry = ActivityEntry(content) else { continue }
      if let known = newest[entry.id], known.milliseconds > entry.milliseconds { continue }
      newest[entry.id] = entry
    }
    return newest.values.sorted { $0.cursor > $1.cursor }
  }

  /// Adds entries in one transaction.
  ///
  /// - Parameter grown: The identifiers of those that take the place of an earlier one.
  func put(_ entries: [ActivityEntry], grown: Set<String> = []) {
    log.array.document.transact {
      for entry in entries where grown.contains(entry.id) { removeNewest(entry.id) }
      log.append(contentsOf: entries.map(\.logged))
    }
  }

  private func removeNewest(_ id: String) {
    let count = log.array.count
    for index in (max(0, count - ActivityLog.growingMax)..<count).reversed() {
      guard let found = log.array[index].value?["value"]["id"].stringValue, found.utf8.elementsEqual(id.utf8) else {
        continue
      }
      return log.array.delete(at: index)
    }
  }
}

extension ActivityEntry {
  /// The entry that an element of a feed's log is; nil when it is none.
  init?(_ content: Content) {
    guard let object = content.value, case .object = object, let time = object["time"].intValue else { return nil }
    self.init(BoundedLog.Entry(object["value"], time: Int64(time)))
  }
}

extension ActivityEntry {
  /// Calls `handler` with each entry that comes into the document of a feed, and again when it grows.
  package static func observe(_ document: Document, _ handler: @escaping (ActivityEntry) -> Void) -> Subscription {
    document.array(ActivityLog.root).observe { event in
      for case .insert(let contents) in event.delta {
        for content in contents {
          if let entry = ActivityEntry(content) { handler(entry) }
        }
      }
    }
  }
}

extension Duration {
  /// Whole milliseconds, `Int64.max` where they are more, 0 for less than none.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflows) = max(seconds, 0).multipliedReportingOverflow(by: 1000)
    let (sum, isTooLarge) = whole.addingReportingOverflow(max(attoseconds, 0) / 1_000_000_000_000_000)
    return overflows || isTooLarge ? .max : sum
  }
}
