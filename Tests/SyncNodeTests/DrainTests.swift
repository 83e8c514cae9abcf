import CRDT
import NIOCore
import NIOPosix
import Synchronization
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

  /// Runs `body` with a server whose connections would now be closed one after the other: the writer's when the store has
  /// what it was asked for, which is when the test opens it, the reader's at once.
  private func whileOneIsWaitedFor(
    _ body: (_ server: TestServer, _ store: GatedStore, _ writer: TestClient, _ reader: TestClient) async throws -> Void
  ) async throws {
    let store = GatedStore()
    var configuration = Node.Configuration.quiet()
    // All connections on one: whoever comes late is among those that are waited for.
    configuration.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next()
    configuration.drainTimeout = .seconds(60)
    try await TestServer.run(configuration, store: store) { server in
      let writer = try await server.connect("room")
      let reader = try await server.connect("room")
      _ = try await writer.payload(.syncStep1)
      store.hold()
      try await writer.sendUpdate(Insertion.update("a", client: 1))
      try await until("the store is asked") { store.heldCount == 1 }
      try await body(server, store, writer, reader)
    }
  }

  @Test("Who connects while a node stops is sent away, and not waited for")
  func latecomers() async throws {
    try await whileOneIsWaitedFor { server, store, writer, reader in
      async let stopping: Void = inTime("the end of the node") { await server.node.stop() }
      #expect(try await reader.closure().code == 1001)

      let client = try await server.connect("")
      let peer = try await RawPeer.connect(port: server.peerPort)
      let id = try #require(PeerID([UInt8](repeating: 1, count: 16)))
      // It may be closed by now.
      try? await peer.send("") { PeerMessage.Hello(id: id, rooms: .all).write(to: &$0) }
      let closure = try await client.closure()
      #expect(closure.code == 1001 && closure.reason == "the server stops")
      try await until("the end of the connection") { !peer.isConnected }
      store.open()
      try await stopping
      #expect(try await writer.closure().code == 1001)
    }
  }

  @Test("Closing all connections waits for those that there were, and for no others")
  func newcomers() async throws {
    try await whileOneIsWaitedFor { server, store, writer, reader in
      async let closing: Void = server.closeConnections()
      #expect(try await reader.closure().code == 1001)
      let newcomer = try await server.connect("room")
      store.open()
      try await closing
      #expect(try await writer.closure().code == 1001)
      try await newcomer.send(Message.syncStep1())
      _ = try await newcomer.payload(.syncStep2)
    }
  }

  @Test("A link that was being made when its node stopped ends at once")
  func lateLink() async throws {
    try await TestServer.run { server in
      let configuration = Node.Configuration.linked(to: try server.address("tcp"))
      let dialler = HeldDialler(for: configuration.peers[0])
      let node = Node(configuration, store: EphemeralStore(using: .system), dialler: dialler)
      try await until("the node dials") { dialler.isHolding }
      await node.stop()
      dialler.open()
      try await until("the end of the connection") { dialler.hasEnded }
      #expect(server.node.peers.count == 0)
    }
  }

  /// Dials when it is opened.
  private final class HeldDialler: PeerDialler {
    private struct State {
      var held: (@Sendable () -> Void)?
      var hasEnded = false
    }

    private let dialler: SocketDialler
    private let state = Mutex(State())

    init(for peer: Node.Configuration.Peer) { dialler = SocketDialler(for: peer) }

    var isHolding: Bool { state.withLock { $0.held != nil } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func open() { state.withLock { $0.held }?() }

    func dial(
      _ address: PeerAddress, on eventLoop: any EventLoop, for node: Node,
      start: @escaping @Sendable (Connection) -> any Conversation, ended: @escaping @Sendable (String) -> Void
    ) {
      let dial: @Sendable () -> Void = { [self] in
        dialler.dial(address, on: eventLoop, for: node, start: start) { reason in
          self.state.withLock { $0.hasEnded = true }
          ended(reason)
        }
      }
      state.withLock { $0.held = dial }
    }
  }
}
