import Foundation
import Testing

/// `rooms`, `show` and `export` read a store, whether or not a relay has it open.
@Suite struct InspectionTests {
  let folder: TemporaryFolder
  let relay: Relay
  let yjs: ClientHost

  init() async throws {
    folder = try TemporaryFolder()
    relay = try await Relay.start(store: folder.file("store.sqlite"))
    yjs = try ClientHost.yjs()
  }

  /// Writes to two rooms, and returns what a client shows of room "notes" when all of it is stored.
  private func fillStore() async throws -> ClientContent {
    let alice = try await yjs.open("alice", at: relay.url, room: "notes")
    try await alice.waitUntilSynced()
    try await alice.insert("Hello 日😀 world", at: 0)
    try await alice.delete(at: 0, count: 1)
    try await alice.push(["a": 1, "b": [true, nil, "c"]])
    try await alice.set("nested", ["$map": ["title": ["$text": "deep"], "n": .number(0.5)]])
    try await alice.burst("item", count: 3)
    let other = try await yjs.open("other", at: relay.url, room: "empty-list")
    try await other.waitUntilSynced()
    try await other.burst("other", count: 1)
    try await eventually("both rooms are stored") {
      let first = try await alice.state().acknowledgedCount
      let second = try await other.state().acknowledgedCount
      return first == 3 && second == 1
    }
    return try await alice.content()
  }

  @Test("rooms, show and export say the same while the relay runs and at rest")
  func readsTheStore() async throws {
    let expected = try await fillStore()
    let store = relay.store.path
    for isRunning in [true, false] {
      if !isRunning {
        relay.process.signal(SIGTERM)
        #expect(try await relay.process.waitForExit() == 0)
      }
      let rooms = try await syncctl("rooms", "--store", store)
      #expect(rooms.status == 0, "\(rooms)")
      #expect(rooms.standardOutput.contains("notes") && rooms.standardOutput.contains("empty-list"))
      let listed = try await syncctl("rooms", "--store", store, "--json")
      #expect(listed.status == 0, "\(listed)")
      #expect(try roomNames(listed.json()) == ["notes", "empty-list"])

      let json = try await syncctl("show", "notes", "--store", store, "--format", "json")
      #expect(json.status == 0, "\(json)")
      let shown = try JSONDecoder().decode(ClientContent.self, from: Data(json.standardOutput.utf8))
      #expect(shown == expected)

      let text = try await syncctl("show", "notes", "--store", store, "--format", "text", "--path", "text")
      #expect(text.status == 0 && text.standardOutput == expected.text + "\n", "\(text)")
      let tree = try await syncctl("show", "notes", "--store", store, "--format", "tree")
      #expect(tree.status == 0 && tree.standardOutput.contains("nested"), "\(tree)")

      let file = folder.file("notes-\(isRunning).update")
      let export = try await syncctl("export", "notes", "--store", store, "-o", file.path)
      #expect(export.status == 0, "\(export)")
      #expect(try await yjs.load(Data(contentsOf: file)) == expected)
      let exportedJSON = try await syncctl("export", "notes", "--store", store, "--format", "json")
      #expect(try exportedJSON.json() == json.json(), "\(exportedJSON)")
    }
  }

  private func roomNames(_ json: JSON) -> Set<String> {
    guard case .array(let rooms) = json else { return [] }
    return Set(
      rooms.compactMap { room in
        if case .string(let name)? = room["name"] { name } else { nil }
      })
  }
}
