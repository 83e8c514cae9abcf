import CRDT
import NIOWebSocket
import Testing

@testable import SyncNode

@Suite("Connections over real sockets")
struct ConnectionTests {
  @Test(
    "Bytes that cannot be read close their own socket, with a reason, and hurt nobody else",
    arguments: [
      [9], [0, 7], [0, 2, 200], [0, 2, 3, 1, 1, 1], [0, 0, 2, 5, 1], [1, 2, 9, 9], [0, 1, 4, 0xFF, 0xFF, 0xFF, 0xFF],
    ] as [[UInt8]])
  func badBytes(bytes: [UInt8]) async throws {
    try await TestServer.run { server in
      let good = try await server.connect("room")
      let bad = try await server.connect("room")
      try await good.sendUpdate(Insertion.update("a", client: 1))
      _ = try await bad.payload(.update)
      try await bad.send(bytes)
      let closure = try await bad.closure()
      #expect(closure.code == 1007)
      #expect(closure.reason.contains("at byte"))
      try await good.sendUpdate(Insertion.update("b", client: 2))
      _ = try await good.payload(.update) { $0 == Insertion.update("b", client: 2) }
      try await good.send(Message.syncStep1())
      #expect(try Document.text(of: try await good.payload(.syncStep2)).count == 2)
    }
  }

  @Test("Text closes the socket: all messages are binary")
  func text() async throws {
    try await TestServer.run { server in
      let client = try await server.connect("room")
      try await client.send(Array("hello".utf8), opcode: .text)
      #expect(try await client.closure().code == 1003)
    }
  }

