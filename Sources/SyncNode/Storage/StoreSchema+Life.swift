import GRDB

extension StoreSchema {
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
