import CRDT
import TestSupport
import Testing

@testable import SyncNode

@Suite("Connections over TLS")
struct TLSTests {
  let authority: TestAuthority
  let trustRoots: TrustRoots

  init() throws {
    authority = try TestAuthority()
    trustRoots = try .file(authority.rootFile)
  }

  private func identity(_ name: String = "DNS:localhost", _ other: String...) throws -> TLSIdentity {
    let files = try authority.issue(([name] + other).joined(separator: ","))
    return try TLSIdentity(certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile)
  }

  @Test(
    "Nodes that are linked over TLS exchange what their clients write",
    arguments: [("wss", "localhost"), ("tls", "localhost"), ("wss", "127.0.0.1"), ("tls", "127.0.0.1")])
  func linked(scheme: String, host: String) async throws {
    let identity = try identity(host == "localhost" ? "DNS:LocalHost" : "IP:127.0.0.1")
    try await TestServer.run(tls: identity) { first in
      let address = try first.address(scheme, host: host)
      try await TestServer.run(.linked(to: address, trustRoots: trustRoots)) { second in
        let here = try await first.node.open("room")
        let there = try await second.node.open("room")
        try await here.edit { $0.text("t").insert("a", at: 0) }
        try await there.edit { $0.text("t").insert("b", at: 0) }
        try await eventuallyEqual([here, there]) { Set($0) == ["a", "b"] }
        try await there.flushed(to: first.node.id)
      }
    }
  }

  /// What a server's certificate lacks.
  enum Flaw: CaseIterable {
    case otherName, otherNameAtThisAddress, otherAuthority, unknownToSystem
  }

  @Test(
    "A server whose certificate is not for its name or not trusted is refused, and nothing is exchanged",
    arguments: ["wss", "tls"], Flaw.allCases)
  func refused(scheme: String, flaw: Flaw) async throws {
    let identity =
      switch flaw {
      case .otherName: try identity("DNS:other.example", "DNS:*.localhost")
      // Whoever can change what a name resolves to may well have a certificate for an address of theirs.
      case .otherNameAtThisAddress: try identity("DNS:other.example", "IP:127.0.0.1", "IP:::1")
      case .otherAuthority, .unknownToSystem: try identity()
      }
    let other = try TestAuthority()
    let trustRoots: TrustRoots =
      switch flaw {
      case .otherName, .otherNameAtThisAddress: trustRoots
      case .otherAuthority: try .file(other.rootFile)
      case .unknownToSystem: .system
      }
    try await TestServer.run(tls: identity) { first in
      let here = try await first.node.open("here")
      try await here.edit { $0.text("t").insert("secret", at: 0) }
      let address = try first.address(scheme, host: "localhost")
      try await TestServer.run(.linked(to: address, trustRoots: trustRoots)) { second in
        let there = try await second.node.open("there")
        try await there.edit { $0.text("t").insert("secret", at: 0) }
        for _ in 0..<2 {
          let reason = try await reason(of: second.node.links[0])
          #expect(reason.contains("the certificate is not"), "\(reason)")
          try await until("the next attempt") { second.node.links[0].state == .connecting }
        }
        #expect(first.node.rooms.names(onlyUsed: false) == ["here"])
        #expect(second.node.rooms.names(onlyUsed: false) == ["there"])
        #expect(first.node.peers.count == 0)
      }
    }
  }

  private func reason(of link: PeerLink) async throws -> String {
    try await eventually("the link is off") {
      if case .offline(let reason, _) = link.state { reason } else { nil }
    }
  }

  @Test("A link over TLS to a port without it says so", arguments: ["wss", "tls"])
  func plainServer(scheme: String) async throws {
    try await TestServer.run { first in
      let address = try first.address(scheme, host: "localhost")
      try await TestServer.run(.linked(to: address, trustRoots: trustRoots)) { second in
        let reason = try await reason(of: second.node.links[0])
        #expect(reason == "the server does not speak TLS")
      }
    }
  }

  @Test("Who does not speak TLS, or breaks off, does no harm to a port that does")
  func plainClients() async throws {
    try await TestServer.run(tls: try identity()) { server in
      let hello: [UInt8] = [0, 0, 0, 23, 0, 0x40, 1, 16] + [UInt8](repeating: 1, count: 16) + [0, 0, 0]
      for (port, bytes) in [
        (server.port, Array("GET /room HTTP/1.1\r\n\r\n".utf8)), (server.peerPort, hello), (server.port, [0x16, 3, 1]),
      ] {
        let peer = try await RawPeer.connect(port: port)
        try await peer.send(bytes)
        if bytes.count > 3 {
          try await until("the connection is closed") { !peer.isConnected }
        } else {
          try await peer.disconnect()
        }
      }
      #expect(server.node.peers.count == 0)
      let client = try await TestClient.connect(to: "room", port: server.port, trusting: trustRoots)
      _ = try await client.payload(.syncStep1)
    }
  }

