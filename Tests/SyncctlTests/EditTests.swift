import Foundation
import TestSupport
import Testing

/// `set`, `insert` and `delete` edit documents at rest, and Yjs clients merge with what they did meanwhile.
@Suite struct EditTests {
  private let store: RestingStore

  init() throws { store = try RestingStore() }

  private func stop(_ relay: Relay) async throws {
    relay.process.signal(SIGTERM)
    #expect(try await relay.process.waitForExit() == 0)
  }

  /// Runs a command that has to change something, and holds what it prints to the schema.
  private func edit(_ arguments: String...) async throws {
    let done = try await store.run(arguments + ["--json"])
    #expect(done.status == 0, "\(arguments): \(done)")
    let report = try expectSchema("edit", done.standardOutput)
    #expect(report.first?["room"] == "notes" && report.first?["bytes"] != 0, "\(arguments): \(done)")
  }

  @Test("Edits at rest merge with what a Yjs client wrote meanwhile, and the history tells of them")
  func merging() async throws {
    let relay = try await Relay.start(store: store.file)
    let client = try await ClientHost.yjs().open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.insert("Hello world", at: 0)
    try await client.push(["$map": ["title": "one"]])
    try await client.push("two")
    try await client.set("kept", 1)
    try await eventually("all is stored") { try await store.show("notes")["map"]?["kept"] == 1 }
    let used = try await store.run("set", "notes", "map/kept", "2")
    #expect(used.status == 3 && used.standardError.contains("in use"), "\(used)")
    try await client.disconnect()
    try await stop(relay)

    try await edit("insert", "notes", "text", "5", ",")
    try await edit("insert", "notes", "text", "end", "!")
    try await edit("delete", "notes", "text", "0", "1")
    try await edit("insert", "notes", "text", "0", "h")
    try await edit("insert", "notes", "list", "end", #"{"title": "three", "tags": ["x"]}"#)
    try await edit("set", "notes", "list/0/title", #""first""#)
    try await edit("set", "notes", "list/2/tags/0", "[15, null]")
    try await edit("delete", "notes", "list/1")
    try await edit("set", "notes", "map/a~1b", #"{"deep": true}"#)
    let same = try await store.run("set", "notes", "map/kept", "1")
    #expect(same.standardOutput == "notes: nothing new\n", "\(same)")
    let shown = try await store.show("notes")
    #expect(shown["text"] == "hello, world!", "\(shown)")
    #expect(shown["list"] == [["title": "first"], ["title": "three", "tags": [[15, .null]]]], "\(shown)")
    #expect(shown["map"] == ["kept": 1, "a/b": ["deep": true]], "\(shown)")

    try await client.insert("Oh: ", at: 0)
    let next = try await Relay.start(store: store.file, port: relay.port)
    try await client.connect()
    try await eventually("the client's edit is stored") {
      guard case .string(let text)? = try await store.show("notes")["text"] else { return false }
      return text.contains("Oh: ") && text.hasSuffix("ello, world!")
    }
    let content = try await eventually("the client has the edits") {
      let content = try await client.content()
      return content.text.hasSuffix("!") && content.list.count == 2 ? content : nil
    }
    #expect(content.list[0] == ["title": "first"], "\(content)")
    try await stop(next)
    let log = try expectSchema("log", try await store.run("log", "notes", "--json").standardOutput)
    #expect(log.first?[0]?["source"] != nil && "\(log)".contains("command line"), "\(log)")
    #expect(try await store.run("verify").status == 0)
  }

  @Test("Attributes, texts and nodes of Yjs' XML are edited")
  func xml() async throws {
    let file = store.folder.file("rich.update")
    try Data(bytes(try #require(try await YjsUpdates.make().updates.first).v1)).write(to: file)
    #expect(try await store.run("import", "notes", file.path).status == 0)
    try await edit("set", "notes", "xml/0/class", #""other""#)
    try await edit("set", "notes", "xml/2", #""other words""#)
    try await edit("insert", "notes", "xml/2", "5", " good")
    try await edit("delete", "notes", "xml", "1")
    let shown = try await store.run("show", "notes", "--path", "xml", "--format", "text")
    #expect(shown.standardOutput.contains(#"class="other""#), "\(shown)")
    #expect(shown.standardOutput.contains("other good words"), "\(shown)")
    #expect(!shown.standardOutput.contains("secretHook"), "\(shown)")
  }

  @Test("A text that Yjs wrote is shown with its formats and embeds, in Quill's form")
  func delta() async throws {
    let file = store.folder.file("rich.update")
    try Data(bytes(try #require(try await YjsUpdates.make().updates.first).v1)).write(to: file)
    #expect(try await store.run("import", "notes", file.path).status == 0)
    let steps = try #require(
      try await store.run("show", "notes", "--format", "delta", "--path", "text").json().elements)
    #expect(steps.count > 2, "\(steps)")
    let formatted = steps.first { $0["attributes"]?["bold"] == true }
    #expect(formatted?["attributes"]?["link"]?["href"] == "https://secret.example", "\(steps)")
    #expect(steps.contains { $0["insert"]?["image"] == "secret.png" }, "\(steps)")
    let refused = try await store.run("show", "notes", "--format", "delta", "--path", "map")
    #expect(refused.status == 2 && refused.standardError.contains("no text"), "\(refused)")
  }

  @Test("XML that Yjs and yrs wrote is shown as markup, at a path or of each root, and all else is refused")
  func markup() async throws {
    let file = store.folder.file("rich.update")
    try Data(bytes(try #require(try await YjsUpdates.make().updates.first).v1)).write(to: file)
    #expect(try await store.run("import", "notes", file.path).status == 0)
    let all = try await store.run("show", "notes", "--format", "xml")
    let fragment = try await store.run("show", "notes", "--format", "xml", "--path", "xml")
    #expect(fragment.status == 0 && fragment.standardOutput.hasPrefix("<secretNode"), "\(fragment)")
    #expect(all.standardOutput.split(separator: "\n").contains { "\($0)\n" == fragment.standardOutput }, "\(all)")
    let element = try await store.run("show", "notes", "--format", "xml", "--path", "xml/0")
    #expect(element.status == 0 && fragment.standardOutput.hasPrefix(element.standardOutput.dropLast()), "\(element)")
    let refused = try await store.run("show", "notes", "--format", "xml", "--path", "map")
    #expect(refused.status == 2 && refused.standardError.contains("--format json"), "\(refused)")
    #expect(try await store.run("show", "notes", "--format", "xml", "--json").status == 2)

    try Data(bytes(try await YrsUpdates.make().update)).write(to: file)
    #expect(try await store.run("import", "page", file.path).status == 0)
    let page = try await store.run("show", "page", "--format", "xml")
    #expect(page.standardOutput == "<secretNode class=\"x\">secret words</secretNode>\n", "\(page)")
    #expect(try await store.fill("plain", #"{"body": "Hello"}"#).status == 0)
    let none = try await store.run("show", "plain", "--format", "xml")
    #expect(none.status == 2 && none.standardError.contains("no XML at its root"), "\(none)")
  }

  @Test(
    "What cannot be edited is refused with one line, and nothing is changed",
    arguments: [
      (["set", "nots", "map/a", "1"], 3, "did you mean `notes`"),
      (["set", "notes", "map/a", "dark"], 2, "a string is written in quotes"),
      (["set", "notes", "", "1"], 2, "the path is empty"),
      (["set", "notes", "new", "1"], 1, "no text, list or map"),
      (["set", "notes", "text", "[]"], 1, "another kind"),
      (["set", "notes", "list/2", "1"], 2, "`list` has 2"),
      (["set", "notes", "list/-1", "1"], 2, "no element"),
      (["set", "notes", "list/0/x", "1"], 2, "replaced as a whole"),
      (["set", "notes", "text/0", "1"], 2, "no members"),
      (["set", "notes", "map/none/x", "1"], 3, "nothing at `map/none`"),
      (["insert", "notes", "text", "4", "x"], 2, "middle of a character"),
      (["insert", "notes", "text", "6", "x"], 2, "it has 5 UTF-16 units"),
      (["insert", "notes", "text", "-1", "x"], 2, "--help"),
      (["insert", "notes", "list", "0", "x"], 2, "no JSON"),
      (["insert", "notes", "map", "0", "1"], 2, "no text and no array"),
      (["delete", "notes", "text", "0", "4"], 2, "middle of a character"),
      (["delete", "notes", "text", "3", "9223372036854775807"], 2, "only 2 UTF-16 units"),
      (["delete", "notes", "list", "0", "0"], 2, "at least 1"),
      (["delete", "notes", "map/none"], 3, "nothing at `map/none`"),
      (["delete", "notes", "map"], 2, "a root stays"),
    ] as [([String], Int32, String)])
  func refused(_ arguments: [String], _ status: Int32, _ words: String) async throws {
    #expect(try await store.fill("notes", #"{"text": "abc😀", "list": [1, 2], "map": {"plain": 1}}"#).status == 0)
    let before = try await store.show("notes")
    let refused = try await store.run(arguments)
    #expect(refused.status == status && refused.standardError.contains(words), "\(refused)")
    #expect(refused.standardError.split(separator: "\n").count == 1, "\(refused)")
    #expect(try await store.show("notes") == before)
  }
}
