import Dispatch
import Foundation
import GRDB
import Logging
import Synchronization
import Tracing

/// Documents in one SQLite file: an append-only log of updates each, compacted into snapshots.
///
/// One thread writes. Whatever is asked for while a transaction runs goes into the next one together (group commit), so
/// the cost of making writes durable is shared by all rooms. Loads go on beside the writer (WAL).
final class SQLiteStore: UpdateStore {
  private struct Work: Sendable {
    enum Change: Sendable {
      case append(UpdateRecord)
      case compact(SnapshotRecord)
      case begin(EpochRecord)
      case acknowledge(AcknowledgementRecord)
      case index(ActivityIndexRecord)
    }

    let change: Change
    let completion: @Sendable (Result<Void, StoreError>) -> Void
  }

  let nodeID: PeerID
  private let path: String
  let database: DatabaseQueue
  private let reader: DatabaseQueue
  /// Nil once the store is closed.
  private let lock: Mutex<StoreLock?>
  /// How long logs are kept in histories when they are replaced by snapshots.
  private let historyMilliseconds: Int64
  private let tracer: NodeTracer
  private let logger: Logger
  let writability = Writability()
  private let writer = DispatchQueue(label: "store-writer", qos: .userInitiated)
  private let waiting = Mutex<[Work]>([])
  /// How long it is until the next look whether the store takes writes again.
  private static let probeDelays = (first: Duration.milliseconds(500), last: Duration.seconds(30))

  var isPersistent: Bool { true }

