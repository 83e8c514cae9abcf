import CRDT
import Foundation
import GRDB

// A room's history: what was folded out of its log, then the log itself.
//
// authors(id, subject, source)
// history(document, last, part, first, author, updates, start, end, bytes)
//
// The rows of a document with the same `last` are one moment, a row for each author; the moments follow one another without
// a gap, up to the snapshot. The first may be all that was there before the history began.
extension StoreSchema {
  static let historyTables = """
    CREATE TABLE IF NOT EXISTS authors(
      id INTEGER PRIMARY KEY,
      subject TEXT NOT NULL,
      source TEXT NOT NULL,
      UNIQUE(subject, source)
    );
    CREATE TABLE IF NOT EXISTS history(
      document INTEGER NOT NULL REFERENCES documents(id),
      last INTEGER NOT NULL,
      part INTEGER NOT NULL,
      first INTEGER NOT NULL,
      author INTEGER NOT NULL REFERENCES authors(id),
      updates INTEGER NOT NULL,
      start INTEGER NOT NULL,
      end INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY(document, last, part)
    ) WITHOUT ROWID;
    """

  /// What is counted with a document, so that rooms are listed without reading all logs.
  static let byteColumns = """
    ALTER TABLE documents ADD COLUMN logBytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE documents ADD COLUMN historyBytes INTEGER NOT NULL DEFAULT 0;
    UPDATE documents SET logBytes = \(logBytes);
    """

  /// Bytes in the log and in the history of a row of `documents`, in SQL.
  static let logBytes = "(SELECT coalesce(sum(length(bytes)), 0) FROM updates WHERE document = documents.id)"
  static let historyBytes = "(SELECT coalesce(sum(length(bytes)), 0) FROM history WHERE document = documents.id)"

  /// Whether the store keeps what it folds out of logs.
  static func hasHistory(_ database: Database) throws -> Bool { try database.tableExists("history") }

