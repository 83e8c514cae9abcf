import CRDT
import SyncNode

/// A store, at rest or while a relay writes it; only at rest it can be changed.
struct StoreReplica: Replica {
  /// Its SQLite file.
  let path: String

  var place: String { path }

  /// Opens the store for reading.
  func open() throws(Failure) -> StoreReader {
    do {
      return try StoreReader(path: path)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// What `body` reads.
  ///
  /// - Throws: ``Failure`` for errors of the store, and what else `body` throws.
  private func read<Result>(_ body: (StoreReader) throws -> Result) throws -> Result {
    let store = try open()
    do {
      return try body(store)
    } catch let error as StoreError {
      throw Failure(.unreachable, "\(error)")
    }
  }

  func rooms(named name: String?) throws -> [RoomReport] {
    let rooms = try read { try $0.rooms() }
    return rooms.filter { name == nil || $0.name == name }.map { RoomReport(stored: $0) }
  }

  func storedDocument(of room: String) throws -> Document? { try read { try $0.document(named: room) } }

  func storedDocument(of room: String, at moment: StoreReader.Moment) throws -> StoreReader.PastDocument? {
    try read { try $0.document(named: room, at: moment) }
  }

  func readHistory(of room: String, _ body: (HistoryEntry) throws -> Void) throws -> Bool {
    try read { try $0.forEachEntry(of: room, body) }
  }

  func verify(_ progress: Progress) throws -> StoreVerification {
    let store = try open()
    do {
      return try store.verify { room, done, count in progress.note("reading room", done, of: count, room) }
    } catch {
      throw Failure(error.code == .damaged ? .check : .unreachable, "\(error)")
    }
  }

  func storedCopies(of room: String) throws -> [DocumentCopy] { try read { try $0.copies(of: room) } }

  func status() throws -> ReplicaStatus {
    let queues = try read { try $0.queues() }
    return ReplicaStatus(
      node: nil, storeFailure: nil, links: nil,
      replication: queues.map {
        ReplicaStatus.Room(room: $0.room, peer: $0.peer, ahead: $0.updates, behind: nil, isConnected: nil)
      })
  }

  func edit(_ room: String, _ body: (Document) throws -> Void) async throws -> RoomChange {
    try await transaction { RoomChange(try $0.edit(room, author: .commandLine, body)) }
  }

  func merge(_ update: [UInt8], into room: String) async throws -> RoomChange {
    try await transaction { RoomChange(try $0.merge(update, into: room, author: .commandLine)) }
  }

  func write(to rooms: [String], _ document: (Int) throws -> ImportedDocument) async throws -> [RoomChange] {
    try await transaction { transaction in
      try rooms.enumerated().map { try document($0).write(to: $1, in: transaction) }
    }
  }

  private func transaction<Result>(_ body: (StoreTransaction) throws -> Result) async throws -> Result {
    try await write(createsMissing: true) { try $0.transaction(body) }
  }

  /// What `body` writes to the store, which must not be in use.
  ///
  /// - Throws: ``Failure``, or what `body` throws beside errors of the store.
  func write<Result>(
    history: Duration? = nil, createsMissing: Bool = false, _ body: (StoreWriter) throws -> Result
  ) async throws -> Result {
    do {
      return try await StoreWriter.withStore(at: path, history: history, createsMissing: createsMissing, body)
    } catch let error as StoreError {
      switch error.code {
      case .damaged: throw Failure(.check, "\(error)")
      case .outdated: throw Failure(.refused, "\(error)")
      default: throw Failure(.unreachable, "\(error)")
      }
    }
  }
}
