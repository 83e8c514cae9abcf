import CRDT
import Synchronization
import Testing

@testable import SyncNode

@Suite("Access")
struct AccessTests {
  /// Lets in whoever shows `writer` or `reader`, to the rooms that start with `open`.
  private final class Doorkeeper: Authorizer {
    let requests = Mutex<[AccessRequest]>([])

    func grant(for request: AccessRequest) async throws -> Grant {
      requests.withLock { $0.append(request) }
      // Those who wait are not at once in.
      await Task.yield()
      switch request.token {
      case "writer": return Grant(rooms: ["open*"])
      case "reader": return Grant(rooms: ["open*"], access: .read)
      case "broken": throw StoreError(.failed, path: "users")
      default: throw AccessDenied("show a token")
      }
    }
  }

  private func guarded(_ doorkeeper: Doorkeeper) -> Node.Configuration {
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = doorkeeper
    return configuration
  }

  @Test("A client is let in by its token, and what it says meanwhile is not lost")
  func clients() async throws {
    let doorkeeper = Doorkeeper()
    try await TestServer.run(guarded(doorkeeper)) { server in
      let writer = try await server.connect("open?token=writer")
      try await writer.sendUpdate(Insertion.update("a", client: 1))
      _ = try await writer.payload(.update)
      let reader = try await server.connect("open?x=1&token=reade%72")
      try await reader.send(Message.syncStep1())
      #expect(try Document.text(of: try await reader.payload(.syncStep2)) == "a")
      for (path, reason) in [
        ("open", "show a token"), ("open?token=false", "show a token"),
        ("closed?token=writer", "the room is not for you"),
        ("open?token=broken", "access cannot be checked now"),
      ] {
        let closure = try await server.connect(path).closure()
        #expect(closure.code == 4403 && closure.reason == reason, "\(path): \(closure)")
      }
      #expect(server.node.refusalCounts == [.forbidden: 4])
      #expect(!server.node.rooms.names(onlyUsed: false).contains("closed"))
      #expect(doorkeeper.requests.withLock { $0.first?.room } == "open")
    }
  }

  @Test("Who may only read sees everything and changes nothing")
  func readers() async throws {
    try await TestServer.run(guarded(Doorkeeper())) { server in
      let writer = try await server.connect("open?token=writer")
      let update = Insertion.update("a", client: 1)
      try await writer.sendUpdate(update)
      let reader = try await server.connect("open?token=reader")
      try await reader.send(Message.syncStep1())
      _ = try await reader.payload(.syncStep2) { $0 != [0, 0] }
      #expect(!reader.received.contains { Message.payload(.syncStep1, of: $0) != nil }, "it is not asked for anything")
      // What is known is no change.
      try await reader.sendUpdate(update)
      _ = try await reader.payload(.update) { $0 == update }
      try await reader.sendUpdate(Insertion.update("forbidden", client: 2))
      let closure = try await reader.closure()
      #expect(closure.code == 4403 && closure.reason == "only reading is allowed here")
      let room = try await server.node.open("open")
      #expect(try await room.read { $0.text("t").string } == "a")
    }
  }

  @Test("On a multiplexed socket each document has its own token, and a refused update its own status")
  func multiplexed() async throws {
    try await TestServer.run(guarded(Doorkeeper())) { server in
      let client = try await server.connect("")
      try await client.send(Message.addressed("open1", Message.token("reader")))
      try await client.send(Message.addressed("open1", Message.update(Insertion.update("no", client: 1))))
      try await client.send(Message.addressed("open2", Message.token("writer")))
      try await client.send(Message.addressed("open2", Message.update(Insertion.update("yes", client: 2))))
      try await client.send(Message.addressed("closed", Message.token("writer")))
      let scopes = [("open1", "readonly"), ("open2", "read-write")]
      for (name, scope) in scopes {
        let answer = Message.addressed(name, [2, 2, UInt8(scope.utf8.count)] + Array(scope.utf8))
        try await until("\(name) is open") { client.hasReceived(answer) }
      }
      try await until("the refusal") { client.hasReceived(Message.addressed("open1", [8, 0])) }
      try await until("the status") { client.hasReceived(Message.addressed("open2", [8, 1])) }
      let denial = "the room is not for you"
      try await until("the denial") {
        client.hasReceived(Message.addressed("closed", [2, 1, UInt8(denial.utf8.count)] + Array(denial.utf8)))
      }
      let room = try await server.node.open("open1")
      #expect(try await room.read { $0.text("t").string }.isEmpty)
    }
  }

