import CRDT
import NIOCore
import Testing

@testable import SyncNode

@Suite("Large answers")
struct LargeAnswerTests {
  private static let pieceUnits = 50_000

  /// Writes a text of 50,000 units, `count` times.
  private static func write(_ count: Int, to document: Document) {
    for _ in 0..<count { document.text("t").insert(String(repeating: "0123456789", count: pieceUnits / 10), at: 0) }
  }

  /// A configuration in which less may wait for a client than the documents of these tests have.
  private static func configuration() -> Node.Configuration {
    var configuration = Node.Configuration.quiet()
    configuration.limits.outgoingBytesMax = 1 << 20
    return configuration
  }

  @Test("A large document goes over in updates and a step 2, as the client reads, with what is written meanwhile")
  func parts() async throws {
    try await TestServer.run(Self.configuration()) { server in
      let room = try await server.node.open("room")
      // More than what the sockets take.
      try await room.edit { Self.write(400, to: $0) }
      let client = try await server.connect("room")
      _ = try await client.payload(.syncStep1)
      try await client.pauseReading()
      try await client.send(Message.syncStep1())
      let served = try #require(server.node.rooms.all.first)
      try await until("the answer is under way") { try await served.eventLoop.submit { !served.answers.isEmpty }.get() }
      let other = try await server.connect("room")
      // Twice what may wait for a client: none of it does.
      for _ in 0..<40 { try await room.edit { Self.write(1, to: $0) } }
      try await client.resumeReading()

      let last = try await client.payload(.syncStep2)
      let updates = client.received.compactMap { Message.payload(.update, of: $0) } + [last]
      #expect(updates.count > 50)
      let document = Document()
      for update in updates {
        #expect(update.count < 400_000)
        try document.apply(update)
        #expect(document.pending == nil)
      }
      #expect(document.text("t").count == 440 * Self.pieceUnits)
      #expect(updates.reduce(0) { $0 + $1.count } < 441 * Self.pieceUnits, "nothing comes twice")
      let news = Insertion.update("news", client: 1)
      try await other.sendUpdate(news)
      _ = try await client.payload(.update) { $0 == news }
    }
  }

  @Test("Who asks again and again without reading is answered once it reads, and others are served")
  func repeatedQuestions() async throws {
    try await TestServer.run(Self.configuration()) { server in
      let room = try await server.node.open("room")
      try await room.edit { Self.write(1, to: $0) }
      let client = try await server.connect("room")
      _ = try await client.payload(.syncStep1)
      try await client.pauseReading()
      for _ in 0..<2000 { try await client.send(Message.syncStep1()) }
      let other = try await server.connect("room")
      try await other.send(Message.syncStep1())
      _ = try await other.payload(.syncStep2)
      try await client.resumeReading()
      try await other.sendUpdate(Insertion.update("news", client: 1))
      // By itself, or in the answer that is under way.
      try await until("the news") {
        client.received.contains { received in
          guard case .message(let bytes) = received else { return false }
          return String(decoding: bytes, as: UTF8.self).contains("news")
        }
      }
      let answers = client.received.compactMap { Message.payload(.syncStep2, of: $0) }
      #expect((1..<2000).contains(answers.count))
      #expect(try Document.text(of: answers[0]).count == Self.pieceUnits)
    }
  }

  @Test("Many documents over one socket are answered side by side")
  func manyDocuments() async throws {
    try await TestServer.run(Self.configuration()) { server in
      var rooms: [RoomHandle] = []
      for number in 0..<20 {
        let room = try await server.node.open("room \(number)")
        try await room.edit { Self.write(20, to: $0) }
        rooms.append(room)
      }
      let reader = Node(.linked(to: try server.address("tcp")), store: GatedStore())
      for number in 0..<20 {
        let copy = try await reader.open("room \(number)")
        try await until("the copy of room \(number)") {
          try await copy.read { $0.text("t").count } == 20 * Self.pieceUnits
        }
      }
      await reader.stop()
    }
  }
}
