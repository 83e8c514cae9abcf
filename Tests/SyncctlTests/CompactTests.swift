import Foundation
import Testing

/// `compact` makes stores smaller and loses nothing.
@Suite struct CompactTests {
  private let folder: TemporaryFolder
  private let store: URL

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("store.sqlite")
  }

  /// Lets Yjs clients fill the store, room by room, and stops the relay.
  private func fill(_ rooms: [String], bursts: Int = 40) async throws {
    let relay = try await Relay.start(store: store)
    let yjs = try ClientHost.yjs()
    for room in rooms {
      let client = try await yjs.open(room, at: relay.url, room: room)
      try await client.waitUntilSynced()
      try await client.insert(String(repeating: "some words ", count: 2000), at: 0)
      try await client.delete(at: 5, count: 20_000)
      try await client.burst(room, count: bursts)
      try await eventually("\(room) is stored") { try await client.state().acknowledgedCount == bursts }
    }
    relay.process.signal(SIGTERM)
    try #require(try await relay.process.waitForExit() == 0)
  }

  private func run(_ arguments: String...) async throws -> Outcome {
    try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--store", store.path]))
  }

  private func fileBytes() throws -> Int { try Data(contentsOf: store).count }

  @Test("Logs become snapshots, who wrote what stays, the file shrinks, and a second time there is nothing to do")
  func compact() async throws {
    try await fill(["notes", "tasks"], bursts: 300)
    let shown = try await run("show", "notes", "--json").standardOutput
    let log = try await run("log", "notes", "--json").json()
    let size = try fileBytes()

    let compacted = try await run("compact", "--json")
    #expect(compacted.status == 0 && compacted.standardError.isEmpty, "\(compacted)")
    let report = try #require(try expectSchema("compact", compacted.standardOutput).first)
    guard case .array(let rooms)? = report["rooms"] else {
      Issue.record("no rooms in \(report)")
      return
    }
    #expect(rooms.map { $0["name"] } == ["notes", "tasks"] && rooms[0]["updates"] == 302, "\(rooms)")
    #expect(report["fileBytesBefore"] == .number(Double(size)))
    #expect(report["fileBytesAfter"] == .number(Double(try fileBytes())))
    #expect(try fileBytes() < size)
    #expect(try await run("show", "notes", "--json").standardOutput == shown)
    #expect(try await run("show", "notes", "--at", "302", "--json").standardOutput == shown)
    #expect(try await run("log", "notes", "--json").json()[0]?["updates"] == log[0]?["updates"])
    #expect(try await run("verify").status == 0)

    let bytes = try Data(contentsOf: store)
    let again = try await run("compact", "--json")
    #expect(try expectSchema("compact", again.standardOutput).first?["rooms"] == [], "\(again)")
    #expect(try Data(contentsOf: store).count == bytes.count)
    let table = try await run("compact").standardOutput
    #expect(table.split(separator: "\n").count == 1 && table.contains("\(bytes.count) bytes"), "\(table)")
  }

  @Test("Only named rooms are folded, and without a history nothing of it stays")
  func selection() async throws {
    try await fill(["notes", "tasks"])
    let compacted = try await run("compact", "notes", "--history-days", "0")
    #expect(compacted.status == 0 && compacted.standardOutput.contains("notes"), "\(compacted)")
    #expect(!compacted.standardOutput.contains("tasks"), "\(compacted)")
    guard case .array(let rooms) = try await run("rooms", "--json").json() else {
      Issue.record("no rooms")
      return
    }
    #expect(rooms.map { $0["logUpdates"] } == [0, 42] && rooms[0]["historyBytes"] == 0, "\(rooms)")
    #expect(try await run("verify").status == 0)

    #expect(try await run("compact").status == 0)
    guard case .array(let all) = try await run("rooms", "--json").json() else { return }
    #expect(all[1]["historyBytes"] != 0)
    // Its log is folded already; what is kept of it is chosen anew.
    let forgotten = try await run("compact", "tasks", "--history-days", "0")
    #expect(forgotten.standardOutput.contains("tasks"), "\(forgotten)")
    #expect(try await run("verify").status == 0)
    let typo = try await run("compact", "nots")
    #expect(typo.status == 3 && typo.standardError.contains("did you mean `notes`?"), "\(typo)")
  }

  @Test("A store that is in use, damaged or not there is left as it is")
  func refusals() async throws {
    let missing = try await run("compact")
    #expect(missing.status == 3 && missing.standardError.contains("no store"), "\(missing)")
    #expect(!FileManager.default.fileExists(atPath: store.path))

    try await fill(["notes"], bursts: 5)
    let relay = try await Relay.start(store: store)
    let used = try await run("compact")
    #expect(used.status == 3 && used.standardError.contains("in use"), "\(used)")
    #expect(used.standardError.split(separator: "\n").count == 1 && used.standardOutput.isEmpty, "\(used)")
    relay.process.signal(SIGTERM)
    try await relay.process.waitForExit()

    for damage in ["update updates set bytes = x'0102' where sequence = 3", "delete from updates where sequence = 3"] {
      try await change(store, damage)
      let damaged = try await run("compact")
      #expect(damaged.status == 1 && damaged.standardError.contains("room notes"), "\(damaged)")
      #expect(try await run("rooms", "--json").standardOutput.contains(#""historyBytes":0"#))
    }
  }

  @Test("A disk with too little room keeps the file as it is, or only as large as it is")
  func fullDisk() async throws {
    guard geteuid() == 0 else { return }
    try await fill(["notes", "tasks"], bursts: 200)
    let shown = try await run("show", "notes", "--json").standardOutput
    let disk = folder.file("disk")
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: false)
    let script = """
      mount -t tmpfs -o size=1m none "$1" && cp "$2" "$1/store.sqlite" || exit 9
      head -c "$(($(df --output=avail -B 1 "$1" | tail -n 1) - $4))" /dev/zero > "$1/filler"
      "$3" compact --json --store "$1/store.sqlite"; status=$?
      "$3" verify --store "$1/store.sqlite" && "$3" show notes --json --store "$1/store.sqlite" && exit $status
      """
    var statuses: Set<Int32> = []
    var isHalfDone = false
    for room in stride(from: 2, through: 14, by: 2) {
      let outcome = try await outcome(
        of: ChildProcess(
          URL(filePath: "/usr/bin/env"),
          [
            "unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", disk.path, store.path,
            TestFiles.syncctl.path, "\(room * 32 << 10)",
          ]))
      statuses.insert(outcome.status)
      if outcome.standardError.contains("all rooms are folded") { isHalfDone = true }
      #expect(outcome.standardOutput.contains("whole: 2 rooms") && outcome.standardOutput.hasSuffix(shown), "\(room)")
    }
    #expect(statuses == [0, 3] && isHalfDone, "\(statuses)")
  }

  #if os(Linux)
    @Test("After kill -9 at any write the store is whole, shows the same, and can be compacted")
    func crash() async throws {
      try await fill(["notes", "tasks"])
      let shown = try await run("show", "notes", "--json").standardOutput
      let original = try Data(contentsOf: store)
      let disk = try await FaultyDisk(in: folder)
      var moments = 0
      while true {
        let when = "at write \(1 + 8 * moments)"
        let arguments = disk.killing(at: 1 + 8 * moments) + [TestFiles.syncctl.path, "compact", "--store", store.path]
        let killed = try await outcome(of: ChildProcess(URL(filePath: "/usr/bin/env"), arguments))
        let verified = try await run("verify")
        #expect(verified.status == 0, "\(when): \(verified)")
        #expect(try await run("show", "notes", "--json").standardOutput == shown, "\(when)")
        if killed.status == 0 { break }
        #expect(killed.status == 128 + SIGKILL, "\(when): \(killed)")
        let again = try await run("compact")
        #expect(again.status == 0, "\(when): \(again)")
        #expect(try await run("show", "notes", "--json").standardOutput == shown, "\(when)")
        try original.write(to: store)
        moments += 1
      }
      #expect(moments > 5)
    }
  #endif
}

/// Changes a store behind the back of whoever has it.
func change(_ store: URL, _ statements: String) async throws {
  let script = """
    import sqlite3, sys
    database = sqlite3.connect(sys.argv[1])
    database.executescript(sys.argv[2])
    database.commit()
    """
  let changed = try await outcome(of: ChildProcess(TestFiles.python, ["-c", script, store.path, statements]))
  try #require(changed.status == 0, "\(changed)")
}
