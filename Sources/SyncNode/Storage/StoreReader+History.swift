import CRDT
import GRDB

extension StoreReader {
  /// A moment in a room's history.
  public enum Moment: Equatable, Sendable {
    /// After so many updates.
    case update(Int64)
    /// At a time in milliseconds since 1970.
    case time(milliseconds: Int64)
  }

  /// A document as it once was.
  public struct PastDocument {
    /// The document, with what had been deleted by then.
    public let document: Document
    /// The updates that are in it. Updates of the same moment are there together or not at all, so these may be a few more
    /// than was asked for.
    public let updates: Int64
    /// When the last of them was stored, in milliseconds since 1970; nil when there are none.
    public let milliseconds: Int64?

    /// The document that the entries of a history lead to.
    ///
    /// - Parameter entries: All up to a moment, the oldest first.
    /// - Throws: The error of the first that cannot be read.
    public init(of entries: some Sequence<HistoryEntry>) throws(UpdateError) {
      let replay = Replay()
      for entry in entries { try replay.apply(entry) }
      self = replay.result
    }

    private init(document: Document, updates: Int64, milliseconds: Int64?) {
      self.document = document
      self.updates = updates
      self.milliseconds = milliseconds
    }

    /// A document that a history is applied to.
    // Sendable: one thread has it at a time.
    fileprivate final class Replay: @unchecked Sendable {
      private let document: Document
      private var updates: Int64 = 0
      private var milliseconds: Int64?

      init() {
        var options = Document.Options()
        options.collectsGarbage = false
        document = Document(options: options)
      }

      var result: PastDocument { PastDocument(document: document, updates: updates, milliseconds: milliseconds) }

      func apply(_ entry: HistoryEntry) throws(UpdateError) {
        try document.apply(entry.update)
        updates = entry.moment.upperBound
        milliseconds = max(milliseconds ?? .min, entry.milliseconds.upperBound)
      }
    }
  }

  /// The last entries of a room's history, the newest first; nil when the store has no such room.
  ///
  /// - Parameters:
  ///   - update: Only moments that end before this update; nil for all.
  ///   - limit: How many entries at most.
  /// - Throws: `damaged`, `failed`.
  /// - Complexity: O(*n*) in the log that is not folded yet and in the bytes of what is returned.
  public func history(
    of name: String, before update: Int64? = nil, limit: Int = .max
  ) throws(StoreError) -> [HistoryEntry]? {
    try read(name) { document, database in
      try StoreSchema.newestEntries(of: document, before: update, limit: max(limit, 0), in: database)
    }
  }

  /// A part of a room's history, the oldest entries first.
  public struct HistoryPage: Sendable {
    /// The entries, whole moments of them.
    public let entries: [HistoryEntry]
    /// Whether there were none after them when they were read.
    public let isLast: Bool
  }

  /// The entries of a room's history behind an update, as many whole moments as take about so many bytes, and one at least;
  /// nil when the store has no such room.
  ///
  /// The moment that is being written grows from one page to the next: an entry of a page takes the place of those before
  /// it that are of the same updates.
  ///
  /// - Parameters:
  ///   - update: Only moments that end after this update; 0 for the first page, then the last update of the page before.
  ///   - end: The moment that is the last of all; nil for no end.
  /// - Throws: `damaged`, `failed`.
  /// - Complexity: O(*n*) in the log that is not folded yet and in the bytes of what is returned.
  public func historyPage(
    of name: String, after update: Int64 = 0, through end: Moment? = nil, ofAbout byteCount: Int
  ) throws(StoreError) -> HistoryPage? {
    try read(name) { document, database in
      let last = try end.map { try StoreReader.sequence(of: $0, in: document, database) } ?? .max
      var entries: [HistoryEntry] = []
      var bytes = 0
      do {
        try StoreSchema.forEachEntry(of: document, after: update, through: last, in: database) { entry in
          if let last = entries.last, bytes >= byteCount, entry.moment != last.moment { throw PageEnd() }
          entries.append(entry)
          bytes += entry.update.count
        }
      } catch is PageEnd {
        return HistoryPage(entries: entries, isLast: false)
      }
      return HistoryPage(entries: entries, isLast: true)
    }
  }

  /// There is more than fits into a page.
  private struct PageEnd: Error {}

  /// The number of the last update at a moment.
  private static func sequence(of moment: Moment, in document: Int64, _ database: Database) throws -> Int64 {
    switch moment {
    case .update(let number): number
    case .time(let milliseconds): try StoreSchema.sequence(of: document, at: milliseconds, in: database) ?? 0
    }
  }

  /// Hands over all entries of a room's history, the oldest first.
  ///
  /// - Returns: Whether the store has such a room.
  /// - Throws: ``StoreError`` (`damaged`, `failed`), or what `body` throws.
  /// - Complexity: O(*n*) in the history's bytes; one entry is in memory at a time.
  @discardableResult
  public func forEachEntry(of name: String, _ body: (HistoryEntry) throws -> Void) throws -> Bool {
    do {
      return try database.read { database in
        guard let document = try StoreReader.document(named: name, in: database) else { return false }
        try StoreSchema.forEachEntry(of: document, in: database, body)
        return true
      }
    } catch let error as DatabaseError {
      throw StoreError(error, path: path)
    }
  }

  /// The document of a room as it was at a moment; nil when the store has no such room.
  ///
  /// - Throws: `damaged`, `failed`.
  /// - Complexity: O(*n*) in the history's bytes up to then.
  public func document(named name: String, at moment: Moment) throws(StoreError) -> PastDocument? {
    let past = try read(name) { id, database -> PastDocument.Replay in
      let replay = PastDocument.Replay()
      let last = try StoreReader.sequence(of: moment, in: id, database)
      try StoreSchema.forEachEntry(of: id, through: last, in: database) { entry in
        do {
          try replay.apply(entry)
        } catch {
          throw DatabaseError(
            resultCode: .SQLITE_CORRUPT, message: "updates \(entry.moment) cannot be read: \(error)")
        }
      }
      return replay
    }
    return past?.result
  }

  private func read<Result: Sendable>(
    _ name: String, _ body: (_ document: Int64, Database) throws -> Result
  ) throws(StoreError) -> Result? {
    try read { database in
      try StoreReader.document(named: name, in: database).map { try body($0, database) }
    }
  }

  /// The number of the document `name`; nil when there is none.
  private static func document(named name: String, in database: Database) throws -> Int64? {
    guard !name.isNoRoom else { return nil }
    return try Int64.fetchOne(database, sql: "SELECT id FROM documents WHERE name = ?", arguments: [name])
  }
}
