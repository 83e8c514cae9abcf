import CRDT
import Synchronization
import Testing

@testable import SyncNode

@Suite("Rooms of this process")
struct RoomFeedTests {
  @Test("Changes are told with where they came from, and make a copy of the document")
  func changes() async throws {
    try await TestServer.run { first in
      try await TestServer.run(.linked(to: try first.address("tcp"))) { second in
        let room = try await first.node.open("room")
        var changes = room.changes.makeAsyncIterator()
        try await room.edit { $0.text("t").insert("a", at: 0) }
        let client = try await first.connect("room")
        try await client.sendUpdate(Insertion.update("b", client: 1))
        let there = try await second.node.open("room")
        try await eventuallyEqual([room, there]) { $0.count == 2 }
        try await there.edit { $0.text("t").insert("c", at: 2) }

        let copy = Document()
        var origins: [ChangeOrigin] = []
        for _ in 0..<3 {
          let change = try #require(await changes.next())
          try copy.apply(change.update)
          origins.append(change.origin)
        }
        #expect(copy.text("t").string == (try await room.read { $0.text("t").string }))
        #expect(origins[0] == .local)
        guard case .client = origins[1], case .peer(second.node.id, _) = origins[2] else {
          Issue.record("\(origins)")
          return
        }
      }
    }
  }

  @Test("What is merged is told with who wrote it, and stored also while it waits for what is missing")
  func merging() async throws {
    let folder = try TemporaryFolder()
    let configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
    let document = Document()
    document.text("t").append("a")
    let first = document.encodeUpdate()
    let known = document.stateVector
    document.text("t").append("b")
    let second = document.encodeUpdate(since: known)
    let ada = ChangeOrigin.client(address: "127.0.0.1:1", subject: "ada")
    try await TestServer.run(configuration) { server in
      let room = try await server.node.open("room")
      var changes = room.changes.makeAsyncIterator()
      var events = room.events.makeAsyncIterator()
      #expect(try await room.merge(second, from: ada))
      #expect(await changes.next() == RoomChange(room: "room", update: second, origin: ada))
      guard case .waiting(_, ada)? = await events.next() else {
        Issue.record("nothing waits")
        return
      }
      #expect(try await !room.merge([0, 0], from: ada))
    }
    try await TestServer.run(configuration) { server in
      let room = try await server.node.open("room")
      #expect(try await room.merge(first, from: ada))
      #expect(try await room.read { $0.text("t").string } == "ab")
      #expect(try await !room.merge(first, from: ada))
      await #expect(throws: UpdateError.self) { _ = try await room.merge([1, 2, 3], from: ada) }
    }
  }

  @Test("An application is present in a room beside its clients, until it lets go of the room")
  func presence() async throws {
    try await TestServer.run { server in
      let client = try await server.connect("room")
      let watcher = try await server.node.open("room")
      var states = watcher.presence.makeAsyncIterator()
      #expect(await states.next() == [:])
      do {
        let room = try await server.node.open("room")
        room.setPresence(["name": "bot"])
        let id = room.clientID
        let entry = AwarenessEntry(client: id, clock: 1, state: Array(#"{"name":"bot"}"#.utf8))
        try await until("presence") { client.hasReceived(Message.awareness(entry)) }
        #expect(await states.next() == [id: ["name": "bot"]])
        // Somebody else says that it is gone: it says that it is not.
        try await client.send(Message.awareness(.removal(of: id, clock: 1)))
        let restated = AwarenessEntry(client: id, clock: 2, state: entry.state)
        try await until("presence again") { client.hasReceived(Message.awareness(restated)) }
      }
      try await until("absence") {
        client.received.contains {
          Message.payload(.awareness, of: $0).map { $0.suffix(5) == [4] + Array("null".utf8) } ?? false
        }
      }
      try await client.send(Message.awareness(AwarenessEntry(5, 1, "[1]")))
      try await until("the client is present") { await states.next() == [5: [1]] }
    }
  }

  @Test("Who waits for a missing update is told, and told again when nothing is missing")
  func waiting() async throws {
    try await TestServer.run { server in
      let room = try await server.node.open("room")
      var events = room.events.makeAsyncIterator()
      let client = try await server.connect("room")
      try await client.sendUpdate(Insertion.update("b", client: 1, clock: 1))
      guard case .waiting(let byteCount, .client)? = await events.next() else {
        Issue.record("no event")
        return
      }
      #expect(byteCount > 0)
      try await client.sendUpdate(Insertion.update("a", client: 1))
      #expect(await events.next() == .complete)
    }
  }

  @Test("Hooks see each change, and the end of a room that nobody uses")
  func hooks() async throws {
    let changes = Mutex<[RoomChange]>([])
    let idle = Mutex<[String]>([])
    let folder = try TemporaryFolder()
    var configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
    configuration.roomIdle = .milliseconds(1)
    configuration.hooks.onChange = { change in changes.withLock { $0.append(change) } }
    configuration.hooks.onIdle = { room in idle.withLock { $0.append(room) } }
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room")
      try await client.sendUpdate(Insertion.update("a", client: 1))
      try await until("the change") { changes.withLock { $0.map(\.update) } == [Insertion.update("a", client: 1)] }
      #expect(idle.withLock { $0.isEmpty })
      try await client.disconnect()
      try await until("the room is unloaded") { idle.withLock { $0 } == ["room"] }
    }
  }
}
