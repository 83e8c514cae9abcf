import CRDT
import Foundation
import GRDB
import Logging
import Testing

@testable import SyncNode

@Suite("Checks and copies of a store")
struct StoreCheckTests {
  private let folder: TemporaryFolder
  private let path: String
  private let peer = PeerID([UInt8](repeating: 7, count: 16))

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("test.sqlite")
  }

  private func open(_ path: String? = nil) throws -> SQLiteStore {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try SQLiteStore(path: path ?? self.path, durability: .full, logger: logger)
  }

  private func record(_ sequence: Int64, _ text: String = "x", room: String = "a") -> UpdateRecord {
    UpdateRecord(
      name: room, sequence: sequence, source: "test", bytes: Insertion.update(text, client: UInt8(sequence)))
  }

  private func change(_ path: String, _ sql: String) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
  }

  /// The files of a store that is open, as they would be found after a crash.
  private func crashed(_ name: String, _ sql: String = "") throws -> String {
    let copy = folder.file(name)
    for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
    if !sql.isEmpty { try change(copy, sql) }
    return copy
  }

  private func error(_ body: () throws -> Void) -> StoreError? {
    do {
      try body()
      return nil
    } catch {
      return error as? StoreError
    }
  }

  @Test("A store that was not closed is looked at before it is opened: no gap, and nothing that cannot be read")
  func afterCrash() async throws {
    let store = try open()
    for sequence in 1...4 { try await store.append(record(Int64(sequence))) }
    try await store.compact(
      SnapshotRecord(name: "a", sequence: 1, bytes: Insertion.update("x", client: 1)))
    let whole = try open(try crashed("whole.sqlite"))
    #expect(try await whole.load("a").lastSequence == 4)
    await whole.close()
    for (name, sql) in [
      ("gap", "DELETE FROM updates WHERE sequence = 3"), ("start", "DELETE FROM updates WHERE sequence = 2"),
      ("bytes", "UPDATE updates SET bytes = x'0102' WHERE sequence = 4"),
      ("snapshot", "UPDATE snapshots SET bytes = x'0102'"),
    ] {
      let damaged = try crashed("\(name).sqlite", sql)
      let refusal = error { _ = try open(damaged) }
      #expect(refusal?.code == .damaged, "\(name)")
      #expect(refusal?.description.contains("room a") == true, "\(name)")
    }
    await store.close()
    // Who closed a store has left it whole: it is not read again.
    try change(path, "DELETE FROM updates WHERE sequence = 3")
    await (try open()).close()
    #expect(try StoreReader(path: path).verify().findings == ["room a: an update between 2 and 4 is missing"])
  }

  @Test("The look at a store that was not closed has a bound: what was written last comes first")
  func boundedCheck() async throws {
    let store = try open()
    try await store.append(record(1))
    let path = path
    try await store.database.write { database in
      try database.execute(sql: "UPDATE updates SET bytes = x'0102', time = time - 1000")
    }
    try await store.append(record(2))
    try await store.database.read { database in
      try StoreSchema.checkAfterCrash(database, path: path, bytesMax: 1)
      #expect(error { try StoreSchema.checkAfterCrash(database, path: path) }?.code == .damaged)
    }
    await store.close()
  }

  @Test("A check reads everything, and names what is wrong")
  func verification() async throws {
    let store = try open()
    try await store.append(record(1, "hello"))
    try await store.append(record(1, room: "b"))
    try await store.append(record(2, room: "b"))
    await store.close()
    let whole = try StoreReader(path: path).verify()
    #expect(whole.rooms == 2 && whole.updates == 3 && whole.findings.isEmpty)
    #expect(whole.bytes == Insertion.update("hello", client: 1).count + 2 * Insertion.update("x", client: 1).count)
    try change(
      path,
      """
      UPDATE updates SET bytes = x'0102' WHERE sequence = 2;
      INSERT INTO snapshots SELECT id, 0, 0, x'05' FROM documents WHERE name = 'a';
      INSERT INTO acknowledgements SELECT id, zeroblob(16), 9 FROM documents WHERE name = 'a';
      INSERT INTO copies(document, time, bytes) SELECT id, 0, x'0102' FROM documents WHERE name = 'b';
      PRAGMA foreign_keys = OFF;
      INSERT INTO updates VALUES (99, 1, '', 0, x'0000', '');
      """)
    let findings = try StoreReader(path: path).verify().findings
    for part in [
      "room b: update 2 cannot be read", "room a: its snapshot cannot be read", "update 9, which is not there",
      "room b: copy 1 cannot be read", "a row of no room",
    ] { #expect(findings.contains { $0.contains(part) }, "\(part) in \(findings)") }
    #expect(findings.count == 5)
  }

  @Test("An update that does not follow the last one is not stored; those beside it are")
  func numbering() async throws {
    let store = try open()
    try await store.append(record(1))
    await #expect(throws: StoreError.self) { try await store.append(record(3)) }
    await #expect(throws: StoreError.self) { try await store.append(record(1)) }
    #expect(store.writability.failure == nil)
    try await store.append(record(2))
    try await store.compact(SnapshotRecord(name: "a", sequence: 2, bytes: [0, 0]))
    await #expect(throws: StoreError.self) { try await store.append(record(2)) }
    try await store.append(record(3))
    #expect(try await store.load("a").lastSequence == 3)
    await store.close()
  }

  @Test("A backup beside writes is a store as it was at one moment, with another node")
  func backup() async throws {
    let peer = try #require(peer)
    let store = try open()
    for sequence in 1...50 { try await store.append(record(Int64(sequence))) }
    let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
    store.acknowledge(AcknowledgementRecord(name: "a", peer: peer, sequence: 50)) { _ in continuation.finish() }
    for await _ in ends {}
    let reader = try StoreReader(path: path)
    let writing = Task {
      for sequence in 51...120 { try await store.append(record(Int64(sequence))) }
    }
    let copy = folder.file("copy.sqlite")
    let verification = try reader.backup(to: copy)
    try await writing.value
    #expect((50...120).contains(verification.updates))
    #expect(error { _ = try reader.backup(to: copy) }?.code == .exists)
    #expect(error { _ = try reader.backup(to: folder.file("none/copy.sqlite")) }?.code == .unreachable)
    #expect(
      folder.names == ["copy.sqlite", "test.sqlite", "test.sqlite-lock", "test.sqlite-shm", "test.sqlite-wal"])

    let restored = try open(copy)
    #expect(restored.nodeID != store.nodeID)
    let id = restored.nodeID
    let stored = try await restored.load("a")
    #expect(stored.updates.count == verification.updates && stored.lastSequence == Int64(verification.updates))
    #expect(stored.acknowledgedSequences == [peer: 50])
    await restored.close()
    let again = try open(copy)
    #expect(again.nodeID == id)
    await again.close()
    await store.close()
  }

  @Test("A damaged store is not backed up")
  func damagedBackup() async throws {
    let store = try open()
    try await store.append(record(1))
    await store.close()
    try change(path, "UPDATE updates SET bytes = x'0102'")
    #expect(error { _ = try StoreReader(path: path).backup(to: folder.file("copy.sqlite")) }?.code == .damaged)
    #expect(folder.names == ["test.sqlite", "test.sqlite-lock"])
  }

  @Test("A store without room takes nothing until it finds that there is some again, and then goes on")
  func fullStore() async throws {
    let store = try open()
    try await store.append(record(1))
    try await store.database.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let large = UpdateRecord(name: "a", sequence: 2, source: "test", bytes: [UInt8](repeating: 0, count: 100_000))
    await #expect { try await store.append(large) } throws: { ($0 as? StoreError)?.code == .diskFull }
    #expect(store.writability.failure?.code == .diskFull)
    // It would fit.
    await #expect { try await store.append(record(2)) } throws: { ($0 as? StoreError)?.code == .diskFull }
    #expect(try await store.load("a").lastSequence == 1)
    try await store.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    try await until("the store takes writes again") { store.writability.failure == nil }
    try await store.append(record(2))
    await store.close()
    #expect(try StoreReader(path: path).verify().findings.isEmpty)
  }
}
