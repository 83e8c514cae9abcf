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

  @Test("Who is cut off for five seconds is not seen to leave, at this relay or another; who is gone for good is gone")
  func cut() async throws {
    let other = try await Relay.start(
      store: folder.file("other.sqlite"), peers: ["ws://127.0.0.1:\(relay.port)"])
    let forwarder = try await CuttableForwarder.start(to: relay.port)
    let alice = try await yjs.open("alice", at: forwarder.url, room: "room", awareness: ["name": "Alice"])
    let gone = try await pycrdt.open("gone", at: forwarder.url, room: "room", awareness: ["name": "Gone"])
    for client in [alice, gone] { try await client.waitUntilSynced() }
    let (aliceID, goneID) = (try await alice.state().clientID, try await gone.state().clientID)
    let watchers = try [relay, other].map { relay in
      try ChildProcess(TestFiles.syncctl, ["watch", "room", "--json", "--url", "http://127.0.0.1:\(relay.port)"])
    }
    /// Whom a watcher has seen to do something.
    func seen(_ watcher: ChildProcess, _ event: String) throws -> [JSON] {
      try watcher.standardOutput.split(separator: "\n").compactMap { line in
        let told = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
        return told["event"] == .string(event) ? told["client"] : nil
      }
    }
    let both = Set([aliceID, goneID].map { JSON.number(Double($0)) })
    for watcher in watchers {
      try await eventually("both are there: \(watcher.standardOutput) \(watcher.standardError)") {
        try Set(seen(watcher, "here")) == both
      }
    }

    forwarder.cut()
    try await eventually("the connections are reset") { forwarder.connectionCount == 0 }
    let end = ContinuousClock.now + .seconds(5)
    try await eventually("five seconds are over") {
      for watcher in watchers {
        let left = try seen(watcher, "left")
        #expect(left.isEmpty)
      }
      return ContinuousClock.now >= end
    }
    try await gone.disconnect()
    forwarder.restore()
    try await eventually("Alice is back") { try await alice.state().isConnected }
    try await alice.setAwareness(["name": "Alice", "cursor": 1])
    for watcher in watchers {
      try await eventually("she is seen") {
        try seen(watcher, "moved").contains(.number(Double(aliceID)))
      }
      try await eventually("only who is not back has left") { try !seen(watcher, "left").isEmpty }
      let (left, here) = (try seen(watcher, "left"), try seen(watcher, "here"))
      #expect(left == [.number(Double(goneID))] && here.count == 2)
    }
    for watcher in watchers { watcher.signal(SIGKILL) }
    try await forwarder.stop()
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
