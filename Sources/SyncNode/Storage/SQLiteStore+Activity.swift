import CRDT
import GRDB

extension SQLiteStore {
  /// Adds entries to the index of activity; those that it has already take their place if they are newer.
  static func index(_ record: ActivityIndexRecord, in database: Database) throws {
    let document = try documentID(of: record.name, in: database)
    // What was to be stored before may not have been.
    guard record.sequence <= (try StoreSchema.lastSequence(of: document, in: database)) else { return }
    for entry in record.entries { try index(entry, of: document, in: database) }
    let note = try database.cachedStatement(sql: "UPDATE documents SET indexed = ? WHERE id = ?")
    try note.execute(arguments: [record.sequence, document])
    if let timeMin = record.timeMin { try deleteActivity(of: document, "time < ?", [timeMin], in: database) }
    if let countMax = record.countMax {
      let surplus = """
        number IN (SELECT number FROM activity WHERE document = ? ORDER BY time DESC, entry DESC LIMIT -1 OFFSET ?)
        """
      try deleteActivity(of: document, surplus, [document, max(countMax, 0)], in: database)
    }
  }

  private static func index(_ entry: ActivityEntry, of document: Int64, in database: Database) throws {
    let lookup = try database.cachedStatement(
      sql: "SELECT number, time, value, words FROM activity WHERE document = ? AND entry = ?")
    let value = entry.logged.value.jsonString()
    let words = SearchWords.indexed(entry.text ?? "")
    if let known = try Row.fetchOne(lookup, arguments: [document, entry.id.withoutNUL]) {
      guard entry.milliseconds > known[1] || (entry.milliseconds == known[1] && value != known[2]) else { return }
      try deleteActivity(of: document, "number = ?", [known[0] as Int64], in: database)
    }
    let insertion = try database.cachedStatement(
      sql: """
        INSERT INTO activity(document, entry, time, user, kind, path, value, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try insertion.execute(arguments: [
      document, entry.id.withoutNUL, entry.milliseconds, (entry.user ?? "").withoutNUL, entry.kind.rawValue,
      (entry.path ?? "").withoutNUL, value, words,
    ])
    try indexWords(words, of: database.lastInsertedRowID, in: database)
  }

  /// Lets an entry be found by its words.
  static func indexWords(_ words: String, of number: Int64, in database: Database) throws {
    try database.cachedStatement(sql: "INSERT INTO activityWords(rowid, words) VALUES (?, ?)")
      .execute(arguments: [number, words])
  }

  /// Forgets entries of a feed.
  ///
  /// - Parameter condition: Which of them, in SQL.
  private static func deleteActivity(
    of document: Int64, _ condition: String, _ values: [any DatabaseValueConvertible], in database: Database
  ) throws {
    let arguments = StatementArguments([document] + values)
    let which = "FROM activity WHERE document = ? AND \(condition)"
    // First, since the index of words is told what it is to forget.
    try database.cachedStatement(
      sql: "INSERT INTO activityWords(activityWords, rowid, words) SELECT 'delete', number, words \(which)"
    )
    .execute(arguments: arguments)
    try database.cachedStatement(sql: "DELETE \(which)").execute(arguments: arguments)
  }

  /// Forgets the activity of a feed that begins anew.
  static func deleteActivity(of document: Int64, in database: Database) throws {
    try deleteActivity(of: document, "TRUE", [], in: database)
    try database.execute(sql: "UPDATE documents SET indexed = 0 WHERE id = ?", arguments: [document])
  }

  /// How long the log of a room is kept in its history, of what is kept of others: activity tells itself what was before, and
  /// an entry that grew would be there in all its sizes.
  static func historyMilliseconds(_ milliseconds: Int64, of name: String) -> Int64 {
    FeedRoom(name: name)?.kind == .activity ? 0 : milliseconds
  }
}
