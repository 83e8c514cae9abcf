import CRDT
import Testing

@testable import SyncNode

@Suite("The end of a node")
struct DrainTests {
  @Test("A node that stops stores what has arrived, says so to its sender, and only then says goodbye")
  func drain() async throws {
    let store = GatedStore()
    try await TestServer.run(store: store) { server in
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      _ = try await writer.payload(.syncStep1)
      _ = try await reader.payload(.syncStep1)
      store.hold()
      let update = Insertion.update("a", client: 1)
      try await writer.sendUpdate(update)
      _ = try await reader.payload(.update)
      let stopping = Task { await server.node.stop() }
      #expect(try await reader.closure().code == 1001)
      #expect(!writer.received.contains { if case .closed = $0 { true } else { false } })
      store.open()
      #expect(try await writer.closure().code == 1001)
      #expect(writer.hasReceived(Message.update(update)))
      await stopping.value
    }
  }

  @Test("A node that stops does not wait for long for a store that does not answer")
  func deadline() async throws {
    let store = GatedStore()
    var configuration = Node.Configuration.quiet()
    configuration.drainTimeout = .milliseconds(50)
    try await TestServer.run(configuration, store: store) { server in
      let writer = try await server.connect("room")
      _ = try await writer.payload(.syncStep1)
      store.hold()
      try await writer.sendUpdate(Insertion.update("a", client: 1))
      await server.node.stop()
      #expect(try await writer.closure().code == 1001)
    }
  }
}
