import CRDT
import Foundation
import GRDB
import Logging
import Synchronization
import Testing

@testable import SyncNode

@Suite("SQLite store")
struct StoreTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("test.sqlite")
  }

  private func open(durability: Durability = .full) throws -> SQLiteStore {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try SQLiteStore(path: path, durability: durability, logger: logger)
  }

  private func record(_ sequence: Int64, _ bytes: [UInt8], room: String = "a") -> UpdateRecord {
    UpdateRecord(name: room, sequence: sequence, source: "test", bytes: bytes)
  }

  private func code(_ body: () throws -> Void) -> StoreError.Code? {
    do {
      try body()
      return nil
    } catch {
      return (error as? StoreError)?.code
    }
  }

  @Test("What was appended is loaded, in order, by the next process too")
  func appendAndLoad() async throws {
    let store = try open()
    try await store.append(record(1, [1]))
    try await store.append(record(2, [2, 2]))
    try await store.append(record(1, [3], room: "b"))
    #expect(try await store.load("a") == StoredDocument(updates: [[1], [2, 2]], lastSequence: 2))
    await store.close()
    let next = try open()
    #expect(try await next.load("a") == StoredDocument(updates: [[1], [2, 2]], lastSequence: 2))
    #expect(try await next.load("b").updates == [[3]])
    #expect(try await next.load("unknown") == StoredDocument())
    await next.close()
    #expect(folder.names == ["test.sqlite", "test.sqlite-lock"])
  }

  @Test("Many appends at once are all stored, and closing waits for them")
  func groupCommit() async throws {
    let store = try open(durability: .normal)
    for sequence in 1...500 { store.append(record(Int64(sequence), [UInt8(sequence % 256)])) { _ in } }
    await store.close()
    let next = try open()
    #expect(try await next.load("a").updates == (1...500).map { [UInt8($0 % 256)] })
    await next.close()
  }

  @Test("A snapshot replaces exactly the log that it covers, and makes the same document")
  func compaction() async throws {
    let store = try open()
    let updates = (1...4).map { Insertion.update("\($0)", client: UInt8($0)) }
    for (index, update) in updates.enumerated() { try await store.append(record(Int64(index + 1), update)) }
    let before = try Document(try await store.load("a"))
    let covered = try Document(StoredDocument(updates: Array(updates.prefix(3))))
    try await store.compact(SnapshotRecord(name: "a", sequence: 3, bytes: covered.encodeUpdate()))
    let stored = try await store.load("a")
    #expect(stored.updates == [updates[3]])
    #expect(stored.lastSequence == 4)
    #expect(try Document(stored).encodeUpdate() == before.encodeUpdate())
    await store.close()
  }

  @Test("Updates that wait for missing ones survive a snapshot")
  func pendingSurvives() async throws {
    let store = try open()
    let waiting = try Document(StoredDocument(updates: [Insertion.update("b", client: 1, clock: 1)]))
    try await store.compact(SnapshotRecord(name: "a", sequence: 1, bytes: waiting.encodeUpdate()))
    let document = try Document(try await store.load("a"))
    #expect(document.pending != nil)
    try document.apply(Insertion.update("a", client: 1))
    #expect(document.pending == nil)
    await store.close()
  }

  @Test("A file that is not ours is refused and left as it is")
  func foreignFiles() throws {
    let text = Data("just some notes, long enough to be looked at as a database header, and then some more".utf8)
    try text.write(to: URL(fileURLWithPath: path))
    #expect(code { _ = try open() } == .foreign)
    #expect(code { _ = try StoreReader(path: path) } == .foreign)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)

    let other = folder.file("other.sqlite")
    let queue = try DatabaseQueue(path: other)
    try queue.write { try $0.execute(sql: "CREATE TABLE notes(text)") }
    try queue.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: other))
    #expect(code { _ = try SQLiteStore(path: other, durability: .full, logger: Logger(label: "test")) } == .foreign)
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == bytes)
  }

  @Test("A damaged store is refused and left as it is")
  func damagedStore() async throws {
    let store = try open()
    for sequence in 1...200 { try await store.append(record(Int64(sequence), [UInt8](repeating: 7, count: 500))) }
    await store.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for offset in stride(from: 5 * 4096, to: bytes.count, by: 4096) {
      bytes.replaceSubrange(offset..<offset + 100, with: [UInt8](repeating: 0xAA, count: 100))
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(code { _ = try open() } == .damaged)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  @Test("A store of format 1 is read as it is, and gets what later formats add when it is opened for writing")
  func formatOne() async throws {
    let store = try open()
    let (updates, updatesContinuation) = AsyncStream.makeStream(of: Bool.self)
    store.append(record(1, Insertion.update("a", client: 1))) { result in
      updatesContinuation.yield((try? result.get()) != nil)
    }
    #expect(await updates.first { _ in true } == true)
    await store.close()
    let queue = try DatabaseQueue(path: path)
    try await queue.writeWithoutTransaction { database in
      try database.execute(
        sql: "DROP TABLE node; DROP TABLE acknowledgements; DROP TABLE copies; "
          + "ALTER TABLE documents DROP COLUMN generation; ALTER TABLE documents DROP COLUMN retired; "
          + "PRAGMA user_version = 1")
    }
    try queue.close()
    #expect(try StoreReader(path: path).document(named: "a")?.text("t").string == "a")

    let first = try open()
    let id = first.nodeID
    await first.close()
    let second = try open()
    #expect(second.nodeID == id)
    await second.close()
    #expect(try StoreReader(path: path).document(named: "a")?.text("t").string == "a")
  }

  @Test("A new epoch puts the log aside, outlives the process, and is news for every peer")
  func epochs() async throws {
    let peer = try #require(PeerID([UInt8](repeating: 7, count: 16)))
    let store = try open()
    try await store.append(record(1, Insertion.update("old", client: 1)))
    let (events, continuation) = AsyncStream.makeStream(of: Bool.self)
    store.acknowledge(AcknowledgementRecord(name: "a", peer: peer, sequence: 1)) { _ in continuation.yield(true) }
    var retired = RetiredClients()
    retired.insert(writersOf: try #require(try StoreReader(path: path).document(named: "a")))
    let copy = Insertion.update("old", client: 1)
    let begun = EpochRecord(
      name: "a", epoch: Epoch(generation: 1, id: 5), retired: retired, sequence: 2, copy: copy)
    store.begin(begun) { _ in continuation.yield(true) }
    var iterator = events.makeAsyncIterator()
    for _ in 0..<2 { #expect(await iterator.next() == true) }
    await store.close()

    let next = try open()
    let stored = try await next.load("a")
    #expect(stored.epoch == begun.epoch && stored.retired == retired)
    #expect(stored.updates == [[0, 0]] && stored.lastSequence == 2)
    #expect(stored.acknowledgedSequences == [peer: 0])
    await next.close()
    let reader = try StoreReader(path: path)
    #expect(try reader.copies(of: "a").map(\.update) == [copy])
    #expect(try reader.queues() == [PeerQueue(room: "a", peer: "\(peer)", updates: 2)])
  }

  @Test("What a peer has stored is known to the next process, and tells which documents it lacks")
  func acknowledgements() async throws {
    let peer = try #require(PeerID([UInt8](repeating: 7, count: 16)))
    let other = try #require(PeerID([UInt8](repeating: 8, count: 16)))
    let store = try open()
    let (events, continuation) = AsyncStream.makeStream(of: Bool.self)
    for (room, sequence) in [("a", 1), ("a", 2), ("b", 1)] as [(String, Int64)] {
      store.append(record(sequence, Insertion.update("x", client: UInt8(sequence)), room: room)) { _ in }
    }
    for (room, sequence) in [("a", 1), ("b", 1)] as [(String, Int64)] {
      store.acknowledge(AcknowledgementRecord(name: room, peer: peer, sequence: sequence)) { result in
        continuation.yield((try? result.get()) != nil)
      }
    }
    var stored = 0
    for await isStored in events where isStored {
      stored += 1
      if stored == 2 { break }
    }
    await store.close()

    let reopened = try open()
    func lacking(_ peer: PeerID) async -> [String] {
      await withCheckedContinuation { continuation in
        reopened.unacknowledged(by: peer) { continuation.resume(returning: $0) }
      }
    }
    #expect(await lacking(peer) == ["a"])
    #expect(await lacking(other) == ["a", "b"])
    let loaded = await withCheckedContinuation { continuation in
      reopened.load("a") { continuation.resume(returning: $0) }
    }
    #expect(try loaded.get().acknowledgedSequences == [peer: 1])
    await reopened.close()
  }

  @Test("A store of a later version is refused")
  func newerVersion() async throws {
    let store = try open()
    await store.close()
    let queue = try DatabaseQueue(path: path)
    try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
    try queue.close()
    #expect(code { _ = try open() } == .newer)
    #expect(code { _ = try StoreReader(path: path) } == .newer)
  }

  @Test("Two writers cannot have one store open, readers can")
  func lock() async throws {
    let store = try open()
    #expect(code { _ = try open() } == .inUse)
    try await store.append(record(1, Insertion.update("a", client: 1)))
    let reader = try StoreReader(path: path)
    #expect(try reader.rooms().map(\.name) == ["a"])
    #expect(try reader.document(named: "a")?.text("t").string == "a")
    #expect(try reader.document(named: "b") == nil)
    await store.close()
    let next = try open()
    await next.close()
  }

  @Test("A writer that is refused closes no file of anybody else")
  func refusalClosesOnce() async throws {
    let store = try open()
    let closedByOthers = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 2) { thread in
      for _ in 0..<5_000 {
        if thread == 0 {
          #expect(code { _ = try StoreLock(path: path) } == .inUse)
        } else if close(Foundation.open("/dev/null", O_RDONLY)) != 0 {
          closedByOthers.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(closedByOthers.load(ordering: .relaxed) == 0)
    await store.close()
  }

  @Test("Reading a store at rest leaves no file behind")
  func readAtRest() async throws {
    let store = try open()
    try await store.append(record(1, Insertion.update("a", client: 1)))
    try await store.append(record(2, Insertion.update("b", client: 2)))
    await store.close()
    let room = try #require(try StoreReader(path: path).rooms().first)
    #expect(room.updates == 2)
    #expect(room.logUpdates == 2)
    #expect(room.epoch > 0)
    #expect(folder.names == ["test.sqlite", "test.sqlite-lock"])
  }

  @Test("A missing store and a missing folder are told apart from a damaged one")
  func missing() throws {
    #expect(code { _ = try StoreReader(path: path) } == .missing)
    let nowhere = folder.file("none/test.sqlite")
    #expect(
      code { _ = try SQLiteStore(path: nowhere, durability: .full, logger: Logger(label: "test")) } == .unreachable)
  }

  @Test("A full disk is named as such")
  func fullDisk() {
    let error = StoreError(DatabaseError(resultCode: .SQLITE_FULL), path: "x")
    #expect(error.code == .diskFull)
    #expect(!error.description.contains("\n"))
  }
}

extension SQLiteStore {
  func append(_ record: UpdateRecord) async throws {
    try await withCheckedThrowingContinuation { continuation in
      append(record) { continuation.resume(with: $0) }
    }
  }

  func compact(_ snapshot: SnapshotRecord) async throws {
    try await withCheckedThrowingContinuation { continuation in
      compact(snapshot) { continuation.resume(with: $0) }
    }
  }

  func load(_ name: String) async throws -> StoredDocument {
    try await withCheckedThrowingContinuation { continuation in
      load(name) { continuation.resume(with: $0) }
    }
  }
}
