import Foundation
import TestSupport
import Testing

/// Three relays as processes of their own, linked in a ring over WebSocket and TCP.
@Suite struct LinkedRelayTests {
  @Test("Relays that are killed at random while clients write end up equal and complete")
  func killedAtRandom() async throws {
    var random = SeededGenerator(seed: 4)
    let folder = try TemporaryFolder()
    let stores = (0..<3).map { folder.file("store-\($0).sqlite") }
    let first = try await Relay.start(store: stores[0], tcpPort: 0)
    let second = try await Relay.start(store: stores[1], tcpPort: 0, peers: [first.url])
    let third = try await Relay.start(store: stores[2], tcpPort: 0, peers: [second.tcpURL, first.tcpURL])
    var relays = [first, second, third]
    let peers = [[], [first.url], [second.tcpURL, first.tcpURL]]
    let yjs = try ClientHost.yjs()
    let pycrdt = try ClientHost.pycrdt()
    let clients = [
      try await yjs.open("alice", at: relays[0].url, room: "ring"),
      try await yjs.openMultiplexed("bob", at: relays[1].url, room: "ring"),
      try await pycrdt.open("carol", at: relays[2].url, room: "ring"),
    ]
    for client in clients { try await client.waitUntilSynced() }

    let (rounds, burst) = (6, 30)
    for round in 0..<rounds {
      for client in clients { try await client.burst("\(client.name)-\(round)", count: burst) }
      let victim = random.below(relays.count)
      let relay = relays[victim]
      try await relay.crash()
      relays[victim] = try await Relay.start(
        store: relay.store, port: relay.port, tcpPort: relay.tcpPort, peers: peers[victim])
    }
    let total = rounds * burst * clients.count
    let content = try await eventuallyEqual(clients) { $0.list.count == total }
    #expect(Set(content.list).count == total)

    // Who joins anywhere sees all of it, from the store of each.
    for (index, relay) in relays.enumerated() {
      let reader = try await yjs.open("reader-\(index)", at: relay.url, room: "ring")
      try await reader.waitUntilSynced()
      try await eventuallyEqual([reader, clients[0]]) { $0.list.count == total }
    }
  }

  @Test("A relay hands a new one all of its rooms, those that nobody has open too")
  func newRelay() async throws {
    let folder = try TemporaryFolder()
    let yjs = try ClientHost.yjs()
    let old = try await Relay.start(store: folder.file("old.sqlite"), tcpPort: 0)
    for index in 0..<10 {
      let writer = try await yjs.open("writer-\(index)", at: old.url, room: "room-\(index)")
      try await writer.waitUntilSynced()
      try await writer.insert("text \(index)", at: 0)
      try await eventually("it is stored") {
        try await syncctl("show", "room-\(index)", "--store", old.store.path).status == 0
      }
      try await writer.disconnect()
    }
    let new = try await Relay.start(store: folder.file("new.sqlite"), peers: [old.tcpURL])
    try await eventually("all rooms are there") {
      let rooms = try await syncctl("rooms", "--store", new.store.path, "--json")
      return (0..<10).allSatisfy { rooms.standardOutput.contains("room-\($0)") }
    }
    old.process.signal(SIGTERM)
    try await old.process.waitForExit()
    for index in 0..<10 {
      let reader = try await yjs.open("reader-\(index)", at: new.url, room: "room-\(index)")
      try await eventuallyEqual([reader]) { $0.text == "text \(index)" }
    }
  }
}
