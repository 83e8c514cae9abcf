import Foundation
import Testing

/// `export --all` and `import --all` move all rooms as files.
@Suite struct AllRoomsTests {
  private let folder: TemporaryFolder
  private let store: URL

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("store.sqlite")
  }

  private func run(_ arguments: String..., store: URL? = nil) async throws -> Outcome {
    let store = store ?? self.store
    return try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--store", store.path]))
  }

  private func names(_ store: URL) async throws -> [JSON] {
    guard case .array(let rooms) = try await run("rooms", "--json", store: store).json() else { return [] }
    return rooms.compactMap { $0["name"] }
  }

  private static let rooms = [
    "notes", "Notes", "NOTES", "a/b", "../up", "/root", ".", "..", ".hidden", "100%", "%2F", "a+b", "日本語", "e\u{301}",
    "\u{E9}", "with space", "tab\tand\nline", "con.update", String(repeating: "long/", count: 100),
    String(repeating: "x", count: 200), String(repeating: "x", count: 201), "-o", "a\\b", "*?\"<>|:",
  ]

  @Test("Rooms of any name come back from files as they were", arguments: ["v1", "v2", "json"])
  func roundTrip(_ format: String) async throws {
    for (index, room) in AllRoomsTests.rooms.enumerated() {
      let json = folder.file("room.json")
      try Data(#"{"text": "room \#(index)", "map": {"n": \#(index)}}"#.utf8).write(to: json)
      let made = try await syncctl("import", "--store", store.path, "--", room, json.path)
      try #require(made.status == 0, "\(made)")
    }
    let exported = folder.file("rooms")
    let outcome = try await run("export", "--all", "-o", exported.path, "--format", format)
    try #require(
      outcome.status == 0 && outcome.standardOutput.hasPrefix("\(AllRoomsTests.rooms.count) rooms, "), "\(outcome)")
    // As a file system would take them that knows no capital letters.
    let files = try FileManager.default.subpathsOfDirectory(atPath: exported.path)
    #expect(Set(files.map { $0.lowercased() }).count == files.count)
    for file in files {
      #expect(file.split(separator: "/").allSatisfy { $0.utf8.count <= 255 && !$0.hasPrefix(".") }, "\(file)")
      #expect(file.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "\(file)")
    }
    let copy = folder.file("copy.sqlite")
    let imported = try await run("import", "--all", exported.path, store: copy)
    try #require(imported.status == 0, "\(imported)")
    #expect(try await names(copy) == names(store))
    let difference = try await syncctl("diff", store.path, copy.path, "--json")
    if format == "json" {
      for (index, room) in AllRoomsTests.rooms.enumerated() {
        let shown = try await syncctl("show", "--json", "--store", copy.path, "--", room)
        #expect(try shown.json()["text"] == .string("room \(index)"), "\(shown)")
      }
    } else {
      #expect(difference.status == 0, "\(difference)")
      let again = try await run("import", "--all", exported.path, store: copy)
      #expect(again.standardOutput == "\(AllRoomsTests.rooms.count) rooms, 0 of them changed\n", "\(again)")
    }
    #expect(try await run("verify", store: copy).status == 0)
    #expect(try await run("compact", store: copy).status == 0)
  }

  @Test("A folder is written while a relay runs, only as a whole, and never over another")
  func export() async throws {
    let relay = try await Relay.start(store: store)
    let client = try await ClientHost.yjs().open("client", at: relay.url, room: "project/1")
    try await client.waitUntilSynced()
    try await client.burst("item", count: 20)
    try await eventually("all is stored") { try await client.state().acknowledgedCount == 20 }
    let exported = folder.file("rooms")
    #expect(try await run("export", "--all", "-o", exported.path + "/").status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: exported.path) == ["project%2F1.update"])
    let content = try await ClientHost.pycrdt().load(Data(contentsOf: exported.appending(path: "project%2F1.update")))
    #expect(content.list.count == 20)
    let again = try await run("export", "--all", "-o", exported.path)
    #expect(again.status == 3 && again.standardError.contains(exported.path), "\(again)")
    relay.process.signal(SIGTERM)
    try await relay.process.waitForExit()
    try await change(store, "update updates set bytes = x'0102' where sequence = 7")
    let damaged = try await run("export", "--all", "-o", folder.file("other").path)
    #expect(damaged.status == 3 && damaged.standardError.contains("project/1"), "\(damaged)")
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(left.filter { $0.hasPrefix("rooms") || $0.hasPrefix("other") } == ["rooms"])
  }

  @Test("Of a folder with a damaged, strange or second file nothing is imported")
  func refusals() async throws {
    let rooms = folder.file("rooms")
    try FileManager.default.createDirectory(at: rooms, withIntermediateDirectories: false)
    try Data(#"{"text": "a"}"#.utf8).write(to: rooms.appending(path: "a.json"))
    try Data("x".utf8).write(to: rooms.appending(path: ".DS_Store"))
    for (name, words) in [
      ("b.update", "end of"), ("b.json", "no JSON"), ("README", "no file of a room"),
      ("a b.update", "no file of a room"),
      ("%2.update", "no file of a room"), ("%FF.update", "no file of a room"), ("a.update", "second file"),
    ] {
      let file = rooms.appending(path: name)
      try Data(name == "b.update" ? [1, 1, 1] : [0, 0]).write(to: file)
      let refused = try await run("import", "--all", rooms.path)
      #expect(refused.status == 1 && refused.standardOutput.isEmpty, "\(name): \(refused)")
      #expect(refused.standardError.split(separator: "\n").count == 1, "\(name): \(refused)")
      if words != "end of" { #expect(refused.standardError.contains(words), "\(name): \(refused)") }
      #expect(!FileManager.default.fileExists(atPath: store.path))
      try FileManager.default.removeItem(at: file)
    }
    let missing = try await run("import", "--all", folder.file("nowhere").path)
    #expect(missing.status == 3, "\(missing)")
    let imported = try await run("import", "--all", rooms.path)
    #expect(imported.status == 0 && imported.standardOutput.contains("1 rooms, 1 of them changed"), "\(imported)")
    // One of them is of another kind than in the store.
    try Data(#"{"text": ["a"]}"#.utf8).write(to: rooms.appending(path: "a.json"))
    try Data(#"{"text": "b"}"#.utf8).write(to: rooms.appending(path: "A.json"))
    let refused = try await run("import", "--all", rooms.path)
    #expect(refused.status == 1, "\(refused)")
    #expect(try await names(store) == ["a"])
  }
}
