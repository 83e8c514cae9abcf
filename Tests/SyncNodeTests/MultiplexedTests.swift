import CRDT
import Testing

@testable import SyncNode

@Suite("Many documents over one socket")
struct MultiplexedTests {
  private let token = Message.token("")
  private let authenticated = Message.authenticated("read-write")

  private func open(_ address: String, of client: TestClient) async throws {
    let answer = TestClient.Received.message(Message.addressed(address, authenticated))
    let before = client.received.count { $0 == answer }
    try await client.send(Message.addressed(address, token))
    try await until("the document \(address) is open") { client.received.count { $0 == answer } > before }
  }

  @Test("The server asks back before it answers, and says that an update is stored after the commit only")
  func handshake() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let client = try await server.connect("")
      try await open("room", of: client)
      try await client.send(Message.addressed("room", Message.syncStep1()))
      let answer = Message.addressed("room", Message.syncStep2(Document().encodeUpdate()))
      try await until("the answer") { client.hasReceived(answer) }
      #expect(
        client.received.suffix(2) == [.message(Message.addressed("room", Message.syncStep1())), .message(answer)])

      let other = try await server.connect("room")
      _ = try await other.payload(.syncStep1)
      store.hold()
      let update = Insertion.update("a", client: 1)
      try await client.send(Message.addressed("room", Message.update(update)))
      #expect(try await other.payload(.update) == update)
      // The answer shows that the room is past the update.
      try await client.send(Message.addressed("room", Message.queryAwareness))
      try await until("an answer") { client.hasReceived(Message.addressed("room", Message.awareness())) }
      let stored = Message.addressed("room", [8, 1])
      #expect(!client.hasReceived(stored))
      store.open()
      try await until("the status") { client.hasReceived(stored) }
      #expect(!client.hasReceived(Message.addressed("room", Message.update(update))), "no echo beside the status")
    }
  }

  @Test("Each update and each step 2 gets one status, known or not")
  func statuses() async throws {
    try await TestServer.run { server in
      let client = try await server.connect("")
      try await open("room", of: client)
      let update = Insertion.update("a", client: 1)
      for message in [Message.update(update), Message.update(update), Message.syncStep2(update)] {
        try await client.send(Message.addressed("room", message))
      }
      let stored = TestClient.Received.message(Message.addressed("room", [8, 1]))
      try await until("three statuses") { client.received.count { $0 == stored } == 3 }
    }
  }

  @Test("What comes for a document that is not open has no effect; after its end it can be opened again")
  func closedDocuments() async throws {
    try await TestServer.run { server in
      let client = try await server.connect("")
      let watcher = try await server.connect("room")
      try await client.send(Message.addressed("room", Message.update(Insertion.update("early", client: 1))))
      try await open("room", of: client)
      try await client.send(Message.addressed("room", Message.awareness(AwarenessEntry(5, 1, "{}"))))
      try await until("presence") { watcher.hasReceived(Message.awareness(AwarenessEntry(5, 1, "{}"))) }

      try await client.send(Message.addressed("room", [7]))
      try await until("the end") {
        client.hasReceived(Message.addressed("room", [7, 18] + Array("provider_initiated".utf8)))
      }
      try await until("absence") { watcher.hasReceived(Message.awareness(AwarenessEntry(5, 1, "null"))) }
      try await client.send(Message.addressed("room", Message.update(Insertion.update("late", client: 2))))

      try await open("room", of: client)
      try await client.send(Message.addressed("room", Message.update(Insertion.update("now", client: 3))))
      #expect(try Document.text(of: try await watcher.payload(.update)) == "now")
    }
  }

  @Test("A status of before a document was closed does not come once it is open again")
  func lateStatus() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let client = try await server.connect("")
      let watcher = try await server.connect("room")
      try await open("room", of: client)
      store.hold()
      let update = Insertion.update("a", client: 1)
      try await client.send(Message.addressed("room", Message.update(update)))
      #expect(try await watcher.payload(.update) == update)
      try await client.send(Message.addressed("room", [7]))
      try await open("room", of: client)
      store.open()
      try await watcher.sendUpdate(Insertion.update("b", client: 2))
      // The echo shows that the store is past both.
      _ = try await watcher.payload(.update) { $0 == Insertion.update("b", client: 2) }
      try await client.send(Message.addressed("room", Message.queryAwareness))
      try await until("an answer") { client.hasReceived(Message.addressed("room", Message.awareness())) }
      #expect(!client.hasReceived(Message.addressed("room", [8, 1])))
    }
  }

  @Test("A document too many, or one with too long a name, is denied with a reason")
  func denials() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.roomsPerConnectionMax = 2
    configuration.limits.roomNameBytesMax = 10
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("")
      for name in ["a", "b"] { try await open(name, of: client) }
      for (name, reason) in [
        ("c", "a connection has at most 2 documents"), ("12345678901", "a document's name has 1 to 10 bytes"),
        ("", "a document's name has 1 to 10 bytes"),
      ] {
        try await client.send(Message.addressed(name, token))
        let denial = Message.addressed(name, [2, 1, UInt8(reason.utf8.count)] + Array(reason.utf8))
        try await until("the denial of \(name)") { client.hasReceived(denial) }
      }
      #expect(server.node.refusalCounts == [.tooManyRooms: 1])
      try await client.send(Message.addressed("a", [7]))
      try await open("c", of: client)
    }
  }

  @Test("Bytes that cannot be read close the socket with the offset in the message, and hurt nobody else")
  func badBytes() async throws {
    try await TestServer.run { server in
      for (bytes, offset) in [([3, 0x61], 0), (Message.addressed("room", [0, 2, 3, 1, 1, 1]), 11)] as [([UInt8], Int)] {
        let good = try await server.connect("")
        let bad = try await server.connect("")
        for client in [good, bad] { try await open("room", of: client) }
        try await bad.send(bytes)
        let closure = try await bad.closure()
        #expect(closure.code == 1007)
        #expect(closure.reason.contains("at byte \(offset)"), "\(closure.reason)")
        try await good.send([9])
        try await until("the pong") { good.hasReceived([10]) }
      }
    }
  }

  @Test("Stateless messages go to the application, and from it to all clients that know them")
  func stateless() async throws {
    try await TestServer.run { server in
      let room = try await server.node.open("room")
      let messages = room.statelessMessages
      let client = try await server.connect("")
      let single = try await server.connect("room")
      try await open("room", of: client)
      try await client.send(Message.addressed("room", [5, 5] + Array("hello".utf8)))
      let message = await messages.first { _ in true }
      #expect(message?.payload == "hello")
      room.sendStateless("all")
      try await until("the answer") { client.hasReceived(Message.addressed("room", [5, 3] + Array("all".utf8))) }
      try await single.send(Message.syncStep1())
      _ = try await single.payload(.syncStep2)
      #expect(!single.received.contains { $0 == .message([5, 3] + Array("all".utf8)) })
    }
  }
}
