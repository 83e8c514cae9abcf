import CRDT
import Foundation
import TestSupport
import Testing

/// `status`: how far relays are from each other, and what waits.
@Suite struct StatusCommandTests {
  @Test("How far another relay is and how the link is are told by a relay that runs, and the rest by its store")
  func replication() async throws {
    let folder = try TemporaryFolder()
    let far = try await Relay.start(store: folder.file("far.sqlite"), tcpPort: 0)
    let near = try await Relay.start(store: folder.file("near.sqlite"), peers: [far.tcpURL])
    let address = "http://127.0.0.1:\(near.port)"
    let client = try await ClientHost.pycrdt().open("client", at: near.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.insert("one", at: 0)
    try await eventually("the far relay has it") {
      let status = try await syncctl("status", "--url", address)
      return status.standardOutput.contains("link to \(far.tcpURL): synced with relay")
        && status.standardOutput.contains("1 room: nothing is ahead, behind or waiting")
    }
    try await far.crash()
    try await client.insert("two ", at: 0)
    let away = try await eventually("the far relay is away") { () -> Outcome? in
      let status = try await syncctl("status", "notes", "--url", address)
      return status.standardOutput.contains("link to \(far.tcpURL): offline")
        && status.standardOutput.contains("notes: 1 update ahead of relay") ? status : nil
    }
    #expect(away.standardOutput.contains("which is not connected"), "\(away)")
    #expect(away.standardOutput.contains("tries again in"), "\(away)")
    let live = try await syncctl("status", "--url", address, "--json")
    try expectSchema("status", live.standardOutput)
    #expect(try live.json()["links"]?[0]?["state"] == "offline", "\(live)")
    let stored = try await syncctl("status", "--store", near.store.path, "--json")
    try expectSchema("status", stored.standardOutput)
    for field in ["room", "peer", "ahead"] {
      let told = try live.json()["replication"]?[0]?[field]
      #expect(try told != nil && stored.json()["replication"]?[0]?[field] == told, "\(live), \(stored)")
    }
    let missing = try await syncctl("status", "note", "--url", address)
    #expect(missing.status == 3 && missing.standardError.contains("did you mean `notes`?"), "\(missing)")
  }

  @Test("What waits is told with the client and the clock that it waits for")
  func pending() async throws {
    let store = try RestingStore()
    let writer = Document(clientID: 77)
    writer.text("text").append("what is missing")
    let known = writer.stateVector
    writer.text("text").append(", and what came")
    let file = store.folder.file("late.update")
    try Data(writer.encodeUpdate(since: known)).write(to: file)
    #expect(try await store.run("import", "plan", file.path).status == 0)
    #expect(try await store.fill("notes", #"{"text": "Hello"}"#).status == 0)
    let told = try await store.run("status")
    #expect(
      told.standardOutput.hasPrefix("plan: ") && told.standardOutput.contains("wait for client 77 from clock 0\n"),
      "\(told)")
    let report = try await store.run("status", "--json")
    try expectSchema("status", report.standardOutput)
    #expect(try report.json()["pending"]?[0]?["missing"] == [["client": 77, "from": 0, "upTo": 15]], "\(report)")
    #expect(try await store.run("status", "notes").standardOutput.contains("nothing is ahead"))
    // A relay tells the same.
    let relay = try await Relay.start(store: store.file)
    let live = try await syncctl("status", "--url", "http://127.0.0.1:\(relay.port)")
    #expect(live.standardOutput == told.standardOutput, "\(live)")
  }
}
