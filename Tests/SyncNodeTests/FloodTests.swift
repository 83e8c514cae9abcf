import CRDT
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import SyncNode

/// Floods that a node has to bear: what is too much is refused as it is documented, memory stays within bounds, and whoever
/// is in another room is served meanwhile.
@Suite("Floods", .serialized)
struct FloodTests {
  /// What the process may come to have more, with both ends of all connections and other tests beside this one in it. The
  /// largest floods bring more than that.
  private static let memoryGrowthMax = 256 << 20

  private final class Flag: Sendable {
    let isSet = Atomic(false)
  }

  /// Lets this process have as many open files as it may.
  private func raiseFileLimit() -> Int {
    var limit = rlimit()
    #if os(Linux)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    getrlimit(resource, &limit)
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    setrlimit(resource, &limit)
    return Int(clamping: limit.rlim_cur)
  }

  @Test("10,000 connections from one address are closed one like the other, and who is in stays in")
  func connections() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.connectionsPerAddressMax = 100
    configuration.pingInterval = .seconds(3_600)
    let batch = min(250, raiseFileLimit() / 8)
    try await TestServer.run(configuration) { server in
      let typing = try await Typing(in: "typing", of: server)
      // They stay however long it takes.
      var idle: [TestClient] = []
      while server.node.connectionCount < 100 {
        idle.append(try await server.connect("idle"))
        let count = idle.count + 2
        try await until("it is counted") { server.node.connectionCount == count }
      }
      let memory = startMemory()
      var refused = 0
      var connected = 0
      while refused < 10_000 {
        let ports = (0..<batch).map { $0 % 2 == 0 ? server.port : server.peerPort }
        connected += try await withThrowingTaskGroup(of: Int.self) { group in
          for port in ports {
            group.addTask {
              let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
              // Either it is closed at once, or so fast that it was never seen to be open.
              guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: port).get() else { return 0 }
              // One that found no place in the queue of the listener is open on this side only.
              let isLost = Flag()
              let end = channel.eventLoop.scheduleTask(in: .seconds(5)) {
                isLost.isSet.store(true, ordering: .relaxed)
                channel.close(promise: nil)
              }
              try await channel.closeFuture.get()
              end.cancel()
              return isLost.isSet.load(ordering: .relaxed) ? 0 : 1
            }
          }
          return try await group.reduce(0, +)
        }
        refused += batch
        try await typing.type()
      }
      try await until("all are counted") {
        server.node.refusalCounts[.tooManyConnectionsFromAddress] ?? 0 >= connected
      }
      #expect(connected > 9_000)
      #expect(server.node.connectionCount == 100 && idle.allSatisfy { !$0.isClosed })
      #expect(growth(since: memory) < FloodTests.memoryGrowthMax)
    }
  }

  @Test("Any number of rooms is opened and written in, one after the other, and memory stays within bounds")
  func rooms() async throws {
    let folder = try TemporaryFolder()
    var configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
    configuration.durability = .normal
    configuration.pingInterval = .seconds(3_600)
    configuration.limits.memoryBytesMax = 16 << 20
    configuration.roomIdle = .seconds(3_600)
    try await TestServer.run(configuration) { server in
      let typing = try await Typing(in: "typing", of: server)
      let document = Document(clientID: 1)
      document.text("t").append(String(repeating: "x", count: 256 << 10))
      let update = document.encodeUpdate()
      for number in 0..<60 {
        let client = try await server.connect("room-\(number)")
        try await client.sendUpdate(update)
        _ = try await client.payload(.update)
        try await client.disconnect()
        // The one before is left by then, if not yet the last.
        try await until("room in memory") { server.node.roomMemoryBytes < 18 << 20 }
        if number % 10 == 0 { try await typing.type() }
      }
      #expect(server.node.rooms.count < 40)
      let again = try await server.connect("room-0")
      try await again.send(Message.syncStep1())
      #expect(try Document.text(of: try await again.payload(.syncStep2) { $0 != [0, 0] }).count == 256 << 10)
      #expect(server.node.refusalCounts.isEmpty)
    }
  }

  // MARK: Updates

  /// A flood of updates that are almost as large as a message may be.
  struct LargeUpdates: Sendable, CustomTestStringConvertible {
    let isNew: Bool
    let isInOneRoom: Bool

    static let all = [true, false].flatMap { isNew in
      [true, false].map { LargeUpdates(isNew: isNew, isInOneRoom: $0) }
    }

    var testDescription: String { "\(isNew ? "new" : "overwritten") in \(isInOneRoom ? "one room" : "many rooms")" }

    /// What connections may be closed with.
    var refusals: Set<Refusal> { !isNew ? [] : isInOneRoom ? [.largeDocument] : [.largeDocument, .outOfMemory] }

    /// Whether a connection may end with this code and reason.
    func isDocumented(_ end: String, _ limits: Limits) -> Bool {
      let memory = ["another room", "changes", "the room"].map { "1013 no memory is left for \($0): try again later" }
      return end == "4413 the document would have more than \(limits.documentBytesMax) bytes" || memory.contains(end)
    }
  }

  @Test(
    "Updates as large as they may be are refused when there is no room for them, or read later, and memory has a bound",
    arguments: LargeUpdates.all)
  func largeUpdates(_ updates: LargeUpdates) async throws {
    let folder = try TemporaryFolder()
    var configuration = FloodTests.configuration(.file(folder.file("store.sqlite")))
    // Far more than what is written before all know of it: a document takes several times its text.
    if !updates.isInOneRoom { configuration.limits.memoryBytesMax = 4 << 20 }
    if !updates.isNew {
      configuration.limits.clientBytesPerSecondMax = 25 << 10
      configuration.limits.roomBytesPerSecondMax = 50 << 10
    }
    let (limits, clients) = (configuration.limits, 6)
    try await TestServer.run(configuration) { server in
      let typing = try await Typing(in: "typing", of: server)
      let byteCount = limits.messageBytesMax - 64
      // What is in use is not unloaded: with somebody in each room that is left, memory stays full.
      let flooding = Flooding(
        clients: clients,
        in: { client, connection in
          updates.isInOneRoom ? "flooded" : "flooded-\(client)-\(connection)"
        }, isHolding: updates.isNew && !updates.isInOneRoom
      ) { client, number in
        let author = 1_000 + number * clients + client
        return updates.isNew
          ? Message.insertion(of: byteCount, client: author) : Message.value(of: byteCount, client: author)
      }
      let memory = startMemory()
      let bound = FloodTests.memoryGrowthMax(limits, clients: clients)
      try await flooding.run(server) {
        try await typing.type(during: flooding) {
          if !updates.isNew {
            return server.node.slowdownCounts[updates.isInOneRoom ? .room : .bytes] ?? 0 >= clients
          }
          return updates.isInOneRoom
            ? flooding.sentBytes > bound : server.node.refusalCounts[.outOfMemory] ?? 0 > 20 * clients
        }
      }
      #expect(Set(server.node.refusalCounts.keys).isSubset(of: updates.refusals))
      #expect(updates.isNew == !flooding.ends.isEmpty, "\(flooding.ends)")
      for end in flooding.ends.keys { #expect(updates.isDocumented(end, limits), "\(end)") }
      #expect(server.node.roomMemoryBytes < 2 * limits.memoryBytesMax)
      #expect(growth(since: memory) < bound, "\(growth(since: memory)) of \(bound) bytes")
    }
  }

  @Test("Updates and deletions that wait for what never comes are refused, and who writes in the same room goes on")
  func waitingUpdates() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("store.sqlite")
    var configuration = FloodTests.configuration(.file(path))
    configuration.limits.pendingBytesMax = 128 << 10
    let limits = configuration.limits
    let clients = 4
    try await TestServer.run(configuration) { server in
      let typing = try await Typing(in: "flooded", of: server)
      let flooding = Flooding(clients: clients) { _, _ in
        "flooded"
      } sending: { client, number in
        // The first units of these clients, or all of them, are missing.
        let author = 1_000 + (number * clients + client) * 100
        switch number % 3 {
        case 0: return Message.insertion(of: 1, client: author, clock: 1)
        case 1: return Message.deletion(at: 1, of: author..<author + 100)
        default: return Message.insertion(of: limits.messageBytesMax - 64, client: author, clock: 1)
        }
      }
      let memory = startMemory()
      let bound = FloodTests.memoryGrowthMax(limits, clients: clients)
      try await flooding.run(server) {
        try await typing.type(during: flooding) { flooding.sentBytes > bound }
      }
      #expect(Set(server.node.refusalCounts.keys) == [.tooMuchPending])
      #expect(
        Set(flooding.ends.keys) == ["1008 more than \(limits.pendingBytesMax) bytes would wait for missing updates"])
      #expect(growth(since: memory) < bound, "\(growth(since: memory)) of \(bound) bytes")
    }
    // What was refused is nowhere: the document that is loaded again has no more that waits, and no more at all.
    let document = try #require(try StoreReader(path: path).document(named: "flooded"))
    #expect(document.pendingBytes > limits.pendingBytesMax / 4 && document.pendingBytes <= limits.pendingBytesMax)
    #expect(document.encodeUpdate().count < limits.pendingBytesMax + (16 << 10))
  }
}

