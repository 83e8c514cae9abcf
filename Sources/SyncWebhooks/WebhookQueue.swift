import Foundation
import GRDB
import SyncNode

/// The deliveries that wait or were given up, in an SQLite file of their own: a node's store is for documents, and a backup of
/// it must not send again what was sent.
///
/// ```
/// deliveries(number, id, url, event, room, time, body,     one row for each event and webhook, until it is delivered
///   attempts, next, failure)                               next is NULL once it is dead
/// ```
final class WebhookQueue: Sendable {
  /// Marks the file as ours in SQLite's header: "CRDW".
  private static let applicationID: Int64 = 0x4352_4457
  private static let version: Int64 = 1

  private static let tables = """
    CREATE TABLE deliveries(
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      url TEXT NOT NULL,
      event TEXT NOT NULL,
      room TEXT,
      time INTEGER NOT NULL,
      body BLOB NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      next INTEGER,
      failure TEXT
    );
    CREATE INDEX due ON deliveries(url, next, number);
    """

  /// How many deliveries wait for a webhook and were given up.
  struct Counts: Equatable, Sendable {
    var pending = 0
    var dead = 0
    /// Why the last attempt failed of those that are there.
    var lastFailure: String?
  }

  private let database: DatabaseQueue
  private let path: String
  private let schedule: WebhookSchedule

  /// Opens the queue in the file at `path`, which is made if need be; nil for one in memory.
  ///
  /// - Throws: When the file cannot be opened, or is something else; it is then as it was.
  init(path: String?, schedule: WebhookSchedule = WebhookSchedule(), isReadOnly: Bool = false) throws(WebhookError) {
    self.path = path ?? "memory"
    self.schedule = schedule
    do {
      var configuration = GRDB.Configuration()
      configuration.busyMode = .timeout(5)
      configuration.readonly = isReadOnly
      guard let path else {
        database = try DatabaseQueue(configuration: configuration)
        try database.write { try WebhookQueue.prepare($0) }
        return
      }
      database = try DatabaseQueue(path: path, configuration: configuration)
      if isReadOnly {
        try database.read { database in
          try WebhookQueue.validate(database)
          guard try database.tableExists("deliveries") else { throw WebhookError("there is nothing in \(path)") }
        }
        return
      }
      try database.writeWithoutTransaction { database in
        // Before anything is written into a file that may be another's.
        try WebhookQueue.validate(database)
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        try database.inTransaction {
          try WebhookQueue.prepare(database)
          return .commit
        }
      }
    } catch let error as WebhookError {
      throw error
    } catch {
      throw WebhookError("cannot open the webhooks' queue \(path ?? "in memory"): \(error)")
    }
  }

  private static func validate(_ database: Database) throws {
    let id = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let found = try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    if id == 0, found == 0, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0 { return }
    guard id == applicationID, found == version else {
      throw WebhookError(
        "the file of the webhooks' queue is something else, or of another version: it was left as it is")
    }
  }

  private static func prepare(_ database: Database) throws {
    guard try !database.tableExists("deliveries") else { return }
    try database.execute(sql: tables)
    try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
  }

  func close() throws { try database.close() }

  // MARK: What the relay does

  /// Lets an event wait for webhooks, each with an identifier of its own. Returns at once.
  ///
  /// - Parameter completion: Called on a thread of the queue.
  func append(
    _ event: WebhookEvent, for urls: [String], now: Int64,
    completion: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    let schedule = schedule
    database.asyncWrite { database in
      for url in urls {
        let pending = try Int.fetchOne(
          database, sql: "SELECT count(*) FROM deliveries WHERE url = ? AND next IS NOT NULL", arguments: [url])
        let hasRoom = pending ?? 0 < schedule.pendingMax
        let insertion = try database.cachedStatement(
          sql: """
            INSERT INTO deliveries(id, url, event, room, time, body, next, failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """)
        try insertion.execute(arguments: [
          "msg_\(UUID().uuidString.lowercased())", url, event.kind.rawValue, event.room, event.milliseconds,
          Data(event.body), hasRoom ? now : nil, hasRoom ? nil : "\(schedule.pendingMax) others waited",
        ])
        if !hasRoom { try WebhookQueue.boundDead(of: url, to: schedule.deadMax, in: database) }
      }
    } completion: { _, result in
      completion(result)
    }
  }

  /// The deliveries that are due, the longest waiting first, and when the first of those after is.
  func due(for url: String, now: Int64, limit: Int) async throws -> (deliveries: [WebhookDelivery], next: Int64?) {
    try await database.read { database in
      let due = try WebhookQueue.deliveries(
        "url = ? AND next <= ? ORDER BY next, number LIMIT ?", [url, now, limit], in: database)
      let next = try Int64.fetchOne(
        database, sql: "SELECT min(next) FROM deliveries WHERE url = ? AND next > ?", arguments: [url, now])
      return (due, next)
    }
  }

