import CRDT

/// Something that a user was told; <doc:Notifications> has how it stands in documents.
public struct UserNotification: Hashable, Sendable, Identifiable {
  /// Tells it from all others: a UUID of version 7, so identifiers are in the order of their times.
  public let id: String
  /// What kind of thing it tells.
  public let category: NotificationCategory
  /// What it says, in a line.
  public let title: String
  /// What else it says; empty where that is all.
  public let body: String
  /// Where it leads: an `http://` or `https://` address, or a path that begins with `/`.
  public let link: String?
  /// The room that it is about.
  public let room: String?
  /// Who told it: the subject of a grant, or a name that the application gave; nil for the application itself.
  public let sender: String?
  /// What it replaces others by, and is replaced.
  public let key: String?
  /// When it was told, in milliseconds since 1970, by the clock of the node that did.
  public let milliseconds: Int64
  /// From when on it is shown, where it waits for a digest.
  public let dueMilliseconds: Int64?
  /// From when on it is not shown any more.
  public let expiryMilliseconds: Int64?
  /// Whether no device is to make a sound for it: it is first shown in the user's quiet hours.
  public let isQuiet: Bool

  /// When it is first shown, in milliseconds since 1970.
  public var shownMilliseconds: Int64 { dueMilliseconds ?? milliseconds }

  /// Whether it is to be seen at a time: it is due, and has not expired.
  func isShown(at now: Int64) -> Bool {
    (dueMilliseconds ?? .min) <= now && !isExpired(at: now)
  }

  func isExpired(at now: Int64) -> Bool { expiryMilliseconds.map { $0 <= now } ?? false }

  /// Where it stands among others.
  public var position: Position { Position(milliseconds: shownMilliseconds, id: id) }

  /// A place in the order in which notifications are listed: by when they are first shown, then by identifier. It means the
  /// same on all nodes, also once the notification is gone.
  public struct Position: Hashable, Comparable, Sendable, LosslessStringConvertible {
    let milliseconds: Int64
    let id: String

    init(milliseconds: Int64, id: String) {
      self.milliseconds = milliseconds
      self.id = id
    }

    /// Reads what ``description`` wrote; nil when it is something else.
    public init?(_ description: String) {
      let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let milliseconds = Int64(parts[0]) else { return nil }
      self.init(milliseconds: milliseconds, id: String(parts[1]))
    }

    /// The time, a point, and the identifier.
    public var description: String { "\(milliseconds).\(id)" }

    /// Whether `left` is older.
    public static func < (left: Position, right: Position) -> Bool {
      if left.milliseconds != right.milliseconds { return left.milliseconds < right.milliseconds }
      return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
    }
  }
}

// MARK: In documents

extension UserNotification {
  /// The notification that an element of the log is; nil when it is none. A link that no node would write is left out.
  init?(_ element: Value) {
    let value = element["value"]
    guard let milliseconds = element["time"].intValue, let id = value["id"].stringValue, !id.isEmpty,
      let category = value["category"].stringValue, let title = value["title"].stringValue
    else { return nil }
    self.init(
      id: id, category: NotificationCategory(rawValue: category), title: title,
      body: value["body"].stringValue ?? "",
      link: value["link"].stringValue.flatMap { NotificationDraft.isSafe(link: $0) ? $0 : nil },
      room: value["room"].stringValue, sender: value["sender"].stringValue, key: value["key"].stringValue,
      milliseconds: Int64(milliseconds), dueMilliseconds: value["due"].intValue.map { Int64($0) },
      expiryMilliseconds: value["expiry"].intValue.map { Int64($0) }, isQuiet: value["quiet"].boolValue ?? false)
  }

  /// The entry of the log; what is not said is left out.
  var entry: BoundedLog.Entry {
    var members: [Value.Member] = [
      Value.Member("id", .string(id)), Value.Member("category", .string(category.rawValue)),
      Value.Member("title", .string(title)),
    ]
    if !body.isEmpty { members.append(Value.Member("body", .string(body))) }
    for (name, text) in [("link", link), ("room", room), ("sender", sender), ("key", key)] {
      if let text { members.append(Value.Member(name, .string(text))) }
    }
    for (name, number) in [("due", dueMilliseconds), ("expiry", expiryMilliseconds)] {
      if let number { members.append(Value.Member(name, Value(number))) }
    }
    if isQuiet { members.append(Value.Member("quiet", true)) }
    return BoundedLog.Entry(.object(members), time: milliseconds)
  }
}