  @Test("An application refuses single updates with a reason of its own")
  func validation() async throws {
    struct Refused: Error, CustomStringConvertible { let description = "no shouting" }
    var configuration = Node.Configuration.quiet()
    configuration.hooks.validate = { proposed in
      let document = Document()
      try document.apply(proposed.update)
      if document.text("t").string.contains("LOUD") { throw Refused() }
    }
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room")
      try await client.sendUpdate(Insertion.update("quiet", client: 1))
      _ = try await client.payload(.update)
      try await client.sendUpdate(Insertion.update("LOUD", client: 2))
      let closure = try await client.closure()
      #expect(closure.code == 4403 && closure.reason == "no shouting")
      let room = try await server.node.open("room")
      #expect(try await room.read { $0.text("t").string } == "quiet")
      let bad = try await server.connect("room")
      try await bad.sendUpdate([1, 2, 3])
      #expect(try await bad.closure().code == 1007)
    }
  }

  @Test("An application guards parts of a document by the places that an update touches")
  func guardedPlaces() async throws {
    struct Refused: Error, CustomStringConvertible { let description = "the title is fixed" }
    var configuration = Node.Configuration.quiet()
    configuration.hooks.validate = { proposed in
      guard proposed.touched.isComplete, !proposed.touched.paths.contains(where: { $0.root == "title" }) else {
        throw Refused()
      }
    }
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room")
      try await client.sendUpdate(Insertion.update("a", client: 1))
      _ = try await client.payload(.update)
      let title = Document()
      title.text("title").insert("x", at: 0)
      try await client.sendUpdate(title.encodeUpdate())
      #expect(try await client.closure().reason == "the title is fixed")
      // What waits for something could go anywhere.
      let other = try await server.connect("room")
      try await other.sendUpdate([1, 1, 2, 1, 0x84, 2, 0, 1, 0x61, 0])
      #expect(try await other.closure().reason == "the title is fixed")
    }
  }

  @Test("A node that is not let in waits long, and comes in with the next token", arguments: ["ws", "tcp"])
  func refusedNode(scheme: String) async throws {
    try await TestServer.run(guarded(Doorkeeper())) { server in
      let tokens = Mutex(["writer", "old"])
      var configuration = Node.Configuration.quiet()
      var peer = Node.Configuration.Peer(try server.address(scheme))
      peer.token = { tokens.withLock { $0.popLast() ?? "writer" } }
      configuration.peers = [peer]
      let states = Mutex<[PeerLink.State]>([])
      let node = try Node(configuration)
      let watch = Task {
        for await state in node.links[0].states { states.withLock { $0.append(state) } }
      }
      try await until("the refusal") {
        states.withLock { states in
          states.contains { if case .refused("show a token", .seconds(5)...) = $0 { true } else { false } }
        }
      }
      #expect(server.node.refusalCounts[.forbidden] == 1)
      node.links[0].retryNow()
      try await until("the link stands") { node.links[0].state == .synced(server.node.id) }
      // Only the rooms of its grant.
      for name in ["open", "closed"] {
        let room = try await node.open(name)
        try await room.edit { $0.text("t").insert(name, at: 0) }
        // Nobody is waited for who has nothing to do with the room.
        try await inTime("all that is to be had is there") { try await room.flushed() }
      }
      let room = try await server.node.open("open")
      try await eventuallyEqual([room]) { $0 == "open" }
      #expect(!server.node.rooms.names(onlyUsed: false).contains("closed"))
      await node.stop()
      await watch.value
    }
  }

  @Test("A node that may only read gets everything, and what it writes goes nowhere")
  func readingNode() async throws {
    try await TestServer.run(guarded(Doorkeeper())) { server in
      let here = try await server.node.open("open")
      try await here.edit { $0.text("t").insert("a", at: 0) }
      var peer = Node.Configuration.Peer(try server.address("tcp"))
      peer.token = { "reader" }
      var configuration = Node.Configuration.quiet()
      configuration.peers = [peer]
      let node = try Node(configuration)
      let there = try await node.open("open")
      try await eventuallyEqual([there]) { $0 == "a" }
      try await there.edit { $0.text("t").insert("b", at: 1) }
      // Nobody takes it, so nobody is waited for.
      try await there.flushed()
      try await here.edit { $0.text("t").insert("c", at: 0) }
      try await here.flushed(to: node.id)
      #expect(try await there.read { $0.text("t").string } == "cab")
      #expect(try await here.read { $0.text("t").string } == "ca")
      try await until("the link is synced") { node.links[0].state == .synced(server.node.id) }
      await node.stop()
    }
  }
}
