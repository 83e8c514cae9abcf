import CRDT
import Foundation
import TestSupport
import Testing

/// `version`: names of moments, and the way back to them.
@Suite struct VersionTests {
  @Test("What Yjs and yrs clients had at a version comes back to them, and what they write meanwhile stays")
  func live() async throws {
    let folder = try TemporaryFolder()
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: ["--compact-after", "4"])
    let address = "http://127.0.0.1:\(relay.port)"
    func run(_ arguments: String...) async throws -> Outcome {
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--url", address]))
      #expect(outcome.status == 0, "\(arguments): \(outcome)")
      return outcome
    }
    let alice = try await ClientHost.yjs().open("alice", at: relay.url, room: "notes")
    let carol = try await ClientHost.pycrdt().open("carol", at: relay.url, room: "notes")
    for client in [alice, carol] { try await client.waitUntilSynced() }
    try await alice.insert("Hello world", at: 0)
    try await carol.push(["title": "one"])
    try await alice.set("theme", "dark")
    let before = try await eventuallyEqual([alice, carol]) {
      $0.text.count == 11 && !$0.list.isEmpty && !$0.map.isEmpty
    }
    try expectSchema(
      "edit", try await run("version", "create", "notes", "monday", "--author", "ada", "--json").standardOutput)
    let shown = try await run("show", "notes", "--at", "monday", "--json").json()

    try await alice.delete(at: 0, count: 6)
    try await carol.remove("theme")
    for client in [alice, carol] { try await client.burst(client.name, count: 10) }
    try await eventuallyEqual([alice, carol]) { $0.list.count == 21 && $0.map.isEmpty && !$0.text.hasPrefix("Hello") }
    try await eventually("all is stored") {
      let counts = [try await alice.state().acknowledgedCount, try await carol.state().acknowledgedCount]
      return counts == [10, 10]
    }
    let list = try await run("version", "list", "notes", "--json")
    try expectSchema("version", list.standardOutput)
    #expect(try list.json()[0]?["name"] == "monday" && list.json()[0]?["author"] == "ada", "\(list)")
    #expect(try await run("version", "list", "notes").standardOutput.contains("monday"))
    #expect(try await run("show", "notes", "--at", "monday", "--json").json() == shown)

    // Carol does not see it before she is back.
    try await carol.disconnect()
    try await carol.insert("Oh, ", at: 0)
    _ = try await run("version", "restore", "notes", "monday")
    try await eventuallyEqual([alice]) { $0 == before }
    try await carol.connect()
    try await eventuallyEqual([alice, carol]) {
      $0.list == before.list && $0.map == before.map && $0.text == "Hello Oh, world"
    }
    relay.process.signal(SIGTERM)
    #expect(try await relay.process.waitForExit() == 0)
    #expect(try await syncctl("verify", "--store", relay.store.path).status == 0)
    let difference = try await syncctl("diff", "notes@monday", "notes", "--store", relay.store.path, "--json")
    guard case .array(let places)? = try difference.json()["content"] else {
      Issue.record("\(difference)")
      return
    }
    // What Carol wrote, and the list of versions, which is younger than its first entry.
    #expect(Set(places.map { $0["path"] }) == ["text", "versions"], "\(difference)")
  }

  @Test("Any moment comes back in a store at rest, as long as its history goes back as far")
  func resting() async throws {
    let store = try RestingStore()
    #expect(try await store.fill("notes", #"{"text": "one", "list": [{"x": 1}]}"#).status == 0)
    #expect(try await store.run("version", "create", "notes", "first").status == 0)
    #expect(try await store.run("set", "notes", "text", #""two""#).status == 0)
    #expect(try await store.run("delete", "notes", "list/0").status == 0)
    #expect(try await store.run("version", "create", "notes", "first").status == 0)
    #expect(try await store.run("set", "notes", "text", #""three""#).status == 0)
    #expect(try await store.run("compact").status == 0)

    func text() async throws -> JSON? { try await store.show("notes")["text"] }
    #expect(try await store.run("version", "restore", "notes", "first").status == 0)
    #expect(try await text() == "two", "the latest of the name")
    #expect(try await store.run("version", "delete", "notes", "first").status == 0)
    #expect(try await store.run("version", "restore", "notes", "first").status == 0)
    #expect(try await text() == "one")
    #expect(try await store.show("notes")["list"] == [["x": 1]])
    let again = try await store.run("version", "restore", "notes", "first")
    #expect(again.status == 0, "\(again)")
    #expect(try await store.run("version", "restore", "notes", "2099-01-01").standardOutput == "notes: nothing new\n")
    #expect(try await store.run("verify").status == 0)

    let typo = try await store.run("version", "restore", "notes", "firt")
    #expect(typo.status == 3 && typo.standardError.contains("did you mean `first`?"), "\(typo)")
    let missing = try await store.run("version", "create", "nots", "first")
    #expect(missing.status == 3 && missing.standardError.contains("did you mean `notes`?"), "\(missing)")
    #expect(try await store.run("version", "create", "notes", "").status == 2)
    #expect(try await store.fill("strange", #"{"versions": "a text"}"#).status == 0)
    let strange = try await store.run("version", "create", "strange", "first")
    #expect(strange.status == 4 && strange.standardError.contains("no list"), "\(strange)")
    #expect(try await store.run("version", "list", "strange", "--json").standardOutput == "[]\n")

    // Somebody who writes nonsense into the list: 3,000 clients with as many units as there can be.
    let clocks = StateVector(
      Dictionary(uniqueKeysWithValues: (0..<3000).map { (ClientID(rawValue: $0), Clock(1 << 53) - 1) }))
    let hostile = Document()
    hostile.array("versions").append([
      "date": 1e300, "clientID": 1, "name": "nonsense",
      "snapshot": .bytes(Snapshot(deleteSet: IDSet(), stateVector: clocks).encode()),
    ])
    let nonsense = store.folder.file("nonsense.update")
    try Data(hostile.encodeUpdate()).write(to: nonsense)
    #expect(try await store.run("import", "notes", nonsense.path).status == 0)
    let list = try await store.run("version", "list", "notes")
    #expect(list.status == 0 && list.standardOutput.contains("nonsense"), "\(list)")
    let never = try await store.run("version", "restore", "notes", "nonsense")
    #expect(never.status == 3 && never.standardError.contains("does not go back as far"), "\(never)")

    // Now without what was deleted.
    #expect(try await store.run("set", "notes", "text", #""four""#).status == 0)
    #expect(try await store.run("compact", "--history-days", "0").status == 0)
    for arguments in [["version", "restore", "notes", "first"], ["show", "notes", "--at", "first"]] {
      let gone = try await store.run(arguments)
      #expect(gone.status == 3 && gone.standardError.contains("does not go back as far"), "\(gone)")
    }
    #expect(try await text() == "four")
  }
}
