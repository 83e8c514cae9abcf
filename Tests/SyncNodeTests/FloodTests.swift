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

  /// Somebody who types in a room, and somebody who has to see it, for as long as a flood lasts.
  private final class Typing: Sendable {
    private let room: String
    private let writer: TestClient
    private let reader: TestClient
    let latencies = Mutex<[Duration]>([])

    init(in room: String, of server: TestServer) async throws {
      self.room = room
      writer = try await server.connect(room)
      reader = try await server.connect(room)
      _ = try await reader.payload(.syncStep1)
    }

    /// Types one letter, and waits until it is seen.
    func type() async throws {
      let clock = UInt8(latencies.withLock { $0.count } % 100)
      let client = UInt8(latencies.withLock { $0.count } / 100 + 1)
      // Of known units only the first of a client needs a place.
      let letter: [UInt8] =
        clock == 0
        ? Insertion.update("a", client: client)
        : [1, 1, client, clock, 0x84, client, clock - 1, 1, 0x61, 0]
      let start = ContinuousClock.now
      try await writer.sendUpdate(letter)
      _ = try await reader.payload(.update) { $0 == letter }
      let latency = ContinuousClock.now - start
      latencies.withLock { $0.append(latency) }
    }
  }

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
      var idle: [RawPeer] = []
      while server.node.connectionCount < 100 {
        idle.append(try await RawPeer.connect(port: server.peerPort))
        let count = idle.count + 2
        try await until("it is counted") { server.node.connectionCount == count }
      }
      let memory = peakMemoryBytes()
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
      #expect(server.node.connectionCount == 100 && idle.allSatisfy(\.isConnected))
      #expect(peakMemoryBytes() - memory < FloodTests.memoryGrowthMax)
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
}
