import CRDT
import Testing

@testable import SyncNode

@Suite("Documents that begin anew")
struct EpochTests {
  private let content = "Agenda"

  /// Makes a room begin anew and fills it as it was before, as an application would from a template.
  private func recreate(_ room: RoomHandle) async throws {
    try await room.recreate()
    let content = content
    try await room.edit { $0.text("t").insert(content, at: 0) }
  }

  @Test("A document recreated on one node replaces that on another, which keeps its copy aside and is told")
  func linked() async throws {
    try await TestServer.run { first in
      try await TestServer.run(.linked(to: try first.address("tcp"))) { second in
        let here = try await first.node.open("room")
        let there = try await second.node.open("room")
        var events = there.events.makeAsyncIterator()
        try await here.edit { $0.text("t").insert("Agenda", at: 0) }
        try await eventuallyEqual([here, there]) { $0 == content }
        try await recreate(here)
        // Before that it has the old document, which reads the same.
        guard case .recreated(let byteCount)? = await events.next() else {
          Issue.record("no event")
          return
        }
        #expect(byteCount > 0)
        try await eventuallyEqual([here, there]) { $0 == content }
        try await there.edit { $0.text("t").insert("New ", at: 0) }
        try await eventuallyEqual([here, there]) { $0 == "New " + content }
        for node in [first.node, second.node] {
          let copies = try await node.copies(of: "room")
          #expect(try copies.map { try Document.text(of: $0.update) } == [content])
        }
      }
    }
  }

  @Test(
    "Who was away comes back to the new document; what it wrote meanwhile is in its copy, and nothing is there twice")
  func away() async throws {
    let folder = try TemporaryFolder()
    try await TestServer.run(.quiet(.file(folder.file("here.sqlite")))) { server in
      let path = folder.file("away.sqlite")
      let room = try await server.node.open("room")
      try await room.edit { $0.text("t").insert("Agenda", at: 0) }
      let node = try Node(.linked(to: try server.address("tcp"), store: .file(path)))
      try await eventuallyEqual([room, try await node.open("room")]) { $0 == content }
      await node.stop()

      let alone = try Node(.quiet(.file(path)))
      try await alone.open("room").edit { $0.text("t").insert("My ", at: 0) }
      await alone.stop()
      try await recreate(room)

      let back = try Node(.linked(to: try server.address("tcp"), store: .file(path)))
      let there = try await back.open("room")
      try await eventuallyEqual([room, there]) { $0 == content }
      let copies = try await back.copies(of: "room")
      #expect(try copies.map { try Document.text(of: $0.update) } == ["My " + content])
      try await there.flushed(to: server.node.id)
      await back.stop()
      #expect(try StoreReader(path: path).copies(of: "room") == copies)
      // Also after a restart the old is refused: the epoch is in the store.
      try await TestServer.run(.quiet(.file(path))) { restarted in
        let client = try await restarted.connect("room")
        try await client.send(Message.syncStep2(copies[0].update))
        #expect(try await client.closure().code == 4409)
        let room = try await restarted.node.open("room")
        #expect(try await room.read { $0.text("t").string } == content)
      }
    }
  }

  @Test("An empty new document reaches a node that was away, too")
  func emptied() async throws {
    let folder = try TemporaryFolder()
    try await TestServer.run(.quiet(.file(folder.file("here.sqlite")))) { server in
      let path = folder.file("away.sqlite")
      let node = try Node(.linked(to: try server.address("tcp"), store: .file(path)))
      let there = try await node.open("room")
      try await there.edit { $0.text("t").insert("old", at: 0) }
      try await there.flushed(to: server.node.id)
      await node.stop()
      try await server.node.open("room").recreate()
      let back = try Node(.linked(to: try server.address("tcp"), store: .file(path)))
      try await until("the copy is aside") { try await back.copies(of: "room").count == 1 }
      try await eventuallyEqual([try await back.open("room")]) { $0.isEmpty }
      await back.stop()
    }
  }

  @Test("Two nodes that recreate a document without knowing of each other agree on one")
  func concurrent() async throws {
    let folder = try TemporaryFolder()
    for name in ["one", "two"] {
      let node = try Node(.quiet(.file(folder.file(name))))
      let room = try await node.open("room")
      try await room.edit { $0.text("t").insert("old \(name)", at: 0) }
      try await room.recreate()
      try await room.edit { $0.text("t").insert("new \(name)", at: 0) }
      await node.stop()
    }
    try await TestServer.run(.quiet(.file(folder.file("one")))) { server in
      let node = try Node(.linked(to: try server.address("ws"), store: .file(folder.file("two"))))
      let rooms = [try await server.node.open("room"), try await node.open("room")]
      try await eventuallyEqual(rooms) { $0 == "new one" || $0 == "new two" }
      var copies: [String] = []
      for node in [server.node, node] {
        for copy in try await node.copies(of: "room") { copies.append(try Document.text(of: copy.update)) }
      }
      let kept = try await rooms[0].read { $0.text("t").string }
      #expect(Set(copies + [kept]) == ["old one", "old two", "new one", "new two"])
      await node.stop()
    }
  }

