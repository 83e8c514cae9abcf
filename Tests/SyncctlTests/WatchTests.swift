import Foundation
import TestSupport
import Testing

/// `watch`: what happens in a room, as it happens.
@Suite struct WatchTests {
  private let folder: TemporaryFolder
  private let relay: Relay

  init() async throws {
    folder = try TemporaryFolder()
    relay = try await Relay.start(store: folder.file("store.sqlite"))
  }

  private func watch(_ arguments: String...) async throws -> ChildProcess {
    let command = ["watch", "notes", "--url", "http://127.0.0.1:\(relay.port)"] + arguments
    let process = try ChildProcess(TestFiles.syncctl, command)
    try await eventually("it watches") { process.standardError.contains("watching `notes`") }
    return process
  }

  @Test("What Yjs and yrs clients write, and that they come, move and leave, is told line by line")
  func following() async throws {
    let yjs = try ClientHost.yjs()
    let ada = try await yjs.open("ada", at: relay.url, room: "notes", awareness: ["user": ["name": "Ada"]])
    try await ada.waitUntilSynced()
    try await ada.insert("before", at: 0)
    try await eventually("it is stored") { try await syncctl("show", "notes", "--store", relay.store.path).status == 0 }
    let (text, json) = (try await watch(), try await watch("--json"))
    try await eventually("who is there is told") { text.standardOutput.contains("Ada") }
    let bob = try await ClientHost.pycrdt().open("bob", at: relay.url, room: "notes", awareness: ["name": "Bob"])
    try await bob.waitUntilSynced()
    try await eventually("who comes is told") { text.standardOutput.contains("Bob") }

    try await bob.insert("Hello ", at: 0)
    try await eventuallyEqual([ada, bob]) { $0.text == "Hello before" }
    try await ada.delete(at: 6, count: 6)
    try await ada.set("theme", "dark")
    try await bob.setAwareness(["name": "Bob", "cursor": 3])
    try await eventually("who moves is told") { text.standardOutput.contains("is at") }
    try await eventuallyEqual([ada, bob]) { $0.map == ["theme": "dark"] }
    try await bob.disconnect()
    try await eventually("who leaves is told") {
      text.standardOutput.contains("left\n") && json.standardOutput.contains("left")
    }

    let bobID = try await bob.state().clientID
    for line in [
      "Bob (\(bobID)): text +6 “Hello ”\n", "somebody: text −6\n", "): map/theme +1\n",
      "Bob (\(bobID)) is at: {", "\"cursor\":3", "Bob (\(bobID)) left\n",
    ] {
      #expect(text.standardOutput.contains(line), "\(line): \(text.standardOutput)")
    }
    #expect(!text.standardOutput.contains("before"), "what was there is not told")
    let events = try expectSchema("watch", json.standardOutput)
    #expect(Set(events.map { $0["event"] }) == ["here", "moved", "left", "change"])
    #expect(
      events.contains { $0["clients"]?[0]?["client"] == .number(Double(bobID)) && $0["changes"]?[0]?["inserted"] == 6 })

    // The command ends with the relay.
    relay.process.signal(SIGTERM)
    #expect(try await text.waitForExit() == 3)
    #expect(text.standardError.contains("ended the connection"), "\(text.standardError)")
  }

  @Test("It ends after as many events as are asked for, and when nobody reads any more")
  func ends() async throws {
    let yjs = try ClientHost.yjs()
    let limited = try await watch("--limit", "3", "--json")
    let script = "'\(TestFiles.syncctl.path)' watch notes --url http://127.0.0.1:\(relay.port) | head -n 2"
    let piped = try ChildProcess(URL(filePath: "/usr/bin/env"), ["bash", "-c", "set -o pipefail; \(script)"])
    try await eventually("it watches") { piped.standardError.contains("watching `notes`") }
    let client = try await yjs.open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.burst("item", count: 10)
    #expect(try await limited.waitForExit() == 0)
    #expect(try expectSchema("watch", limited.standardOutput).count == 3)
    // It hears of the end of its reader when it writes to it.
    try await eventually("the pipe has ended") {
      if piped.exitStatus != nil { return true }
      try await client.burst("more", count: 1)
      return false
    }
    #expect(piped.exitStatus == 0 && piped.standardOutput.split(separator: "\n").count == 2, "\(piped.standardError)")
    for arguments in [["--limit", "0"], ["--url", "nonsense"]] {
      let refused = try await outcome(
        of: ChildProcess(TestFiles.syncctl, ["watch", "notes", "--url", "http://127.0.0.1:1"] + arguments))
      #expect(refused.status == 2, "\(refused)")
    }
  }
}
