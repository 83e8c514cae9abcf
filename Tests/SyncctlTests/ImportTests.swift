import Foundation
import TestSupport
import Testing

/// `import` brings updates and JSON into stores, and Yjs clients get them.
@Suite struct ImportTests {
  private let folder: TemporaryFolder
  private let store: URL

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("store.sqlite")
  }

  private func run(_ arguments: String...) async throws -> Outcome {
    try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--store", store.path]))
  }

  private func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    let file = folder.file(name)
    try Data(bytes).write(to: file)
    return file.path
  }

  private func show(_ room: String) async throws -> JSON {
    try await run("show", room, "--json").json()
  }

  private func stop(_ relay: Relay) async throws {
    relay.process.signal(SIGTERM)
    #expect(try await relay.process.waitForExit() == 0)
  }

  @Test(
    "An update makes the store and the room, a second one merges, and Yjs clients see it all", arguments: ["v1", "v2"])
  func updates(_ format: String) async throws {
    let yjs = try await YjsUpdates.make()
    let parts = try (format == "v1" ? yjs.parts : yjs.partsV2).enumerated().map {
      try write(bytes($1), "part-\($0)")
    }
    let created = try await run("import", "notes", parts[0])
    #expect(created.status == 0 && created.standardOutput.hasPrefix("notes: created, "), "\(created)")
    let waits = try await run("import", "notes", parts[2], "--format", format)
    #expect(waits.status == 0 && waits.standardOutput.contains("waits"), "\(waits)")
    let input = Data((format == "v1" ? yjs.parts : yjs.partsV2)[1].utf8)
    let filled = try await syncctl(["import", "notes", "-", "--store", store.path], input: input)
    #expect(filled.status == 0 && !filled.standardOutput.contains("waits"), "\(filled)")
    for part in parts {
      let again = try await run("import", "notes", part)
      #expect(again.standardOutput == "notes: nothing new\n", "\(again)")
    }
    let merged = try await syncctl("convert", try write(bytes(yjs.merged), "merged"), "--to", "json")
    #expect(try await show("notes") == merged.json())
    #expect(try await run("verify").status == 0)
    let log = try await run("log", "notes", "--json")
    let entries = try expectSchema("log", log.standardOutput)
    #expect(entries.first?[0]?["source"] == "command line", "\(log)")

    let relay = try await Relay.start(store: store)
    let client = try await ClientHost.yjs().open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.set("key", "value")
    try await eventually("the edit is stored") { try await show("notes")["map"]?["key"] == "value" }
    let used = try await run("import", "notes", parts[0])
    #expect(used.status == 3 && used.standardError.contains("in use"), "\(used)")
    try await stop(relay)
  }

  @Test("JSON becomes what roots show by the fewest edits, and what is the same is not written")
  func json() async throws {
    let relay = try await Relay.start(store: store)
    let yjs = try ClientHost.yjs()
    let client = try await yjs.open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.insert("Hello world", at: 0)
    try await client.push(["$map": ["title": "one"]])
    try await client.push("two")
    try await client.set("kept", 1)
    try await eventually("all is stored") { try await show("notes")["map"]?["kept"] == 1 }
    try await client.disconnect()
    try await stop(relay)

    let exported = folder.file("notes.json").path
    #expect(try await run("export", "notes", "--format", "json", "-o", exported).status == 0)
    let same = try await run("import", "notes", exported)
    #expect(same.standardOutput == "notes: nothing new\n", "\(same)")
    let edited = try write(
      Data(#"{"text":"Hello, world!","list":[{"title":"one"},"three",{"x":[1]}],"new":{"a":{"b":true}}}"#.utf8),
      "e.json")
    let imported = try await run("import", "notes", edited)
    #expect(imported.status == 0, "\(imported)")
    let shown = try await show("notes")
    #expect(shown["text"] == "Hello, world!" && shown["map"] == ["kept": 1] && shown["new"] == ["a": ["b": true]])
    #expect(shown["list"] == [["title": "one"], "three", ["x": [1]]], "\(shown)")

    // What somebody wrote elsewhere meanwhile stays, in the text and in the map that was not replaced.
    try await client.insert("Oh: ", at: 0)
    let next = try await Relay.start(store: store, port: relay.port)
    try await client.connect()
    try await eventually("both are merged") { try await show("notes")["text"] == "Oh: Hello, world!" }
    let content = try await eventually("the client has the import") {
      let content = try await client.content()
      return content.list.count == 3 ? content : nil
    }
    #expect(content.text == "Oh: Hello, world!" && content.list[0] == ["title": "one"], "\(content)")
    try await stop(next)
    #expect(try await run("verify").status == 0)
  }

  @Test("Damaged input is refused with where and why, and makes no store and no room")
  func damaged() async throws {
    let yjs = try await YjsUpdates.make()
    let update = try write(bytes("0101010084010501610000"), "damaged")
    let text = try write(Data(#"{"a": [1, 2}"#.utf8), "damaged.json")
    let scalar = try write(Data(#"{"a": 1}"#.utf8), "scalar.json")
    let list = try write(Data("[1]".utf8), "list.json")
    for isThere in [false, true] {
      for (file, words) in [
        (update, "byte 5, origin of the struct 1:0"), (text, "at byte 11"), (scalar, "root `a`"),
        (list, "no JSON object"),
      ] {
        let refused = try await run("import", "other", file)
        #expect(refused.status == 1 && refused.standardOutput.isEmpty, "\(refused)")
        #expect(refused.standardError.contains(words) && refused.standardError.contains(file), "\(refused)")
        #expect(refused.standardError.split(separator: "\n").count == 1, "\(refused)")
      }
      #expect(FileManager.default.fileExists(atPath: store.path) == isThere)
      if isThere { #expect(try await run("rooms", "--json").json()[1] == nil) }
      #expect(try await run("import", "notes", try write(bytes(yjs.parts[0]), "part")).status == 0)
    }
    let other = try write(Data(#"{"new": "x", "list": "text"}"#.utf8), "other.json")
    #expect(try await run("import", "list", try write(Data(#"{"list": [1]}"#.utf8), "l.json")).status == 0)
    let before = try await run("show", "list", "--json").standardOutput
    let refused = try await run("import", "list", other)
    #expect(refused.status == 1 && refused.standardError.contains("root `list` is of another kind"), "\(refused)")
    #expect(try await run("show", "list", "--json").standardOutput == before)
    let nowhere = try await run("import", "notes", folder.file("missing").path)
    #expect(nowhere.status == 3 && nowhere.standardError.contains("missing"), "\(nowhere)")
  }

  @Test("What is of a document before the room was recreated is refused")
  func outdated() async throws {
    let yjs = try await YjsUpdates.make()
    let part = try write(bytes(yjs.parts[0]), "part")
    #expect(try await run("import", "notes", part).status == 0)
    #expect(try await run("recreate", "notes").status == 0)
    let refused = try await run("import", "notes", part)
    #expect(refused.status == 4 && refused.standardError.contains("recreated"), "\(refused)")
    #expect(try await show("notes") == [:])
    #expect(try await run("verify").status == 0)
  }
}