  @Test("A client with the old document is told, gets nothing of the new one, and changes nothing")
  func clients() async throws {
    try await TestServer.run { server in
      let room = try await server.node.open("room")
      let client = try await server.connect("room")
      let old = Insertion.update("old", client: 1)
      try await client.sendUpdate(old)
      _ = try await client.payload(.update)
      try await room.recreate()
      let closure = try await client.closure()
      #expect(closure.code == 4409 && closure.reason.contains("recreated"))
      try await room.edit { $0.text("t").insert("new", at: 0) }

      let document = Document()
      try document.apply(old)
      let back = try await server.connect("room")
      try await back.send(Message.syncStep1(document.stateVector))
      #expect(try await back.closure().code == 4409)
      #expect(!back.received.contains { Message.payload(.syncStep2, of: $0) != nil })
      // What is new, but behind something old.
      document.text("t").insert("!", at: 3)
      let behind = try await server.connect("room")
      try await behind.sendUpdate(document.encodeUpdate(since: StateVector([1: 3])))
      #expect(try await behind.closure().code == 4409)
      #expect(try await room.read { $0.text("t").string } == "new")
      #expect(server.node.refusalCounts == [.outdated: 3])

      let fresh = try await server.connect("room")
      try await fresh.send(Message.syncStep1())
      #expect(try Document.text(of: try await fresh.payload(.syncStep2)) == "new")
      try await fresh.sendUpdate(Insertion.update("more ", client: 2))
      try await eventuallyEqual([room]) { $0.contains("more ") }
    }
  }

  @Test("On a multiplexed socket only the recreated document is denied")
  func multiplexed() async throws {
    func addressed(_ address: String, _ message: [UInt8]) -> [UInt8] {
      [UInt8(address.utf8.count)] + Array(address.utf8) + message
    }
    try await TestServer.run { server in
      let client = try await server.connect("")
      for name in ["old", "other"] {
        try await client.send(addressed(name, [2, 0, 0]))
        try await client.send(addressed(name, Message.update(Insertion.update("x", client: 1))))
        try await until("\(name) is stored") { client.hasReceived(addressed(name, [8, 1])) }
      }
      try await server.node.open("old").recreate()
      try await until("the denial") {
        client.received.contains { received in
          guard case .message(let bytes) = received else { return false }
          return bytes.starts(with: addressed("old", [2, 1]))
        }
      }
      let update = Insertion.update("y", client: 2)
      let watcher = try await server.connect("other")
      _ = try await watcher.payload(.syncStep1)
      try await client.send(addressed("other", Message.update(update)))
      _ = try await watcher.payload(.update) { $0 == update }
    }
  }

  @Test("Documents that were created independently merge, and the application is told")
  func independent() async throws {
    let folder = try TemporaryFolder()
    for name in ["one", "two"] {
      let node = try Node(.quiet(.file(folder.file(name))))
      try await node.open("room").edit { $0.text("t").insert(name, at: 0) }
      await node.stop()
    }
    try await TestServer.run(.quiet(.file(folder.file("one")))) { server in
      let here = try await server.node.open("room")
      var events = here.events.makeAsyncIterator()
      let node = try Node(.linked(to: try server.address("tcp"), store: .file(folder.file("two"))))
      guard case .metIndependentDocument(node.id)? = await events.next() else {
        Issue.record("no event")
        return
      }
      let there = try await node.open("room")
      try await eventuallyEqual([here, there]) { $0 == "onetwo" || $0 == "twoone" }
      await node.stop()
    }
  }

  @Test("Initial content that several nodes make by themselves is there once")
  func initialContent() async throws {
    try await TestServer.run { first in
      let here = try await first.node.open("room")
      try await here.initialise { $0.text("t").insert("Agenda", at: 0) }
      try await here.initialise { $0.text("t").insert("Other", at: 0) }
      try await TestServer.run(.linked(to: try first.address("tcp"))) { second in
        let there = try await second.node.open("room")
        try await there.initialise { $0.text("t").insert("Agenda", at: 0) }
        try await there.edit { $0.text("t").insert("!", at: $0.text("t").count) }
        try await eventuallyEqual([here, there]) { $0 == content + "!" }
      }
    }
  }
}
