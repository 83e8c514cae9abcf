import Foundation

/// What a user wants to be told, and when: the root map `preferences` in the document of the room `user:ID`.
///
/// Each choice has a key of its own, so choices that are made on two devices at once both hold. They count from when a node
/// knows of them: it decides as it tells something, and writes down what it has decided, so all devices and nodes agree.
public struct NotificationPreferences: Hashable, Sendable {
  /// What a user wants to hear nothing of. It is not stored, and does not come later either; what was told before stays.
  public enum Mute: Hashable, Sendable {
    /// All of a category.
    case category(NotificationCategory)
    /// All that is about a room.
    case room(String)
    /// All that somebody tells.
    case sender(String)
  }

  /// Hours in which no device is to make a sound. What is first shown then is stored and counted as ever, and says that it
  /// is quiet.
  public struct QuietHours: Hashable, Sendable {
    /// When they begin.
    public let from: DayTime
    /// When they end, on the next day where that is not later in the day.
    public let to: DayTime
    /// The time zone's name, as in `Europe/Berlin`.
    public let zone: String

    /// Hours between two times of day, the second not included.
    ///
    /// - Throws: ``NotificationError`` when the zone is not known, or both are the same.
    public init(from: DayTime, to: DayTime, zone: String) throws(NotificationError) {
      guard TimeZone(untrusted: zone) != nil else { throw NotificationPreferences.unknownZone("quietHours.zone") }
      if from == to {
        throw NotificationError(.malformed, "quietHours.to", "quiet hours begin and end at different times")
      }
      self.from = from
      self.to = to
      self.zone = zone
    }

    func include(_ milliseconds: Int64) -> Bool {
      guard let zone = TimeZone(untrusted: zone) else { return false }
      let time = DayTime(milliseconds, in: zone)
      return from < to ? from <= time && time < to : from <= time || time < to
    }
  }

  /// Times of day until which notifications are held back, to be shown together.
  public struct Digest: Hashable, Sendable {
    /// The most times in a day.
    public static let timesMax = 24

    /// When they are shown, in order.
    public let times: [DayTime]
    /// The time zone's name, as in `Europe/Berlin`.
    public let zone: String

    /// A digest at each of some times of day.
    ///
    /// - Throws: ``NotificationError`` when the zone is not known, or there are no times or more than ``timesMax``.
    public init(times: [DayTime], zone: String) throws(NotificationError) {
      guard TimeZone(untrusted: zone) != nil else { throw NotificationPreferences.unknownZone("digests.zone") }
      guard (1...Digest.timesMax).contains(times.count) else {
        throw NotificationError(.malformed, "digests.times", "a digest has 1 to \(Digest.timesMax) times of day")
      }
      self.times = Array(Set(times)).sorted()
      self.zone = zone
    }

    /// The next of its times, in milliseconds since 1970.
    func next(after milliseconds: Int64) -> Int64? {
      guard let zone = TimeZone(untrusted: zone) else { return nil }
      return times.compactMap { $0.next(after: milliseconds, in: zone) }.min()
    }
  }

  /// The category whose digest is that of all categories that have none of their own.
  public static let anyCategory: NotificationCategory = "*"

  /// What the user wants to hear nothing of.
  public var mutes: Set<Mute> = []
  /// When no device is to make a sound; nil for never.
  public var quietHours: QuietHours?
  /// What is held back, by category.
  public var digests: [NotificationCategory: Digest] = [:]

  /// No choices: everything is told at once.
  public init() {}

  private static func unknownZone(_ field: String) -> NotificationError {
    NotificationError(.malformed, field, "no such time zone: it is a name as in Europe/Berlin")
  }

  /// The choice that keeps a draft from being told; nil when none does.
  func mute(of draft: NotificationDraft) -> Mute? {
    NotificationPreferences.mutes(concerning: draft).first { mutes.contains($0) }
  }

  /// All choices that keep a draft from being told.
  static func mutes(concerning draft: NotificationDraft) -> [Mute] {
    var choices: [Mute] = [.category(draft.category)]
    if let room = draft.room { choices.append(.room(room)) }
    if let sender = draft.sender { choices.append(.sender(sender)) }
    return choices
  }

  /// Until when something of a category is held back that is told now; nil when it is not.
  func dueTime(of category: NotificationCategory, now: Int64) -> Int64? {
    (digests[category] ?? digests[NotificationPreferences.anyCategory])?.next(after: now)
  }

  // MARK: Bounds

  /// The most choices of a user that are taken at once, and the most bytes of a name in one.
  private static let choicesMax = 10_000
  private static let nameBytesMax = 1024

  /// - Throws: ``NotificationError`` when there are too many choices, or one names nothing or too much.
  package func check() throws(NotificationError) {
    guard mutes.count + digests.count <= NotificationPreferences.choicesMax else {
      throw NotificationError(
        .large, "mutes", "more than \(NotificationPreferences.choicesMax) choices: mute categories rather than rooms")
    }
    for (field, name) in mutes.map({ ("mutes.name", $0.name) })
      + digests.keys.map({ ("digests.category", $0.rawValue) })
    {
      if name.isEmpty { throw NotificationError(.missing, field, "the name of what is chosen is empty") }
      guard name.utf8.count <= NotificationPreferences.nameBytesMax else {
        throw NotificationError(
          .large, field, "a name has \(name.utf8.count) bytes and may have \(NotificationPreferences.nameBytesMax)")
      }
    }
  }
}

extension NotificationPreferences.Mute {
  /// What is muted by.
  public enum Kind: String, CaseIterable, Sendable {
    /// All of a category.
    case category
    /// All that is about a room.
    case room
    /// All that somebody tells.
    case sender
  }

  /// What is muted by a name of a kind.
  public init(_ kind: Kind, _ name: String) {
    switch kind {
    case .category: self = .category(NotificationCategory(rawValue: name))
    case .room: self = .room(name)
    case .sender: self = .sender(name)
    }
  }

  /// What it is muted by.
  public var kind: Kind {
    switch self {
    case .category: .category
    case .room: .room
    case .sender: .sender
    }
  }

  /// The category, the room or the sender.
  public var name: String {
    switch self {
    case .category(let category): category.rawValue
    case .room(let name), .sender(let name): name
    }
  }
}
