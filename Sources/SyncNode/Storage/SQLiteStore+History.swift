import CRDT
import Foundation
import GRDB

extension SQLiteStore {
  /// Moves the log of a document up to an update into its history, moment by moment, and so makes it smaller: most of an
  /// update that was typed is what says whose it is and where it belongs.
  ///
  /// To be called before the snapshot is replaced: what is there before the history begins is taken from it.
  static func archiveLog(of document: Int64, upTo sequence: Int64, in database: Database) throws {
    try beginHistory(of: document, in: database)
    let deletion = try database.cachedStatement(
      sql: "DELETE FROM updates WHERE document = ? AND sequence BETWEEN ? AND ?")
    for moment in try StoreSchema.moments(of: document, upTo: sequence, in: database) {
      var number = 0
      for part in moment.parts {
        do {
          try archive(part, number: number, in: moment.sequences, of: document, in: database)
          number += 1
        } catch is UpdateError {
          // What cannot be read cannot be merged; it stays as it is.
          for sequence in part.sequences {
            let single = HistoryMoments.Part(author: part.author, sequences: [sequence], times: part.times)
            try archive(single, number: number, in: moment.sequences, of: document, in: database)
            number += 1
          }
        }
      }
      // At once, so that its pages can be used again when there are no others.
      try deletion.execute(arguments: [document, moment.sequences.lowerBound, moment.sequences.upperBound])
    }
  }

  /// Forgets what is older of a document's history than it is kept for. Its bytes are to be counted anew then.
  ///
  /// - Parameters:
  ///   - milliseconds: How long it is kept.
  ///   - time: Now, since 1970.
  static func limitHistory(
    of document: Int64, milliseconds: Int64, time: Int64, in database: Database
  ) throws {
    if milliseconds <= 0 {
      try deleteHistory(of: document, in: database)
    } else if milliseconds < time {
      do {
        try trimHistory(of: document, before: time - milliseconds, in: database)
      } catch is UpdateError {
        // What cannot be read stays as it is; a check names it.
      }
    }
  }

  /// Folds what is older than a time into one entry of no author, without what was deleted by then.
  ///
  /// - Parameter milliseconds: Since 1970.
  /// - Throws: ``UpdateError`` when it cannot be read, SQLite's error.
  static func trimHistory(of document: Int64, before milliseconds: Int64, in database: Database) throws {
    let old = try Row.fetchOne(
      database,
      sql: """
        SELECT max(last), count(DISTINCT last), min(first), min(start), max(end) FROM history
        WHERE document = ?1 AND last < coalesce(
          (SELECT min(last) FROM history WHERE document = ?1 AND end >= ?2), \(Int64.max))
        """, arguments: [document, milliseconds])
    guard let old, let last: Int64 = old[0], old[1] as Int > 1 else { return }
    let beginning = Document()
    try StoreSchema.forEachEntry(of: document, through: last, in: database) { try beginning.apply($0.update) }
    let (first, start, end): (Int64, Int64, Int64) = (old[2], old[3], old[4])
    try database.execute(sql: "DELETE FROM history WHERE document = ? AND last <= ?", arguments: [document, last])
    try database.execute(
      sql: insertion + "VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)",
      arguments: [
        document, last, first, try authorID(.unknown, in: database), last - first + 1, start, end,
        Data(beginning.encodeUpdate()),
      ])
  }

  static let insertion =
    "INSERT INTO history(document, last, part, first, author, updates, start, end, bytes) "

  /// Forgets the history of a document.
  static func deleteHistory(of document: Int64, in database: Database) throws {
    try database.cachedStatement(sql: "DELETE FROM history WHERE document = ?").execute(arguments: [document])
  }

  /// Makes what was there before a document had a history its first moment.
  private static func beginHistory(of document: Int64, in database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        \(insertion)
        SELECT document, sequence, 0, 1, ?1, sequence, time, time, bytes FROM snapshots
        WHERE document = ?2 AND NOT EXISTS (SELECT 1 FROM history WHERE document = ?2)
        """)
    let hasSnapshot = try database.cachedStatement(sql: "SELECT 1 FROM snapshots WHERE document = ?")
    guard try Int.fetchOne(hasSnapshot, arguments: [document]) != nil else { return }
    try statement.execute(arguments: [try authorID(.unknown, in: database), document])
  }

  private static func archive(
    _ part: HistoryMoments.Part, number: Int, in moment: ClosedRange<Int64>, of document: Int64, in database: Database
  ) throws {
    let author = try authorID(part.author, in: database)
    let columns: [any DatabaseValueConvertible] = [
      document, moment.upperBound, number, moment.lowerBound, author, part.sequences.count, part.times.lowerBound,
      part.times.upperBound,
    ]
    if part.sequences.count == 1 {
      // It may be as large as a document: it never leaves SQLite.
      let statement = try database.cachedStatement(
        sql: insertion
          + "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, bytes FROM updates WHERE document = ?1 AND sequence = ?9")
      return try statement.execute(arguments: StatementArguments(columns + [part.sequences[0]]))
    }
    let statement = try database.cachedStatement(sql: insertion + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    let update = try StoreSchema.update(part, of: document, in: database)
    try statement.execute(arguments: StatementArguments(columns + [Data(update)]))
  }

  static func authorID(_ author: Author, in database: Database) throws -> Int64 {
    let lookup = try database.cachedStatement(sql: "SELECT id FROM authors WHERE subject = ? AND source = ?")
    let arguments: StatementArguments = [author.subject ?? "", author.source]
    if let id = try Int64.fetchOne(lookup, arguments: arguments) { return id }
    try database.cachedStatement(sql: "INSERT INTO authors(subject, source) VALUES (?, ?)").execute(
      arguments: arguments)
    return database.lastInsertedRowID
  }
}
