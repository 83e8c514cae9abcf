import CRDT
import NIOCore

extension Node {
  /// What is done in the project `project`, which is the part of its room's name behind `project:`.
  ///
  /// ```swift
  /// let activity = node.activity(of: "42")
  /// try await activity.record(kind: "deployed", text: "version 7", by: "ada")
  /// for entry in try await activity.entries().entries { print(entry.kind.rawValue, entry.user ?? "?", entry.text ?? "") }
  /// ```
  /// - Precondition: `project` is not empty.
  public func activity(of project: String) -> ActivityFeed {
    ActivityFeed(node: self, room: FeedRoom(.activity, of: project))
  }
}

/// Who did what in a project: what nodes have seen, and what the application tells.
///
/// It is the document of the room ``FeedRoom/name``, which clients read like any other; <doc:Activity> says how. The store's
/// index has more of it than that, if so configured, and is searched.
public struct ActivityFeed: Sendable {
  private let node: Node
  /// The feed's room.
  public let room: FeedRoom

  init(node: Node, room: FeedRoom) {
    self.node = node
    self.room = room
  }

  /// Entries that are looked for, the newest first. All that is stored is found.
  ///
  /// - Throws: ``StoreError`` when the store cannot be read.
  /// - Complexity: O(*k* log *n*) for *k* entries that the search's words are in; where documents are kept in memory only, and
  ///   while the index is behind, O(*m*) for *m* entries of the feed.
  public func entries(_ query: ActivityQuery = ActivityQuery()) async throws -> ActivityPage {
    let room = room
    if node.store.isPersistent { return try await node.readStore { try $0.activity(of: room.id, query) } }
    // Nothing is loaded for a question.
    guard node.rooms.usage[room.name] != nil else { return ActivityPage(entries: [], next: nil) }
    return try await node.open(room.name).read { document in
      let words = query.words
      return query.page(ActivityLog.entries(of: document).filter { query.matches($0, words) })
    }
  }

  /// Entries as they come, from now on: whenever one grows, it comes again.
  ///
  /// - Throws: ``RoomError`` when the feed cannot be loaded.
  public func live() async throws -> ActivityTail {
    let handle = try await node.open(room.name)
    return ActivityTail(handle: handle, entries: handle.room.stream(of: \.activityEntries, keptMax: 1000))
  }

  /// Tells of something that the application knows.
  ///
  /// - Parameters:
  ///   - kind: What happened, in the application's own words: none of ``ActivityEntry/Kind/ofNodes``.
  ///   - text: What there is to say; it can be searched.
  ///   - user: Who did it; nil for the application itself.
  ///   - path: Where in the document, in the form of ``ActivityEntry/path``.
  /// - Returns: The entry, which is stored.
  /// - Throws: ``ActivityError``, and nothing is told; ``RoomError`` when it could not be stored.
  @discardableResult
  public func record(
    kind: ActivityEntry.Kind, text: String? = nil, by user: String? = nil, path: String? = nil
  ) async throws -> ActivityEntry {
    try await record(kind: kind, text: text, by: user.map { ActivityAuthor(user: $0) } ?? .application, path: path)
  }

  func record(
    kind: ActivityEntry.Kind, text: String?, by author: ActivityAuthor, path: String?
  ) async throws -> ActivityEntry {
    let configuration = node.configuration
    try ActivityError.check(kind: kind, text: text, user: author.user, path: path, configuration.limits)
    var generator = configuration.randomNumbers
    let entry = ActivityEntry(
      id: ActivityEntry.makeID(using: &generator), kind: kind, author: author,
      milliseconds: configuration.activity.now(), path: path, text: text)
    let handle = try await node.open(room.name)
    let room = handle.room
    let isTaken = try await room.executor.submit { room.takesActivityEvent() }.get()
    guard isTaken else { throw ActivityError(.tooManyEvents, limit: configuration.limits.activityEventsPerSecondMax) }
    try await handle.edit { ActivityLog($0, configuration.activity).put([entry]) }
    return entry
  }
}

/// Entries of a project's activity as they come. The feed stays loaded for as long as somebody follows it.
public struct ActivityTail: AsyncSequence, Sendable {
  let handle: RoomHandle
  let entries: AsyncStream<ActivityEntry>

  /// Starts to wait for entries.
  public func makeAsyncIterator() -> Iterator { Iterator(handle: handle, entries: entries.makeAsyncIterator()) }

  /// Waits for one entry after the other. A reader that falls behind by more than 1,000 loses the oldest.
  public struct Iterator: AsyncIteratorProtocol {
    let handle: RoomHandle
    var entries: AsyncStream<ActivityEntry>.AsyncIterator

    /// The next entry; nil when the feed's room has failed or the node has stopped.
    public mutating func next() async -> ActivityEntry? { await entries.next() }
  }
}

/// Why something is not told in a project's activity. Nothing has changed then.
public struct ActivityError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, as an open set: cases can be added.
  public struct Code: Equatable, Sendable {
    private enum Reason { case invalidKind, reservedKind, largeText, largePath, largeUser, tooManyEvents }
    private let reason: Reason

    /// The kind's name is none.
    public static let invalidKind = Code(reason: .invalidKind)
    /// The kind is one that only nodes tell.
    public static let reservedKind = Code(reason: .reservedKind)
    /// The text is longer than ``Limits/activityTextBytesMax``.
    public static let largeText = Code(reason: .largeText)
    /// The path is longer than ``Limits/activityPathBytesMax``.
    public static let largePath = Code(reason: .largePath)
    /// The user's name is longer than ``Limits/activityPathBytesMax``, or empty.
    public static let largeUser = Code(reason: .largeUser)
    /// More is told of the project than ``Limits/activityEventsPerSecondMax``.
    public static let tooManyEvents = Code(reason: .tooManyEvents)
  }

  /// What is wrong.
  public let code: Code
  /// One line: what is wrong, and what to do next.
  public let description: String

  init(_ code: Code, limit: Int = 0) {
    self.code = code
    description =
      switch code {
      case .invalidKind:
        "a kind has 1 to \(ActivityEntry.Kind.bytesMax) letters, digits, dots, hyphens and underscores of ASCII"
      case .reservedKind: "only nodes tell that somebody joined, left, edited, or made versions: choose another kind"
      case .largeText: "a text has at most \(limit) bytes: shorten it"
      case .largePath: "a path has at most \(limit) bytes: shorten it"
      case .largeUser: "a user has 1 to \(limit) bytes: name another"
      default: "more than \(limit) events a second are told of the project: try again later"
      }
  }

  /// - Throws: What is wrong with an event.
  static func check(
    kind: ActivityEntry.Kind, text: String?, user: String?, path: String?, _ limits: Limits
  ) throws(ActivityError) {
    guard kind.isValid else { throw ActivityError(.invalidKind) }
    guard !ActivityEntry.Kind.ofNodes.contains(kind) else { throw ActivityError(.reservedKind) }
    let textBytesMax = min(limits.activityTextBytesMax, ActivityEntry.textBytesMax)
    let pathBytesMax = min(limits.activityPathBytesMax, ActivityEntry.textBytesMax)
    if let text, text.utf8.count > textBytesMax { throw ActivityError(.largeText, limit: textBytesMax) }
    if let path, path.utf8.count > pathBytesMax { throw ActivityError(.largePath, limit: pathBytesMax) }
    if let user, !(1...pathBytesMax).contains(user.utf8.count) { throw ActivityError(.largeUser, limit: pathBytesMax) }
  }
}