extension FloodTests {
  @Test("States without end are taken within their limits, and who reads slowly gets the latest of each only")
  func presence() async throws {
    var configuration = FloodTests.configuration()
    configuration.limits.awareness.clientsMax = 60
    configuration.limits.awareness.stateBytesMax = 2 << 10
    configuration.limits.awareness.bytesMax = 64 << 10
    configuration.limits.clientMessagesPerSecondMax = 20
    let (limits, clients) = (configuration.limits, 4)
    try await TestServer.run(configuration) { server in
      let typing = try await Typing(in: "typing", of: server)
      let honest = try await server.connect("flooded")
      honest.answerPings()
      let state = AwarenessEntry(1, 1, "{\"name\":\"Ada\"}")
      try await honest.send(Message.awareness(state))
      try await until("it is seen") { honest.hasReceived(Message.awareness(state)) }
      honest.keepNothing()
      let room = try #require(server.node.rooms.all.first { $0.name == "flooded" })
      var slow: [TestClient] = []
      for _ in 0..<4 { slow.append(try await server.connect("flooded")) }
      for reader in slow {
        try await until("it is seen") { reader.hasReceived(Message.awareness(state)) }
        try await reader.pauseReading()
        try await reader.keepLittle()
      }
      let texts = (short: Message.state(of: 1_000), long: Message.state(of: limits.awareness.stateBytesMax + 1))
      let flooding = Flooding(clients: clients) { _, _ in
        "flooded"
      } sending: { client, number in
        // Clients of its own, new ones, some that all flooders speak for, a state that is too long, and somebody else's.
        let ids = [20 + 10 * client, 100 + 8 * (number * clients + client), 10].flatMap { $0..<$0 + 8 }
        let states = ids.map { AwarenessEntry(UInt64($0), UInt64(number), texts.short) }
        let rest = [AwarenessEntry(2, UInt64(number), texts.long), AwarenessEntry(1, UInt64(number), "{}")]
        return Message.awareness(of: states + rest)
      }
      let memory = startMemory()
      let bound = FloodTests.memoryGrowthMax(limits, clients: clients + slow.count)
      try await flooding.run(server) {
        try await typing.type(during: flooding) {
          server.node.refusalCounts[.flood] ?? 0 >= clients && flooding.sentBytes > bound
        }
        try await until("many are present") {
          let byteCount = try await room.executor.submit { room.awareness.byteCount }.get()
          #expect(byteCount <= limits.awareness.bytesMax)
          return byteCount > limits.awareness.bytesMax / 2
        }
      }
      #expect(growth(since: memory) < bound, "\(growth(since: memory)) of \(bound) bytes")
      // A message that is refused for its number may follow one with others' states.
      #expect(Set(server.node.refusalCounts.keys) == [.flood, .foreignPresence])
      #expect(Set(flooding.ends.keys) == ["1008 too many messages"])
      // Who comes now is seen: those that left do not count when there is no room.
      let late = AwarenessEntry(3, 1, "{\"name\":\"Grace\"}")
      try await until("the flooders are gone") {
        try await room.executor.submit { room.presenceOwners.count + room.orphans.count }.get() <= 1
      }
      // It may have been silent for too long.
      let renewed = AwarenessEntry(1, 1_000_000, "{\"name\":\"Ada\"}")
      try await honest.send(Message.awareness(renewed, late))
      for reader in slow {
        try await reader.resumeReading()
        // What was in the socket, and then all states once. Who is silent for too long is taken out after that.
        try await until("the latest states") {
          reader.received.contains { message in
            guard let payload = Message.payload(.awareness, of: message) else { return false }
            // Perhaps together with those that have left.
            let update = payload.withUnsafeBytes { try? AwarenessUpdate(decoding: $0) }
            let entries = update?.entries ?? []
            return entries.contains(renewed) && entries.contains(late)
          }
        }
        let byteCount = reader.messageBytes
        #expect(byteCount < flooding.sentBytes / 2, "\(byteCount) of \(flooding.sentBytes)")
      }
    }
  }

