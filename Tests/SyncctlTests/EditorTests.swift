import Foundation
import TestSupport
import Testing

/// `edit` with programs for an editor that do what a person would.
@Suite struct EditorTests {
  private let store: RestingStore
  /// Where drafts are, and nothing else.
  private let drafts: URL

  init() throws {
    store = try RestingStore()
    drafts = store.folder.file("drafts")
    try FileManager.default.createDirectory(at: drafts, withIntermediateDirectories: true)
  }

  /// Edits with a script that gets the file as `$1`.
  private func edit(_ arguments: [String], script: String) async throws -> Outcome {
    let editor = store.folder.file("editor.sh")
    try Data(script.utf8).write(to: editor)
    return try await edit(arguments, environment: ["EDITOR": "sh '\(editor.path)'", "VISUAL": ""])
  }

  private func edit(_ arguments: [String], environment: [String: String]) async throws -> Outcome {
    try await store.run(["edit"] + arguments, environment: environment.merging(["TMPDIR": drafts.path + "/"]) { $1 })
  }

  private var draftCount: Int {
    get throws { try FileManager.default.contentsOfDirectory(atPath: drafts.path).count }
  }

  private func fill(_ json: String) async throws {
    #expect(try await store.fill("notes", json).status == 0)
  }

  @Test("What is edited merges with what a client and another command write while the editor is open")
  func merging() async throws {
    let relay = try await Relay.start(store: store.file)
    let client = try await ClientHost.yjs().open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.insert("Hello world, this is a text.", at: 0)
    try await eventually("all is stored") {
      try await store.show("notes")["text"] == "Hello world, this is a text."
    }
    try await client.disconnect()
    relay.process.signal(SIGTERM)
    #expect(try await relay.process.waitForExit() == 0)
    // Edits without the relay, which comes back later.
    try await client.insert("Oh: ", at: 0)

    let edited = try await edit(
      ["notes", "--json"],
      script: """
        grep -qx 'Hello world, this is a text.' "$1" || exit 9
        '\(TestFiles.syncctl.path)' insert notes text end ' The end.' --store '\(store.file.path)' >&2
        sed -i 's/world/there/; s/a text/the text/' "$1"
        """)
    let report = try expectSchema("edit", edited.standardOutput)
    #expect(report.first?["room"] == "notes" && report.first?["bytes"] != 0, "\(edited)")
    let shown = try await store.show("notes")
    #expect(shown["text"] == "Hello there, this is the text. The end.", "\(shown)")
    #expect(try draftCount == 0)

    let next = try await Relay.start(store: store.file, port: relay.port)
    try await client.connect()
    try await eventually("all have all") {
      let text = try await client.content().text
      return text == "Oh: Hello there, this is the text. The end."
    }
    next.process.signal(SIGTERM)
    #expect(try await next.process.waitForExit() == 0)
    let log = try await store.run("log", "notes", "--json")
    #expect(log.standardOutput.contains("command line"), "\(log)")
  }

  @Test("Maps and arrays are edited as JSON, and of what is in them only what was changed is written")
  func json() async throws {
    try await fill(#"{"map": {"title": "one", "tags": ["x", "y"], "nested": {"n": 1}}}"#)
    let edited = try await edit(
      ["notes"],
      script: """
        '\(TestFiles.syncctl.path)' set notes map/nested/n 2 --store '\(store.file.path)' >&2
        sed -i 's/"one"/"two"/; s/"x",/"x", "z",/' "$1"
        """)
    #expect(edited.status == 0 && edited.standardOutput.hasSuffix(" bytes\n"), "\(edited)")
    let shown = try await store.show("notes")
    #expect(shown["map"] == ["title": "two", "tags": ["x", "z", "y"], "nested": ["n": 2]], "\(shown)")
    let same = try await edit(["notes", "map/tags"], script: #"printf '["x","z","y"]' > "$1""#)
    #expect(same.standardOutput == "notes: nothing new\n", "\(same)")
    #expect(try draftCount == 0)
  }

  @Test("An editor's newline at the end is no change, and $VISUAL comes before $EDITOR")
  func newline() async throws {
    try await fill(#"{"text": "one line"}"#)
    let same = try await edit(["notes", "text"], script: #"echo >> "$1""#)
    #expect(same.standardOutput == "notes: nothing new\n", "\(same)")
    let added = try await edit(["notes"], environment: ["EDITOR": "false", "VISUAL": "sed -i s/one/first/"])
    #expect(added.status == 0, "\(added)")
    #expect(try await store.show("notes")["text"] == "first line")
  }

  @Test(
    "What cannot be edited is refused with one line, nothing is changed, and nothing that was written is lost",
    arguments: [
      (["nots"], "", 3, "did you mean `notes`", nil),
      (["notes"], "", 2, "the roots are", nil),
      (["notes", "map/none"], "", 3, "nothing at `map/none`", nil),
      (["notes", "text"], "exit 3", 4, "nothing was changed", nil),
      (["notes", "text"], #"echo mine > "$1"; exit 3"#, 4, "what you wrote is in ", "mine"),
      (["notes", "map"], #"echo '{mine' > "$1""#, 2, "is no JSON", "{mine"),
      (["notes", "map"], #"echo '[1]' > "$1""#, 1, "another kind", "[1]"),
    ] as [([String], String, Int32, String, String?)])
  func refused(
    _ arguments: [String], _ script: String, _ status: Int32, _ words: String, _ kept: String?
  ) async throws {
    try await fill(#"{"text": "abc", "map": {"plain": 1}}"#)
    let before = try await store.show("notes")
    let refused = try await edit(arguments, script: script)
    #expect(refused.status == status && refused.standardError.contains(words), "\(refused)")
    #expect(refused.standardError.split(separator: "\n").count == 1, "\(refused)")
    #expect(try await store.show("notes") == before)
    guard let kept else {
      #expect(try draftCount == 0)
      return
    }
    let path = try #require(refused.standardError.split(separator: "what you wrote is in ").last)
    let file = URL(filePath: path.trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(try String(contentsOf: file, encoding: .utf8) == kept + "\n")
  }
}
