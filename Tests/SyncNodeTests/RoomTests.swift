import CRDT
import NIOWebSocket
import Testing

@testable import SyncNode

@Suite("Rooms over real sockets")
struct RoomTests {
  @Test("A client is asked for what the server lacks, and gets what it lacks itself")
  func handshake() async throws {
    try await TestServer.run { server in
      let writer = try await server.connect("room")
      #expect(try StateVector(decoding: try await writer.payload(.syncStep1)).isEmpty)
      try await writer.sendUpdate(Insertion.update("hello", client: 1))
      _ = try await writer.payload(.update)

      let reader = try await server.connect("room")
      #expect(try StateVector(decoding: try await reader.payload(.syncStep1))[1] == 5)
      try await reader.send(Message.syncStep1())
      let update = try await reader.payload(.syncStep2)
      #expect(try Document.text(of: update) == "hello")
    }
  }

  @Test("Several protocol messages in one frame are all answered")
  func severalMessages() async throws {
    try await TestServer.run { server in
      let client = try await server.connect("room")
      try await client.send(
        Message.update(Insertion.update("a", client: 1)) + Message.syncStep1() + Message.queryAwareness)
      #expect(try Document.text(of: try await client.payload(.syncStep2)) == "a")
      #expect(try await client.payload(.awareness) == [0])
    }
  }

  @Test("A message in fragments counts as one")
  func fragments() async throws {
    try await TestServer.run { server in
      let client = try await server.connect("room")
      let message = Message.syncStep1()
      try await client.send([message[0]], fin: false)
      try await client.send(Array(message[1...]), opcode: .continuation)
      _ = try await client.payload(.syncStep2)
    }
  }