  /// The updates of a document's log up to `sequence`, in moments.
  static func moments(
    of document: Int64, upTo sequence: Int64 = .max, in database: Database
  ) throws -> [HistoryMoments.Moment] {
    let subject = try hasHistory(database) ? "subject" : "''"
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT sequence, \(subject), source, time FROM updates WHERE document = ? AND sequence <= ? ORDER BY sequence
        """, arguments: [document, sequence])
    var moments = HistoryMoments()
    while let row = try rows.next() {
      let subject: String = row[1]
      let author = Author((subject.isEmpty ? nil : subject, row[2]))
      moments.append(.init(sequence: row[0], author: author, time: row[3]))
    }
    return moments.moments
  }

  /// All that an author wrote in a moment of the log.
  ///
  /// - Throws: ``UpdateError``, or SQLite's error.
  static func update(_ part: HistoryMoments.Part, of document: Int64, in database: Database) throws -> [UInt8] {
    let statement = try database.cachedStatement(sql: "SELECT bytes FROM updates WHERE document = ? AND sequence = ?")
    let updates = try part.sequences.map { sequence -> [UInt8] in
      let row = try Row.fetchOne(statement, arguments: [document, sequence])
      return try row.map { try bytes(in: $0, at: 0) } ?? []
    }
    return updates.count == 1 ? updates[0] : try Update.merge(updates)
  }

  /// Hands over the history of a document, the oldest first.
  ///
  /// - Parameters:
  ///   - start: Only moments that end after this update.
  ///   - sequence: The moment with this update is the last.
  ///   - body: Called with each entry.
  static func forEachEntry(
    of document: Int64, after start: Int64 = 0, through sequence: Int64 = .max, in database: Database,
    _ body: (HistoryEntry) throws -> Void
  ) throws {
    var entries = try archive(
      of: document, in: database, "first <= ? AND last > ? ORDER BY last, part", [sequence, start])
    while let entry = try entries.next() { try body(entry) }
    for moment in try moments(of: document, upTo: sequence, in: database) where moment.sequences.upperBound > start {
      for part in moment.parts { try body(try entry(part, in: moment, of: document, in: database)) }
    }
  }

  /// The last entries of a document's history, the newest first.
  ///
  /// - Parameters:
  ///   - sequence: Only moments that end before this update; nil for all.
  ///   - limit: How many entries at most. Those of one moment may be divided.
  static func newestEntries(
    of document: Int64, before sequence: Int64?, limit: Int, in database: Database
  ) throws -> [HistoryEntry] {
    var result: [HistoryEntry] = []
    for moment in try moments(of: document, in: database).reversed() {
      guard moment.sequences.upperBound < sequence ?? .max else { continue }
      for part in moment.parts.reversed() {
        guard result.count < limit else { return result }
        result.append(try entry(part, in: moment, of: document, in: database))
      }
    }
    var entries = try archive(
      of: document, in: database, "last < ? ORDER BY last DESC, part DESC LIMIT ?",
      [sequence ?? .max, Int64(limit - result.count)])
    while let entry = try entries.next() { result.append(entry) }
    return result
  }

  /// The number of the last update that was stored at a time or before; nil when there is none, or when the history does not
  /// go back as far.
  static func sequence(of document: Int64, at milliseconds: Int64, in database: Database) throws -> Int64? {
    let newest = try Int64.fetchOne(
      database, sql: "SELECT max(sequence) FROM updates WHERE document = ? AND time <= ?",
      arguments: [document, milliseconds])
    if let newest { return newest }
    guard try hasHistory(database) else { return nil }
    return try Int64.fetchOne(
      database, sql: "SELECT max(last) FROM history WHERE document = ? AND start <= ?",
      arguments: [document, milliseconds])
  }

  private static func entry(
    _ part: HistoryMoments.Part, in moment: HistoryMoments.Moment, of document: Int64, in database: Database
  ) throws -> HistoryEntry {
    HistoryEntry(
      moment: moment.sequences, updates: part.sequences.count, author: part.author, milliseconds: part.times,
      update: try update(part, of: document, in: database))
  }

  /// Reads the archived part of a history.
  private struct Archive {
    let rows: RowCursor?
    /// All that is known of the time before, where the store has no history yet.
    var beginning: HistoryEntry?

    mutating func next() throws -> HistoryEntry? {
      if let entry = beginning {
        beginning = nil
        return entry
      }
      guard let row = try rows?.next() else { return nil }
      let (first, last): (Int64, Int64) = (row[0], row[1])
      let (start, end): (Int64, Int64) = (row[5], row[6])
      guard first <= last, start <= end else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a moment ends before it begins")
      }
      let subject: String = row[2]
      return HistoryEntry(
        moment: first...last, updates: row[4], author: Author(subject: subject.isEmpty ? nil : subject, source: row[3]),
        milliseconds: start...end, update: try StoreSchema.bytes(in: row, at: 7))
    }
  }

  /// - Parameter condition: Which moments, and in which order; in SQL.
  private static func archive(
    of document: Int64, in database: Database, _ condition: String, _ arguments: [Int64]
  ) throws -> Archive {
    let isThere =
      try hasHistory(database)
      && Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM history WHERE document = ?)", arguments: [document]) ?? false
    guard isThere else {
      return Archive(rows: nil, beginning: try beginning(of: document, condition, arguments, in: database))
    }
    let sql = """
      SELECT first, last, subject, source, updates, start, end, bytes
      FROM history JOIN authors ON authors.id = history.author WHERE document = ? AND \(condition)
      """
    return Archive(rows: try Row.fetchCursor(database, sql: sql, arguments: StatementArguments([document] + arguments)))
  }

  /// The snapshot of a document whose history was not kept.
  private static func beginning(
    of document: Int64, _ condition: String, _ arguments: [Int64], in database: Database
  ) throws -> HistoryEntry? {
    let sql = """
      SELECT last, end, bytes FROM
      (SELECT 1 AS first, sequence AS last, 0 AS part, time AS end, bytes FROM snapshots WHERE document = ?)
      WHERE \(condition)
      """
    return try Row.fetchOne(database, sql: sql, arguments: StatementArguments([document] + arguments)).map { row in
      let (last, time): (Int64, Int64) = (row[0], row[1])
      return HistoryEntry(
        moment: 1...max(last, 1), updates: Int(last), author: .unknown, milliseconds: time...time,
        update: try bytes(in: row, at: 2))
    }
  }
}
