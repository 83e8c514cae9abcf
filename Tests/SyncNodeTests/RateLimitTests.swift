import CRDT
import NIOCore
import Testing

@testable import SyncNode

@Suite("Limits on rates")
struct RateLimitTests {
  /// Sends messages until one stays in the socket: a connection that is not read takes no more than its buffers.
  private func flood(_ client: TestClient, with message: [UInt8]) -> Task<Void, Never> {
    Task {
      while !Task.isCancelled {
        do { try await client.send(message) } catch { return }
      }
    }
  }

  @Test("More updates than the limit are read later, in full, and others in the room are not")
  func updates() async throws {
    var configuration = Node.Configuration.quiet()
    // 50 at once, and then 5 in a second.
    configuration.limits.clientUpdatesPerSecondMax = 5
    try await TestServer.run(configuration) { server in
      let fast = try await server.connect("room")
      let slow = try await server.connect("room")
      let document = Document(clientID: 1)
      try await until("it is slowed down") {
        // Many at once: this task may seldom run on a busy machine.
        for _ in 1...20 {
          let known = document.stateVector
          document.text("t").append("\(document.text("t").count % 10)")
          try await fast.sendUpdate(document.encodeUpdate(since: known))
        }
        return server.node.slowdownCounts[.updates] ?? 0 > 0
      }
      try await slow.sendUpdate(Insertion.update("x", client: 2))
      _ = try await slow.payload(.update) { $0 == Insertion.update("x", client: 2) }
      let last = document.encodeUpdate(since: StateVector([1: Clock(document.text("t").count - 1)]))
      // Whatever comes now is read when the updates before it are paid for.
      try await fast.send(Message.queryAwareness)
      try await until("the last update") { fast.received.contains { Message.payload(.update, of: $0) == last } }
      try await until("an answer") { fast.hasReceived(Message.awareness()) }
      #expect(server.node.refusalCounts.isEmpty)
    }
  }

  @Test("More bytes than the limit are left in the socket, and the connection lives on", arguments: ["client", "node"])
  func bytes(sender: String) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.clientBytesPerSecondMax = 10_000
    configuration.limits.peerBytesPerSecondMax = 20_000
    try await TestServer.run(configuration) { server in
      let state = Message.awareness(AwarenessEntry(5, 1, "\"\(String(repeating: "x", count: 1_000))\""))
      if sender == "client" {
        let client = try await server.connect("room")
        try await until("it is slowed down") {
          for _ in 1...20 { try await client.send(state) }
          return server.node.slowdownCounts[.bytes] ?? 0 > 0
        }
        try await client.send(Message.queryAwareness)
        try await until("an answer") { client.received.filter { $0 == .message(state) }.count > 1 }
      } else {
        let peer = try await RawPeer.connect(port: server.peerPort)
        let id = try #require(PeerID([UInt8](repeating: 1, count: 16)))
        try await peer.send("") { PeerMessage.Hello(id: id, rooms: .all).write(to: &$0) }
        let clients = Dictionary(uniqueKeysWithValues: (0..<200).map { (ClientID(rawValue: $0), Clock(1) << 40) })
        let state = PeerMessage.State(
          stateVector: StateVector(clients), deletionDigest: 0, wantsAnswer: false, isInUse: true)
        try await until("it is slowed down") {
          for _ in 1...20 { try await peer.send("room") { state.write(to: &$0) } }
          return server.node.slowdownCounts[.bytes] ?? 0 > 0
        }
        try await peer.send([0, 0, 0, 1, 9])
        try await until("an answer") { peer.messages.contains(.pong) }
      }
      #expect(server.node.refusalCounts.isEmpty)
    }
  }

  @Test("Where a room has too much, who writes much waits long and who writes little does not")
  func shares() {
    var limits = Limits()
    limits.roomUpdatesPerSecondMax = 100
    limits.roomBytesPerSecondMax = 1 << 20
    var load = RoomLoad(limits: limits, now: .uptimeNanoseconds(0))
    for _ in 0..<1_000 { #expect(load.spend(10, by: 1, now: .uptimeNanoseconds(0)) == nil) }
    // Alone, it may have what the room may have.
    #expect(load.spend(10, by: 1, now: .uptimeNanoseconds(1)) == .milliseconds(10))
    #expect(load.spend(10, by: 2, now: .uptimeNanoseconds(2)) == .milliseconds(20))
    // A megabyte takes a second of the room, two of each of both.
    #expect(load.spend(1 << 20, by: 2, now: .uptimeNanoseconds(3)) == .seconds(2))
    #expect(load.spend(1 << 30, by: 2, now: .uptimeNanoseconds(3)) == .seconds(10))
    // Those of the second before still count, and then no more.
    #expect(load.spend(10, by: 3, now: .uptimeNanoseconds(1_100_000_000)) == .milliseconds(20))
    #expect(load.spend(10, by: 3, now: .uptimeNanoseconds(9_000_000_000)) == .milliseconds(10))
  }

  @Test("Less is read at once where messages are small, and more where they are large")
  func turns() {
    var turn = ReadTurn()
    for _ in 0..<64 { turn.count() }
    #expect(turn.end() && turn.byteCount == 1 << 10)
    for _ in 0..<16 { turn.count() }
    #expect(!turn.end() && turn.byteCount == 1 << 10)
    for _ in 0..<1_000 { turn.count() }
    #expect(turn.end() && turn.byteCount == 256)
    for _ in 0..<20 { _ = turn.end() }
    #expect(turn.byteCount == 32 << 10)
  }

  @Test("A room that is flooded serves those who write little, and other rooms do not hear of it")
  func room() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.roomUpdatesPerSecondMax = 20
    configuration.limits.clientMessagesPerSecondMax = .max
    try await TestServer.run(configuration) { server in
      var floods: [TestClient] = []
      for _ in 0..<3 { floods.append(try await server.connect("flooded")) }
      let typist = try await server.connect("flooded")
      let other = try await server.connect("other")
      var tasks: [Task<Void, Never>] = []
      for (number, client) in floods.enumerated() {
        tasks.append(flood(client, with: Message.update(Insertion.update("f", client: UInt8(10 + number)))))
      }
      defer { for task in tasks { task.cancel() } }
      try await until("they are slowed down") { server.node.slowdownCounts[.room] ?? 0 >= 3 }
      for (client, number) in [(typist, 1), (other, 2), (typist, 3)] as [(TestClient, UInt8)] {
        try await client.sendUpdate(Insertion.update("t", client: number))
        _ = try await client.payload(.update) { $0 == Insertion.update("t", client: number) }
      }
      #expect(server.node.refusalCounts.isEmpty)
    }
  }
}
