/// What is looked for in a project's activity. All that is said must hold of an entry.
public struct ActivityQuery: Equatable, Sendable {
  /// Whose entries: ``ActivityEntry/user``; nil for everybody's, empty for those of whom it is not known.
  public var user: String?
  /// Of which kind.
  public var kind: ActivityEntry.Kind?
  /// At which place, or at places inside of it.
  public var path: String?
  /// Only what was done later, in milliseconds since 1970.
  public var after: Int64?
  /// Only what was done by then.
  public var until: Int64?
  /// Words that an entry's text has: each of them begins one there. Case and accents do not matter, and all that is neither a
  /// letter nor a digit divides words. The first 32 words count; text without any finds nothing, but for blanks, which are
  /// no search at all.
  public var search: String?
  /// Only what is older: ``ActivityPage/next`` of the page before.
  public var before: ActivityEntry.Cursor?
  /// How many entries at most: 1 to ``limitMax``; what is beyond counts as these.
  public var limit = 50

  /// The most entries of a page.
  public static let limitMax = 500

  /// Everything, the newest first.
  public init() {}
}

/// Entries of a project's activity, the newest first.
public struct ActivityPage: Codable, Equatable, Sendable {
  /// The entries.
  public let entries: [ActivityEntry]
  /// Where the next page begins, ``ActivityQuery/before``; nil when there are no more.
  public let next: String?
}

extension ActivityQuery {
  /// The limit within its bounds.
  var limitInBounds: Int { min(max(limit, 1), ActivityQuery.limitMax) }

  /// The path without a slash at its end; nil for all places.
  var pathPrefix: String? {
    guard let path, !path.isEmpty else { return nil }
    return path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// The words that are searched for; nil when there is no search.
  var words: SearchWords? {
    guard let search, search.contains(where: { !$0.isWhitespace }) else { return nil }
    return SearchWords(search)
  }

  /// A page of all entries that are known, the newest first.
  ///
  /// - Parameter entries: At least as many as a page takes and one more, if there are so many: those that match.
  func page(_ entries: [ActivityEntry]) -> ActivityPage {
    let limit = limitInBounds
    let shown = Array(entries.prefix(limit))
    return ActivityPage(entries: shown, next: entries.count > limit ? shown.last?.cursor.description : nil)
  }

  /// Whether an entry is looked for, whatever the limit.
  package func includes(_ entry: ActivityEntry) -> Bool { matches(entry, words) }

  /// Whether an entry is looked for.
  ///
  /// - Parameter words: ``words``, which take a while to find.
  func matches(_ entry: ActivityEntry, _ words: SearchWords?) -> Bool {
    if let user, (entry.user ?? "").withoutNUL != user.withoutNUL { return false }
    if let kind, entry.kind != kind { return false }
    if let prefix = pathPrefix?.withoutNUL {
      let path = (entry.path ?? "").withoutNUL.utf8
      guard path.starts(with: prefix.utf8), path.count == prefix.utf8.count || path.starts(with: "\(prefix)/".utf8)
      else {
        return false
      }
    }
    if let after, entry.milliseconds <= after { return false }
    if let until, entry.milliseconds > until { return false }
    if let before, entry.cursor >= before { return false }
    return words?.areIn(entry.text ?? "") ?? true
  }
}

extension String {
  /// The text as SQLite's columns have it, which end at a NUL.
  var withoutNUL: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}