  /// Forgets what was delivered.
  func remove(_ delivery: WebhookDelivery) async throws {
    try await database.write { database in
      try database.cachedStatement(sql: "DELETE FROM deliveries WHERE id = ?").execute(arguments: [delivery.id])
    }
  }

  /// Notes a failed attempt.
  ///
  /// - Parameter next: When to try again; nil for never.
  func note(_ failure: String, of delivery: WebhookDelivery, next: Int64?) async throws {
    let deadMax = schedule.deadMax
    try await database.write { database in
      try database.execute(
        sql: "UPDATE deliveries SET attempts = attempts + 1, next = ?, failure = ? WHERE id = ?",
        arguments: [next, failure, delivery.id])
      if next == nil { try WebhookQueue.boundDead(of: delivery.url, to: deadMax, in: database) }
    }
  }

  /// Gives up what waits for webhooks that there are no more.
  func keepOnly(_ urls: [String]) throws(WebhookError) {
    do {
      try database.write { database in
        try database.execute(
          sql: """
            UPDATE deliveries SET next = NULL, failure = 'there is no such webhook any more'
            WHERE next IS NOT NULL AND url NOT IN (\(WebhookQueue.places(urls)))
            """, arguments: StatementArguments(urls))
      }
    } catch {
      throw WebhookError("cannot write the webhooks' queue \(path): \(error)")
    }
  }

  private static func boundDead(of url: String, to count: Int, in database: Database) throws {
    try database.execute(
      sql: """
        DELETE FROM deliveries WHERE number IN
          (SELECT number FROM deliveries WHERE url = ? AND next IS NULL ORDER BY number DESC LIMIT -1 OFFSET ?)
        """, arguments: [url, count])
  }

  // MARK: What people look at

  /// What is there of a webhook.
  func counts(of url: String) async throws -> Counts {
    try await database.read { database in
      func count(_ condition: String) throws -> Int {
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM deliveries WHERE url = ? AND next \(condition)", arguments: [url]) ?? 0
      }
      let failure = try String.fetchOne(
        database,
        sql: "SELECT failure FROM deliveries WHERE url = ? AND failure IS NOT NULL ORDER BY number DESC LIMIT 1",
        arguments: [url])
      return Counts(pending: try count("IS NOT NULL"), dead: try count("IS NULL"), lastFailure: failure)
    }
  }

  /// Deliveries, the latest first.
  func deliveries(_ state: WebhookDelivery.State?, limit: Int) async throws -> [WebhookDelivery] {
    let condition =
      switch state {
      case .pending: "next IS NOT NULL"
      case .dead: "next IS NULL"
      case nil: "TRUE"
      }
    return try await database.read {
      try WebhookQueue.deliveries("\(condition) ORDER BY number DESC LIMIT ?", [limit], in: $0)
    }
  }

  /// Lets dead deliveries be tried from the beginning, those of webhooks that are there.
  ///
  /// - Parameter ids: Which; nil for all.
  /// - Returns: How many those are.
  func retry(_ ids: [String]?, for urls: [String], now: Int64) async throws -> Int {
    try await change(
      ids, "UPDATE deliveries SET attempts = 0, next = ? WHERE url IN (\(WebhookQueue.places(urls))) AND next IS NULL",
      [now] + urls)
  }

  /// Forgets dead deliveries.
  ///
  /// - Parameter ids: Which; nil for all.
  /// - Returns: How many those were.
  func discard(_ ids: [String]?) async throws -> Int {
    try await change(ids, "DELETE FROM deliveries WHERE next IS NULL", [])
  }

  private func change(
    _ ids: [String]?, _ sql: String, _ values: [any DatabaseValueConvertible & Sendable]
  ) async throws -> Int {
    let which = ids.map { " AND id IN (\(WebhookQueue.places($0)))" } ?? ""
    return try await database.write { database in
      try database.execute(sql: sql + which, arguments: StatementArguments(values + (ids ?? [])))
      return database.changesCount
    }
  }

  private static func places(_ values: [String]) -> String { values.map { _ in "?" }.joined(separator: ", ") }

  private static func deliveries(
    _ condition: String, _ values: [any DatabaseValueConvertible], in database: Database
  ) throws -> [WebhookDelivery] {
    let sql = "SELECT id, url, event, room, time, attempts, next, failure, body FROM deliveries WHERE \(condition)"
    return try Row.fetchAll(database, sql: sql, arguments: StatementArguments(values)).map { row in
      WebhookDelivery(
        id: row[0], url: row[1], event: row[2], room: row[3], milliseconds: row[4], attempts: row[5],
        nextMilliseconds: row[6], failure: row[7], body: String(decoding: row[8] as Data, as: UTF8.self))
    }
  }
}
