import CRDT
import Logging
import Synchronization
import Testing

@testable import SyncNode

@Suite("Nodes over real sockets")
struct PeerTests {
  @Test("What a client of one node writes reaches those of the other, both ways", arguments: ["ws", "tcp"])
  func bothWays(scheme: String) async throws {
    try await TestServer.run { first in
      try await TestServer.run(.linked(to: try first.address(scheme))) { second in
        let here = try await first.connect("room")
        let there = try await second.connect("room")
        _ = try await there.payload(.syncStep1)
        try await here.sendUpdate(Insertion.update("a", client: 1))
        _ = try await there.payload(.update) { $0 == Insertion.update("a", client: 1) }
        try await there.sendUpdate(Insertion.update("b", client: 2))
        _ = try await here.payload(.update) { $0 == Insertion.update("b", client: 2) }
        try await here.send(Message.awareness(AwarenessEntry(5, 1, "{}")))
        try await until("presence") { there.hasReceived(Message.awareness(AwarenessEntry(5, 1, "{}"))) }
      }
    }
  }

  @Test("What was written before the link stood is exchanged when it does, and `flushed` returns then")
  func exchange() async throws {
    try await TestServer.run { first in
      let here = try await first.node.open("room")
      try await here.edit { $0.text("t").insert("first", at: 0) }
      let onlyHere = try await first.node.open("here")
      try await onlyHere.edit { $0.text("t").insert("only here", at: 0) }
      try await TestServer.run(.linked(to: try first.address("tcp"))) { second in
        let there = try await second.node.open("room")
        try await there.edit { $0.text("t").insert("second", at: 0) }
        try await there.flushed(to: first.node.id)
        let text = try await here.read { $0.text("t").string }
        #expect(text.contains("second"))
        try await here.flushed(to: second.node.id)
        let other = try await there.read { $0.text("t").string }
        #expect(other.contains("first") && other.contains("second"))
        try await onlyHere.flushed(to: second.node.id)
        let copy = try await second.node.open("here")
        #expect(try await copy.read { $0.text("t").string } == "only here")
      }
    }
  }

  @Test("A chain of five and a ring of three end up equal")
  func topologies() async throws {
    try await TestServer.run { a in
      try await TestServer.run(.linked(to: try a.address("tcp"))) { b in
        try await TestServer.run(.linked(to: try b.address("ws"))) { c in
          try await TestServer.run(.linked(to: try c.address("tcp"), try a.address("tcp"))) { d in
            try await TestServer.run(.linked(to: try d.address("ws"))) { e in
              let nodes = [a, b, c, d, e].map(\.node)
              var handles: [RoomHandle] = []
              for node in nodes { handles.append(try await node.open("room")) }
              for (index, handle) in handles.enumerated() {
                try await handle.edit { $0.text("t").insert("<\(index)>", at: 0) }
                try await handle.edit { $0.text("t").delete(at: 0, count: 1) }
              }
              try await eventuallyEqual(handles) { $0.count == 10 }
            }
          }
        }
      }
    }
  }

  @Test("Edits made offline are in the store, survive a restart, and go over when the peer is there")
  func offline() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("offline.sqlite")
    let rooms = (0..<150).map { "room-\($0)" }
    let offline = Node(.quiet(), store: try SQLiteStore(path: path, durability: .normal, logger: .init(label: "test")))
    for name in rooms {
      let room = try await offline.open(name)
      try await room.edit { $0.text("t").insert(name, at: 0) }
    }
    let id = offline.id
    await offline.stop()

