import CRDT
import Foundation
import SyncNode
import TestSupport
import Testing

/// `repair` saves what is sound in stores that real clients filled and something damaged.
@Suite struct RepairTests {
  private let folder: TemporaryFolder
  private let store: URL

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("store.sqlite")
  }

  private func run(_ arguments: String...) async throws -> Outcome {
    try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--store", store.path]))
  }

  private func stop(_ relay: Relay) async throws {
    relay.process.signal(SIGTERM)
    try #require(try await relay.process.waitForExit() == 0)
  }

  /// Lets Yjs clients fill the store: `notes` has a history, a snapshot that takes several pages, and a log; `tasks` a log.
  private func fill(_ host: ClientHost, port: Int = 0) async throws -> (relay: Relay, notes: Client, tasks: Client) {
    var relay = try await Relay.start(store: store, port: port, options: ["--compact-after", "40"])
    let notes = try await host.open("notes", at: relay.url, room: "notes")
    try await notes.waitUntilSynced()
    try await notes.insert(String(repeating: "some words ", count: 1000), at: 0)
    try await notes.burst("notes", count: 49)
    try await eventually("notes are stored") { try await notes.state().acknowledgedCount == 49 }
    try await stop(relay)
    // Another moment of the history: the time of the first is set back.
    try await change(store, "update history set start = start - 600000, end = end - 600000")
    relay = try await Relay.start(store: store, port: relay.port, options: ["--compact-after", "40"])
    let tasks = try await host.open("tasks", at: relay.url, room: "tasks")
    for client in [notes, tasks] { try await client.waitUntilSynced() }
    try await notes.burst("more", count: 40)
    try await tasks.burst("tasks", count: 30)
    try await eventually("more of notes is stored") { try await notes.state().acknowledgedCount == 89 }
    try await eventually("tasks are stored") { try await tasks.state().acknowledgedCount == 30 }
    for client in [notes, tasks] { try await client.disconnect() }
    try await stop(relay)
    // All in one file: what is in a `-wal` beside it hides damage.
    try await change(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    return (relay, notes, tasks)
  }

  /// Writes over a value in the file, at its beginning.
  private func overwrite(_ column: String, of table: String, where condition: String) async throws {
    let script = """
      import sqlite3, sys
      path, query = sys.argv[1:]
      value = sqlite3.connect(path).execute(query).fetchone()[0][:40]
      file = open(path, "r+b")
      content = file.read()
      assert content.count(value) == 1, content.count(value)
      file.seek(content.index(value))
      file.write(b"\\xff" * 8)
      """
    let query = "select \(column) from \(table) where \(condition)"
    let done = try await outcome(of: ChildProcess(TestFiles.python, ["-c", script, store.path, query]))
    try #require(done.status == 0, "\(done)")
  }

  /// Writes garbage over the first page of a table or an index.
  private func overwriteRoot(of name: String) async throws {
    let script = """
      import sqlite3, sys
      path, name = sys.argv[1:]
      page = sqlite3.connect(f"file:{path}?immutable=1", uri=True).execute("select rootpage from sqlite_master where name = ?", (name,)).fetchone()[0]
      file = open(path, "r+b")
      file.seek((page - 1) * 4096)
      file.write(bytes((i * 31 + 7) % 256 for i in range(4096)))
      """
    let done = try await outcome(of: ChildProcess(TestFiles.python, ["-c", script, store.path, name]))
    try #require(done.status == 0, "\(done)")
  }

  /// Repairs the store, and checks what holds of every repair.
  private func repair(_ losses: Int?, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
    let before = try Data(contentsOf: store)
    let repaired = try await run("repair", "--json")
    try #require(repaired.status == 0 && repaired.standardError.isEmpty, "\(repaired)", sourceLocation: sourceLocation)
    let report = try #require(try expectSchema("repair", repaired.standardOutput).first)
    #expect(report["damage"] != [], sourceLocation: sourceLocation)
    #expect(report["kept"] == .string(store.path + ".damaged"), sourceLocation: sourceLocation)
    #expect(try Data(contentsOf: URL(filePath: store.path + ".damaged")) == before, sourceLocation: sourceLocation)
    if let losses { #expect(report["losses"]?.count == losses, "\(report)", sourceLocation: sourceLocation) }
    let verified = try await run("verify")
    #expect(verified.status == 0, "\(verified)", sourceLocation: sourceLocation)
    let again = try await run("repair")
    #expect(again.standardOutput.hasPrefix("nothing to repair; whole: "), "\(again)", sourceLocation: sourceLocation)
    return report
  }

  private func list(_ room: String) async throws -> [JSON] {
    guard case .array(let list)? = try await run("show", room, "--json").json()["list"] else { return [] }
    return list
  }

  @Test("A flipped byte in an update costs that update, which whoever has it brings back")
  func update() async throws {
    let yjs = try ClientHost.yjs()
    let (relay, _, tasks) = try await fill(yjs)
    try await overwrite(
      "bytes", of: "updates", where: "sequence = 12 and document = (select id from documents where name = 'tasks')")
    let report = try await repair(1)
    let loss = try #require(report["losses"]?[0])
    #expect(loss["room"] == "tasks" && loss["part"] == "update 12", "\(loss)")
    let list = try await list("tasks")
    #expect(Array(list.prefix(11)) == (0..<11).map { .string("tasks-\($0)") }, "\(list)")
    #expect(try await self.list("notes").count == 89)
    // It is one of Yjs' clients that has it.
    let next = try await Relay.start(store: store, port: relay.port)
    try await tasks.connect()
    try await eventually("all is there again") { try await self.list("tasks").count == 30 }
    try await stop(next)
    #expect(try await run("verify").status == 0)
  }

  @Test("A flipped byte in a snapshot costs nothing where there is a history")
  func snapshot() async throws {
    _ = try await fill(try ClientHost.yjs())
    let shown = try await run("show", "notes", "--json").standardOutput
    try await overwrite("bytes", of: "snapshots", where: "document > 0")
    let report = try await repair(1)
    #expect(report["losses"]?[0]?["part"] == "its snapshot", "\(report)")
    #expect(report["losses"]?[0]?["saved"] == "all of it, made anew from its history", "\(report)")
    #expect(try await run("show", "notes", "--json").standardOutput == shown)
  }

  @Test("Without a history and a snapshot, what was written since is saved, and waits for what it builds on")
  func snapshotAlone() async throws {
    let (relay, notes, _) = try await fill(try ClientHost.yjs())
    try await change(store, "delete from history; update documents set historyBytes = 0")
    try await overwrite("bytes", of: "snapshots", where: "document > 0")
    let report = try await repair(1)
    #expect(report["losses"]?[0]?["saved"] == "nothing before update 81", "\(report)")
    let next = try await Relay.start(store: store, port: relay.port)
    try await notes.connect()
    try await eventually("all is there again") { try await self.list("notes").count == 89 }
    try await stop(next)
  }

  @Test("A flipped byte in the history costs who wrote that moment, and no content")
  func history() async throws {
    _ = try await fill(try ClientHost.yjs())
    let shown = try await run("show", "notes", "--json").standardOutput
    try await overwrite("bytes", of: "history", where: "last = (select min(last) from history)")
    let report = try await repair(1)
    #expect(report["losses"]?[0]?["saved"] == "what it brought, by an unknown author", "\(report)")
    #expect(try await run("show", "notes", "--json").standardOutput == shown)
    let blame = try await run("blame", "notes", "list", "--json")
    let pieces = try expectSchema("blame", blame.standardOutput)
    #expect(
      pieces[0].count == 89 && pieces[0][88]?["source"] == "127.0.0.1" && pieces[0][0]?["source"] == nil, "\(blame)")
    try expectSchema("log", try await run("log", "notes", "--json").standardOutput)
  }

  @Test("Missing rows are told of by their numbers, and all others stay")
  func gap() async throws {
    _ = try await fill(try ClientHost.yjs())
    try await change(
      store,
      """
      delete from updates where sequence in (1, 20, 21) and document = (select id from documents where name = 'tasks');
      delete from history where last = (select max(last) from history);
      """)
    let report = try await repair(3)
    let parts = (0..<3).compactMap { report["losses"]?[$0]?["part"] }
    #expect(parts.contains("update 1") && parts.contains("updates 20 to 21"), "\(parts)")
    #expect(try await list("notes").count == 89)
    guard case .array(let rooms) = try await run("rooms", "--json").json() else { return }
    #expect(rooms.map { $0["updates"] } == [90, 30])
  }

  @Test(
    "Damaged pages cost what is on them and no more",
    arguments: ["sqlite_autoindex_documents_1", "documents", "authors", "updates", "history", "snapshots", "node"])
  func pages(_ name: String) async throws {
    _ = try await fill(try ClientHost.yjs())
    try await overwriteRoot(of: name)
    let report = try await repair(nil)
    guard case .array(let rooms) = try await run("rooms", "--json").json() else { return }
    #expect(rooms.map { $0["name"] } == ["notes", "tasks"], "\(report)")
    if name != "updates" {
      #expect(try await list("notes").count == 89, "\(report)")
      #expect(try await list("tasks").count == 30, "\(report)")
    }
    if name == "node" || name.hasPrefix("sqlite") { #expect(report["losses"] == [], "\(report)") }
  }

  @Test("Of a file that was cut short, what is left is saved", arguments: [25, 50, 75, 95])
  func truncated(_ percent: Int) async throws {
    _ = try await fill(try ClientHost.yjs())
    let bytes = try Data(contentsOf: store)
    try bytes.prefix(bytes.count * percent / 100).write(to: store)
    let report = try await repair(nil)
    #expect(report["losses"] != [], "\(report)")
  }

  @Test(
    "After bytes that are flipped anywhere a repair is sound or refused in one line", arguments: 0..<3 as Range<UInt64>)
  func anywhere(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    _ = try await fill(try ClientHost.yjs())
    let original = try Data(contentsOf: store)
    for round in 0..<8 {
      var bytes = original
      for _ in 0...random.below(4) {
        let place = random.below(bytes.count)
        for offset in 0..<min(1 << random.below(8), bytes.count - place) {
          bytes[place + offset] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      try bytes.write(to: store)
      let repaired = try await run("repair", "--keep", folder.file("kept-\(round)").path)
      let context = "round \(round) of seed \(seed): \(repaired)"
      if repaired.status == 0 {
        let verified = try await run("verify")
        #expect(verified.status == 0, "\(context) \(verified)")
      } else {
        #expect([1, 3].contains(repaired.status), "\(context)")
        #expect(repaired.standardError.split(separator: "\n").count == 1, "\(context)")
        #expect(try Data(contentsOf: store) == bytes, "\(context)")
      }
    }
  }

  @Test("Where not even the tables can be found, the store is left as it is")
  func hopeless() async throws {
    _ = try await fill(try ClientHost.yjs())
    var bytes = try Data(contentsOf: store)
    for index in 100..<4096 { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ 7) }
    try bytes.write(to: store)
    let refused = try await run("repair")
    #expect(refused.status == 1 && refused.standardError.contains("restore it from a backup"), "\(refused)")
    #expect(try Data(contentsOf: store) == bytes)
  }

  @Test("What a crash left beside the file is saved and kept, too")
  func crashed() async throws {
    let (first, _, tasks) = try await fill(try ClientHost.yjs())
    let relay = try await Relay.start(store: store, port: first.port)
    try await tasks.connect()
    try await tasks.burst("late", count: 10)
    try await eventually("all is stored") { try await list("tasks").count == 40 }
    try await relay.crash()
    let log = try Data(contentsOf: URL(filePath: store.path + "-wal"))
    try await overwriteRoot(of: "authors")
    let report = try await repair(1)
    #expect(report["losses"]?[0]?["part"] == "an author in its history", "\(report)")
    #expect(try Data(contentsOf: URL(filePath: store.path + ".damaged-wal")) == log)
    #expect(try await list("tasks").count == 40)
  }

  #if os(Linux)
    @Test("After kill -9 at any write the store is the damaged one or the repaired one")
    func killed() async throws {
      _ = try await fill(try ClientHost.yjs())
      try await overwrite("bytes", of: "snapshots", where: "document > 0")
      let damaged = try Data(contentsOf: store)
      let disk = try await FaultyDisk(in: folder)
      var moments = 0
      while true {
        let kept = folder.file("kept-\(moments)").path
        let arguments = [TestFiles.syncctl.path, "repair", "--store", store.path, "--keep", kept]
        let outcome = try await outcome(
          of: ChildProcess(URL(filePath: "/usr/bin/env"), disk.killing(at: 1 + 4 * moments) + arguments))
        let isDamaged = try Data(contentsOf: store) == damaged
        let when = "at write \(1 + 4 * moments): \(outcome)"
        if !isDamaged {
          #expect(try Data(contentsOf: URL(filePath: kept)) == damaged, "\(when)")
          #expect(try await run("verify").status == 0, "\(when)")
        }
        if outcome.status == 0 { break }
        #expect(outcome.status == 128 + SIGKILL, "\(when)")
        try damaged.write(to: store)
        moments += 1
      }
      #expect(moments > 3)
    }
  #endif

  @Test("A sound store, one of another program, of a newer format or in use is left as it is")
  func refusals() async throws {
    let missing = try await run("repair")
    #expect(missing.status == 3 && !FileManager.default.fileExists(atPath: store.path), "\(missing)")
    let (relay, _, _) = try await fill(try ClientHost.yjs())
    let before = try Data(contentsOf: store)
    let sound = try await run("repair", "--json")
    let report = try #require(try expectSchema("repair", sound.standardOutput).first)
    #expect(sound.status == 0 && report["damage"] == [] && report["kept"] == nil, "\(sound)")
    #expect(try Data(contentsOf: store) == before)

    let next = try await Relay.start(store: store, port: relay.port)
    let used = try await run("repair")
    #expect(used.status == 3 && used.standardError.contains("in use"), "\(used)")
    try await stop(next)

    try await overwrite("bytes", of: "snapshots", where: "document > 0")
    let damaged = try Data(contentsOf: store)
    let kept = folder.file("kept")
    try Data("x".utf8).write(to: kept)
    let taken = try await run("repair", "--keep", kept.path)
    #expect(taken.status == 3 && taken.standardError.contains("exists"), "\(taken)")
    #expect(try Data(contentsOf: store) == damaged && Data(contentsOf: kept) == Data("x".utf8))

    for statement in ["pragma user_version = 99", "pragma application_id = 7"] {
      try await change(store, statement)
      let bytes = try Data(contentsOf: store)
      let refused = try await run("repair")
      #expect(refused.status == 3 && refused.standardError.split(separator: "\n").count == 1, "\(refused)")
      #expect(try Data(contentsOf: store) == bytes)
      // Cut short, it is told by its header only.
      try bytes.prefix(bytes.count / 2).write(to: store)
      #expect(try await run("repair").status == 3)
      try bytes.write(to: store)
    }
    try Data("notes of somebody".utf8).write(to: store)
    #expect(try await run("repair").status == 3)
    #expect(try String(contentsOf: store, encoding: .utf8) == "notes of somebody")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).allSatisfy { !$0.contains("partial") })
  }
}

extension JSON {
  fileprivate var count: Int? {
    if case .array(let elements) = self { elements.count } else { nil }
  }
}
