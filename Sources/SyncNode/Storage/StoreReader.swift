import CRDT
import Foundation
import GRDB

/// Reads a store at rest, or beside the relay that writes it. Nothing is written and no lock is taken.
public struct StoreReader: Sendable {
  /// What a store says of one room.
  public struct Room: Codable, Equatable, Sendable {
    /// The room's name, as it stands in its URL.
    public let name: String
    /// Drawn when the document was created, and again when it was recreated.
    public let epoch: Int64
    /// Updates stored since the room's first.
    public let updates: Int64
    /// Updates in the log, not yet covered by the snapshot.
    public let logUpdates: Int
    /// Bytes of the log and the snapshot together.
    public let bytes: Int
    /// Bytes of what was folded out of the log and is kept as its history.
    public let historyBytes: Int
    /// When the room was last written, in milliseconds since 1970.
    public let modifiedMilliseconds: Int64
  }

  let path: String
  let database: DatabaseQueue

  /// Opens the store at `path`.
  ///
  /// - Throws: Any ``StoreError`` but `inUse` and `diskFull`.
  public init(path: String) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else { throw StoreError(.missing, path: path) }
    self.path = path
    do {
      database = try StoreReader.open(path: path)
      let isStore = try database.read { database in try StoreSchema.validate(database, path: path) }
      guard isStore else { throw StoreError(.foreign, path: path, detail: "an empty file") }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// How databases are opened for reading.
  static var configuration: GRDB.Configuration {
    var configuration = GRDB.Configuration()
    configuration.label = "store-reader"
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    return configuration
  }

  /// Opens the database at `path` for reading only.
  ///
  /// A database in WAL mode that nobody has open has no `-wal` beside it, and SQLite would create one even to read. Such
  /// a file is opened as immutable: a relay that starts meanwhile writes to its own `-wal` first, long after the
  /// milliseconds that reading takes.
  static func open(path: String, _ configuration: GRDB.Configuration = configuration) throws -> DatabaseQueue {
    if FileManager.default.fileExists(atPath: path + "-wal") {
      return try DatabaseQueue(path: path, configuration: configuration)
    }
    // Only these three end or alter the path in a `file:` address.
    let escaped = path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23")
    return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
  }

  /// All rooms, by name.
  ///
  /// - Complexity: O(*n* log *u*) for *n* rooms and *u* updates in their logs.
  /// - Throws: `damaged`, `failed`.
  public func rooms() throws(StoreError) -> [Room] {
    try read { database in
      let columns = try StoreSchema.hasHistory(database) ? ["logBytes", "historyBytes"] : [StoreSchema.logBytes, "0"]
      let sql = """
        SELECT name, epoch, s.sequence, length(s.bytes), s.time, \(columns[0]), \(columns[1]),
          (SELECT min(sequence) FROM updates WHERE document = documents.id),
          (SELECT max(sequence) FROM updates WHERE document = documents.id),
          (SELECT time FROM updates WHERE document = documents.id ORDER BY sequence DESC LIMIT 1)
        FROM documents LEFT JOIN snapshots s ON s.document = documents.id ORDER BY name
        """
      return try Row.fetchAll(database, sql: sql).map { row in
        let (first, last): (Int64?, Int64?) = (row[7], row[8])
        return Room(
          name: row[0],
          epoch: row[1],
          updates: max(row[2] as Int64? ?? 0, last ?? 0),
          logUpdates: first.flatMap { first in last.map { Int($0 - first + 1) } } ?? 0,
          bytes: (row[3] as Int? ?? 0) + (row[5] as Int),
          historyBytes: row[6],
          modifiedMilliseconds: max(row[4] as Int64? ?? 0, row[9] as Int64? ?? 0))
      }
    }
  }

  /// The document of the room `name`, or nil when the store has no such room.
  ///
  /// - Throws: `damaged`, `failed`.
  public func document(named name: String) throws(StoreError) -> Document? {
    let stored = try read { database in try StoreSchema.document(named: name, in: database) }
    guard let stored else { return nil }
    do {
      return try Document(stored)
    } catch {
      throw StoreError(.damaged, path: path, detail: "room \(name): \(error)")
    }
  }

  /// What was put aside of the room `name`, the oldest first.
  ///
  /// - Throws: `damaged`, `failed`.
  public func copies(of name: String) throws(StoreError) -> [DocumentCopy] {
    try read { database in try StoreSchema.copies(of: name, in: database) }
  }

  /// What other nodes are not known to have stored, by room and node, whether it is replicated there or not.
  ///
  /// - Throws: `damaged`, `failed`.
  public func queues() throws(StoreError) -> [PeerQueue] { try read { try StoreSchema.queues(in: $0) } }

  /// Checks the whole store: SQLite's structure, the numbers of all logs, and whether all in it can be read.
  ///
  /// - Parameter progress: Called before each room is read, with its name and how many were read before, of how many.
  /// - Returns: What was read, and what is wrong with it.
  /// - Throws: `damaged`, `failed`, when it cannot even be told.
  public func verify(
    progress: (_ room: String, _ done: Int, _ count: Int) -> Void = { _, _, _ in }
  ) throws(StoreError) -> StoreVerification {
    try read { try StoreSchema.verify($0, progress: progress) }
  }

  func read<Result: Sendable>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
    do {
      return try database.read(body)
    } catch {
      throw StoreError(error, path: path)
    }
  }
}
