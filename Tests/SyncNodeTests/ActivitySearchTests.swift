import CRDT
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import SyncNode

@Suite("Searching activity")
struct ActivitySearchTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("store.sqlite")
  }

  /// What nobody should be able to break anything with.
  private static let hostile = [
    "", " ", "\"", "\"\"\"", "*", "a*", "AND", "a AND", "NOT b", "NEAR(a b)", "words:a", "-a", "^a", "{a b}: c", "(",
    ")",
    "a\0b", "\0", "'; DROP TABLE activity; --", "%", "_", "a OR", "+", "😀", "e\u{301}", "ⓐ", "१", "\u{200B}", "…", "日本",
    String(repeating: "a ", count: 100_000), String(repeating: "\"", count: 1 << 20),
    String(repeating: "ä", count: 1 << 20),
  ]

  private func configuration(_ store: Node.Configuration.Store) -> Node.Configuration {
    var configuration = Node.Configuration.quiet(store)
    configuration.limits.activityEventsPerSecondMax = .max
    return configuration
  }

  /// Records what is drawn from `seed`, the same each time.
  private func fill(_ node: Node, seed: UInt64, count: Int) async throws {
    var random = SeededGenerator(seed: seed)
    let words = ["alpha", "Beta", "gämma", "delta-9", "日本", "x", "ΟΔΟΣ", "İx", "\"quoted\"", "naïve", "AND"]
    for _ in 0..<count {
      let text = (0..<Int.random(in: 0...4, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
      try await node.activity(of: "1").record(
        kind: ["deployed", "built"].randomElement(using: &random) ?? "built",
        text: Bool.random(using: &random) ? text.joined(separator: " ") : nil,
        by: [nil, "ada", "bob", "a\0b"].randomElement(using: &random) ?? nil,
        path: [nil, "tasks", "tasks/0", "tasks/01", "tasksX", "tä/x"].randomElement(using: &random) ?? nil)
    }
  }

  private func query(_ random: inout SeededGenerator, around entries: [ActivityEntry]) -> ActivityQuery {
    var query = ActivityQuery()
    let times = entries.map(\.milliseconds)
    if Bool.random(using: &random) {
      query.search =
        (ActivitySearchTests.hostile + [
          "alpha", "be", "GAMMA", "gämma x", "delta", "9", "quoted", "naive", "οδος", "and",
        ])
        .randomElement(using: &random)
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      query.user = ["ada", "bob", "", "a\0b", "a"].randomElement(using: &random)
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      query.kind = ["built", "deployed", "\0"].randomElement(using: &random)
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      query.path = ["tasks", "tasks/", "tasks/0", "t", "", "tä", "%", "\0"].randomElement(using: &random)
    }
    if Int.random(in: 0..<4, using: &random) == 0 { query.after = times.randomElement(using: &random) }
    if Int.random(in: 0..<4, using: &random) == 0 { query.until = times.randomElement(using: &random) }
    query.limit = [1, 3, 50, 0, -1, .max].randomElement(using: &random) ?? 1
    return query
  }

  @Test(
    "The index finds what a look at each entry finds, page by page, whatever is searched for",
    arguments: 0..<4 as Range<UInt64>)
  func equivalence(seed: UInt64) async throws {
    let indexed = try Node(configuration(.file(path)))
    try await fill(indexed, seed: seed, count: 60)
    let all = try await indexed.activity(of: "1").entries { $0.limit = 500 }.entries
    #expect(all.count == 60)
    await indexed.stop()
    let reader = try StoreReader(path: path)
    try reader.expectIndexed("activity:1")
    var random = SeededGenerator(seed: seed + 1000)
    for _ in 0..<150 {
      var query = query(&random, around: all)
      var found: [ActivityEntry] = []
      var pages = 0
      repeat {
        let page = try reader.activity(of: "1", query)
        let words = query.words
        #expect(page == query.page(all.filter { query.matches($0, words) }), "seed \(seed): \(query)")
        found += page.entries
        query.before = page.next.flatMap { ActivityEntry.Cursor($0) }
        pages += 1
      } while query.before != nil && pages < 100
      query.before = nil
      let words = query.words
      #expect(found == all.filter { query.matches($0, words) }, "seed \(seed): \(query)")
    }
  }

  @Test("Hostile searches find what has their words and fail in no way", arguments: ActivitySearchTests.hostile)
  func malformed(search: String) async throws {
    for store in [Node.Configuration.Store.file(path), .ephemeral] {
      let node = try Node(configuration(store))
      try await node.activity(of: "1").record(kind: "said", text: "nothing of that sort")
      for field in 0..<4 {
        _ = try await node.activity(of: "1").entries { query in
          switch field {
          case 0: query.search = search
          case 1: query.user = search
          case 2: query.kind = .init(rawValue: search)
          default: query.path = search
          }
        }
      }
      await node.stop()
    }
  }

  @Test("Words are found by their beginnings, without case and accents, all of them")
  func words() {
    func finds(_ search: String, _ text: String) -> Bool { SearchWords(search).areIn(text) }
    #expect(finds("hel", "Say HELLO") && finds("wor say", "say world") && !finds("ello", "hello"))
    #expect(finds("resume", "Résumé") && finds("Résumé", "resume") && finds("3", "version-3.1"))
    #expect(!finds("hello world", "hello") && !finds("\"*", "anything") && !finds("", "anything"))
    #expect(SearchWords(String(repeating: "a ", count: 1000)).words.count == SearchWords.countMax)
    #expect(SearchWords(String(repeating: "a", count: 1000)).words.allSatisfy { $0.utf8.count <= 64 })
    #expect(SearchWords("a\0b").expression == "\"a\"* \"b\"*" && SearchWords("\"\"").expression == nil)
  }

  @Test("Cursors are read as they were written, and nothing else is one")
  func cursors() {
    let cursor = ActivityEntry.Cursor(milliseconds: -5, id: "a.b")
    #expect(ActivityEntry.Cursor("\(cursor)") == cursor)
    for text in ["", ".", "5", "5.", "x.a", "99999999999999999999.a", "5.\(String(repeating: "x", count: 65))"] {
      #expect(ActivityEntry.Cursor(text) == nil, "\(text)")
    }
  }

  @Test("What is no entry in a feed is passed over, and numbers and texts of others are bounded")
  func foreignEntries() throws {
    let document = Document()
    let array = document.array("activity")
    for json in [
      "null", "5", "\"x\"", "[]", "{}", #"{"value":{}}"#, #"{"time":5,"value":{"id":"","kind":"x"}}"#,
      #"{"time":5,"value":{"id":"a","kind":"no kind"}}"#, #"{"time":"5","value":{"id":"a","kind":"x"}}"#,
      #"{"time":1e300,"value":{"id":"a","kind":"x"}}"#, #"{"time":5,"value":{"id":7,"kind":"x"}}"#,
    ] { array.append(try Value(json: json)) }
    array.appendMap().set("a", forKey: "id")
    #expect(ActivityLog.entries(of: document).isEmpty)
    array.append(
      try Value(
        json: #"""
          {"time":5,"value":{"id":"a","kind":"x","since":1e300,"inserted":-1,"deleted":1.5,"formats":1e17,"places":"2",
          "user":7,"text":"\#(String(repeating: "ä", count: 5000))"}}
          """#))
    let entry = try #require(ActivityLog.entries(of: document).first)
    #expect(entry.sinceMilliseconds == 5 && entry.inserted == 0 && entry.deleted == 0 && entry.formats == 0)
    #expect(entry.places == 1 && entry.user == nil && entry.text?.utf8.count == ActivityEntry.textBytesMax)
  }

  // MARK: The store

  @Test("A store of format 5 is searched as it is, and gets an index of its feeds when they are loaded")
  func formatFive() async throws {
    let node = try Node(configuration(.file(path)))
    try await node.activity(of: "1").record(kind: "said", text: "hello world")
    await node.stop()
    let queue = try DatabaseQueue(path: path)
    try await queue.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          DROP TABLE activityWords; DROP TABLE activity; ALTER TABLE documents DROP COLUMN indexed;
          PRAGMA user_version = 5
          """)
    }
    try queue.close()
    let reader = try StoreReader(path: path)
    #expect(try reader.activity(of: "1").entries.map(\.text) == ["hello world"])
    #expect(try reader.verify().findings == [])

    let next = try Node(configuration(.file(path)))
    #expect(try await next.activity(of: "1").entries { $0.search = "wor" }.entries.count == 1)
    _ = try await next.open("activity:1")
    await next.stop()
    try StoreReader(path: path).expectIndexed("activity:1")
    #expect(try StoreReader(path: path).activity(of: "1").entries.map(\.text) == ["hello world"])
    #expect(try StoreReader(path: path).verify().findings == [])
  }

  @Test("What another program writes to a feed at rest is found at once, and indexed by the node that loads it")
  func foreignWriter() async throws {
    let node = try Node(configuration(.file(path)))
    try await node.activity(of: "1").record(kind: "said", text: "first")
    await node.stop()
    let told = try await StoreWriter.withStore(at: path) { writer in
      try writer.transaction { try $0.record(kind: "said", text: "second", by: "ada", inProject: "1") }
    }
    #expect(told.user == "ada")
    #expect(try StoreReader(path: path).activity(of: "1").entries.map(\.text) == ["second", "first"])
    let next = try Node(configuration(.file(path)))
    _ = try await next.open("activity:1")
    await next.stop()
    try StoreReader(path: path).expectIndexed("activity:1")
    #expect(try StoreReader(path: path).activity(of: "1").entries.map(\.text) == ["second", "first"])
  }

  @Test("The index keeps what a feed gives up, within its own bounds, and an entry that grows is there once")
  func keeping() async throws {
    var configuration = configuration(.file(path))
    configuration.activity.countMax = 2
    let node = try Node(configuration)
    for number in 1...5 { try await node.activity(of: "1").record(kind: "said", text: "number\(number)") }
    let grown = try await node.open("activity:1")
    try await grown.edit { [configuration] document in
      let log = ActivityLog(document, configuration.activity)
      var entry = ActivityLog.entries(of: document)[0]
      entry.text = "number5 has grown"
      entry.milliseconds += 1
      log.put([entry], grown: [entry.id])
    }
    await node.stop()
    let reader = try StoreReader(path: path)
    let expected = ["number5 has grown"] + (1...4).reversed().map { "number\($0)" }
    #expect(try reader.activity(of: "1").entries.map(\.text) == expected)
    #expect(try reader.document(named: "activity:1").map { ActivityLog.entries(of: $0).count } == 2)
    #expect(try reader.activity(of: "1", .search("grown number5")).entries.count == 1)
    #expect(try reader.verify().findings == [])

    configuration.activity.indexCountMax = 3
    let next = try Node(configuration)
    try await next.activity(of: "1").record(kind: "said", text: "number6")
    await next.stop()
    let later = try StoreReader(path: path)
    #expect(try later.activity(of: "1").entries.map(\.text) == ["number6", "number5 has grown", "number4"])
    #expect(try later.activity(of: "1", .search("number1")).entries.isEmpty)
  }

  @Test("Backups and compaction leave the index whole, and feeds keep no history")
  func care() async throws {
    let node = try Node(configuration(.file(path)))
    for number in 1...20 { try await node.activity(of: "1").record(kind: "said", text: "number\(number)") }
    let copy = folder.file("copy.sqlite")
    try await node.backup(to: copy)
    #expect(try StoreReader(path: copy).activity(of: "1", .search("number7")).entries.count == 1)
    await node.stop()
    try await StoreWriter.withStore(at: path) { writer in
      #expect(try writer.fold("activity:1") > 0)
      try writer.vacuum()
    }
    let reader = try StoreReader(path: path)
    #expect(try reader.activity(of: "1", .search("number7")).entries.count == 1)
    #expect(try reader.rooms().first { $0.name == "activity:1" }?.historyBytes == 0)
    #expect(try reader.verify().findings == [])
  }

  @Test("An index that does not fit its entries is found, and a repair keeps what feeds have given up")
  func repair() async throws {
    var configuration = configuration(.file(path))
    configuration.activity.countMax = 1
    let node = try Node(configuration)
    for number in 1...3 { try await node.activity(of: "1").record(kind: "said", text: "number\(number)") }
    await node.stop()
    let queue = try DatabaseQueue(path: path)
    try await queue.write { try $0.execute(sql: "DELETE FROM activityWords_docsize WHERE id = 1") }
    try queue.close()
    #expect(try StoreReader(path: path).verify().findings.isEmpty == false)
    let repair = try StoreRepair.repair(path)
    #expect(repair.kept != nil && repair.losses.isEmpty && repair.store.findings.isEmpty)
    let reader = try StoreReader(path: path)
    #expect(try reader.activity(of: "1").entries.map(\.text) == ["number3", "number2", "number1"])
    #expect(try reader.activity(of: "1", .search("number1")).entries.count == 1)
    let next = try Node(configuration)
    #expect(try await next.activity(of: "1").entries { $0.search = "number1" }.entries.count == 1)
    await next.stop()
  }

  @Test("A feed that begins anew has nothing in the index of the one before")
  func recreation() async throws {
    let node = try Node(configuration(.file(path)))
    try await node.activity(of: "1").record(kind: "said", text: "old")
    let feed = try await node.open("activity:1")
    try await feed.recreate()
    #expect(try await node.activity(of: "1").entries().entries.isEmpty)
    try await node.activity(of: "1").record(kind: "said", text: "new")
    await node.stop()
    #expect(try StoreReader(path: path).activity(of: "1").entries.map(\.text) == ["new"])
    #expect(try StoreReader(path: path).verify().findings == [])
  }
}

extension ActivityQuery {
  fileprivate static func search(_ text: String) -> ActivityQuery {
    var query = ActivityQuery()
    query.search = text
    return query
  }
}

extension ActivityFeed {
  fileprivate func entries(_ change: (inout ActivityQuery) -> Void) async throws -> ActivityPage {
    var query = ActivityQuery()
    change(&query)
    return try await entries(query)
  }
}

extension StoreReader {
  /// Expects that all of a feed is in the index.
  fileprivate func expectIndexed(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (indexed, last) = try read { database -> (Int64?, Int64) in
      let id = try Int64.fetchOne(database, sql: "SELECT id FROM documents WHERE name = ?", arguments: [name]) ?? 0
      return (
        try StoreSchema.indexedSequence(of: name, in: database), try StoreSchema.lastSequence(of: id, in: database)
      )
    }
    #expect(indexed == last, sourceLocation: sourceLocation)
  }
}
