import Foundation
import Testing

/// A store that cannot be used gives one clear line and exit code 3, and nothing is overwritten.
@Suite struct StoreFailureTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func expectRefusal(_ outcome: Outcome, _ path: String, _ context: String = "") {
    #expect(outcome.status == 3, "\(context) \(outcome)")
    #expect(outcome.standardOutput.isEmpty, "\(context) \(outcome)")
    #expect(outcome.standardError.split(separator: "\n").count == 1, "\(context) \(outcome)")
    #expect(outcome.standardError.contains(path), "\(context) \(outcome)")
  }

  /// Every command refuses `store`, and leaves its bytes as they are.
  private func expectAllRefuse(_ store: URL) async throws {
    let before = try Data(contentsOf: store)
    for arguments in [["serve", "--port", "0"], ["rooms"], ["show", "room"], ["export", "room"]] {
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--store", store.path]))
      expectRefusal(outcome, store.path, arguments.joined(separator: " "))
      #expect(try Data(contentsOf: store) == before, "\(arguments) changed the file")
    }
  }

  @Test("A file that is not an SQLite database is refused")
  func notADatabase() async throws {
    let store = folder.file("notes.txt")
    try Data("These are somebody's notes, and no database.\n".utf8).write(to: store)
    try await expectAllRefuse(store)
  }

  @Test("Another program's SQLite database is refused")
  func foreignDatabase() async throws {
    let store = folder.file("foreign.sqlite")
    let script = """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1])
      database.execute("create table addresses (name text, street text)")
      database.execute("insert into addresses values ('Ada', 'Main Street')")
      database.commit()
      """
    let made = try await outcome(of: ChildProcess(TestFiles.python, ["-c", script, store.path]))
    try #require(made.status == 0, "\(made)")
    try await expectAllRefuse(store)
  }

  @Test("A store whose pages are overwritten with garbage is refused")
  func damagedStore() async throws {
    let store = try await filledStore()
    var bytes = try Data(contentsOf: store)
    try #require(bytes.count > 8192)
    for index in 4096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ 7) }
    try bytes.write(to: store)
    try await expectAllRefuse(store)
  }

  @Test("A store cut short is refused")
  func truncatedStore() async throws {
    let store = try await filledStore()
    let bytes = try Data(contentsOf: store)
    try bytes.prefix(bytes.count / 2 / 4096 * 4096).write(to: store)
    try await expectAllRefuse(store)
  }

  @Test("A folder that cannot be written is refused")
  func unwritableFolder() async throws {
    // Permissions do not bind root; the kernel's own file system does.
    var unwritable = URL(filePath: "/sys/kernel")
    if geteuid() != 0 {
      unwritable = folder.file("read-only")
      try FileManager.default.createDirectory(
        at: unwritable, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o555])
    }
    let store = unwritable.appending(path: "store.sqlite").path
    expectRefusal(try await syncctl("serve", "--port", "0", "--store", store), store)
    let nested = folder.file("no/such/folder/store.sqlite").path
    expectRefusal(try await syncctl("serve", "--port", "0", "--store", nested), nested)
  }

  @Test("A disk that is full from the start is refused")
  func fullDiskAtStart() async throws {
    let store = folder.file("store.sqlite")
    let process = try limitedRelay(fileBytesMax: 512, store: store)
    expectRefusal(try await outcome(of: process), store.path)
  }

  @Test("A disk that fills up closes the room with a reason; what was acknowledged stays, and is still served")
  func fullDiskLater() async throws {
    let store = folder.file("store.sqlite")
    let process = try limitedRelay(fileBytesMax: 512 * 1024, store: store)
    let relay = try await Relay.waitUntilReady(process, store: store)
    let yjs = try ClientHost.yjs()
    let writer = try await yjs.open("writer", at: relay.url, room: "room")
    try await writer.waitUntilSynced()
    var round = 0
    var closures: [String] = []
    while closures.isEmpty {
      try await writer.insert(String(repeating: "some words ", count: 2000), at: 0)
      try await writer.burst("round-\(round)", count: 10)
      try await eventually("round \(round) is stored, or the room is closed") {
        let state = try await writer.state()
        closures = state.closures
        return !closures.isEmpty || state.acknowledgedCount == (round + 1) * 10
      }
      round += 1
      try #require(round < 200, "the limit of the file size was never met")
    }
    try await writer.disconnect()
    #expect(closures[0].hasPrefix("1011 ") && closures[0].count > 5, "close code and reason: \(closures[0])")

    let acknowledged = Set(try await writer.acknowledged().map(JSON.string))
    #expect(!acknowledged.isEmpty)
    let reader = try await yjs.open("reader", at: relay.url, room: "room")
    try await reader.waitUntilSynced()
    #expect(acknowledged.isSubset(of: try await reader.content().list))
    process.signal(SIGTERM)
    try await process.waitForExit()
    let shown = try await syncctl("show", "room", "--store", store.path, "--format", "json")
    try #require(shown.status == 0, "\(shown)")
    guard case .array(let stored)? = try shown.json()["list"] else {
      Issue.record("no list in \(shown)")
      return
    }
    #expect(acknowledged.isSubset(of: stored))
  }

  /// A relay that may not write files larger than `fileBytesMax`, a multiple of 512: to it the disk is full.
  private func limitedRelay(fileBytesMax: Int, store: URL) throws -> ChildProcess {
    let script = "trap '' XFSZ; ulimit -f \(fileBytesMax / 512); exec \"$@\""
    return try ChildProcess(
      URL(filePath: "/bin/sh"),
      ["-c", script, "sh", TestFiles.syncctl.path, "serve", "--port", "0", "--store", store.path])
  }

  /// A store at rest with a few hundred kilobytes in it.
  private func filledStore() async throws -> URL {
    let store = folder.file("store.sqlite")
    let relay = try await Relay.start(store: store)
    let yjs = try ClientHost.yjs()
    let writer = try await yjs.open("writer", at: relay.url, room: "room")
    try await writer.waitUntilSynced()
    for _ in 0..<10 { try await writer.insert(String(repeating: "some words ", count: 2000), at: 0) }
    try await writer.burst("item", count: 10)
    try await eventually("all is stored") { try await writer.state().acknowledgedCount == 10 }
    relay.process.signal(SIGTERM)
    try #require(try await relay.process.waitForExit() == 0)
    return store
  }
}