    let elsewhere = folder.file("elsewhere.sqlite")
    try await TestServer.run(.quiet(.file(elsewhere))) { server in
      let node = try Node(.linked(to: try server.address("tcp"), store: .file(path)))
      #expect(node.id == id)
      for name in rooms {
        let room = try await server.node.open(name)
        try await eventuallyEqual([room]) { $0 == name }
      }
      try await until("nothing is left to send") {
        await withCheckedContinuation { continuation in
          node.store.unacknowledged(by: server.node.id) { continuation.resume(returning: $0.isEmpty) }
        }
      }
      await node.stop()
    }
  }

  @Test("Rooms that nobody uses are handed over one after the other, and let go")
  func catchingUp() async throws {
    let folder = try TemporaryFolder()
    let rooms = 500
    try await TestServer.run(.quiet(.file(folder.file("old.sqlite")))) { server in
      for number in 0..<rooms {
        let room = try await server.node.open("room-\(number)")
        try await room.edit { $0.text("t").insert("\(number)", at: 0) }
      }
      // No handle is left: the rooms are closed as soon as both sides have all.
      let new = try Node(.linked(to: try server.address("tcp"), store: .file(folder.file("new.sqlite"))))
      try await until("all has been stored there") {
        await withCheckedContinuation { continuation in
          server.node.store.unacknowledged(by: new.id) { continuation.resume(returning: $0.isEmpty) }
        }
      }
      try await until("all rooms are let go") { new.rooms.all.allSatisfy { !new.rooms.hasPeers($0) } }
      await new.stop()
    }
    #expect(try StoreReader(path: folder.file("new.sqlite")).rooms().count == rooms)
  }

  @Test("`flushed` waits for every connected peer, also for one that does not have the room open yet")
  func flushed() async throws {
    let folder = try TemporaryFolder()
    try await TestServer.run(.quiet(.file(folder.file("first.sqlite")))) { first in
      try await TestServer.run(.linked(to: try first.address("ws"))) { second in
        try await until("the link stands") { second.node.links[0].peer == first.node.id }
        let room = try await second.node.open("room")
        for number in 0..<50 {
          try await room.edit { $0.text("t").insert("x", at: 0) }
          try await room.flushed()
          let stored = try StoreReader(path: folder.file("first.sqlite")).document(named: "room")
          #expect(stored?.text("t").count == number + 1)
        }
        // Nobody is connected any more, nor again: there is nothing to wait for.
        await first.node.stop()
        try await until("the link is down") { second.node.links[0].peer == nil }
        try await room.edit { $0.text("t").insert("y", at: 0) }
        try await inTime("the flush") { try await room.flushed() }
      }
    }
  }

  @Test("A link comes back by itself, and says how it is")
  func reconnect() async throws {
    let states = StateLog()
    try await TestServer.run { first in
      let node = try Node(.linked(to: try first.address("tcp")))
      let watch = Task {
        for await state in node.links[0].states { states.append(state) }
      }
      try await until("the link stands") { node.links[0].state == .synced(first.node.id) }
      // The peer closes every connection.
      try await first.closeConnections()
      try await until("the link is down") {
        states.all.contains { if case .offline = $0 { true } else { false } }
      }
      try await until("the link stands again") { node.links[0].state == .synced(first.node.id) }
      await node.stop()
      await watch.value
      #expect(states.all.last == .stopped)
    }
  }

  @Test("A link replicates the rooms of its patterns, or those in use, and no others")
  func selection() async throws {
    try await TestServer.run { first in
      try await TestServer.run(.linked(to: try first.address("tcp"), rooms: .matching(["project:*"]))) { second in
        for name in ["project:1", "private"] {
          let room = try await second.node.open(name)
          try await room.edit { $0.text("t").insert(name, at: 0) }
        }
        let project = try await first.node.open("project:1")
        try await eventuallyEqual([project]) { $0 == "project:1" }
        #expect(!first.node.rooms.names(onlyUsed: false).contains("private"))
      }
      try await TestServer.run(.linked(to: try first.address("tcp"), rooms: .inUse)) { third in
        let used = try await third.node.open("project:1")
        try await eventuallyEqual([used]) { $0 == "project:1" }
        #expect(third.node.rooms.names(onlyUsed: false) == ["project:1"])
      }
    }
  }

  @Test(
    "A peer that breaks the rules is cut off with a reason",
    arguments: [
      ([0, 0, 0, 6, 1, 0x61, 0x43, 0, 0, 0], "a hello comes first"), ([0, 0, 0, 1, 0xFF], "truncated"),
      ([0xFF, 0, 0, 0], "a message has more than"), ([0, 0, 0, 4, 1, 0x61, 7, 0], "a hello comes first"),
      ([0, 0, 0, 22, 0, 0x40, 9, 16] + [UInt8](repeating: 1, count: 16) + [0, 0], "truncated"),
      ([0, 0, 0, 24, 0, 0x40, 9, 16] + [UInt8](repeating: 1, count: 16) + [0, 0, 0, 0], "version 9"),
    ] as [([UInt8], String)])
  func badPeers(bytes: [UInt8], reason: String) async throws {
    try await TestServer.run { server in
      let peer = try await RawPeer.connect(port: server.peerPort)
      try await peer.send(bytes)
      let text = try await peer.text(until: reason)
      #expect(text.contains(reason))
    }
  }

  @Test("A delta behind a missing one is applied, not acknowledged, and the missing one is asked for at once")
  func gap() async throws {
    try await TestServer.run { server in
      let room = try await server.node.open("room")
      let peer = try await RawPeer.connect(port: server.peerPort)
      let id = try #require(PeerID([UInt8](repeating: 1, count: 16)))
      func states() -> Int { peer.messages.count { if case .state = $0 { true } else { false } } }
      func hasAcknowledged(_ number: UInt64) -> Bool {
        peer.messages.contains { if case .acknowledgement(let said) = $0 { said.stored == number } else { false } }
      }
      func send(_ number: UInt64, isAnswer: Bool = false, _ update: [UInt8]) async throws {
        let delta = PeerMessage.Delta(number: number, isStart: isAnswer, isEnd: isAnswer)
        try await peer.send("room") { writer in update.withUnsafeBytes { delta.write($0, to: &writer) } }
      }
      try await peer.send("") { PeerMessage.Hello(id: id, rooms: .all).write(to: &$0) }
      // The room is in use there, so its state comes by itself.
      try await until("the node's state") { states() == 1 }
      try await send(1, isAnswer: true, [0, 0])
      try await send(2, Insertion.update("a", client: 1))
      try await until("the second is acknowledged") { hasAcknowledged(2) }
      try await send(4, Insertion.update("c", client: 3))
      try await until("the node asks") { states() == 2 }
      try await eventuallyEqual([room]) { Set($0) == ["a", "c"] }
      #expect(!hasAcknowledged(4))
      try await send(5, isAnswer: true, Insertion.update("b", client: 2))
      try await until("all is acknowledged") { hasAcknowledged(5) }
      try await eventuallyEqual([room]) { Set($0) == ["a", "b", "c"] }
      #expect(states() == 2, "asked once")
    }
  }

  @Test("A room stays open with a node that uses it, and whoever is present there is seen by nodes behind this one")
  func presenceInTransit() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.peerCheckInterval = .milliseconds(20)
    try await TestServer.run(configuration) { server in
      let user = try await RawPeer.connect(port: server.peerPort)
      let other = try await RawPeer.connect(port: server.peerPort)
      for (peer, number) in [(user, 1), (other, 2)] as [(RawPeer, UInt8)] {
        let id = try #require(PeerID([UInt8](repeating: number, count: 16)))
        try await peer.send("") { PeerMessage.Hello(id: id, rooms: .all).write(to: &$0) }
        try await until("the node's hello") { !peer.messages.isEmpty }
      }
      let state = PeerMessage.State(
        stateVector: StateVector(), deletionDigest: 0, wantsAnswer: true, isInUse: true)
      try await user.send("room") { state.write(to: &$0) }
      let answer = PeerMessage.Delta(number: 1, isStart: true, isEnd: true)
      try await user.send("room") { writer in ([0, 0] as [UInt8]).withUnsafeBytes { answer.write($0, to: &writer) } }
      let all = PeerMessage.Acknowledgement(received: 1, stored: 1, ownStored: 1)
      try await user.send("room") { all.write(to: &$0) }
      try await until("three comparisons") {
        user.messages.count { if case .state(let state) = $0 { state.wantsAnswer } else { false } } >= 3
      }
      try await user.send("room") { writer in
        writer.writeAwarenessMessage(AwarenessUpdate([AwarenessEntry(5, 1, "{}")]))
      }
      try await until("presence") {
        other.messages.contains { if case .document = $0 { true } else { false } }
      }
    }
  }

  @Test("A node that dials itself is told, and does not replicate with itself")
  func itself() async throws {
    try await TestServer.run { server in
      let peer = try await RawPeer.connect(port: server.peerPort)
      try await peer.send([0, 0, 0, 24, 0, 0x40, 1, 16] + server.node.id.bytes + [0, 0, 0, 0])
      #expect(try await peer.text(until: "itself").contains("the peer is this node itself"))
    }
  }
}

private final class StateLog: Sendable {
  private let states = Mutex<[PeerLink.State]>([])

  var all: [PeerLink.State] { states.withLock { $0 } }

  func append(_ state: PeerLink.State) { states.withLock { $0.append(state) } }
}

/// Waits until the text `t` of all handles is the same and satisfies `condition`.
func eventuallyEqual(_ handles: [RoomHandle], where condition: (String) -> Bool) async throws {
  try await until("equal texts") {
    var texts: Set<String> = []
    for handle in handles { texts.insert(try await handle.read { $0.text("t").string }) }
    return texts.count == 1 && condition(texts.first ?? "")
  }
}
