import CRDT
import Synchronization
import TestSupport
import Testing

@testable import SyncNode

@Suite("Nodes that show each other certificates")
struct MutualTLSTests {
  let authority: TestAuthority
  let roots: TrustRoots

  init() throws {
    authority = try TestAuthority()
    roots = try .file(authority.rootFile)
  }

  /// A server that asks for certificates of the authority.
  private func strictIdentity() throws -> TLSIdentity {
    let files = try authority.issue("DNS:localhost")
    return try TLSIdentity(
      certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile, clientRoots: roots)
  }

  private func identity(_ files: TestAuthority.Identity) throws -> TLSIdentity {
    try TLSIdentity(
      certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile, logger: RecordedLog().logger)
  }

  private func linked(to address: PeerAddress, as identity: TLSIdentity?) -> Node.Configuration {
    var configuration = Node.Configuration.linked(to: address, trustRoots: roots)
    configuration.peers[0].identity = identity
    return configuration
  }

  private final class Recorder: Authorizer {
    let requests = Mutex<[AccessRequest]>([])

    func grant(for request: AccessRequest) async throws -> Grant {
      requests.withLock { $0.append(request) }
      return Grant()
    }
  }

  @Test(
    "A node with a certificate of the right authority is let in, and its names are known", arguments: ["wss", "tls"])
  func right(scheme: String) async throws {
    var configuration = Node.Configuration.quiet()
    let recorder = Recorder()
    configuration.authorizer = recorder
    try await TestServer.run(configuration, tls: try strictIdentity()) { first in
      let address = try first.address(scheme, host: "localhost")
      let identity = try identity(authority.issue("DNS:node.example", "URI:spiffe://example/node"))
      try await TestServer.run(linked(to: address, as: identity)) { second in
        let here = try await first.node.open("room")
        let there = try await second.node.open("room")
        try await there.edit { $0.text("t").insert("a", at: 0) }
        try await eventuallyEqual([here, there]) { $0 == "a" }
        let names = recorder.requests.withLock { $0.first { $0.peer == second.node.id }?.certificateNames }
        #expect(names == ["node.example", "spiffe://example/node"])
      }
    }
  }

  /// What a node's certificate lacks.
  enum Flaw: CaseIterable {
    case missing, otherAuthority, expired
  }

  @Test(
    "A node without a good certificate is refused with a reason, and nothing is exchanged",
    arguments: ["wss", "tls"], Flaw.allCases)
  func refused(scheme: String, flaw: Flaw) async throws {
    let other = try TestAuthority()
    let identity: TLSIdentity? =
      switch flaw {
      case .missing: nil
      case .otherAuthority: try identity(other.issue("DNS:node.example"))
      case .expired: try identity(authority.issueExpired())
      }
    try await TestServer.run(tls: try strictIdentity()) { first in
      let here = try await first.node.open("here")
      try await here.edit { $0.text("t").insert("secret", at: 0) }
      let address = try first.address(scheme, host: "localhost")
      try await TestServer.run(linked(to: address, as: identity)) { second in
        let there = try await second.node.open("there")
        try await there.edit { $0.text("t").insert("secret", at: 0) }
        let reason = try await eventually("the link is off") {
          switch second.node.links[0].state {
          case .offline(let reason, _), .refused(let reason, _): reason
          default: nil
          }
        }
        #expect(reason.contains("certificate"), "\(reason)")
        #expect(first.node.rooms.names(onlyUsed: false) == ["here"])
        #expect(second.node.rooms.names(onlyUsed: false) == ["there"])
        #expect(first.node.peers.count == 0)
      }
    }
  }

  @Test("Clients need no certificate on a port that asks nodes for one")
  func clients() async throws {
    try await TestServer.run(tls: try strictIdentity()) { server in
      let client = try await TestClient.connect(to: "room", port: server.port, trusting: roots)
      let update = Insertion.update("a", client: 1)
      try await client.sendUpdate(update)
      _ = try await client.payload(.update) { $0 == update }
    }
  }
}
