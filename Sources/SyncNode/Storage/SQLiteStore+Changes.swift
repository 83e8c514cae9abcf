import CRDT
import Foundation
import GRDB

/// What a store writes, inside of a transaction.
extension SQLiteStore {
  /// Appends an update, unless it does not follow the last one: a room whose updates could not be stored may have handed
  /// over more before it heard of that.
  ///
  /// - Returns: Whether it was appended.
  static func append(_ record: UpdateRecord, time: Int64, to database: Database) throws -> Bool {
    let document = try documentID(of: record.name, in: database)
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO updates(document, sequence, source, subject, time, bytes) SELECT ?1, ?2, ?3, ?4, ?5, ?6
        WHERE ?2 = 1 + coalesce(
          (SELECT max(sequence) FROM updates WHERE document = ?1),
          (SELECT sequence FROM snapshots WHERE document = ?1), 0)
        """)
    try statement.execute(arguments: [
      document, record.sequence, record.source, record.subject ?? "", time, Data(record.bytes),
    ])
    guard database.changesCount == 1 else { return false }
    let count = try database.cachedStatement(sql: "UPDATE documents SET logBytes = logBytes + ? WHERE id = ?")
    try count.execute(arguments: [record.bytes.count, document])
    return true
  }

  /// Counts the bytes of a document's log and history anew.
  static func countBytes(of document: Int64, in database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        UPDATE documents SET logBytes = \(StoreSchema.logBytes), historyBytes = \(StoreSchema.historyBytes) WHERE id = ?
        """)
    try statement.execute(arguments: [document])
  }

  static func insert(_ record: AcknowledgementRecord, into database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO acknowledgements(document, peer, sequence)
        SELECT id, ?, ? FROM documents WHERE name = ?
        """)
    try statement.execute(arguments: [Data(record.peer.bytes), record.sequence, record.name])
  }

  /// Replaces a log by a snapshot.
  ///
  /// - Parameter historyMilliseconds: How long the log is kept in the document's history.
  static func replaceLog(
    by snapshot: SnapshotRecord, historyMilliseconds: Int64, time: Int64, in database: Database
  ) throws {
    let document = try documentID(of: snapshot.name, in: database)
    if historyMilliseconds > 0 { try archiveLog(of: document, upTo: snapshot.sequence, in: database) }
    try limitHistory(of: document, milliseconds: historyMilliseconds, time: time, in: database)
    if historyMilliseconds <= 0 {
      // First, so that its pages can be used again when there are no others.
      let deletion = try database.cachedStatement(sql: "DELETE FROM updates WHERE document = ? AND sequence <= ?")
      try deletion.execute(arguments: [document, snapshot.sequence])
    }
    let statement = try database.cachedStatement(
      sql: "INSERT OR REPLACE INTO snapshots(document, sequence, time, bytes) VALUES (?, ?, ?, zeroblob(?))")
    try statement.execute(arguments: [document, snapshot.sequence, time, snapshot.bytes.count])
    try snapshot.bytes.withUnsafeBytes { try database.write($0, toSnapshotOf: document) }
    try countBytes(of: document, in: database)
  }

  static func begin(_ record: EpochRecord, time: Int64, in database: Database) throws {
    let document = try documentID(of: record.name, in: database)
    try database.execute(
      sql: "UPDATE documents SET generation = ?, epoch = ?, retired = ? WHERE id = ?",
      arguments: [
        Int64(clamping: record.epoch.generation), Int64(clamping: record.epoch.id), Data(record.retired.bytes),
        document,
      ])
    guard let sequence = record.sequence else { return }
    if let copy = record.copy {
      try database.execute(
        sql: "INSERT INTO copies(document, time, bytes) VALUES (?, ?, ?)", arguments: [document, time, Data(copy)])
    }
    for table in ["updates", "snapshots", "history"] {
      try database.execute(sql: "DELETE FROM \(table) WHERE document = ?", arguments: [document])
    }
    try deleteActivity(of: document, in: database)
    try database.execute(sql: "UPDATE acknowledgements SET sequence = 0 WHERE document = ?", arguments: [document])
    // An empty update.
    try database.execute(
      sql: "INSERT INTO updates(document, sequence, source, time, bytes) VALUES (?, ?, 'new epoch', ?, x'0000')",
      arguments: [document, sequence, time])
    try countBytes(of: document, in: database)
  }

  /// The number of the document `name`, which is created if need be.
  static func documentID(of name: String, in database: Database) throws -> Int64 {
    let lookup = try database.cachedStatement(sql: "SELECT id FROM documents WHERE name = ?")
    if let id = try Int64.fetchOne(lookup, arguments: [name]) { return id }
    let insertion = try database.cachedStatement(sql: "INSERT INTO documents(name, epoch) VALUES (?, ?)")
    // 53 bits, so that a JavaScript client can hold the epoch.
    try insertion.execute(arguments: [name, Int64.random(in: 1..<1 << 53)])
    return database.lastInsertedRowID
  }
}
