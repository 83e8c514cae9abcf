import CRDT
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import SyncNode

@Suite("Certificates that are renewed")
struct TLSReloadTests {
  /// Two authorities: who trusts one of them sees by that which certificate is shown.
  let old: TestAuthority
  let new: TestAuthority
  /// Where the server's files are.
  let place: TestAuthority.Identity
  let log = RecordedLog()

  init() throws {
    old = try TestAuthority()
    new = try TestAuthority()
    place = old.place()
    try old.install(try old.issue("DNS:localhost"), at: place)
  }

  /// An identity whose files are looked at for each connection.
  private func identity() throws -> TLSIdentity {
    try TLSIdentity(
      certificateFile: place.certificateFile, privateKeyFile: place.privateKeyFile, logger: log.logger,
      reloadInterval: .zero)
  }

  /// Which certificate the server shows.
  private func shows(_ authority: TestAuthority, _ server: TestServer) async throws -> Bool {
    do {
      let roots = try TrustRoots.file(authority.rootFile)
      try await TestClient.connect(to: "room", port: server.port, trusting: roots).disconnect()
      return true
    } catch {
      return false
    }
  }

  @Test("New connections get the renewed pair, and open ones live on")
  func renewed() async throws {
    try await TestServer.run(tls: try identity()) { server in
      let roots = try TrustRoots.file(old.rootFile)
      let client = try await TestClient.connect(to: "room", port: server.port, trusting: roots)
      _ = try await client.payload(.syncStep1)
      #expect(try await !shows(new, server))
      try new.install(try new.issue("DNS:localhost"), at: place)
      #expect(try await shows(new, server))
      #expect(try await !shows(old, server))
      let update = Insertion.update("a", client: 1)
      try await client.sendUpdate(update)
      _ = try await client.payload(.update) { $0 == update }
      #expect(log.count(.error) == 0)
    }
  }

  @Test("A pair that is renewed one file after the other, or broken, leaves the one before in use, which is logged")
  func broken() async throws {
    try await TestServer.run(tls: try identity()) { server in
      let renewed = try new.issue("DNS:localhost")
      try TestAuthority.replace(place.privateKeyFile, by: renewed.privateKeyFile)
      for _ in 0..<2 { #expect(try await shows(old, server)) }
      #expect(log.count(.error) == 1)
      try TestAuthority.replace(place.certificateFile, by: renewed.certificateFile)
      #expect(try await shows(new, server))
      try Data("no certificate".utf8).write(to: URL(filePath: place.certificateFile))
      #expect(try await shows(new, server))
      try FileManager.default.removeItem(atPath: place.privateKeyFile)
      #expect(try await shows(new, server))
      #expect(log.count(.error) == 3)
      try old.install(try old.issue("DNS:localhost"), at: place)
      #expect(try await shows(old, server))
    }
  }

  @Test("A link trusts renewed roots on its next attempt")
  func roots() async throws {
    let roots = old.place().certificateFile
    try TestAuthority.replace(roots, by: new.rootFile)
    try await TestServer.run(tls: try identity()) { first in
      var configuration = Node.Configuration.linked(
        to: try first.address("tls", host: "localhost"), trustRoots: try .file(roots))
      configuration.peers[0].reloadInterval = .zero
      try await TestServer.run(configuration) { second in
        let link = second.node.links[0]
        try await until("the link is off") { if case .offline = link.state { true } else { false } }
        try TestAuthority.replace(roots, by: old.rootFile)
        try await until("the link") {
          link.retryNow()
          return link.peer == first.node.id
        }
      }
    }
  }

  @Test("The files are not looked at again within the interval")
  func interval() throws {
    let reads = Mutex(0)
    let file = place.certificateFile
    let value = try Reloaded([file], every: .seconds(3600)) { () throws(TLSError) in
      reads.withLock { $0 += 1 }
      return reads.withLock { $0 }
    }
    try TestAuthority.replace(file, by: new.rootFile)
    #expect(value.current { _ in Issue.record("nothing was looked at") } == 1)
  }

  @Test("The operator is warned of a certificate's end, once")
  func expiry() async throws {
    try old.install(try old.issue("DNS:localhost", days: 2), at: place)
    let identity = try identity()
    #expect((86_400...3 * 86_400).contains(identity.certificateExpiry.timeIntervalSinceNow))
    #expect(log.count(.warning) == 1)
  }
}
