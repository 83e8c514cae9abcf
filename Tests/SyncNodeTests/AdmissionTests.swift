import CRDT
import Foundation
import Synchronization
import Testing

@testable import SyncNode

@Suite("Rights that change")
struct AdmissionTests {
  private let update = Insertion.update("a", client: 1)

  /// Grants everything for a moment; after that, for long to those who show `long`.
  private final class Countdown: Authorizer {
    private let first = Mutex<[String: Grant]>([:])

    func grant(for request: AccessRequest) async throws -> Grant {
      let token = request.token ?? ""
      return first.withLock { first in
        if let grant = first[token] { return token == "long" ? .all(.write, until: .distantFuture) : grant }
        let grant = Grant.all(.write, until: Date(timeIntervalSinceNow: token == "long" ? 3 : 0.5))
        first[token] = grant
        return grant
      }
    }
  }

  @Test("Who has a room open loses it when the grant ends, unless there is a new one")
  func expiry() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = Countdown()
    try await TestServer.run(configuration) { server in
      let long = try await server.connect("room?token=long")
      let short = try await server.connect("room?token=short")
      let closure = try await short.closure()
      #expect(closure.code == 4401 && closure.reason == "your access has ended: sign in again")
      try await long.sendUpdate(update)
      _ = try await long.payload(.update)
      #expect(server.node.refusalCounts == [.unauthenticated: 1])
    }
  }

  @Test("Whoever is put out loses the connection at once, and others go on")
  func revoked() async throws {
    let book = RightsBook(["ada": .all(.write), "eve": .all(.write)])
    try await TestServer.run(book.configuration) { server in
      let ada = try await server.connect("room?token=ada")
      let eve = try await server.connect("room?token=eve")
      try await eve.sendUpdate(update)
      _ = try await ada.payload(.update)
      book.set("eve", nil)
      server.node.reviewAccess()
      let closure = try await eve.closure()
      #expect(closure.code == 4401 && closure.reason == "the token was revoked")
      try await ada.sendUpdate(Insertion.update("b", client: 2))
      _ = try await ada.payload(.update) { $0 == Insertion.update("b", client: 2) }
      #expect(try await server.connect("room?token=eve").closure().code == 4401)
    }
  }

  @Test("Rights that grow or shrink hold from then on, over the same connection")
  func changedLevel() async throws {
    let book = RightsBook(["ada": .all(.read)])
    try await TestServer.run(book.configuration) { server in
      let client = try await server.connect("room?token=ada")
      try await client.send(Message.syncStep1())
      _ = try await client.payload(.syncStep2)
      book.set("ada", .all(.write))
      server.node.reviewAccess()
      // What it has written meanwhile is asked for.
      _ = try await client.payload(.syncStep1)
      try await client.sendUpdate(update)
      _ = try await client.payload(.update)
      book.set("ada", .all(.read))
      server.node.reviewAccess()
      try await until("it was asked") { book.askedCount == 3 }
      let other = try await server.connect("other?token=ada")
      try await other.send(Message.syncStep1())
      _ = try await other.payload(.syncStep2)
      try await client.sendUpdate(Insertion.update("b", client: 2))
      let closure = try await client.closure()
      #expect(closure.code == 4403 && closure.reason == "only reading is allowed here")
    }
  }

  @Test("When nobody can tell, who is in stays and nobody new gets in")
  func unknown() async throws {
    let book = RightsBook(["ada": .all(.write)])
    try await TestServer.run(book.configuration) { server in
      let client = try await server.connect("room?token=ada")
      try await client.sendUpdate(update)
      _ = try await client.payload(.update)
      book.close()
      server.node.reviewAccess()
      try await until("it was asked") { book.askedCount == 2 }
      let closure = try await server.connect("room?token=ada").closure()
      #expect(closure.code == 4403 && closure.reason == "access cannot be checked now")
      try await client.sendUpdate(Insertion.update("b", client: 2))
      _ = try await client.payload(.update) { $0 == Insertion.update("b", client: 2) }
    }
  }

  @Test("On a multiplexed socket a document is lost alone, and a new token holds at once")
  func multiplexed() async throws {
    let book = RightsBook(["ada": .all(.write), "board": .all(.write), "guest": .all(.read)])
    try await TestServer.run(book.configuration) { server in
      let client = try await server.connect("")
      try await client.open("notes", token: "ada")
      try await client.open("board", token: "board")
      for name in ["notes", "board"] {
        try await until("\(name) is open") {
          client.hasReceived(Message.addressed(name, Message.authenticated("read-write")))
        }
      }
      book.set("board", nil)
      server.node.reviewAccess()
      let denial = Message.addressed("board", Message.permissionDenied("the token was revoked"))
      try await until("the denial") { client.hasReceived(denial) }
      try await client.send(Message.addressed("notes", Message.update(update)))
      try await until("the status") { client.hasReceived(Message.addressed("notes", [8, 1])) }
      try await client.open("notes", token: "guest")
      try await until("the lower level") {
        client.hasReceived(Message.addressed("notes", Message.authenticated("readonly")))
      }
      try await client.send(Message.addressed("notes", Message.update(Insertion.update("b", client: 2))))
      try await until("the refusal") { client.hasReceived(Message.addressed("notes", [8, 0])) }
      // A token that is good for nothing is no reason to go on by the last one.
      try await client.open("notes", token: "forged")
      let end = Message.addressed("notes", Message.permissionDenied("the token was revoked"))
      try await until("the end") { client.hasReceived(end) }
    }
  }

  @Test("A document is not handed on to another user by a new token")
  func otherUser() async throws {
    let book = RightsBook(["ada": .all(.write, for: "ada"), "eve": .all(.write, for: "eve")])
    try await TestServer.run(book.configuration) { server in
      let client = try await server.connect("")
      try await client.open("notes", token: "ada")
      let opened = Message.addressed("notes", Message.authenticated("read-write"))
      try await until("it is open") { client.hasReceived(opened) }
      try await client.open("notes", token: "eve")
      let denial = Message.addressed("notes", Message.permissionDenied("this is another user's token: connect anew"))
      try await until("the denial") { client.hasReceived(denial) }
      // Nor is it lost for either.
      try await client.open("notes", token: "eve")
      try await until("it is open again") { client.received.filter { $0 == .message(opened) }.count == 2 }
    }
  }

  @Test("A link begins anew when its rights change, and waits when it has none", arguments: ["ws", "tcp"])
  func links(scheme: String) async throws {
    let book = RightsBook(["node": .all(.admin)])
    try await TestServer.run(book.configuration) { server in
      var configuration = Node.Configuration.quiet()
      var peer = Node.Configuration.Peer(try server.address(scheme))
      peer.token = { "node" }
      configuration.peers = [peer]
      let node = try Node(configuration)
      let room = try await node.open("notes")
      try await room.edit { $0.text("t").insert("a", at: 0) }
      let there = try await server.node.open("notes")
      try await eventuallyEqual([there]) { $0 == "a" }
      book.set("node", Grant(rooms: ["board"]))
      server.node.reviewAccess()
      let board = try await node.open("board")
      try await board.edit { $0.text("t").insert("b", at: 0) }
      try await room.edit { $0.text("t").insert("x", at: 0) }
      try await eventuallyEqual([try await server.node.open("board")]) { $0 == "b" }
      #expect(try await there.read { $0.text("t").string } == "a")
      book.set("node", nil)
      server.node.reviewAccess()
      try await until("the link is refused") {
        if case .refused("the token was revoked", _) = node.links[0].state { true } else { false }
      }
      await node.stop()
    }
  }

  @Test("Only an administrator recreates a document over a link")
  func recreation() async throws {
    let book = RightsBook(["node": .all(.write)])
    try await TestServer.run(book.configuration) { server in
      var configuration = Node.Configuration.quiet()
      var peer = Node.Configuration.Peer(try server.address("tcp"))
      peer.token = { "node" }
      configuration.peers = [peer]
      let node = try Node(configuration)
      let room = try await node.open("notes")
      try await room.edit { $0.text("t").insert("a", at: 0) }
      let there = try await server.node.open("notes")
      try await eventuallyEqual([there]) { $0 == "a" }
      try await room.recreate()
      try await until("the link is refused") {
        if case .refused("only an administrator recreates a document", _) = node.links[0].state { true } else { false }
      }
      #expect(try await there.read { $0.text("t").string } == "a")
      book.set("node", .all(.admin))
      node.links[0].retryNow()
      try await eventuallyEqual([there]) { $0.isEmpty }
      await node.stop()
    }
  }

  @Test("A link that may write in some of its rooms only waits for nobody in the others")
  func mixedLevels() async throws {
    let rules = [Grant.Rule(rooms: "notes", access: .write), .init(rooms: "board", access: .read)]
    let book = RightsBook(["node": Grant(rules: rules)])
    try await TestServer.run(book.configuration) { server in
      var configuration = Node.Configuration.quiet()
      var peer = Node.Configuration.Peer(try server.address("tcp"))
      peer.token = { "node" }
      configuration.peers = [peer]
      let node = try Node(configuration)
      let there = try await server.node.open("board")
      try await there.edit { $0.text("t").insert("b", at: 0) }
      let (board, notes) = (try await node.open("board"), try await node.open("notes"))
      try await eventuallyEqual([board]) { $0 == "b" }
      try await board.edit { $0.text("t").insert("x", at: 0) }
      try await board.flushed()
      try await notes.edit { $0.text("t").insert("n", at: 0) }
      try await notes.flushed()
      #expect(try await server.node.open("notes").read { $0.text("t").string } == "n")
      #expect(try await there.read { $0.text("t").string } == "b")
      try await until("the link is synced") { node.links[0].state == .synced(server.node.id) }
      await node.stop()
    }
  }
}
