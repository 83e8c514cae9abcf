import CRDT
import Foundation
import GRDB
import Logging
import Testing

@testable import SyncNode

@Suite("History of a store")
struct StoreHistoryTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("test.sqlite")
  }

  private func open(history: Duration? = nil) throws -> SQLiteStore {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try SQLiteStore(path: path, durability: .normal, history: history, logger: logger)
  }

  /// A room as a node keeps it, and writers whose time the test sets.
  private final class Writing {
    let store: SQLiteStore
    let document = Document(clientID: 1)
    private(set) var sequence: Int64 = 0
    private var writers: [String: Document] = [:]
    /// The text after each update.
    private(set) var texts = [""]

    init(_ store: SQLiteStore) { self.store = store }

    /// Lets `subject` change the text, at a time in seconds.
    func write(_ subject: String, at seconds: Int64, _ edit: (SharedText) -> Void) async throws {
      let client = writers[subject] ?? Document(clientID: ClientID(rawValue: UInt64(2 + writers.count)))
      writers[subject] = client
      try client.apply(document.encodeUpdate())
      let before = client.stateVector
      let deleted = client.snapshot.deleteSet
      edit(client.text("text"))
      let update = client.encodeUpdate(since: before)
      #expect(client.snapshot.stateVector != before || client.snapshot.deleteSet != deleted)
      try document.apply(update)
      sequence += 1
      try await store.append(
        UpdateRecord(name: "a", sequence: sequence, source: "10.0.0.9:5\(sequence)", subject: subject, bytes: update))
      let number = sequence
      try await store.database.write { database in
        try database.execute(
          sql: "UPDATE updates SET time = ? WHERE sequence = ?", arguments: [seconds * 1000, number])
      }
      texts.append(document.text("text").string)
    }

    func compact() async throws {
      try await store.compact(SnapshotRecord(name: "a", sequence: sequence, bytes: document.encodeUpdate()))
    }

    func count(_ table: String) async throws -> Int {
      try await store.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }
  }

  private func text(at moment: StoreReader.Moment) throws -> String? {
    try StoreReader(path: path).document(named: "a", at: moment)?.document.text("text").string
  }

  @Test("What was typed is told by author and moment, the same from the log and from what was folded out of it")
  func entries() async throws {
    let writing = Writing(try open())
    for second in 0..<6 {
      try await writing.write(second % 2 == 0 ? "ada" : "bob", at: 100 + Int64(second)) { $0.append("\(second)") }
    }
    try await writing.write("ada", at: 200) { $0.append("!") }
    let reader = try StoreReader(path: path)
    let before = try #require(try reader.history(of: "a"))
    #expect(before.map(\.author.subject) == ["ada", "bob", "ada"])
    #expect(before.map(\.author.source) == ["10.0.0.9", "10.0.0.9", "10.0.0.9"])
    #expect(before.map(\.updates) == [1, 3, 3])
    #expect(before.map(\.moment) == [7...7, 1...6, 1...6])
    #expect(before.map(\.milliseconds) == [200_000...200_000, 101_000...105_000, 100_000...104_000])

    try await writing.compact()
    #expect(try await writing.count("updates") == 0)
    #expect(try await writing.count("history") == 3)
    #expect(try reader.history(of: "a") == before)
    #expect(try reader.history(of: "a", limit: 1) == [before[0]])
    #expect(try reader.history(of: "a", before: 7) == [before[1], before[2]])
    var all: [HistoryEntry] = []
    try reader.forEachEntry(of: "a") { all.append($0) }
    #expect(all == [before[2], before[1], before[0]])
    #expect(try reader.history(of: "b") == nil)
    #expect(try reader.verify().findings == [])
    await writing.store.close()
  }

  @Test("Pages of a history are whole moments, and give all of it, up to a moment")
  func pages() async throws {
    let writing = Writing(try open())
    for moment in 0..<8 {
      for second in 0..<3 {
        try await writing.write(second == 1 ? "ada" : "bob", at: Int64(moment) * 100 + Int64(second)) {
          $0.append("\(moment)\(second) ")
        }
      }
      // Some of it is in the log, some was folded out of it.
      if moment == 4 { try await writing.compact() }
    }
    let reader = try StoreReader(path: path)
    for end in [nil, .update(24), .update(11), .update(20), .time(milliseconds: 301_000)] as [StoreReader.Moment?] {
      for byteCount in [0, 60, 1 << 20] {
        var entries: [HistoryEntry] = []
        var pages = 0
        while true {
          let page = try #require(
            try reader.historyPage(
              of: "a", after: entries.last?.moment.upperBound ?? 0, through: end, ofAbout: byteCount))
          try #require(page.isLast || entries.last?.moment != page.entries.first?.moment)
          entries += page.entries
          pages += 1
          if page.isLast { break }
        }
        #expect((pages == 1) == (byteCount == 1 << 20), "\(byteCount) bytes: \(pages) pages")
        let document = try StoreReader.PastDocument(of: entries)
        let expected = try #require(try reader.document(named: "a", at: end ?? .update(.max)))
        #expect(document.updates == expected.updates && document.milliseconds == expected.milliseconds)
        #expect(document.document.text("text").string == expected.document.text("text").string)
        guard end == nil else { continue }
        #expect(entries.reversed() == (try reader.history(of: "a")))
      }
    }
    #expect(try reader.historyPage(of: "a", after: 24, ofAbout: 100)?.entries == [])
    // SQLite would end the name at the NUL.
    #expect(try reader.historyPage(of: "a\0b", ofAbout: 100) == nil)
    #expect(try reader.document(named: "a\0b") == nil)
    #expect(try reader.historyPage(of: "b", ofAbout: 100) == nil)
    await writing.store.close()
  }

  @Test("Rooms are listed with what they take, however that came about")
  func sizes() async throws {
    let writing = Writing(try open())
    func check(_ place: Int) async throws {
      let room = try #require(try StoreReader(path: path).rooms().first)
      func sum(_ table: String) async throws -> Int {
        try await writing.store.database.read {
          try Int.fetchOne($0, sql: "SELECT coalesce(sum(length(bytes)), 0) FROM \(table)") ?? 0
        }
      }
      let (log, snapshot, history) = (try await sum("updates"), try await sum("snapshots"), try await sum("history"))
      let logUpdates = try await writing.count("updates")
      #expect(room.bytes == log + snapshot && room.historyBytes == history, "\(place)")
      #expect(room.updates == writing.sequence && room.logUpdates == logUpdates, "\(place)")
      #expect(try StoreReader(path: path).verify().findings == [])
    }
    for number in 1...3 { try await writing.write("ada", at: Int64(number)) { $0.append("\(number)") } }
    try await check(1)
    try await writing.compact()
    try await check(2)
    try await writing.write("bob", at: 100) { $0.append("more") }
    try await check(3)
    try await writing.compact()
    try await check(4)
    await writing.store.close()
  }

  @Test("A document is shown as it was at an update and at a time, with what was deleted since")
  func past() async throws {
    let writing = Writing(try open())
    try await writing.write("ada", at: 100) { $0.append("secret") }
    try await writing.write("ada", at: 200) { $0.delete(at: 0, count: 6) }
    try await writing.compact()
    try await writing.write("bob", at: 300) { $0.append("public") }
    try await writing.write("bob", at: 301) { $0.append(" news") }
    for _ in 0..<2 {
      for number in 0..<writing.texts.count {
        // Both of the last were written at the same moment.
        let isFolded = try await writing.count("updates") == 0
        let expected = isFolded && number == 3 ? 4 : number
        #expect(try text(at: .update(Int64(number))) == writing.texts[expected])
      }
      #expect(try text(at: .time(milliseconds: 99_999)) == "")
      #expect(try text(at: .time(milliseconds: 100_000)) == "secret")
      #expect(try text(at: .time(milliseconds: 250_000)) == "")
      #expect(try text(at: .time(milliseconds: 400_000)) == "public news")
      try await writing.compact()
    }
    let past = try #require(try StoreReader(path: path).document(named: "a", at: .update(3)))
    #expect(past.updates == 4 && past.milliseconds == 301_000)
    #expect(try StoreReader(path: path).document(named: "b", at: .update(1)) == nil)
    await writing.store.close()
  }

  @Test("What is older than the history is kept becomes one entry, without what was deleted by then")
  func retention() async throws {
    let now = Int64(Date().timeIntervalSince1970)
    let writing = Writing(try open(history: .seconds(86_400)))
    try await writing.write("ada", at: now - 200_000) { $0.append("secret") }
    try await writing.write("bob", at: now - 150_000) { $0.delete(at: 0, count: 6) }
    try await writing.write("ada", at: now - 100_000) { $0.append("old") }
    try await writing.write("ada", at: now - 1000) { $0.append(" new") }
    try await writing.compact()
    let entries = try #require(try StoreReader(path: path).history(of: "a"))
    #expect(entries.map(\.author.subject) == ["ada", nil])
    #expect(entries.map(\.moment) == [4...4, 1...3] && entries[1].updates == 3)
    #expect(!String(decoding: entries[1].update, as: UTF8.self).contains("secret"))
    #expect(try text(at: .update(1)) == "old" && text(at: .update(4)) == "old new")
    #expect(try StoreReader(path: path).verify().findings == [])
    await writing.store.close()

    let next = try open(history: .zero)
    try await next.compact(SnapshotRecord(name: "a", sequence: 4, bytes: writing.document.encodeUpdate()))
    #expect(try StoreReader(path: path).history(of: "a")?.map(\.author) == [.unknown])
    #expect(try text(at: .update(4)) == "old new")
    await next.close()
  }

  @Test("A store from before there were histories begins one with its snapshot")
  func upgrade() async throws {
    let writing = Writing(try open())
    try await writing.write("ada", at: 100) { $0.append("then") }
    try await writing.compact()
    try await writing.write("ada", at: 200) { $0.append(" now") }
    await writing.store.close()
    let queue = try DatabaseQueue(path: path)
    try await queue.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          DROP TABLE history; DROP TABLE authors; ALTER TABLE updates DROP COLUMN subject;
          ALTER TABLE documents DROP COLUMN logBytes; ALTER TABLE documents DROP COLUMN historyBytes;
          PRAGMA user_version = 4
          """)
    }
    try queue.close()
    let reader = try StoreReader(path: path)
    #expect(try reader.history(of: "a")?.map(\.moment) == [2...2, 1...1])
    #expect(try text(at: .update(1)) == "then" && text(at: .update(2)) == "then now")

    let store = try open()
    try await store.compact(SnapshotRecord(name: "a", sequence: 2, bytes: writing.document.encodeUpdate()))
    #expect(try reader.history(of: "a")?.map(\.moment) == [2...2, 1...1])
    #expect(try text(at: .update(1)) == "then" && text(at: .update(2)) == "then now")
    #expect(try reader.verify().findings == [])
    await store.close()
  }

  @Test("A recreated document has no history of the one before")
  func recreation() async throws {
    let writing = Writing(try open())
    try await writing.write("ada", at: 100) { $0.append("secret") }
    try await writing.compact()
    let epoch = EpochRecord(
      name: "a", epoch: Epoch(generation: 1, id: 5), retired: RetiredClients(), sequence: 2, copy: nil)
    try await withCheckedThrowingContinuation { continuation in
      writing.store.begin(epoch) { continuation.resume(with: $0) }
    }
    let reader = try StoreReader(path: path)
    #expect(try reader.history(of: "a")?.map(\.moment) == [2...2])
    #expect(try text(at: .update(2)) == "")
    #expect(try reader.verify().findings == [])
    await writing.store.close()
  }

  @Test(
    "A history that is not whole is found",
    arguments: [
      ("DELETE FROM history WHERE last = 2", "a gap or an overlap after update 1"),
      ("DELETE FROM history WHERE last = 3", "ends with update 2 instead of 3"),
      ("UPDATE history SET bytes = x'0000' WHERE last = 3", "does not make its snapshot"),
      ("UPDATE history SET bytes = x'01' WHERE last = 3", "the history up to update 3 cannot be read"),
      ("UPDATE documents SET historyBytes = 1", "is miscounted"),
    ])
  func damage(sql: String, finding: String) async throws {
    let writing = Writing(try open())
    for number in 1...3 { try await writing.write("ada", at: Int64(number) * 100) { $0.append("\(number)") } }
    try await writing.compact()
    #expect(try StoreReader(path: path).verify().findings == [])
    try await writing.store.database.write { try $0.execute(sql: sql) }
    let findings = try StoreReader(path: path).verify().findings
    #expect(findings.contains { $0.contains(finding) }, "\(findings)")
    await writing.store.close()
  }
}
