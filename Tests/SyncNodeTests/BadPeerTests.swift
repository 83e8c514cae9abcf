import CRDT
import NIOCore
import Testing

@testable import SyncNode

@Suite("Bad peers")
struct BadPeerTests {
  private let update = Insertion.update("a", client: 1)

  /// Runs a node, lets `body` misbehave as a node over TCP, and expects that it is cut off for `refusal`, that others are
  /// served on, and that nothing of what came last is kept.
  private func expect(
    _ refusal: Refusal, limits: Limits = Limits(), reason: String, _ body: (RawPeer) async throws -> Void
  ) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits = limits
    try await TestServer.run(configuration) { server in
      let room = try await server.node.open("room")
      let client = try await server.connect("room")
      let id = try #require(PeerID([UInt8](repeating: 1, count: 16)))
      let peer = try await RawPeer.connect(port: server.peerPort)
      try await peer.send("") { PeerMessage.Hello(id: id, rooms: .all).write(to: &$0) }
      try await until("the node's state") { !peer.messages.isEmpty }
      // What the node closes upon may still be under way.
      try? await body(peer)
      _ = try await peer.text(until: reason)
      try await until("it is counted") { server.node.refusalCounts == [refusal: 1] }
      try await client.sendUpdate(Insertion.update("served", client: 9))
      _ = try await client.payload(.update) { $0 == Insertion.update("served", client: 9) }
      try await eventuallyEqual([room]) { !$0.contains("half") && $0.contains("served") }
    }
  }

  private func send(_ delta: PeerMessage.Delta, _ update: [UInt8], over peer: RawPeer) async throws {
    try await peer.send("room") { writer in update.withUnsafeBytes { delta.write($0, to: &writer) } }
  }

  @Test("Garbage, also behind what can be read")
  func garbage() async throws {
    try await expect(.unreadableMessage, reason: "at byte") { peer in
      try await peer.send([0, 0, 0, 3, 1, 0x61, 0x7F])
    }
    try await expect(.unreadableMessage, reason: "at byte") { peer in
      let delta = PeerMessage.Delta(number: 1, isStart: true, isEnd: true)
      // One struct of two that were announced.
      try await send(delta, [1, 2] + Insertion.update("half", client: 3).dropFirst(2), over: peer)
    }
  }

  @Test("A clock that no document can have")
  func clocks() async throws {
    try await expect(.unreadableMessage, reason: "at byte") { peer in
      let delta = PeerMessage.Delta(number: 1, isStart: true, isEnd: true)
      try await send(
        delta, [1, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 4, 1, 1, 0x74, 4] + Array("half".utf8) + [0], over: peer)
    }
  }

  @Test("A state that cannot be true gets nothing and harms nothing")
  func falseState() async throws {
    try await TestServer.run { server in
      let room = try await server.node.open("room")
      try await room.edit { $0.text("t").insert("a", at: 0) }
      let id = try #require(PeerID([UInt8](repeating: 1, count: 16)))
      let peer = try await RawPeer.connect(port: server.peerPort)
      try await peer.send("") { PeerMessage.Hello(id: id, rooms: .all).write(to: &$0) }
      let clients = try await room.read { Array($0.stateVector.clocks.keys) }
      let vector = StateVector(Dictionary(uniqueKeysWithValues: (clients + [7]).map { ($0, 1 << 52) }))
      let state = PeerMessage.State(stateVector: vector, deletionDigest: 0, wantsAnswer: true, isInUse: true)
      try await peer.send("room") { state.write(to: &$0) }
      try await until("an answer without content") {
        peer.messages.contains { if case .delta(let delta, _) = $0 { delta.isEnd } else { false } }
      }
      let replication = try await server.node.replication()
      #expect(replication.map(\.room) == ["room"] && replication[0].behind > 1 << 52)
      try await room.edit { $0.text("t").insert("b", at: 1) }
    }
  }

  @Test("The same again and again")
  func replay() async throws {
    var limits = Limits()
    limits.repeatedDeltasMax = 20
    try await expect(.replay, limits: limits, reason: "repeats") { peer in
      for _ in 0..<30 {
        try await send(PeerMessage.Delta(number: 1, isStart: true, isEnd: true), update, over: peer)
      }
    }
  }

  @Test("An acknowledgement of what was never sent")
  func falseAcknowledgement() async throws {
    try await expect(.falseAcknowledgement, reason: "never sent") { peer in
      let acknowledgement = PeerMessage.Acknowledgement(received: 99, stored: 99, ownStored: 0)
      try await peer.send("room") { acknowledgement.write(to: &$0) }
    }
  }

  @Test("More rooms than the limit")
  func rooms() async throws {
    var limits = Limits()
    limits.roomsPerPeerMax = 5
    try await expect(.tooManyRooms, limits: limits, reason: "more than 5 rooms") { peer in
      let state = PeerMessage.State(
        stateVector: StateVector(), deletionDigest: 0, wantsAnswer: true, isInUse: true)
      for number in 0..<6 { try await peer.send("room-\(number)") { state.write(to: &$0) } }
    }
  }

  @Test("More messages than the limit")
  func flood() async throws {
    var limits = Limits()
    limits.peerMessagesPerSecondMax = 10
    try await expect(.flood, limits: limits, reason: "too many messages") { peer in
      // In one piece: one after the other they may be slow enough on a busy machine.
      try await peer.send([[UInt8]](repeating: [0, 0, 0, 1, 9], count: 200).flatMap { $0 })
    }
  }

  @Test("A client that sends more messages than the limit is cut off, too")
  func clientFlood() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.clientMessagesPerSecondMax = 10
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room")
      // Until it is cut off: a busy machine may take seconds for what is too much within one.
      for _ in 0..<20_000 {
        do { try await client.send(Message.queryAwareness) } catch { break }
      }
      let closure = try await client.closure()
      #expect(closure.code == 1008 && closure.reason == "too many messages")
      #expect(server.node.refusalCounts == [.flood: 1])
    }
  }

  @Test("The budget of messages fills up with time, up to ten seconds' worth")
  func budget() {
    var budget = TokenBucket(perSecond: 2, now: .uptimeNanoseconds(0))
    func taken(at seconds: UInt64) -> Int {
      var count = 0
      while budget.take(now: .uptimeNanoseconds(seconds * 1_000_000_000)) { count += 1 }
      return count
    }
    #expect(taken(at: 0) == 20)
    #expect(taken(at: 1) == 2)
    #expect(taken(at: 100) == 20)
    // What is spent beyond is paid for later.
    #expect(budget.spend(3, now: .uptimeNanoseconds(100_000_000_000)) == .milliseconds(1_500))
    #expect(budget.spend(1, now: .uptimeNanoseconds(101_000_000_000)) == .seconds(1))
    #expect(budget.spend(1, now: .uptimeNanoseconds(103_000_000_000)) == nil)
  }
}
