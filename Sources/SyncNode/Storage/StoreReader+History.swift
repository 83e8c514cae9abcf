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
    var options = Document.Options()
    options.collectsGarbage = false
    let past = try read(name) { [options] id, database -> Replay in
      let replay = Replay(document: Document(options: options))
      let last: Int64 =
        switch moment {
        case .update(let number): number
        case .time(let milliseconds): try StoreSchema.sequence(of: id, at: milliseconds, in: database) ?? 0
        }
      try StoreSchema.forEachEntry(of: id, through: last, in: database) { try replay.apply($0) }
      return replay
    }
    return past.map { PastDocument(document: $0.document, updates: $0.updates, milliseconds: $0.milliseconds) }
  }

  /// A document that a history is applied to.
  // Sendable: one thread has it at a time.
  private final class Replay: @unchecked Sendable {
    let document: Document
    var updates: Int64 = 0
    var milliseconds: Int64?

    init(document: Document) { self.document = document }

    func apply(_ entry: HistoryEntry) throws {
      do {
        try document.apply(entry.update)
      } catch {
        throw DatabaseError(
          resultCode: .SQLITE_CORRUPT, message: "updates \(entry.moment) cannot be read: \(error)")
      }
      updates = entry.moment.upperBound
      milliseconds = max(milliseconds ?? .min, entry.milliseconds.upperBound)
    }
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
    try Int64.fetchOne(database, sql: "SELECT id FROM documents WHERE name = ?", arguments: [name])
  }
}