  @Test("A node that stops says goodbye over TLS, and who disconnects without a word is gone")
  func closing() async throws {
    try await TestServer.run(tls: try identity()) { server in
      let client = try await TestClient.connect(to: "room", port: server.port, trusting: trustRoots)
      let other = try await TestClient.connect(to: "room", port: server.port, trusting: trustRoots)
      try await other.send(Message.awareness(AwarenessEntry(5, 1, "{}")))
      try await until("the other's presence") { client.hasReceived(Message.awareness(AwarenessEntry(5, 1, "{}"))) }
      try await other.disconnect()
      try await until("its end") { client.hasReceived(Message.awareness(AwarenessEntry(5, 1, "null"))) }
      async let stopped: Void = server.node.stop()
      #expect(try await client.closure().code == 1001)
      await stopped
    }
  }

  @Test("What a client does not read yet waits in the node, in the clear as over TLS", arguments: [false, true])
  func slowReader(isEncrypted: Bool) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.outgoingBytesMax = 1 << 20
    try await TestServer.run(configuration, tls: isEncrypted ? try identity() : nil) { server in
      let room = try await server.node.open("room")
      let text = String(repeating: "x", count: 1 << 20)
      for _ in 0..<16 { try await room.edit { $0.text("t").insert(text, at: 0) } }
      let client = try await TestClient.connect(
        to: "room", port: server.port, trusting: isEncrypted ? trustRoots : nil)
      _ = try await client.payload(.syncStep1)
      try await client.pauseReading()
      try await client.send(Message.syncStep1())
      try await client.sendUpdate(Insertion.update("a", client: 1))
      // By then the answer is under way, as far as there is room.
      try await until("the client's update") { try await room.read { $0.stateVector[1] } == 1 }
      for _ in 0..<10 { try await room.edit { $0.text("t").insert("b", at: 0) } }
      try await client.resumeReading()
      _ = try await client.payload(.syncStep2)
      let count = try await room.read { $0.text("t").count }
      try await client.send(Message.syncStep1(try await room.read { $0.stateVector }))
      try await until("the answer to that") {
        client.received.count { Message.payload(.syncStep2, of: $0) != nil } == 2
      }
      let copy = Document()
      for received in client.received {
        // The last part of an answer is its step 2.
        for kind in [ProtocolMessage.Kind.update, .syncStep2] {
          if let update = Message.payload(kind, of: received) { try copy.apply(update) }
        }
      }
      #expect(copy.text("t").count == count)
    }
  }

  @Test("Files that cannot be used are refused with their name and what to do")
  func files() throws {
    let folder = try TemporaryFolder()
    let (one, two) = (try authority.issue("DNS:one"), try authority.issue("DNS:two"))
    func error(_ certificateFile: String, _ privateKeyFile: String) throws -> TLSError {
      try #require(throws: TLSError.self) {
        try TLSIdentity(certificateFile: certificateFile, privateKeyFile: privateKeyFile)
      }
    }
    let missing = folder.file("missing.pem")
    let cases: [(String, String, TLSError.Code, String)] = [
      (missing, one.privateKeyFile, .missing, missing), (one.certificateFile, missing, .missing, missing),
      (folder.path, one.privateKeyFile, .unreadable, folder.path),
      (one.privateKeyFile, one.privateKeyFile, .noCertificate, one.privateKeyFile),
      (one.certificateFile, one.certificateFile, .noPrivateKey, one.certificateFile),
      (one.certificateFile, two.privateKeyFile, .mismatch, two.privateKeyFile),
    ]
    for (certificateFile, privateKeyFile, code, name) in cases {
      let error = try error(certificateFile, privateKeyFile)
      #expect(error.code == code && error.description.contains(name), "\(error)")
    }
    let roots = try #require(throws: TLSError.self) { try TrustRoots.file(one.privateKeyFile) }
    #expect(roots.code == .noCertificate)
    #expect(try TrustRoots.file(authority.rootFile) == trustRoots)
    #expect(trustRoots != .system)
  }
}