  /// A configuration with limits so small that a flood is soon beyond them.
  private static func configuration(_ store: Node.Configuration.Store = .ephemeral) -> Node.Configuration {
    var configuration = Node.Configuration.quiet(store)
    configuration.durability = .normal
    configuration.pingInterval = .seconds(3_600)
    configuration.limits.messageBytesMax = 32 << 10
    configuration.limits.unhandledBytesMax = 32 << 10
    configuration.limits.outgoingBytesMax = 128 << 10
    configuration.limits.documentBytesMax = 256 << 10
    configuration.limits.memoryBytesMax = 1 << 20
    return configuration
  }

  /// What a process may come to have more by what `clients` send, their own ends of the connections included.
  private static func memoryGrowthMax(_ limits: Limits, clients: Int) -> Int {
    // One message is read, one is handled with what may wait behind it, and a client makes, masks and sends one.
    let connection = 6 * limits.messageBytesMax + limits.unhandledBytesMax + limits.outgoingBytesMax
    // What rooms take is estimated; the rest is what the allocator keeps.
    return 2 * limits.memoryBytesMax + clients * connection + 4 << 20
  }

  /// Starts to look how much memory is taken.
  /// How much more memory the process took at its peak than at the start. A sanitizer takes several times as much.
  private func growth(since start: Int) -> Int {
    (peakMemoryBytes() - start) / (TestEnvironment.isSanitized ? 8 : 1)
  }

  private func startMemory() -> Int {
    forgetPeakMemory()
    return peakMemoryBytes()
  }
}
