import GRDB

extension StoreSchema {
  /// Whether the store notes that it is open.
  static func tellsWhetherOpen(_ database: Database) throws -> Bool {
    guard try database.tableExists("node") else { return false }
    return try database.columns(in: "node").contains { $0.name == "isOpen" }
  }

  /// Whether the last node that had the store open did not close it: it crashed, or is still at work.
  static func isOpen(_ database: Database) throws -> Bool {
    guard try tellsWhetherOpen(database) else { return false }
    return try Bool.fetchOne(database, sql: "SELECT isOpen FROM node") ?? false
  }

  /// Notes that a node opens the store, or closes it.
  static func note(isOpen: Bool, in database: Database) throws {
    try database.execute(sql: "UPDATE node SET isOpen = ?", arguments: [isOpen])
  }

  /// Bytes that must have room for a store to count as one that takes writes.
  private static let probeBytes = 256 << 10

  /// Writes and deletes something, in two transactions so that it really gets there.
  ///
  /// - Throws: What keeps the store from being written.
  static func probe(_ database: Database) throws {
    try database.inTransaction {
      try database.execute(sql: "DELETE FROM probe; INSERT INTO probe(bytes) VALUES (zeroblob(\(probeBytes)))")
      return .commit
    }
    try database.execute(sql: "DELETE FROM probe")
  }
}
