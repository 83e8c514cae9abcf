import CRDT
import GRDB

/// What a check of a whole store came to.
public struct StoreVerification: Codable, Equatable, Sendable {
  /// Rooms in the store.
  public internal(set) var rooms = 0
  /// Updates, entries of histories, snapshots and copies that were read.
  public internal(set) var updates = 0
  /// Their bytes.
  public internal(set) var bytes = 0
  /// What is wrong, a sentence each, the first 100; empty when nothing is.
  public internal(set) var findings: [String] = []

  fileprivate static let findingsMax = 100

  mutating func note(_ finding: String) {
    if findings.count < StoreVerification.findingsMax { findings.append(finding) }
  }
}

// What must hold of a store beyond what SQLite knows.
extension StoreSchema {
  /// Bytes of updates and snapshots that are read when a store is opened that was not closed: the newest ones, since what
  /// is older was read before.
  static let bytesCheckedMax = 64 << 20
  /// And how many.
  private static let updatesCheckedMax = 100_000

  /// Checks what a crash can have touched: how the logs are numbered, and whether what was written last can be read.
  ///
  /// - Throws: `damaged`, or SQLite's error.
  static func checkAfterCrash(_ database: Database, path: String, bytesMax: Int = bytesCheckedMax) throws {
    var findings = try misnumberedLogs(in: database)
    findings += try unreadableNewest(in: database, bytesMax: bytesMax)
    if let finding = findings.first { throw StoreError(.damaged, path: path, detail: finding) }
  }