  @Test("A message over the limit closes the socket")
  func tooLarge() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.messageBytesMax = 100
    try await TestServer.run(configuration) { server in
      let whole = try await server.connect("room")
      try await whole.send([UInt8](repeating: 3, count: 101))
      #expect(try await whole.closure().code == 1009)
      let fragmented = try await server.connect("room")
      try await fragmented.send([UInt8](repeating: 3, count: 60), fin: false)
      try await fragmented.send([UInt8](repeating: 3, count: 60), opcode: .continuation)
      #expect(try await fragmented.closure().code == 1009)
    }
  }

  @Test(
    "What came before the end of a connection is there, however it ends",
    arguments: ["cut off", "closed", "broken"])
  func end(how: String) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.longBytes = 100
    try await TestServer.run(configuration) { server in
      let author = Document(clientID: 1)
      let reader = try await server.connect("room")
      let writer = try await server.connect("room")
      author.text("text").insert(String(repeating: "long ", count: 100_000), at: 0)
      try await writer.sendUpdate(author.encodeUpdate())
      let known = author.stateVector
      author.text("text").insert("short", at: 0)
      try await writer.sendUpdate(author.encodeUpdate(since: known))
      switch how {
      case "closed": try await writer.send([0x03, 0xE8], opcode: .connectionClose)
      case "broken": try await writer.send([0x61], opcode: .text)
      default: try await writer.endSending()
      }
      try await until("both updates") {
        reader.received.count { Message.payload(.update, of: $0) != nil } == 2
      }
    }
  }

  @Test("The name of a room is its path as it is, without the query")
  func roomNames() async throws {
    try await TestServer.run { server in
      let writer = try await server.connect("a%20b/c?token=1")
      try await writer.sendUpdate(Insertion.update("a", client: 1))
      _ = try await writer.payload(.update)
      let reader = try await server.connect("a%20b/c?other")
      #expect(try StateVector(decoding: try await reader.payload(.syncStep1))[1] == 1)
      await #expect(throws: (any Error).self) { try await server.connect(String(repeating: "x", count: 1025)) }
    }
  }

  @Test("A client sees who is present, its own state comes back, and whoever disconnects is gone")
  func awareness() async throws {
    try await TestServer.run { server in
      let first = try await server.connect("room")
      let state = Message.awareness(AwarenessEntry(5, 1, "{\"name\":\"é\"}"))
      try await first.send(state)
      try await until("the echo") { first.hasReceived(state) }

      let second = try await server.connect("room")
      try await until("the first client's state") { second.hasReceived(state) }
      try await first.disconnect()
      let removal = Message.awareness(AwarenessEntry(5, 1, "null"))
      try await until("the first client's removal") { second.hasReceived(removal) }

      // Back with the clock it had: it is told, raises its clock, and is seen.
      let again = try await server.connect("room")
      try await again.send(state)
      try await until("its own removal") { again.hasReceived(removal) }
      let raised = Message.awareness(AwarenessEntry(5, 2, "{}"))
      try await again.send(raised)
      try await until("the raised state") { second.hasReceived(raised) }
    }
  }

  @Test("A user who reconnects before the old socket ends stays present")
  func reconnectsEarly() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = RightsBook(["": .all(.write, for: "ada")])
    try await TestServer.run(configuration) { server in
      let watcher = try await server.connect("room")
      let old = try await server.connect("room")
      try await old.send(Message.awareness(AwarenessEntry(5, 1, "{}")))
      let new = try await server.connect("room")
      let state = Message.awareness(AwarenessEntry(5, 2, "{}"))
      try await new.send(state)
      try await until("the new state") { watcher.hasReceived(state) }
      try await old.disconnect()
      // Another client's end comes after the old socket's, and shows that it is past.
      let other = try await server.connect("room")
      try await other.send(Message.awareness(AwarenessEntry(6, 1, "{}")))
      try await until("the other's state") {
        watcher.hasReceived(Message.awareness(AwarenessEntry(6, 1, "{}")))
      }
      try await new.send(Message.queryAwareness)
      let states = Message.awareness(AwarenessEntry(5, 2, "{}"), AwarenessEntry(6, 1, "{}"))
      try await until("both states") { new.hasReceived(states) }
    }
  }

  @Test("A connection whose peer does not answer pings is closed")
  func deadPeer() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.pingInterval = .milliseconds(50)
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room")
      _ = try await client.closure()
      #expect(client.received.last == .closed(code: nil, reason: "the socket is closed"))
    }
  }

  @Test("A peer that does not read is cut loose, and others are served")
  func slowConsumer() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.outgoingBytesMax = 1 << 20
    try await TestServer.run(configuration) { server in
      let slow = try await server.connect("room")
      let writer = try await server.connect("room")
      _ = try await slow.payload(.syncStep1)
      try await slow.pauseReading()
      let document = Document()
      for _ in 0..<160 {
        let known = document.stateVector
        document.text("t").append(String(repeating: "x", count: 60_000))
        try await writer.sendUpdate(document.encodeUpdate(since: known))
      }
      try await writer.send(Message.syncStep1())
      _ = try await writer.payload(.syncStep2)
      try await slow.resumeReading()
      let closure = try await slow.closure()
      #expect(closure.code == 1013 || closure.code == nil)
    }
  }

  @Test("A node that stops closes its sockets with 1001 after storing what was sent")
  func stop() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("test.sqlite")
    let update = Insertion.update("a", client: 1)
    try await TestServer.run(.quiet(.file(path))) { server in
      let client = try await server.connect("room")
      try await client.sendUpdate(update)
      _ = try await client.payload(.update)
      async let stopped: Void = server.node.stop()
      #expect(try await client.closure().code == 1001)
      await stopped
      #expect(!server.node.isReady)
    }
    #expect(try StoreReader(path: path).document(named: "room")?.text("t").string == "a")
  }

  @Test("Listening where other machines could connect takes protection, or has to be asked for in as many words")
  func loopbackOnly() throws {
    for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] { _ = try ListenAddress(host: host, port: 1) }
    for host in ["0.0.0.0", "::", "127.0.0.1.example.org", "192.0.2.7"] {
      #expect(throws: ListenError(host: host, lacks: [.authentication, .encryption])) {
        try ListenAddress(host: host, port: 1)
      }
    }
    // Every combination: what is lacking is told, and nothing else is refused.
    for bits in 0..<32 {
      let protection = ListenAddress.Protection(
        hasAuthorizer: bits & 1 != 0, isEncrypted: bits & 2 != 0, isBehindProxy: bits & 4 != 0,
        allowsRemoteWithoutAuthentication: bits & 8 != 0, allowsRemoteWithoutTLS: bits & 16 != 0)
      let lacks = ListenAddress.refusal(of: "0.0.0.0", protection)?.lacks ?? []
      #expect(lacks.contains(.authentication) == (bits & 0b01001 == 0), "\(protection)")
      #expect(lacks.contains(.encryption) == (bits & 0b10110 == 0), "\(protection)")
    }
  }
}

@Suite("Embedded rooms")
struct EmbeddedRoomTests {
  @Test("An edit of this process reaches clients and the store, and a client's edit is read here")
  func editsAndReads() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let client = try await server.connect("room")
      let room = try await server.node.open("room")
      try await room.edit { document in document.text("t").insert("ours", at: 0) }
      #expect(store.updates(of: "room").count == 1)
      #expect(try Document.text(of: try await client.payload(.update)) == "ours")
      let theirs = Insertion.update("theirs", client: 1)
      try await client.sendUpdate(theirs)
      _ = try await client.payload(.update) { $0 == theirs }
      let text = try await room.read { document in document.text("t").string }
      #expect(text.contains("ours") && text.contains("theirs"))
    }
  }

  @Test("An edit that cannot be stored throws")
  func failedEdit() async throws {
    let store = GatedStore()
    let node = Node(.quiet(), store: store)
    let room = try await node.open("room")
    store.failAppends(with: StoreError(.diskFull, path: "x"))
    await #expect(throws: RoomError.self) { try await room.edit { $0.text("t").insert("a", at: 0) } }
    await node.stop()
    await #expect(throws: RoomError.self) { try await node.open("room") }
  }
}
