import Dispatch

extension Node {
  /// Reads what is stored, beside all that goes on, on a thread that rooms do not wait for. All that is acknowledged is there.
  ///
  /// Those who read do so one after the other.
  ///
  /// - Throws: What `body` throws, or ``StoreError``: `missing` when documents are kept in memory only.
  public func readStore<Result: Sendable>(
    _ body: @escaping @Sendable (StoreReader) throws -> Result
  ) async throws -> Result {
    try await readStore(on: storeReading, body)
  }

  /// Writes a copy of the store to a new file, beside all that goes on: see ``StoreReader/backup(to:)``.
  ///
  /// - Throws: As there; `missing` when documents are kept in memory only.
  @discardableResult
  public func backup(to destination: String) async throws -> StoreVerification {
    // It takes its time, for which nobody else is to wait.
    try await readStore(on: .global(qos: .utility)) { try $0.backup(to: destination) }
  }

  /// Checks the store as a whole, beside all that goes on: see ``StoreReader/verify(progress:)``. Checks are made one after the
  /// other.
  ///
  /// - Parameter progress: Called before each room is read, with its name and how many were read before, of how many.
  /// - Throws: As there; `missing` when documents are kept in memory only.
  public func verifyStore(
    progress: @escaping @Sendable (_ room: String, _ done: Int, _ count: Int) -> Void = { _, _, _ in }
  ) async throws -> StoreVerification {
    try await readStore(on: storeChecking) { try $0.verify(progress: progress) }
  }

  private func readStore<Result: Sendable>(
    on queue: DispatchQueue, _ body: @escaping @Sendable (StoreReader) throws -> Result
  ) async throws -> Result {
    guard case .file(let path) = configuration.store else { throw StoreError(.missing, path: "memory") }
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body(StoreReader(path: path)) }) }
    }
  }

  /// All rooms that are stored, or all that are loaded where documents are kept in memory only, by name.
  ///
  /// - Parameter names: Which rooms; nil for all.
  /// - Throws: ``StoreError`` when the store cannot be read.
  public func roomReports(_ names: Set<String>? = nil) async throws -> [RoomReport] {
    func isWanted(_ name: String) -> Bool { names?.contains { $0.utf8.elementsEqual(name.utf8) } ?? true }
    let loaded = rooms.usage
    guard store.isPersistent else {
      return loaded.filter { isWanted($0.key) }.sorted { $0.key < $1.key }
        .map { RoomReport(name: $0.key, stored: nil, usage: $0.value) }
    }
    let stored = try await readStore { try $0.rooms() }.filter { isWanted($0.name) }
    return stored.map { RoomReport(name: $0.name, stored: $0, usage: loaded[$0.name]) }
  }
}

/// A room of a node.
public struct RoomReport: Codable, Sendable {
  /// How a room that is loaded is used.
  public struct Usage: Codable, Equatable, Sendable {
    /// Clients that have it open.
    public let clients: Int
    /// Nodes that have it open.
    public let peers: Int
    /// About how many bytes of memory it takes.
    public let memoryBytes: Int
  }

  /// The room's name.
  public let name: String
  /// What is stored of it; nil where nothing is.
  public let stored: StoreReader.Room?
  /// How it is used; nil while it is not loaded.
  public let usage: Usage?

  init(name: String, stored: StoreReader.Room?, usage: Usage?) {
    self.name = name
    self.stored = stored
    self.usage = usage
  }

  /// A room of a store that no node tells of.
  public init(stored: StoreReader.Room) { self.init(name: stored.name, stored: stored, usage: nil) }
}
