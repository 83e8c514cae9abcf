import Foundation
import Testing

/// Presence: the relay passes awareness states on, and tells who left.
@Suite struct AwarenessTests {
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

  /// Waits until `observer` sees exactly `state` for the client `id`.
  private func waitUntil(_ observer: Client, sees state: JSON?, of id: Int) async throws {
    try await eventually("\(observer.name) sees \(String(describing: state)) of \(id)") {
      try await observer.state().awareness["\(id)"] == state
    }
  }

  @Test("Each client sees the others' states, and each change of them")
  func statesReachOthers() async throws {
    let alice = try await yjs.open("alice", at: relay.url, room: "room", awareness: ["name": "Alice"])
    let bob = try await pycrdt.open("bob", at: relay.url, room: "room", awareness: ["name": "Bob"])
    let aliceID = try await alice.state().clientID
    let bobID = try await bob.state().clientID
    try await waitUntil(alice, sees: ["name": "Bob"], of: bobID)
    try await waitUntil(bob, sees: ["name": "Alice"], of: aliceID)

    try await alice.setAwareness(["name": "Alice", "cursor": 3])
    try await bob.setAwareness(["name": "Bob", "cursor": 5])
    try await waitUntil(bob, sees: ["name": "Alice", "cursor": 3], of: aliceID)
    try await waitUntil(alice, sees: ["name": "Bob", "cursor": 5], of: bobID)

    let late = try await yjs.open("late", at: relay.url, room: "room")
    try await waitUntil(late, sees: ["name": "Alice", "cursor": 3], of: aliceID)
    try await waitUntil(late, sees: ["name": "Bob", "cursor": 5], of: bobID)
  }

  @Test("A client that leaves, or whose connection breaks, is gone from the others' awareness")
  func leavingRemovesTheState() async throws {
    let watcher = try await yjs.open("watcher", at: relay.url, room: "room")
    let polite = try await yjs.open("polite", at: relay.url, room: "room", awareness: ["name": "polite"])
    let python = try await pycrdt.open("python", at: relay.url, room: "room", awareness: ["name": "python"])
    let politeID = try await polite.state().clientID
    let pythonID = try await python.state().clientID
    try await waitUntil(watcher, sees: ["name": "polite"], of: politeID)
    try await waitUntil(watcher, sees: ["name": "python"], of: pythonID)

    try await polite.disconnect()
    try await waitUntil(watcher, sees: nil, of: politeID)
    #expect(try await watcher.state().awareness["\(pythonID)"] == ["name": "python"])

    try await python.disconnect()
    try await waitUntil(watcher, sees: nil, of: pythonID)

    try await polite.connect()
    try await polite.setAwareness(["name": "polite", "again": true])
    try await waitUntil(watcher, sees: ["name": "polite", "again": true], of: politeID)
  }

  @Test("Awareness stays in its room")
  func statesStayInTheirRoom() async throws {
    let here = try await yjs.open("here", at: relay.url, room: "here", awareness: ["name": "here"])
    let there = try await yjs.open("there", at: relay.url, room: "there", awareness: ["name": "there"])
    let witness = try await yjs.open("witness", at: relay.url, room: "here")
    try await waitUntil(witness, sees: ["name": "here"], of: try await here.state().clientID)
    for client in [here, there, witness] { try await client.waitUntilSynced() }
    let seen = try await witness.state().awareness.values
    #expect(!seen.contains(["name": "there"]))
  }
}