  /// Opens the store at `path`, or creates it where there is no file or an empty one.
  ///
  /// - Parameters:
  ///   - bytesMax: How large the file may become; beyond it writing fails as on a full disk.
  ///   - history: How long logs are kept in histories when they are replaced by snapshots; nil for ever.
  /// - Throws: Any ``StoreError`` but `missing`; the file is then as it was.
  init(
    path: String, durability: Durability, bytesMax: Int = .max, history: Duration? = nil,
    tracer: NodeTracer = NodeTracer(tracer: nil), logger: Logger
  ) throws(StoreError) {
    self.path = path
    historyMilliseconds = SQLiteStore.milliseconds(history)
    self.tracer = tracer
    self.logger = logger
    lock = Mutex(try StoreLock(path: path))
    do {
      if FileManager.default.fileExists(atPath: path) { try SQLiteStore.inspect(path: path) }
      var configuration = GRDB.Configuration()
      configuration.label = "store"
      configuration.journalMode = .wal
      configuration.busyMode = .timeout(5)
      database = try DatabaseQueue(path: path, configuration: configuration)
      nodeID = try database.write { database in
        try StoreSchema.prepare(database)
        let id = try StoreSchema.nodeID(in: database)
        try StoreSchema.note(isOpen: true, in: database)
        return id
      }
      try database.writeWithoutTransaction { database in
        try durability.apply(to: database)
        try SQLiteStore.limit(database, to: bytesMax)
      }
      reader = try StoreReader.open(path: path)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// How long a history is kept, in milliseconds.
  static func milliseconds(_ history: Duration?) -> Int64 {
    history.map { Int64(max($0 / .milliseconds(1), 0)) } ?? .max
  }

  /// Refuses what is not ours before anything is opened for writing, and looks closer at what was not closed.
  private static func inspect(path: String) throws {
    let reader = try StoreReader.open(path: path)
    try reader.read { database in
      guard try StoreSchema.validate(database, path: path) else { return }
      try StoreSchema.checkIntegrity(database, path: path)
      if try StoreSchema.isOpen(database) { try StoreSchema.checkAfterCrash(database, path: path) }
    }
    try reader.close()
  }

  /// Lets SQLite take no more pages than fit. One that has more already keeps those.
  private static func limit(_ database: Database, to bytesMax: Int) throws {
    guard bytesMax < .max, let pageBytes = try Int.fetchOne(database, sql: "PRAGMA page_size") else { return }
    try database.execute(sql: "PRAGMA max_page_count = \(max(bytesMax / pageBytes, 1))")
  }

  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void) {
    let path = path
    reader.asyncRead { database in
      completion(
        Result {
          let database = try database.get()
          var stored = try StoreSchema.document(named: name, in: database) ?? StoredDocument()
          stored.acknowledgedSequences = try StoreSchema.acknowledgedSequences(of: name, in: database)
          (stored.epoch, stored.retired) = try StoreSchema.epoch(of: name, in: database)
          stored.indexedSequence = try StoreSchema.indexedSequence(of: name, in: database)
          return stored
        }
        .mapError { StoreError($0, path: path) })
    }
  }

  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(Work(change: .append(record), completion: completion))
  }

  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(Work(change: .compact(snapshot), completion: completion))
  }

  func begin(_ record: EpochRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(Work(change: .begin(record), completion: completion))
  }

  func acknowledge(
    _ record: AcknowledgementRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    enqueue(Work(change: .acknowledge(record), completion: completion))
  }

  func index(_ record: ActivityIndexRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(Work(change: .index(record), completion: completion))
  }

  func copies(of name: String, completion: @escaping @Sendable (Result<[DocumentCopy], StoreError>) -> Void) {
    let path = path
    reader.asyncRead { database in
      completion(
        Result { try StoreSchema.copies(of: name, in: database.get()) }.mapError { StoreError($0, path: path) })
    }
  }

  func queues(completion: @escaping @Sendable (Result<[PeerQueue], StoreError>) -> Void) {
    let path = path
    reader.asyncRead { database in
      completion(Result { try StoreSchema.queues(in: database.get()) }.mapError { StoreError($0, path: path) })
    }
  }

  func unacknowledged(by peer: PeerID, completion: @escaping @Sendable ([String]) -> Void) {
    let logger = logger
    reader.asyncRead { database in
      do {
        completion(try StoreSchema.unacknowledged(by: peer, in: database.get()))
      } catch {
        // What is in use is compared in any case.
        logger.error("cannot tell what a peer lacks", metadata: ["error": "\(error)"])
        completion([])
      }
    }
  }

  func close() async {
    await withCheckedContinuation { continuation in
      writer.async {
        self.writeBatch()
        do {
          try self.reader.close()
          try self.database.write { try StoreSchema.note(isOpen: false, in: $0) }
          // Last, so that it folds the `-wal` file into the store and removes it.
          try self.database.close()
        } catch {
          self.logger.warning("the store did not close cleanly", metadata: ["error": "\(error)"])
        }
        self.lock.withLock { $0 = nil }
        continuation.resume()
      }
    }
  }

  private func enqueue(_ work: Work) {
    let isFirst = waiting.withLock { waiting in
      waiting.append(work)
      return waiting.count == 1
    }
    if isFirst { writer.async { self.writeBatch() } }
  }

  /// Writes all that waits: the appends in one transaction, the acknowledgements in another, activity in a third, then each snapshot and each
  /// new epoch in its own, so that a snapshot that finds no room on the disk does not fail the appends beside it. A new
  /// epoch makes what was acknowledged of the old one void, so it comes last.
  private func writeBatch() {
    let batch = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    if let failure = writability.failure {
      for work in batch { work.completion(.failure(failure)) }
      return
    }
    var appends: [Work] = []
    var large: [Work] = []
    var acknowledgements: [Work] = []
    var indexed: [Work] = []
    for work in batch {
      switch work.change {
      case .append: appends.append(work)
      case .compact, .begin: large.append(work)
      case .acknowledge: acknowledgements.append(work)
      case .index: indexed.append(work)
      }
    }
    if case .failure(let error) = write(appends, onFailure: noteFailure) {
      // What else there is may rely on what has just failed.
      for work in large + acknowledgements + indexed { work.completion(.failure(error)) }
      return
    }
    write(acknowledgements)
    write(indexed)
    for work in large { write([work]) }
  }

  /// Makes changes in one transaction.
  ///
  /// - Parameter onFailure: Called before anybody else hears of it.
  @discardableResult
  private func write(_ works: [Work], onFailure: (StoreError) -> Void = { _ in }) -> Result<Void, StoreError> {
    guard !works.isEmpty else { return .success(()) }
    let time = Int64(Date().timeIntervalSince1970 * 1000)
    let changes = works.map(\.change)
    let span = tracer.start("commit")
    span.attributes["changes"] = changes.count
    var outcome = apply(changes, time: time, historyMilliseconds: historyMilliseconds)
    if case .failure(let error) = outcome, error.code == .diskFull, historyMilliseconds > 0,
      case .compact(let snapshot)? = changes.first
    {
      // Without room for both, what is now matters more than what was.
      outcome = apply(changes, time: time, historyMilliseconds: 0)
      if case .success = outcome {
        logger.warning("no room for the history of a document: it was dropped", metadata: ["room": "\(snapshot.name)"])
      }
    }
    span.end(outcome)
    switch outcome {
    case .success(let refused):
      for (index, work) in works.enumerated() {
        let isRefused = refused.contains(index)
        work.completion(
          isRefused ? .failure(StoreError(.failed, path: path, detail: "one before it is missing")) : .success(()))
      }
      return .success(())
    case .failure(let error):
      onFailure(error)
      for work in works { work.completion(.failure(error)) }
      return .failure(error)
    }
  }

  /// Makes changes in one transaction.
  ///
  /// - Returns: Which of them were refused, since one before is missing.
  private func apply(_ changes: [Work.Change], time: Int64, historyMilliseconds: Int64) -> Result<Set<Int>, StoreError>
  {
    transaction { database in
      var refused: Set<Int> = []
      for (index, change) in changes.enumerated() {
        switch change {
        case .append(let record):
          if try !SQLiteStore.append(record, time: time, to: database) { refused.insert(index) }
        case .compact(let snapshot):
          let history = SQLiteStore.historyMilliseconds(historyMilliseconds, of: snapshot.name)
          try SQLiteStore.replaceLog(by: snapshot, historyMilliseconds: history, time: time, in: database)
        case .begin(let record): try SQLiteStore.begin(record, time: time, in: database)
        case .acknowledge(let record): try SQLiteStore.insert(record, into: database)
        case .index(let record): try SQLiteStore.index(record, in: database)
        }
      }
      return refused
    }
  }

  private func transaction<Value>(_ body: (Database) throws -> Value) -> Result<Value, StoreError> {
    Result { try database.write(body) }.mapError { StoreError($0, path: path) }
  }

  /// Takes no more writes until it is found that they succeed.
  private func noteFailure(_ error: StoreError) {
    guard writability.fail(error) else { return }
    logger.error("the store takes no writes: the node is read-only", metadata: ["error": "\(error)"])
    scheduleProbe(after: SQLiteStore.probeDelays.first)
  }

  private func scheduleProbe(after delay: Duration) {
    writer.asyncAfter(deadline: .now() + delay / .seconds(1)) { [weak self] in self?.probe(after: delay) }
  }

  private func probe(after delay: Duration) {
    // Nobody needs to know any more.
    guard lock.withLock({ $0 != nil }) else { return }
    do {
      try database.writeWithoutTransaction { try StoreSchema.probe($0) }
      logger.notice("the store takes writes again")
      writability.recover()
    } catch {
      writability.fail(StoreError(error, path: path))
      scheduleProbe(after: min(delay * 2, SQLiteStore.probeDelays.last))
    }
  }
}

extension Durability {
  /// Sets the level and reads it back: GRDB sets `NORMAL` when it opens a database in WAL mode.
  fileprivate func apply(to database: Database) throws {
    let level = self == .full ? 2 : 1
    try database.execute(sql: "PRAGMA synchronous = \(level)")
    let actual = try Int.fetchOne(database, sql: "PRAGMA synchronous")
    precondition(actual == level, "SQLite runs at synchronous level \(actual ?? -1) instead of \(level)")
  }
}
