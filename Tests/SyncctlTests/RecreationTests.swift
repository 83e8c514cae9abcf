import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// `recreate` begins a document anew on all relays, whoever was away; `copies` and `status` tell what became of it.
@Suite struct RecreationTests {
  @Test("A room recreated at rest replaces that of another relay, and a client that still has the old one is refused")
  func recreate() async throws {
    let folder = try TemporaryFolder()
    let yjs = try ClientHost.yjs()
    let (one, two) = (folder.file("one.sqlite"), folder.file("two.sqlite"))
    var first = try await Relay.start(store: one, tcpPort: 0)
    var second = try await Relay.start(store: two, peers: [first.tcpURL])
    let old = try await yjs.open("old", at: second.url, room: "notes")
    try await old.waitUntilSynced()
    try await old.insert("Agenda", at: 0)
    try await eventually("both have it") {
      try await texts(in: [one, two], of: "notes") == ["Agenda\n", "Agenda\n"]
    }
    try await eventually("the second knows that the first has it") {
      let status = try await status(of: second)
      guard case .array(let links)? = status["links"], case .array(let rooms)? = status["replication"] else {
        return false
      }
      return links.first?["state"] == .string("synced")
        && rooms.contains { $0["room"] == .string("notes") && $0["ahead"] == .number(0) }
    }
    for relay in [second, first] {
      relay.process.signal(SIGTERM)
      try await relay.process.waitForExit()
    }
    let nothing = try await syncctl("status", "--store", two.path, "--json")
    try expectSchema("status", nothing.standardOutput)
    #expect(try nothing.json()["replication"] == [], "\(nothing)")

    let recreated = try await syncctl("recreate", "notes", "--store", two.path)
    #expect(recreated.status == 0, "\(recreated)")
    let waiting = try await syncctl("status", "--store", two.path)
    #expect(waiting.standardOutput.contains("notes: 2 updates ahead of relay"), "\(waiting)")
    first = try await Relay.start(store: one, tcpPort: 0)
    second = try await Relay.start(store: two, port: second.port, peers: [first.tcpURL])
    // Whoever got the old one from there until then would have to reload, too.
    try await eventually("the first has the new one") {
      let copies = try await syncctl("copies", "notes", "--store", one.path, "--json")
      guard copies.status == 0, try copies.json() != .array([]) else { return false }
      try expectSchema("copies", copies.standardOutput)
      return true
    }
    let new = try await yjs.open("new", at: first.url, room: "notes")
    try await new.waitUntilSynced()
    try await new.insert("Agenda", at: 0)
    try await eventually("the old client is refused") {
      let status = try await status(of: second)
      return status["refusals"]?["outdated"] != nil
    }
    try await eventually("both have the new one, once") {
      try await texts(in: [one, two], of: "notes") == ["Agenda\n", "Agenda\n"]
    }
    for store in [one, two] {
      let copy = try await syncctl("show", "notes", "--copy", "1", "--format", "text", "--store", store.path)
      #expect(copy.standardOutput == "Agenda\n", "\(copy)")
    }
    let missing = try await syncctl("show", "notes", "--copy", "9", "--store", one.path)
    #expect(missing.status == 3 && missing.standardError.contains("syncctl copies"), "\(missing)")
  }

  @Test("A store in use, a room that is not there and a store that is not there are told apart, and left as they are")
  func mistakes() async throws {
    let folder = try TemporaryFolder()
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let yjs = try ClientHost.yjs()
    let client = try await yjs.open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.burst("x", count: 1)
    try await eventually("it is stored") { try await client.state().acknowledgedCount == 1 }
    for (arguments, reason) in [
      (["recreate", "notes", "--store", relay.store.path], "in use"),
      (["recreate", "note", "--store", relay.store.path], "did you mean `notes`?"),
      (["recreate", "notes", "--store", folder.file("none.sqlite").path], "no store at"),
      (["copies", "note", "--store", relay.store.path], "did you mean `notes`?"),
    ] {
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
      #expect(outcome.status == 3 && outcome.standardError.contains(reason), "\(arguments): \(outcome)")
    }
  }

  private func texts(in stores: [URL], of room: String) async throws -> [String] {
    var texts: [String] = []
    for store in stores {
      texts.append(try await syncctl("show", room, "--format", "text", "--store", store.path).standardOutput)
    }
    return texts
  }

  private func status(of relay: Relay) async throws -> JSON {
    let url = try #require(URL(string: "http://127.0.0.1:\(relay.port)/statusz"))
    let (data, _) = try await URLSession.shared.data(from: url)
    return try JSONDecoder().decode(JSON.self, from: data)
  }
}
