import CRDT
import Testing

@testable import SyncNode

@Suite("A store that takes no writes")
struct ReadOnlyTests {
  private let full = StoreError(.diskFull, path: "test")

  @Test("Rooms are read and presence goes on, and what is written is neither shown nor acknowledged")
  func reading() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let known = Insertion.update("a", client: 1)
      let writer = try await server.connect("room")
      try await writer.sendUpdate(known)
      _ = try await writer.payload(.update)
      store.writability.fail(full)
      #expect(server.node.storeFailure == full && server.node.isReady)

      let reader = try await server.connect("room")
      try await reader.send(Message.syncStep1())
      #expect(try Document.text(of: try await reader.payload(.syncStep2)) == "a")
      let news = Insertion.update("b", client: 2)
      try await writer.sendUpdate(news)
      try await writer.send(Message.awareness(AwarenessEntry(2, 1, "{}")))
      // Behind the update.
      _ = try await reader.payload(.awareness)
      #expect(!reader.hasReceived(Message.update(news)) && !writer.hasReceived(Message.update(news)))
      #expect(store.updates(of: "room") == [known])
      // It could not be taken.
      #expect(!reader.received.contains { Message.payload(.syncStep1, of: $0) != nil })

      let handle = try await server.node.open("room")
      await #expect(throws: RoomError.self) { try await handle.edit { $0.text("t").insert("c", at: 0) } }
      await #expect(throws: RoomError.self) { try await handle.recreate() }
      #expect(try await handle.read { $0.text("t").string } == "a")
    }
  }

  @Test("When it takes writes again, whoever came meanwhile is asked, and whoever wrote begins anew")
  func recovery() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      _ = try await writer.payload(.syncStep1)
      store.writability.fail(full)
      try await writer.sendUpdate(Insertion.update("b", client: 2))
      let newcomer = try await server.connect("room")
      try await newcomer.send(Message.syncStep1())
      _ = try await newcomer.payload(.syncStep2)
      try await writer.send(Message.syncStep1())
      _ = try await writer.payload(.syncStep2)
      store.writability.recover()
      let closure = try await writer.closure()
      #expect(closure.code == 1013 && closure.reason.contains("again"))
      #expect(try StateVector(decoding: try await newcomer.payload(.syncStep1)).isEmpty)
      let answer = Insertion.update("c", client: 3)
      try await newcomer.send(Message.syncStep2(answer))
      #expect(try await newcomer.payload(.update) == answer)
      #expect(store.updates(of: "room") == [answer])
    }
  }

  @Test("A multiplexed client gets one status for each message, once its answer is stored")
  func statuses() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let client = try await server.connect("")
      let address = [4] + Array("room".utf8)
      try await client.send(address + [2, 0, 0])
      try await client.send(address + Message.syncStep1())
      try await until("it is asked") { client.hasReceived(address + Message.syncStep1()) }
      store.writability.fail(full)
      let update = Insertion.update("b", client: 2)
      try await client.send(address + Message.update(update))
      try await client.send(address + Message.update(Insertion.update("c", client: 2, clock: 1)))
      try await client.send(address + Message.queryAwareness)
      try await until("it is behind them") { client.hasReceived(address + Message.awareness()) }
      let status = TestClient.Received.message(address + [8, 1])
      #expect(!client.received.contains(status))
      let asked = client.received.count
      store.writability.recover()
      try await until("it is asked again") {
        client.received.dropFirst(asked).contains(.message(address + Message.syncStep1()))
      }
      try await client.send(address + Message.syncStep2(update))
      try await until("three statuses") { client.received.count { $0 == status } == 3 }
    }
  }

  @Test("Another node keeps what could not be taken, and sends it afterwards")
  func peers() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      store.writability.fail(full)
      try await TestServer.run(.linked(to: try server.address("tcp"))) { other in
        let here = try await server.node.open("room")
        let there = try await other.node.open("room")
        try await there.edit { $0.text("t").insert("b", at: 0) }
        // Goes the same way behind it.
        there.setPresence(["name": "b"])
        for await people in here.presence where !people.isEmpty { break }
        #expect(try await here.read { $0.text("t").string } == "")
        store.writability.recover()
        try await there.flushed(to: server.node.id)
        #expect(try await here.read { $0.text("t").string } == "b")
        #expect(store.updates(of: "room").count == 1)
      }
    }
  }
}
