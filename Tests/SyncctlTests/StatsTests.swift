import Foundation
import TestSupport
import Testing

/// `stats` counts what Yjs clients wrote.
@Suite struct StatsTests {
  private let folder: TemporaryFolder
  private let store: URL

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("store.sqlite")
  }

  private func count(_ room: String) async throws -> JSON {
    let outcome = try await syncctl("stats", room, "--json", "--store", store.path)
    #expect(outcome.status == 0, "\(outcome)")
    return try #require(try expectSchema("stats", outcome.standardOutput).first)
  }

  @Test("Units, deletions, roots and clients are counted, of a room that a relay has open, too")
  func counts() async throws {
    let relay = try await Relay.start(store: store)
    let yjs = try ClientHost.yjs()
    let first = try await yjs.open("first", at: relay.url, room: "notes")
    let second = try await yjs.open("second", at: relay.url, room: "notes")
    try await first.waitUntilSynced()
    try await second.waitUntilSynced()
    try await first.insert("Hello 😀", at: 0)
    try await first.push("entry")
    try await eventually("the second client has it") { try await second.content().text == "Hello 😀" }
    try await second.delete(at: 0, count: 2)
    try await second.set("key", 1)
    let stats = try await eventually("all is stored") {
      let stats = try await count("notes")
      return stats["units"] == ["written": 10, "deleted": 2] ? stats : nil
    }
    #expect(
      stats["clients"]?[0]?["units"] == ["written": 9, "deleted": 2]
        && stats["clients"]?[1]?["units"] == ["written": 1, "deleted": 0], "\(stats)")
    #expect(stats["types"] == 3 && stats["pending"] == ["bytes": 0, "deletedUnits": 0, "missing": []], "\(stats)")
    for (name, kind, count) in [("text", "text", 6), ("list", "array", 1), ("map", "map", 1)] as [(JSON, JSON, JSON)] {
      let root = try #require((0..<3).compactMap { stats["roots"]?[$0] }.first { $0["name"] == name })
      #expect(root["kind"] == kind && root["count"] == count)
    }
    for place in [["--store", store.path], ["--url", "http://127.0.0.1:\(relay.port)"]] {
      let rooms = try await outcome(of: ChildProcess(TestFiles.syncctl, ["rooms", "--details", "--json"] + place))
      let room = try #require(try expectSchema("rooms", rooms.standardOutput).first?[0])
      #expect(room["writers"] == 2 && room["tombstones"] == 2 && room["pendingBytes"] == 0, "\(rooms)")
      let table = try await outcome(of: ChildProcess(TestFiles.syncctl, ["rooms", "--details"] + place))
      #expect(table.standardOutput.contains(/(?m)^notes .* 2 +2 +0$/), "\(table)")
    }
    let plain = try await syncctl("rooms", "--json", "--store", store.path)
    #expect(try plain.json()[0]?["writers"] == nil, "\(plain)")
    let told = try await syncctl("stats", "notes", "--store", store.path)
    #expect(told.standardOutput.contains("10, 2 of them deleted"), "\(told)")
    relay.process.signal(SIGTERM)
    #expect(try await relay.process.waitForExit() == 0)
  }

  @Test("What waits for an update that is not there is told with what it waits for")
  func pending() async throws {
    let yjs = try await YjsUpdates.make()
    for index in [0, 2] {
      let file = folder.file("part-\(index)")
      try Data(bytes(yjs.parts[index])).write(to: file)
      #expect(try await syncctl("import", "notes", file.path, "--store", store.path).status == 0)
    }
    let stats = try await count("notes")
    #expect(stats["pending"]?["bytes"] != 0 && stats["pending"]?["missing"]?[0]?["clock"] != nil, "\(stats)")
    let rooms = try await syncctl("rooms", "--details", "--json", "--store", store.path)
    let room = try #require(try expectSchema("rooms", rooms.standardOutput).first?[0])
    #expect(room["pendingBytes"] == stats["pending"]?["bytes"], "\(rooms)")
    let told = try await syncctl("stats", "notes", "--store", store.path)
    #expect(told.standardOutput.contains("waits for") && told.standardOutput.contains("up to clock"), "\(told)")
    let missing = try await syncctl("stats", "note", "--store", store.path)
    #expect(missing.status == 3 && missing.standardError.contains("did you mean `notes`"), "\(missing)")
  }
}
