import CRDT
import NIOCore
import NIOPosix
import Testing

@testable import SyncNode

@Suite("Limits on connections")
struct ConnectionLimitTests {
  /// Whoever shows a token is the user of that name.
  private struct Users: Authorizer {
    func grant(for request: AccessRequest) async throws -> Grant {
      Grant(rules: [.init(rooms: "*", access: .write)], subject: request.token)
    }
  }

  @Test(
    "One connection too many is closed at once, for clients and nodes alike, and there is room again when another ends")
  func total() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.connectionsMax = 2
    try await TestServer.run(configuration) { server in
      let first = try await server.connect("room")
      let second = try await RawPeer.connect(port: server.peerPort)
      try await until("it is counted") { server.node.connectionCount == 2 }
      await #expect(throws: (any Error).self) { try await server.connect("room") }
      let third = try await RawPeer.connect(port: server.peerPort)
      try await until("the end of the third") { !third.isConnected }
      #expect(server.node.refusalCounts == [.tooManyConnections: 2])
      #expect(server.node.connectionCount == 2 && second.isConnected)
      try await second.disconnect()
      try await until("room for another") { server.node.connectionCount == 1 }
      let another = try await server.connect("room")
      try await another.sendUpdate(Insertion.update("a", client: 1))
      _ = try await first.payload(.update)
    }
  }

  @Test("Connections from one address are counted apart from the rest")
  func perAddress() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.connectionsPerAddressMax = 1
    try await TestServer.run(configuration) { server in
      let first = try await server.connect("room")
      await #expect(throws: (any Error).self) { try await server.connect("room") }
      #expect(server.node.refusalCounts == [.tooManyConnectionsFromAddress: 1])
      #expect(server.node.connectionCount == 1)
      // Others are not kept out by it.
      #expect(server.node.counter.enter(from: "10.0.0.1"))
      try await first.disconnect()
      try await until("room for another") { server.node.connectionCount == 0 }
      _ = try await server.connect("room")
    }
  }

  @Test("An address is counted without its port, and one of IPv6 by its first half")
  func keys() throws {
    func key(_ text: String) throws -> String {
      ConnectionCounter.key(of: try SocketAddress(ipAddress: text, port: .random(in: 1...9999)))
    }
    #expect(try key("10.1.2.3") == "10.1.2.3")
    #expect(try key("::ffff:10.1.2.3") == "10.1.2.3")
    #expect(try key("2001:db8:1:2:3:4:5:6") == key("2001:db8:1:2::9"))
    #expect(try key("2001:db8:1:2::") != key("2001:db8:1:3::"))
    #expect(ConnectionCounter.key(of: nil) == "unknown")
    #expect(ConnectionCounter.key(of: try SocketAddress(unixDomainSocketPath: "/x")) == "unknown")
    #expect(ConnectionCounter.key(ofIP: "somewhere") == nil)
  }

  @Test("A connection from a trusted proxy is counted where it comes from")
  func proxies() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.connectionsPerAddressMax = 1
    configuration.trustedProxies = AddressRange.loopback
    try await TestServer.run(configuration) { server in
      func connect(from address: String) async throws -> RawPeer {
        let peer = try await RawPeer.connect(port: server.port)
        try await peer.send(RawPeer.upgrade("room", "X-Forwarded-For: \(address)"))
        return peer
      }
      let first = try await connect(from: "192.0.2.1")
      try await until("the first is counted") { server.node.counter.count(from: "192.0.2.1") == 1 }
      let second = try await connect(from: "192.0.2.2")
      try await until("the second is counted") { server.node.counter.count(from: "192.0.2.2") == 1 }
      let third = try await connect(from: "192.0.2.1")
      try await until("the refusal") { server.node.refusalCounts == [.tooManyConnectionsFromAddress: 1] }
      #expect(first.isConnected && second.isConnected)
      try await third.disconnect()
      try await first.disconnect()
      try await until("room for another") { server.node.counter.count(from: "192.0.2.1") == 0 }
      _ = try await connect(from: "192.0.2.1")
      try await until("another is counted") { server.node.counter.count(from: "192.0.2.1") == 1 }
    }
  }

  @Test("A user's connections are counted wherever they come from, one of many documents once")
  func perUser() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.connectionsPerUserMax = 2
    configuration.authorizer = Users()
    func opening(_ room: String, as user: String) -> [UInt8] {
      let prefix = [UInt8(room.utf8.count)] + Array(room.utf8)
      return prefix + [2, 0, UInt8(user.utf8.count)] + Array(user.utf8)
    }
    try await TestServer.run(configuration) { server in
      let first = try await server.connect("room?token=ada")
      _ = try await first.payload(.syncStep1)
      let second = try await server.connect("")
      for room in ["one", "two"] {
        try await second.send(opening(room, as: "ada"))
        let scope = [UInt8(room.utf8.count)] + Array(room.utf8) + [2, 2, 10] + Array("read-write".utf8)
        try await until("\(room) is open") { second.hasReceived(scope) }
      }
      for path in ["room?token=ada", ""] {
        let third = try await server.connect(path)
        if path.isEmpty { try await third.send(opening("one", as: "ada")) }
        let closure = try await third.closure()
        #expect(closure.code == 1013 && closure.reason.contains("2 other connections"), "\(closure)")
      }
      #expect(server.node.refusalCounts == [.tooManyConnectionsOfUser: 2])
      let other = try await server.connect("room?token=bob")
      _ = try await other.payload(.syncStep1)
      try await first.disconnect()
      try await until("room for another") {
        let again = try await server.connect("room?token=ada")
        let answer = try await eventually("an answer") { again.received.first }
        if case .message = answer { return true } else { return false }
      }
    }
  }
}
