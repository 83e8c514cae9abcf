import CRDT
import GRDB

// The index of projects' activity.
//
// activity(number, document, entry, time, user, kind, path, value, words)
// activityWords(words)
// documents(indexed)
//
// A row of `activity` is an entry as it was last, by its identifier; `value` is what stands in the feed, as JSON, and may be
// more than the feed still keeps. `activityWords` is what FTS5 finds words by, and `indexed` up to which update of its log a
// feed is in the index, 0 where it is not. All of it can be made anew from the feeds, but for what they have given up.
extension StoreSchema {
  /// In few words: SQLite keeps them, and a store whose first page has all of its tables' can be repaired where others cannot.
  static let activityTables = """
    CREATE TABLE activity(
    number INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents(id),
    entry TEXT NOT NULL, time INTEGER NOT NULL,
    user TEXT NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
    value TEXT NOT NULL, words TEXT NOT NULL,
    UNIQUE(document, entry));
    CREATE INDEX activityTimes ON activity(document, time, entry);
    CREATE VIRTUAL TABLE activityWords USING fts5(words, content=activity, content_rowid=number);
    ALTER TABLE documents ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
    """

  /// Whether the store has an index of activity.
  static func hasActivity(_ database: Database) throws -> Bool { try database.tableExists("activity") }

  /// Up to which update the index has the feed `name`; nil when it has nothing of it.
  static func indexedSequence(of name: String, in database: Database) throws -> Int64? {
    guard try hasActivity(database) else { return nil }
    let statement = try database.cachedStatement(
      sql: "SELECT indexed FROM documents WHERE name = ? AND indexed > 0")
    return try Int64.fetchOne(statement, arguments: [name])
  }

  /// The number of the last update of a document.
  static func lastSequence(of document: Int64, in database: Database) throws -> Int64 {
    let statement = try database.cachedStatement(
      sql: """
        SELECT coalesce(
          (SELECT max(sequence) FROM updates WHERE document = ?1),
          (SELECT sequence FROM snapshots WHERE document = ?1), 0)
        """)
    return try Int64.fetchOne(statement, arguments: [document]) ?? 0
  }

  /// A page of the activity in the feed `name`.
  static func activity(
    of name: String, _ query: ActivityQuery, in database: Database
  ) throws -> ActivityPage {
    guard !name.isNoRoom,
      let document = try Int64.fetchOne(database, sql: "SELECT id FROM documents WHERE name = ?", arguments: [name])
    else { return ActivityPage(entries: [], next: nil) }
    let limit = query.limitInBounds + 1
    if try indexedSequence(of: name, in: database) == lastSequence(of: document, in: database) {
      return query.page(try indexed(in: document, query, limit: limit, database))
    }
    // The feed knows better: what is there is left out of what the index has, and may have grown since.
    let stored = try self.document(named: name, in: database) ?? StoredDocument()
    let entries = try unindexed(stored)
    let words = query.words
    var found = entries.filter { query.matches($0, words) }
    if try hasActivity(database) {
      let known = Set(entries.map(\.id))
      let others = try indexed(in: document, query, limit: limit + entries.count, database)
      found = (found + others.filter { !known.contains($0.id) }).sorted { $0.cursor > $1.cursor }
    }
    return query.page(found)
  }

  private static func unindexed(_ stored: StoredDocument) throws -> [ActivityEntry] {
    do {
      return ActivityLog.entries(of: try Document(stored))
    } catch {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a feed cannot be read: \(error)")
    }
  }

  /// The entries of a feed that the index has, the newest first.
  private static func indexed(
    in document: Int64, _ query: ActivityQuery, limit: Int, _ database: Database
  ) throws -> [ActivityEntry] {
    var conditions = ["document = ?"]
    var arguments: [any DatabaseValueConvertible] = [document]
    func require(_ condition: String, _ values: (any DatabaseValueConvertible)...) {
      conditions.append(condition)
      arguments += values
    }
    if let words = query.words {
      guard let expression = words.expression else { return [] }
      require("number IN (SELECT rowid FROM activityWords WHERE activityWords MATCH ?)", expression)
    }
    if let user = query.user { require("user = ?", user.withoutNUL) }
    if let kind = query.kind { require("kind = ?", kind.rawValue.withoutNUL) }
    if let prefix = query.pathPrefix?.withoutNUL {
      require("(path = ? OR substr(path, 1, length(?) + 1) = ?)", prefix, prefix, "\(prefix)/")
    }
    if let after = query.after { require("time > ?", after) }
    if let until = query.until { require("time <= ?", until) }
    if let before = query.before { require("(time, entry) < (?, ?)", before.milliseconds, before.id.withoutNUL) }
    let sql = """
      SELECT time, value FROM activity WHERE \(conditions.joined(separator: " AND "))
      ORDER BY time DESC, entry DESC LIMIT ?
      """
    let rows = try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments + [limit]))
    return rows.compactMap { row in
      guard let value = try? Value(json: row[1] as String) else { return nil }
      return ActivityEntry(BoundedLog.Entry(value, time: row[0]))
    }
  }

  /// What is wrong with the index of activity, a sentence each.
  static func wrongActivity(in database: Database) throws -> [String] {
    guard try hasActivity(database) else { return [] }
    var findings: [String] = []
    let unfound = """
      SELECT count(*) FROM activity a LEFT JOIN activityWords_docsize w ON w.id = a.number WHERE w.id IS NULL
      """
    let surplus = """
      SELECT count(*) FROM activityWords_docsize w LEFT JOIN activity a ON a.number = w.id WHERE a.number IS NULL
      """
    if try Int.fetchOne(database, sql: unfound) ?? 0 > 0 { findings.append("activity: entries are not in the index") }
    if try Int.fetchOne(database, sql: surplus) ?? 0 > 0 { findings.append("activity: the index has entries of none") }
    let names = try String.fetchAll(
      database,
      sql: """
        SELECT name FROM documents WHERE indexed > coalesce(
          (SELECT max(sequence) FROM updates WHERE document = documents.id),
          (SELECT sequence FROM snapshots WHERE document = documents.id), 0)
        ORDER BY name
        """)
    return findings + names.map { "room \($0): the index of activity goes beyond it" }
  }
}

extension StoreReader {
  /// A page of what was done in a project, the newest first; empty when nothing is known of it.
  ///
  /// - Parameters:
  ///   - project: The part of its room's name behind `project:`.
  ///   - query: What is looked for.
  /// - Throws: `damaged`, `failed`.
  /// - Complexity: As of ``ActivityFeed/entries(_:)``.
  public func activity(of project: String, _ query: ActivityQuery = ActivityQuery()) throws(StoreError) -> ActivityPage
  {
    try read { try StoreSchema.activity(of: "\(FeedRoom.Kind.activity.rawValue):\(project)", query, in: $0) }
  }
}
