import NIOCore

/// Who is in a room, author by author: whoever comes back within a moment was there all the time.
struct ActivityPresence {
  /// Somebody who went, and may come back.
  private struct Leaving {
    let deadline: NIODeadline
    /// When it went, in milliseconds since 1970.
    let milliseconds: Int64
  }

  private var authors: [Member: ActivityAuthor] = [:]
  /// How many members each has.
  private var counts: [ActivityAuthor: Int] = [:]
  private var leaving: [ActivityAuthor: Leaving] = [:]

  /// - Returns: Whether its author was not there.
  mutating func insert(_ member: Member, _ author: ActivityAuthor) -> Bool {
    guard authors[member] == nil else { return false }
    authors[member] = author
    counts[author, default: 0] += 1
    return leaving.removeValue(forKey: author) == nil && counts[author] == 1
  }

  /// Notes that a member goes. Does nothing when it was not there.
  mutating func remove(_ member: Member, until deadline: NIODeadline, milliseconds: Int64) {
    guard let author = authors.removeValue(forKey: member), let count = counts[author] else { return }
    counts[author] = count > 1 ? count - 1 : nil
    if count == 1 { leaving[author] = Leaving(deadline: deadline, milliseconds: milliseconds) }
  }

  /// When the next of those who went has left.
  var nextDeadline: NIODeadline? { leaving.values.map(\.deadline).min() }

  /// Forgets those who have not come back in time.
  ///
  /// - Returns: Who they are and when they went, in the order in which they did.
  mutating func settle(now: NIODeadline) -> [(author: ActivityAuthor, milliseconds: Int64)] {
    let gone = leaving.filter { $0.value.deadline <= now }
    for author in gone.keys { leaving[author] = nil }
    return ActivityPresence.inOrder(gone.mapValues(\.milliseconds))
  }

  /// Forgets all.
  ///
  /// - Parameter milliseconds: When those go who are still there.
  /// - Returns: Who was there, and when they went.
  mutating func removeAll(milliseconds: Int64) -> [(author: ActivityAuthor, milliseconds: Int64)] {
    var gone = leaving.mapValues(\.milliseconds)
    for author in counts.keys { gone[author] = milliseconds }
    self = ActivityPresence()
    return ActivityPresence.inOrder(gone)
  }

  private static func inOrder(
    _ gone: [ActivityAuthor: Int64]
  ) -> [(author: ActivityAuthor, milliseconds: Int64)] {
    gone.map { (author: $0.key, milliseconds: $0.value) }.sorted {
      ($0.milliseconds, $0.author.user ?? "", $0.author.source ?? "")
        < ($1.milliseconds, $1.author.user ?? "", $1.author.source ?? "")
    }
  }
}