  /// Checks everything: SQLite's own structure, and all documents and copies by reading them.
  ///
  /// - Complexity: O(*n*) for *n* bytes in the store; in memory is one document at a time.
  static func verify(
    _ database: Database, progress: (_ room: String, _ done: Int, _ count: Int) -> Void = { _, _, _ in }
  ) throws -> StoreVerification {
    var result = StoreVerification()
    let limit = StoreVerification.findingsMax
    for finding in try String.fetchAll(database, sql: "PRAGMA integrity_check(\(limit))") where finding != "ok" {
      result.note("SQLite: \(finding)")
    }
    // What lies on damaged pages cannot be read.
    guard result.findings.isEmpty else { return result }
    for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check") {
      result.note("table \(row[0] as String): a row of no room")
    }
    let findings = try misnumberedLogs(in: database) + misnumberedHistories(in: database)
    for finding in try findings + acknowledgedBeyondLogs(in: database) { result.note(finding) }
    for finding in try wrongActivity(in: database) { result.note(finding) }
    // What is missing is not in the count either.
    if result.findings.isEmpty {
      for finding in try miscounted(in: database) { result.note(finding) }
    }
    if try database.tableExists("node"), try Int.fetchOne(database, sql: "SELECT count(*) FROM node") ?? 0 > 1 {
      result.note("the store has more than one node")
    }
    let names = try String.fetchAll(database, sql: "SELECT name FROM documents ORDER BY name")
    result.rooms = names.count
    for (index, name) in names.enumerated() {
      progress(name, index, names.count)
      try verify(name, in: database, &result)
    }
    return result
  }

  private static func verify(_ name: String, in database: Database, _ result: inout StoreVerification) throws {
    if try hasEpochs(database) {
      do {
        _ = try epoch(of: name, in: database)
      } catch let error as UpdateError {
        result.note("room \(name): who wrote in earlier epochs cannot be read: \(error)")
      }
    }
    for copy in try copies(of: name, in: database) {
      read(copy.update, as: "copy \(copy.number)", of: name, into: Document(), &result)
    }
    let document = Document()
    let snapshots = try Row.fetchCursor(
      database,
      sql: "SELECT bytes FROM snapshots WHERE document = (SELECT id FROM documents WHERE name = ?)", arguments: [name])
    while let row = try snapshots.next() {
      read(try bytes(in: row, at: 0), as: "its snapshot", of: name, into: document, &result)
    }
    try verifyHistory(of: name, leadingTo: document, in: database, &result)
    let updates = try Row.fetchCursor(
      database,
      sql: """
        SELECT sequence, bytes FROM updates WHERE document = (SELECT id FROM documents WHERE name = ?) ORDER BY sequence
        """, arguments: [name])
    while let row = try updates.next() {
      read(try bytes(in: row, at: 1), as: "update \(row[0] as Int64)", of: name, into: document, &result)
    }
  }

  /// Checks that what was folded out of a log makes the document of the snapshot.
  private static func verifyHistory(
    of name: String, leadingTo snapshot: Document, in database: Database, _ result: inout StoreVerification
  ) throws {
    guard try hasHistory(database) else { return }
    let sql = """
      SELECT last, bytes FROM history
      WHERE document = (SELECT id FROM documents WHERE name = ?) ORDER BY last, part
      """
    let rows = try Row.fetchCursor(database, sql: sql, arguments: [name])
    let past = Document()
    var isEmpty = true
    while let row = try rows.next() {
      isEmpty = false
      let what = "the history up to update \(row[0] as Int64)"
      read(try bytes(in: row, at: 1), as: what, of: name, into: past, &result)
    }
    if !isEmpty && past.snapshot != snapshot.snapshot {
      result.note("room \(name): its history does not make its snapshot")
    }
  }

  private static func read(
    _ update: [UInt8], as what: String, of name: String, into document: Document, _ result: inout StoreVerification
  ) {
    result.updates += 1
    result.bytes += update.count
    do {
      try document.apply(update)
    } catch {
      result.note("room \(name): \(what) cannot be read: \(error)")
    }
  }

  /// Logs in which an update is missing.
  ///
  /// - Parameter room: The only one to look at; nil for all.
  static func misnumberedLogs(of room: String? = nil, in database: Database) throws -> [String] {
    let generation = try hasEpochs(database) ? "d.generation" : "0"
    let sql = """
      SELECT d.name, s.sequence, count(u.sequence), min(u.sequence), max(u.sequence), \(generation)
      FROM documents d LEFT JOIN snapshots s ON s.document = d.id JOIN updates u ON u.document = d.id
      WHERE ?1 IS NULL OR d.name = ?1 GROUP BY d.id ORDER BY d.name
      """
    return try Row.fetchAll(database, sql: sql, arguments: [room]).compactMap { row in
      let (name, snapshot): (String, Int64?) = (row[0], row[1])
      let (count, first, last): (Int64, Int64, Int64) = (row[2], row[3], row[4])
      guard last - first + 1 == count else { return "room \(name): an update between \(first) and \(last) is missing" }
      // A new epoch goes on counting.
      let expected = snapshot.map { $0 + 1 } ?? (row[5] as Int64 > 0 ? first : 1)
      return first == expected ? nil : "room \(name): the log begins with update \(first) instead of \(expected)"
    }
  }

  /// Histories in which an update is missing, or which do not go up to the snapshot.
  private static func misnumberedHistories(in database: Database) throws -> [String] {
    guard try hasHistory(database) else { return [] }
    let sql = """
      SELECT d.name, first, last, lead(first) OVER (PARTITION BY d.id ORDER BY last), s.sequence FROM
        (SELECT document, min(first) AS first, last FROM history GROUP BY document, last) h
      JOIN documents d ON d.id = h.document LEFT JOIN snapshots s ON s.document = d.id
      ORDER BY d.name, last
      """
    return try Row.fetchAll(database, sql: sql).compactMap { row in
      let (name, first, last): (String, Int64, Int64) = (row[0], row[1], row[2])
      if first > last { return "room \(name): the history up to update \(last) begins with update \(first)" }
      if let next: Int64 = row[3] {
        return next == last + 1 ? nil : "room \(name): the history has a gap or an overlap after update \(last)"
      }
      let end: Int64 = row[4] ?? 0
      return end == last ? nil : "room \(name): the history ends with update \(last) instead of \(end)"
    }
  }

  /// Documents whose log or history is not as large as was counted.
  private static func miscounted(in database: Database) throws -> [String] {
    guard try hasHistory(database) else { return [] }
    let sql = """
      SELECT name FROM documents WHERE logBytes != \(logBytes) OR historyBytes != \(historyBytes) ORDER BY name
      """
    return try String.fetchAll(database, sql: sql).map { "room \($0): the size of its log or history is miscounted" }
  }

  /// Peers that are said to have stored what is not there.
  private static func acknowledgedBeyondLogs(in database: Database) throws -> [String] {
    guard try database.tableExists("acknowledgements") else { return [] }
    let sql = """
      SELECT d.name, a.sequence FROM acknowledgements a JOIN documents d ON d.id = a.document
      WHERE a.sequence > max(
        coalesce((SELECT max(sequence) FROM updates WHERE document = d.id), 0),
        coalesce((SELECT sequence FROM snapshots WHERE document = d.id), 0))
      ORDER BY d.name
      """
    return try Row.fetchAll(database, sql: sql).map { row in
      "room \(row[0] as String): a peer has stored update \(row[1] as Int64), which is not there"
    }
  }

  /// Updates and snapshots that cannot be read, among those that were written last.
  private static func unreadableNewest(in database: Database, bytesMax: Int) throws -> [String] {
    let newest = """
      SELECT document, sequence, time, 0 FROM updates UNION ALL SELECT document, sequence, time, 1 FROM snapshots
      ORDER BY 3 DESC LIMIT \(updatesCheckedMax)
      """
    let update = try database.cachedStatement(sql: "SELECT bytes FROM updates WHERE document = ? AND sequence = ?")
    let snapshot = try database.cachedStatement(sql: "SELECT bytes FROM snapshots WHERE document = ? AND sequence = ?")
    var byteCount = 0
    let keys = try Row.fetchCursor(database, sql: newest)
    while byteCount < bytesMax, let key = try keys.next() {
      let (document, sequence, isSnapshot): (Int64, Int64, Bool) = (key[0], key[1], key[3])
      let statement = isSnapshot ? snapshot : update
      guard let row = try Row.fetchOne(statement, arguments: [document, sequence]) else { continue }
      let bytes = try bytes(in: row, at: 0)
      byteCount += bytes.count
      do {
        _ = try Update.stateVector(of: bytes)
      } catch {
        let name = try String.fetchOne(database, sql: "SELECT name FROM documents WHERE id = ?", arguments: [document])
        let what = isSnapshot ? "its snapshot" : "update \(sequence)"
        return ["room \(name ?? "?"): \(what) cannot be read: \(error)"]
      }
    }
    return []
  }
}