  @Test("Who comes while the disk is slow waits for what was written before, not for what others write then")
  func slowDisk() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      _ = try await reader.payload(.syncStep1)
      store.hold()
      try await writer.sendUpdate(Insertion.update("a", client: 1))
      try await until("the first is on its way to the disk") { store.heldCount == 1 }
      _ = try await reader.payload(.update)
      try await reader.send(Message.syncStep1())
      // The answer shows that the room is past the question.
      try await reader.send(Message.queryAwareness)
      _ = try await reader.payload(.awareness)
      try await writer.sendUpdate(Insertion.update("b", client: 2))
      try await until("the second is on its way to the disk") { store.heldCount == 2 }
      store.releaseFirst()
      _ = try await reader.payload(.syncStep2)
      _ = try await reader.payload(.update) { $0 == Insertion.update("b", client: 2) }
      #expect(store.heldCount == 1)
      store.open()
    }
  }

  @Test("Others get an update at once, its sender after the commit only")
  func echoAfterCommit() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      _ = try await writer.payload(.syncStep1)
      _ = try await reader.payload(.syncStep1)
      store.hold()
      let update = Insertion.update("a", client: 1)
      try await writer.sendUpdate(update)
      #expect(try await reader.payload(.update) == update)
      // The answer shows that the room is past the update.
      try await writer.send(Message.queryAwareness)
      _ = try await writer.payload(.awareness)
      #expect(!writer.hasReceived(Message.update(update)))
      store.open()
      #expect(try await writer.payload(.update) == update)
      #expect(store.updates(of: "room") == [update])
    }
  }

  @Test("Of a step 2 only what is new is stored and passed on; nothing when nothing is")
  func mergesStep2() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let known = Insertion.update("a", client: 1)
      let fresh = Insertion.update("b", client: 2)
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      _ = try await reader.payload(.syncStep1)
      try await writer.sendUpdate(known)
      #expect(try await reader.payload(.update) == known)
      try await writer.send(Message.syncStep2(known))
      try await writer.send(Message.syncStep2(try Document(StoredDocument(updates: [known, fresh])).encodeUpdate()))
      let passedOn = try await reader.payload(.update) { $0 != known }
      #expect(passedOn == fresh)
      #expect(try await writer.payload(.update) { $0 == fresh } == fresh)
      #expect(store.updates(of: "room") == [known, fresh])
    }
  }

  @Test("An update that waits for missing ones is stored, passed on, and makes the server ask again")
  func asksForMissing() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      _ = try await reader.payload(.syncStep1)
      let late = Insertion.update("b", client: 1, clock: 1)
      try await writer.sendUpdate(late)
      #expect(try await reader.payload(.update) == late)
      try await until("a second step 1") {
        writer.received.count { Message.payload(.syncStep1, of: $0) != nil } == 2
      }
      try await writer.sendUpdate(Insertion.update("a", client: 1))
      try await until("both in the store") { store.updates(of: "room").count == 2 }
      try await reader.send(Message.syncStep1())
      let text = try Document.text(of: try await reader.payload(.syncStep2))
      #expect(text.count == 2)
    }
  }

  @Test("A deletion that waits for the same as something else does is stored, too")
  func deletionBesideWaiting() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      // No structs, and of client 1 the unit 0 is deleted.
      let deletion: [UInt8] = [0, 1, 1, 1, 0, 1]
      let updates = [Insertion.update("b", client: 1, clock: 1), deletion, Insertion.update("a", client: 1)]
      for update in updates { try await writer.sendUpdate(update) }
      try await until("the last is stored") { writer.hasReceived(Message.update(updates[2])) }
      let document = Document()
      for update in store.updates(of: "room") { try document.apply(update) }
      #expect(document.text("t").string == "b")
    }
  }

  @Test("20 clients that join a new room at the same moment are all in it")
  func simultaneousJoiners() async throws {
    let store = GatedStore(isOpen: false)
    try await TestServer.run(store: store) { server in
      let clients = try await withThrowingTaskGroup(of: TestClient.self) { group in
        for _ in 0..<20 { group.addTask { try await server.connect("new") } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      store.open()
      for (index, client) in clients.enumerated() {
        try await client.sendUpdate(Insertion.update("x", client: UInt8(index + 1)))
      }
      for client in clients {
        for other in 1...20 {
          let expected = Insertion.update("x", client: UInt8(other))
          _ = try await client.payload(.update) { $0 == expected }
        }
      }
      #expect(store.loads == 1)
    }
  }

  @Test("Nothing is answered before the document is loaded")
  func loadsFirst() async throws {
    let store = GatedStore()
    let update = Insertion.update("stored", client: 1)
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      try await writer.sendUpdate(update)
      _ = try await writer.payload(.update)
    }
    store.hold()
    try await TestServer.run(store: store) { server in
      let client = try await server.connect("room")
      try await client.send(Message.syncStep1())
      try await until("the load") { store.heldCount == 1 }
      #expect(client.received.isEmpty)
      store.open()
      #expect(try StateVector(decoding: try await client.payload(.syncStep1))[1] == 6)
      #expect(try Document.text(of: try await client.payload(.syncStep2)) == "stored")
    }
  }

  @Test("A failed load closes the socket and shows no empty document; a later one finds all")
  func failedLoad() async throws {
    let store = GatedStore()
    store.failLoads(with: StoreError(.failed, path: "x"))
    try await TestServer.run(store: store) { server in
      let client = try await server.connect("room")
      let closure = try await client.closure()
      #expect(closure.code == 1011)
      #expect(closure.reason == "the document cannot be loaded")
      #expect(!client.received.contains { Message.payload(.syncStep1, of: $0) != nil })
      store.failLoads(with: nil)
      _ = try await server.connect("room").payload(.syncStep1)
    }
  }

  @Test("An update that cannot be stored is not acknowledged: the room closes and its clients send it again")
  func failedAppend() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      let elsewhere = try await server.connect("elsewhere")
      _ = try await reader.payload(.syncStep1)
      store.failAppends(with: StoreError(.diskFull, path: "x"))
      let update = Insertion.update("a", client: 1)
      try await writer.sendUpdate(update)
      #expect(try await writer.closure().code == 1011)
      #expect(try await reader.closure().code == 1011)
      #expect(!writer.hasReceived(Message.update(update)))
      store.failAppends(with: nil)

      let again = try await server.connect("room")
      #expect(try StateVector(decoding: try await again.payload(.syncStep1)).isEmpty)
      try await again.send(Message.syncStep2(update))
      #expect(try await again.payload(.update) == update)
      try await elsewhere.send(Message.queryAwareness)
      _ = try await elsewhere.payload(.awareness)
    }
  }

  @Test("An idle room is unloaded, and whoever joins sees the whole document")
  func unloadAndRejoin() async throws {
    let store = GatedStore()
    var configuration = Node.Configuration.quiet()
    configuration.roomIdle = .zero
    try await TestServer.run(configuration, store: store) { server in
      for round in 1...10 {
        let client = try await server.connect("room")
        try await client.send(Message.syncStep1())
        let text = try Document.text(of: try await client.payload(.syncStep2))
        #expect(text.count == round - 1)
        try await client.sendUpdate(Insertion.update("x", client: UInt8(round)))
        _ = try await client.payload(.update)
        try await client.disconnect()
        // Every other time the next client comes while the room is about to be unloaded.
        if round.isMultiple(of: 2) {
          try await until("the room to be unloaded") { server.node.rooms.count == 0 }
        }
      }
      #expect(store.loads > 1)
    }
  }

  @Test("A room is not unloaded before all of it is stored")
  func unloadWaitsForStore() async throws {
    let store = GatedStore()
    var configuration = Node.Configuration.quiet()
    configuration.roomIdle = .milliseconds(1)
    try await TestServer.run(configuration, store: store) { server in
      let writer = try await server.connect("room")
      _ = try await writer.payload(.syncStep1)
      store.hold()
      try await writer.sendUpdate(Insertion.update("x", client: 1))
      try await until("the append") { store.heldCount == 1 }
      try await writer.disconnect()
      let reader = try await server.connect("room")
      #expect(try StateVector(decoding: try await reader.payload(.syncStep1))[1] == 1)
      #expect(store.loads == 1)
      store.open()
    }
  }

  @Test("A log that has grown is folded into a snapshot, and the document stays the same")
  func compaction() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("test.sqlite")
    var configuration = Node.Configuration.quiet(.file(path))
    configuration.compaction.updatesMax = 10
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room")
      for index in 1...25 {
        let update = Insertion.update("x", client: UInt8(index))
        try await client.sendUpdate(update)
        _ = try await client.payload(.update) { $0 == update }
      }
    }
    let reader = try StoreReader(path: path)
    let room = try #require(try reader.rooms().first)
    #expect(room.updates == 25)
    #expect(room.logUpdates < 10)
    #expect(try reader.document(named: "room")?.text("t").string == String(repeating: "x", count: 25))
  }
}
