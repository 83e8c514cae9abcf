import Foundation
import GRDB

/// The tables of a store, and the statements that read them.
///
/// ```
/// documents(id, name, epoch)                           one row a room that ever had content
/// updates(document, sequence, source, time, bytes)     append-only log
/// snapshots(document, sequence, time, bytes)           covers the log up to sequence; at most one a document
/// ```
/// `epoch` is drawn when the document is created: the same name in a new store is another document. Times are
/// milliseconds since 1970.
enum StoreSchema {
  /// Marks the file as ours in SQLite's header: "CRDT".
  static let applicationID: Int64 = 0x4352_4454
  /// The version of the tables.
  static let version: Int64 = 1

  private static let tables = """
    CREATE TABLE documents(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      epoch INTEGER NOT NULL
    );
    CREATE TABLE updates(
      document INTEGER NOT NULL REFERENCES documents(id),
      sequence INTEGER NOT NULL,
      source TEXT NOT NULL,
      time INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY(document, sequence)
    ) WITHOUT ROWID;
    CREATE TABLE snapshots(
      document INTEGER PRIMARY KEY REFERENCES documents(id),
      sequence INTEGER NOT NULL,
      time INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    """

  /// Checks that the database is a store of ours in a version we know, or holds nothing at all.
  ///
  /// - Returns: Whether it is a store; false when it holds nothing.
  /// - Throws: `foreign`, `newer`, or SQLite's error.
  static func validate(_ database: Database, path: String) throws -> Bool {
    let id = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let found = try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    if id == 0, found == 0, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0 { return false }
    guard id == applicationID else { throw StoreError(.foreign, path: path, detail: "another SQLite database") }
    guard found <= version else { throw StoreError(.newer, path: path, detail: "format \(found), known \(version)") }
    return true
  }

  /// Checks that no page contradicts another.
  ///
  /// - Throws: `damaged`, or SQLite's error.
  static func checkIntegrity(_ database: Database, path: String) throws {
    let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "ok"
    guard finding == "ok" else { throw StoreError(.damaged, path: path, detail: finding) }
  }

  /// Creates the tables in a database that holds nothing, and marks it as ours.
  ///
  /// The mark is written again in a store that exists already, so that a disk that takes no writes shows at once.
  static func prepare(_ database: Database) throws {
    if try !database.tableExists("documents") { try database.execute(sql: tables) }
    try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
  }

  /// All that is stored of the document `name`, or nil when there is nothing.
  static func document(named name: String, in database: Database) throws -> StoredDocument? {
    let ids = try database.cachedStatement(sql: "SELECT id FROM documents WHERE name = ?")
    guard let id = try Int64.fetchOne(ids, arguments: [name]) else { return nil }
    var stored = StoredDocument()
    let snapshots = try database.cachedStatement(sql: "SELECT sequence, bytes FROM snapshots WHERE document = ?")
    if let row = try Row.fetchOne(snapshots, arguments: [id]) {
      stored.lastSequence = row[0]
      stored.snapshot = try bytes(in: row, at: 1)
    }
    let updates = try database.cachedStatement(
      sql: "SELECT sequence, bytes FROM updates WHERE document = ? ORDER BY sequence")
    let rows = try Row.fetchCursor(updates, arguments: [id])
    while let row = try rows.next() {
      stored.lastSequence = max(stored.lastSequence, row[0])
      stored.updates.append(try bytes(in: row, at: 1))
    }
    return stored
  }

  private static func bytes(in row: Row, at column: Int) throws -> [UInt8] {
    try row.withUnsafeData(atIndex: column) { [UInt8]($0 ?? Data()) }
  }
}
