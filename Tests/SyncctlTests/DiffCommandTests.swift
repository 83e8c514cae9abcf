import Foundation
import Testing

/// `diff` tells two replicas apart by what they show and by what they know.
@Suite struct DiffCommandTests {
  private let folder: TemporaryFolder
  private let relay: Relay
  private let yjs: ClientHost

  init() async throws {
    folder = try TemporaryFolder()
    relay = try await Relay.start(store: folder.file("one.sqlite"))
    yjs = try ClientHost.yjs()
  }

  private func diff(_ arguments: String...) async throws -> Outcome {
    try await outcome(
      of: ChildProcess(TestFiles.syncctl, ["diff"] + arguments + ["--store", relay.store.path]))
  }

  /// Writes a room "notes" in several steps, and gives the file of its update after the second.
  private func fill() async throws -> String {
    let ada = try await yjs.open("ada", at: relay.url, room: "notes")
    try await ada.waitUntilSynced()
    try await ada.insert("first line\nsecond line\nthird line\n", at: 0)
    try await ada.set("title", "Greeting")
    try await stored(2)
    let file = folder.file("notes.update").path
    let export = try await syncctl("export", "notes", "--store", relay.store.path, "-o", file)
    try #require(export.status == 0, "\(export)")
    try await ada.insert("2nd", at: 11)
    try await ada.delete(at: 14, count: 6)
    try await ada.set("title", "Hi")
    try await ada.push(1)
    try await stored(6)
    return file
  }

  private func stored(_ updates: Int) async throws {
    try await eventually("\(updates) updates are stored") {
      let rooms = try await syncctl("rooms", "--store", relay.store.path, "--json").json()
      guard case .array(let list) = rooms else { return false }
      return list.first?["updates"] == .number(Double(updates))
    }
  }

  @Test("Rooms, moments and updates are compared by content and by clocks")
  func documents() async throws {
    let file = try await fill()
    let same = try await diff("notes@2", file)
    #expect(same.status == 0 && same.standardOutput == "equal\n", "\(same)")

    for left in [file, "notes@2", "\(relay.store.path):notes@2"] {
      let difference = try await diff(left, "notes")
      #expect(difference.status == 1 && difference.standardError.contains("the two differ"), "\(difference)")
      let lines = difference.standardOutput.split(separator: "\n").map(String.init)
      #expect(lines.contains("text:"))
      #expect(lines.contains("  - second line") && lines.contains("  + 2nd line"), "\(difference)")
      #expect(lines.contains("    first line"))
      #expect(lines.contains(#"map/title: "Greeting" → "Hi""#), "\(difference)")
      #expect(lines.contains("list: [1] is on the right only"), "\(difference)")
      #expect(lines.contains("the left is behind: the right has all of it"))
    }
    let json = try await diff("notes", file, "--json")
    try expectSchema("diff", json.standardOutput)
    let comparison = try json.json()
    #expect(comparison["isEqual"] == false && comparison["clocks"]?["ordering"] == "ahead")
    guard case .array(let clients)? = comparison["clocks"]?["clients"] else {
      Issue.record("no clients")
      return
    }
    #expect(clients.count == 1 && clients[0]["deletedOnlyLeft"] == 7 && clients[0]["deletedOnlyRight"] == 0, "\(json)")
  }

  @Test("Replicas that went apart are concurrent, and stores are compared room by room")
  func stores() async throws {
    _ = try await fill()
    let copy = folder.file("two.sqlite").path
    let backup = try await syncctl("backup", copy, "--store", relay.store.path)
    try #require(backup.status == 0, "\(backup)")
    let equal = try await diff(relay.store.path, copy)
    #expect(equal.status == 0 && equal.standardOutput.isEmpty, "\(equal)")

    let other = try await Relay.start(store: URL(filePath: copy))
    let bob = try await yjs.open("bob", at: other.url, room: "notes")
    try await bob.waitUntilSynced()
    try await bob.push("bob's")
    let carol = try await yjs.open("carol", at: other.url, room: "elsewhere")
    try await carol.insert("x", at: 0)
    let dora = try await yjs.open("dora", at: relay.url, room: "notes")
    try await dora.waitUntilSynced()
    try await dora.set("owner", "dora")
    try await stored(7)
    try await eventually("the other has both") {
      let rooms = try await syncctl("rooms", "--store", copy, "--json").json()
      guard case .array(let list) = rooms else { return false }
      return list.count == 2 && list.contains { $0["name"] == "notes" && $0["updates"] == 7 }
    }

    let difference = try await diff(relay.store.path, copy)
    #expect(difference.status == 1 && difference.standardError.contains("2 of 2 rooms differ"), "\(difference)")
    #expect(difference.standardOutput.contains("room elsewhere, on the right only"), "\(difference)")
    #expect(difference.standardOutput.contains("concurrent: each has what the other does not"), "\(difference)")
    let json = try await diff(relay.store.path, copy, "--json")
    try expectSchema("diff", json.standardOutput)
    let rooms = try await diff("notes", "\(copy):notes", "--json").json()
    #expect(rooms["clocks"]?["ordering"] == "concurrent")
  }

  @Test("What cannot be compared is refused, and nothing is changed")
  func refusals() async throws {
    let file = try await fill()
    let damaged = folder.file("damaged.update").path
    try Data([1, 2, 3]).write(to: URL(filePath: damaged))
    for (left, right, status, message) in [
      ("nots", "notes", 3, "did you mean `notes`?"), (damaged, "notes", 1, "syncctl inspect"),
      (relay.store.path, file, 2, "STORE:ROOM"), ("notes@99", "notes", 3, "has 6 updates"),
    ] as [(String, String, Int32, String)] {
      let refusal = try await diff(left, right)
      #expect(refusal.status == status && refusal.standardError.contains(message), "\(refusal)")
    }
  }
}
