import CRDT
import Foundation
import GRDB
import Logging

/// Writes a store that no node has open, by the same rules as a node.
///
/// It holds the store's lock, so no node opens the store meanwhile. Each change is a transaction: a process that ends in the
/// middle of one leaves the store as it was before.
public final class StoreWriter: Sendable {
  let path: String
  let store: SQLiteStore
  /// How long what is folded out of logs is kept in histories.
  private let historyMilliseconds: Int64

  private init(path: String, history: Duration?) throws(StoreError) {
    self.path = path
    historyMilliseconds = SQLiteStore.milliseconds(history)
    let logger = Logger(label: "store") { _ in SwiftLogNoOpLogHandler() }
    store = try SQLiteStore(path: path, durability: .full, history: history, logger: logger)
  }

  /// Opens the store at `path` for the length of `body`, and closes it however that ends.
  ///
  /// - Parameters:
  ///   - history: How long what is folded out of logs is kept; nil for ever, zero for not at all.
  ///   - createsMissing: Whether a store that is not there is made.
  /// - Throws: Any ``StoreError`` but `exists`, with the file as it was; or what `body` throws.
  public static func withStore<Result>(
    at path: String, history: Duration? = nil, createsMissing: Bool = false, _ body: (StoreWriter) throws -> Result
  ) async throws -> Result {
    // Before the lock, whose file lies beside the store: what is no store of ours is left alone.
    if !createsMissing || FileManager.default.fileExists(atPath: path) { _ = try StoreReader(path: path) }
    let writer = try StoreWriter(path: path, history: history)
    let result = Swift.Result { try body(writer) }
    await writer.store.close()
    return try result.get()
  }

  /// Folds the log of a room into its snapshot, as a node does with a log that has become long, and forgets what is too old
  /// of its history.
  ///
  /// - Returns: How many updates were in the log; 0 also when there is no such room.
  /// - Throws: `damaged` when the room cannot be read as a whole, `diskFull`, `failed`. The room is then as it was.
  /// - Complexity: O(*n*) in the room's bytes, all of which are in memory.
  @discardableResult
  public func fold(_ room: String) throws(StoreError) -> Int {
    try write { database in
      let time = Int64(Date().timeIntervalSince1970 * 1000)
      let history = SQLiteStore.historyMilliseconds(self.historyMilliseconds, of: room)
      guard let stored = try self.wholeDocument(of: room, in: database) else { return 0 }
      guard !stored.updates.isEmpty else {
        let id = try SQLiteStore.documentID(of: room, in: database)
        try SQLiteStore.limitHistory(of: id, milliseconds: history, time: time, in: database)
        try SQLiteStore.countBytes(of: id, in: database)
        return 0
      }
      let snapshot = SnapshotRecord(
        name: room, sequence: stored.lastSequence, bytes: try self.document(stored, of: room).encodeUpdate())
      try SQLiteStore.replaceLog(by: snapshot, historyMilliseconds: history, time: time, in: database)
      return stored.updates.count
    }
  }

  /// Gives free pages back to the file system by writing the file anew, when there are any.
  ///
  /// For that time, the disk needs room for the store a second time, and for temporary files as many.
  ///
  /// - Throws: `diskFull`, `failed`. The store is then as it was, and uses the free pages later.
  /// - Complexity: O(*n*) in the bytes of the store.
  public func vacuum() throws(StoreError) {
    do {
      try store.database.writeWithoutTransaction { database in
        guard try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 > 0 else { return }
        try database.execute(sql: "VACUUM")
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// Makes changes in one transaction.
  func write<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
    do {
      return try store.database.write(body)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// All that is stored of a room, or nil when there is nothing.
  ///
  /// - Throws: `damaged` when an update is missing in its log, or SQLite's error.
  func wholeDocument(of room: String, in database: Database) throws -> StoredDocument? {
    if let gap = try StoreSchema.misnumberedLogs(of: room, in: database).first {
      throw StoreError(.damaged, path: path, detail: gap)
    }
    return try StoreSchema.document(named: room, in: database)
  }

  /// The document of a room as it is stored.
  ///
  /// - Throws: `damaged`.
  func document(_ stored: StoredDocument, of room: String) throws(StoreError) -> Document {
    do {
      return try Document(stored)
    } catch {
      throw StoreError(.damaged, path: path, detail: "room \(room): \(error)")
    }
  }
}
