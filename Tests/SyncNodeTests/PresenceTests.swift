import CRDT
import NIOWebSocket
import Synchronization
import Testing

@testable import SyncNode

@Suite("Presence and rights")
struct PresenceTests {
  private func state(_ client: UInt64, _ clock: UInt64, _ json: String = "{}") -> [UInt8] {
    Message.awareness(AwarenessEntry(client, clock, json))
  }

  @Test("Who only reads is not seen; who comments is, and is heard by the application")
  func levels() async throws {
    let book = RightsBook(["reader": .all(.read), "guest": .all(.comment, for: "guest"), "ada": .all(.write)])
    try await TestServer.run(book.configuration) { server in
      let watcher = try await server.connect("room?token=ada")
      let reader = try await server.connect("room?token=reader")
      try await reader.send(state(1, 1))
      // It comes back, or a stock client would take the connection for dead.
      try await until("the echo") { reader.hasReceived(state(1, 1)) }
      let room = try await server.node.open("room")
      let messages = room.statelessMessages
      let guest = try await server.connect("")
      for (name, token) in [("room", "reader"), ("room\u{0}2", "guest")] {
        try await guest.open(name, token: token)
        try await guest.send(Message.addressed(name, Message.stateless("by \(token)")))
      }
      try await guest.send(Message.addressed("room\u{0}2", state(2, 1)))
      try await until("the guest is seen") { watcher.hasReceived(state(2, 1)) }
      #expect(!watcher.hasReceived(state(1, 1)))
      var iterator = messages.makeAsyncIterator()
      let message = await iterator.next()
      #expect(message?.payload == "by guest" && message?.subject == "guest")
      try await guest.send(Message.addressed("room\u{0}2", Message.update(Insertion.update("a", client: 3))))
      try await until("the refusal") { guest.hasReceived(Message.addressed("room\u{0}2", [8, 0])) }
    }
  }

  @Test("Who may do less than before is seen no more")
  func lowered() async throws {
    let book = RightsBook(["ada": .all(.write), "guest": .all(.comment)])
    try await TestServer.run(book.configuration) { server in
      let watcher = try await server.connect("room?token=ada")
      let guest = try await server.connect("room?token=guest")
      try await guest.send(state(1, 1))
      try await until("the guest is seen") { watcher.hasReceived(state(1, 1)) }
      book.set("guest", .all(.read))
      server.node.reviewAccess()
      try await until("the guest is gone") { watcher.hasReceived(state(1, 1, "null")) }
    }
  }

  @Test("Nobody speaks for a client that another connection has introduced, or removes it")
  func spoofing() async throws {
    try await TestServer.run { server in
      let victim = try await server.connect("room")
      victim.answerPings()
      try await victim.send(state(1, 1))
      let spoofer = try await server.connect("room")
      try await until("the victim is seen") { spoofer.hasReceived(state(1, 1)) }
      for forged in [state(1, 7, "{\"name\":\"forged\"}"), state(1, 9, "null"), state(1, 1, "null")] {
        let answers = spoofer.received.count
        try await spoofer.send(forged)
        try await until("the truth") { spoofer.received.dropFirst(answers).contains(.message(state(1, 1))) }
      }
      // It may speak for itself in the same message.
      try await spoofer.send(Message.awareness(AwarenessEntry(1, 8, "{}"), AwarenessEntry(2, 1, "{}")))
      try await until("the spoofer is seen") { victim.hasReceived(state(2, 1)) }
      #expect(victim.received.filter { Message.payload(.awareness, of: $0) != nil }.count == 2)
      #expect(server.node.refusalCounts == [.foreignPresence: 2])
      // Its clock was not touched.
      try await victim.send(state(1, 2))
      try await until("the victim's next state") { spoofer.hasReceived(state(1, 2)) }
    }
  }

  @Test("A client whose old socket broke without notice is present again once that is found out")
  func brokenSocket() async throws {
    try await TestServer.run { server in
      let watcher = try await server.connect("room")
      watcher.answerPings()
      let old = try await server.connect("room")
      try await old.send(state(1, 1))
      try await until("it is seen") { watcher.hasReceived(state(1, 1)) }
      let new = try await server.connect("room")
      new.answerPings()
      try await new.send(state(1, 2))
      // As stock clients do when they hear that they are gone.
      try await until("its removal") { new.hasReceived(state(1, 1, "null")) }
      try await new.send(state(1, 3))
      try await until("it is back") { watcher.hasReceived(state(1, 3)) }
    }
  }

  @Test("A client whose connection is cut is not seen to leave when it is back soon")
  func back() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.presenceGrace = .seconds(3600)
    try await TestServer.run(configuration) { server in
      let watcher = try await server.connect("room")
      let first = try await server.connect("room")
      try await first.send(state(1, 1))
      try await until("it is seen") { watcher.hasReceived(state(1, 1)) }
      first.abandon()
      try await until("the connection is gone") { try await server.node.connections().count == 1 }
      let second = try await server.connect("room")
      // As stock clients do: what was said before, and then something new.
      try await second.send(state(1, 1))
      try await second.send(state(1, 2))
      try await until("it is heard") { watcher.hasReceived(state(1, 2)) }
      #expect(!watcher.hasReceived(state(1, 1, "null")))
      // It is the second's now.
      try await second.send([0x03, 0xE8], opcode: .connectionClose)
      try await until("it has left") { watcher.hasReceived(state(1, 2, "null")) }
    }
  }

  @Test("A client whose connection is cut is gone when it is not back")
  func gone() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.presenceGrace = .milliseconds(100)
    try await TestServer.run(configuration) { server in
      let watcher = try await server.connect("room")
      let client = try await server.connect("room")
      try await client.send(state(1, 1))
      try await until("it is seen") { watcher.hasReceived(state(1, 1)) }
      client.abandon()
      try await until("it is gone") { watcher.hasReceived(state(1, 1, "null")) }
    }
  }

  @Test("A client that closes its connection itself is gone at once")
  func closed() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.presenceGrace = .seconds(3600)
    try await TestServer.run(configuration) { server in
      let watcher = try await server.connect("room")
      let client = try await server.connect("room")
      try await client.send(state(1, 1))
      try await until("it is seen") { watcher.hasReceived(state(1, 1)) }
      try await client.send([0x03, 0xE8], opcode: .connectionClose)
      try await until("it is gone") { watcher.hasReceived(state(1, 1, "null")) }
    }
  }
}
