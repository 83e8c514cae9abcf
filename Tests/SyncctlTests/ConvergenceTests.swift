import Foundation
import Testing

/// Real clients of two libraries share rooms of the real binary.
@Suite struct ConvergenceTests {
  let folder: TemporaryFolder
  let relay: Relay
  let yjs: ClientHost
  let pycrdt: ClientHost

  init() async throws {
    folder = try TemporaryFolder()
    relay = try await Relay.start(store: folder.file("store.sqlite"))
    yjs = try ClientHost.yjs()
    pycrdt = try ClientHost.pycrdt()
  }

  @Test("Yjs clients of two protocols and a yrs client edit at once, go offline, edit on, come back and end equal")
  func convergesAfterOfflineEdits() async throws {
    let alice = try await yjs.open("alice", at: relay.url, room: "notes")
    let bob = try await yjs.open("bob", at: relay.url, room: "notes")
    let carol = try await pycrdt.open("carol", at: relay.url, room: "notes")
    let dave = try await yjs.openMultiplexed("dave", at: relay.url, room: "notes")
    let all = [alice, bob, carol, dave]
    for client in all { try await client.waitUntilSynced() }

    try await alice.insert("Alice é 日 ", at: 0)
    try await bob.insert("Bob 😀 ", at: 0)
    try await carol.insert("Carol ", at: 0)
    try await alice.push(1)
    try await bob.push(["deep": [true, nil, "x"]])
    try await carol.set("title", "Notes")
    try await dave.insert("Dave ", at: 0)
    let online = try await eventuallyEqual(all) {
      $0.list.count == 2 && $0.map["title"] == "Notes"
        && ["Alice é 日 ", "Bob 😀 ", "Carol ", "Dave "].allSatisfy($0.text.contains)
    }

    try await alice.disconnect()
    try await carol.disconnect()
    try await dave.disconnect()
    try await dave.insert("[offline d]", at: 0)
    try await alice.insert("[offline a]", at: 0)
    try await alice.set("title", "A's title")
    try await alice.set("tags", ["$map": ["inner": ["$text": "nested"]]])
    try await bob.delete(at: 0, count: 4)
    try await bob.set("title", "B's title")
    try await carol.insert("[offline c]", at: online.text.unicodeScalars.count)
    try await carol.push("from carol")
    try await alice.connect()
    try await carol.connect()
    try await dave.connect()

    let final = try await eventuallyEqual(all) {
      ["[offline a]", "[offline c]", "[offline d]"].allSatisfy($0.text.contains) && $0.list.contains("from carol")
        && $0.map["tags"] == ["inner": "nested"]
    }
    #expect(final.text.utf16.count == online.text.utf16.count + 33 - 4)
    #expect(final.map["title"] == "A's title" || final.map["title"] == "B's title")
    #expect(final.list.count == 3)
  }

  @Test("Clients that open a new room at the same moment all see every edit; nobody loads it first")
  func newRoomNeedsNobodyFirst() async throws {
    var clients: [Client] = []
    for index in 0..<6 {
      clients.append(try await yjs.open("yjs-\(index)", at: relay.url, room: "fresh"))
      clients.append(try await pycrdt.open("yrs-\(index)", at: relay.url, room: "fresh"))
      clients.append(
        try await yjs.openMultiplexed("multi-\(index)", at: relay.url, room: "fresh", session: "\(index)"))
    }
    for (index, client) in clients.enumerated() { try await client.push(.number(Double(index))) }
    let expected = Set((0..<clients.count).map { JSON.number(Double($0)) })
    try await eventuallyEqual(clients) { Set($0.list) == expected }
  }

  @Test("A client that joins late sees all that was written before, also after everybody left")
  func lateJoinerSeesEverything() async throws {
    let early = try await yjs.open("early", at: relay.url, room: "minutes")
    try await early.waitUntilSynced()
    try await early.insert("written early", at: 0)
    try await early.set("deleted", "soon")
    try await early.remove("deleted")
    try await early.burst("item", count: 50)
    try await eventually("all is stored") { try await early.state().acknowledgedCount == 50 }
    let written = try await early.content()
    let meanwhile = try await pycrdt.open("meanwhile", at: relay.url, room: "minutes")
    try await eventuallyEqual([early, meanwhile]) { $0 == written }

    try await early.disconnect()
    try await meanwhile.disconnect()
    let late = try await pycrdt.open("late", at: relay.url, room: "minutes")
    try await late.waitUntilSynced()
    #expect(try await late.content() == written)
  }

  @Test(
    "Rooms do not see each other, whatever their names",
    arguments: [
      ("one", "two"), ("a", "a/b"), ("project:42", "project:43"), ("caf%C3%A9", "caf%C3%A8"),
    ])
  func roomsAreApart(_ names: (String, String)) async throws {
    let first = try await yjs.open("first", at: relay.url, room: names.0)
    let second = try await pycrdt.open("second", at: relay.url, room: names.1)
    try await first.insert("first", at: 0)
    try await second.insert("second", at: 0)
    let firstReader = try await pycrdt.open("first reader", at: relay.url, room: names.0)
    let secondReader = try await yjs.open("second reader", at: relay.url, room: names.1)
    try await eventuallyEqual([first, firstReader]) { $0.text == "first" }
    try await eventuallyEqual([second, secondReader]) { $0.text == "second" }
  }

  @Test("Edits made while their connection is cut again and again all arrive", arguments: [false, true])
  func connectionCutInBursts(isMultiplexed: Bool) async throws {
    let writer =
      isMultiplexed
      ? try await yjs.openMultiplexed("writer", at: relay.url, room: "cut")
      : try await yjs.open("writer", at: relay.url, room: "cut")
    let reader = try await pycrdt.open("reader", at: relay.url, room: "cut")
    for client in [writer, reader] { try await client.waitUntilSynced() }
    for round in 0..<5 {
      try await writer.burst("round-\(round)", count: 40)
      try await writer.cut()
      try await eventually("the writer is back") {
        let state = try await writer.state()
        return state.closures.count == round + 1 && state.isConnected
      }
    }
    try await eventuallyEqual([writer, reader]) { $0.list.count == 200 }
  }
}
