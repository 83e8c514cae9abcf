import Foundation
import GRDB

/// The tables of a store, and the statements that read them.
///
/// ```
/// documents(id, name, epoch, generation, retired,      one row a room that ever had content
///   logBytes, historyBytes, indexed)
/// updates(document, sequence, source, subject,         append-only log
///   time, bytes)
/// authors, history                                     what was folded out of it: see StoreSchema+History
/// snapshots(document, sequence, time, bytes)           covers the log up to sequence; at most one a document
/// node(id, isOpen)                                     one row: tells the node of this store from others, and whether it
///                                                      has not closed the store yet; none in a backup
/// acknowledgements(document, peer, sequence)           up to where a peer node has stored the log
/// copies(number, document, time, bytes)                documents that were put aside when another took their place
/// activity, activityWords                              what can be searched: see StoreSchema+Activity
/// probe(bytes)                                         empty, but for a moment while it is tried whether there is room
/// ```
/// Version 2 brought `node` and `acknowledgements`, version 3 `copies`, `generation` and `retired`, version 4 `isOpen` and
/// `probe`, version 5 `subject`, `authors`, `history`,
/// `logBytes` and `historyBytes`, version 6 `activity`, `activityWords` and `indexed`.
/// `epoch` is drawn when the document is created, and again whenever it is recreated, which `generation` counts; `retired`
/// is who wrote before that. Times are milliseconds since 1970.
enum StoreSchema {
  /// Marks the file as ours in SQLite's header: "CRDT".
  static let applicationID: Int64 = 0x4352_4454
  /// The version of the tables.
  static let version: Int64 = 6

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

  private static let laterTables = """
    CREATE TABLE IF NOT EXISTS node(id BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS acknowledgements(
      document INTEGER NOT NULL REFERENCES documents(id),
      peer BLOB NOT NULL,
      sequence INTEGER NOT NULL,
      PRIMARY KEY(document, peer)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS copies(
      number INTEGER PRIMARY KEY,
      document INTEGER NOT NULL REFERENCES documents(id),
      time INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS probe(bytes BLOB NOT NULL);
    """

  private static let epochColumns = """
    ALTER TABLE documents ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE documents ADD COLUMN retired BLOB NOT NULL DEFAULT x'';
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

  /// Creates the tables that the database does not have, and marks it as ours.
  ///
  /// The mark is written again in a store that exists already, so that a disk that takes no writes shows at once.
  static func prepare(_ database: Database) throws {
    if try !database.tableExists("documents") { try database.execute(sql: tables) }
    try database.execute(sql: laterTables)
    if try !hasHistory(database) {
      try database.execute(sql: "ALTER TABLE updates ADD COLUMN subject TEXT NOT NULL DEFAULT ''")
      try database.execute(sql: historyTables)
      try database.execute(sql: byteColumns)
    }
    if try !hasEpochs(database) { try database.execute(sql: epochColumns) }
    if try !hasActivity(database) { try database.execute(sql: activityTables) }
    if try !tellsWhetherOpen(database) {
      try database.execute(sql: "ALTER TABLE node ADD COLUMN isOpen INTEGER NOT NULL DEFAULT 0")
    }
    try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
  }

  /// Whether documents of the store can have been recreated.
  static func hasEpochs(_ database: Database) throws -> Bool {
    try database.columns(in: "documents").contains { $0.name == "generation" }
  }

  /// The epoch of the document `name`, and who wrote in earlier ones.
  static func epoch(of name: String, in database: Database) throws -> (Epoch, RetiredClients) {
    let statement = try database.cachedStatement(
      sql: "SELECT generation, epoch, retired FROM documents WHERE name = ? AND generation > 0")
    guard let row = try Row.fetchOne(statement, arguments: [name]) else { return (.first, RetiredClients()) }
    let epoch = Epoch(generation: row[0], id: row[1])
    return (epoch, try RetiredClients(bytes: try bytes(in: row, at: 2)))
  }

  /// What was put aside of the document `name`, the oldest first.
  static func copies(of name: String, in database: Database) throws -> [DocumentCopy] {
    guard !name.isNoRoom, try database.tableExists("copies") else { return [] }
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT c.number, c.time, c.bytes FROM copies c JOIN documents d ON d.id = c.document
        WHERE d.name = ? ORDER BY c.number
        """, arguments: [name])
    return try rows.map { DocumentCopy(number: $0[0], milliseconds: $0[1], update: try bytes(in: $0, at: 2)) }
  }

  /// The identifier of the store's node, which is drawn when there is none.
  static func nodeID(in database: Database) throws -> PeerID {
    if let row = try Row.fetchOne(database, sql: "SELECT id FROM node"), let id = PeerID(try bytes(in: row, at: 0)) {
      return id
    }
    var generator = SystemRandomNumberGenerator()
    let id = PeerID.random(using: &generator)
    try database.execute(sql: "INSERT INTO node(id) VALUES (?)", arguments: [Data(id.bytes)])
    return id
  }

  /// Up to where each peer has stored the log of the document `name`.
  static func acknowledgedSequences(of name: String, in database: Database) throws -> [PeerID: Int64] {
    let statement = try database.cachedStatement(
      sql: """
        SELECT a.peer, a.sequence FROM acknowledgements a JOIN documents d ON d.id = a.document WHERE d.name = ?
        """)
    var sequences: [PeerID: Int64] = [:]
    let rows = try Row.fetchCursor(statement, arguments: [name])
    while let row = try rows.next() {
      if let peer = PeerID(try bytes(in: row, at: 0)) { sequences[peer] = row[1] }
    }
    return sequences
  }

  /// The names of the documents whose log `peer` is not known to have stored to its end.
  static func unacknowledged(by peer: PeerID, in database: Database) throws -> [String] {
    let sql = """
      SELECT d.name FROM documents d
      LEFT JOIN acknowledgements a ON a.document = d.id AND a.peer = ?
      WHERE coalesce(a.sequence, 0) < max(
        coalesce((SELECT max(sequence) FROM updates WHERE document = d.id), 0),
        coalesce((SELECT sequence FROM snapshots WHERE document = d.id), 0))
      ORDER BY d.name
      """
    return try String.fetchAll(database, sql: sql, arguments: [Data(peer.bytes)])
  }

  /// All that is stored of the document `name`, or nil when there is nothing.
  static func document(named name: String, in database: Database) throws -> StoredDocument? {
    guard !name.isNoRoom else { return nil }
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

  static func bytes(in row: Row, at column: Int) throws -> [UInt8] {
    try row.withUnsafeData(atIndex: column) { [UInt8]($0 ?? Data()) }
  }
}
