import Foundation
import TestSupport
import Testing

/// Relays that speak TLS, as processes, with stock clients.
@Suite struct EncryptedRelayTests {
  @Test("Stock clients over wss:// share rooms across relays that are linked over tls:// and wss://")
  func stockClients() async throws {
    let folder = try TemporaryFolder()
    let authority = try TestAuthority()
    let identity = try authority.issue("DNS:localhost")
    let first = try await Relay.start(store: folder.file("first.sqlite"), tcpPort: 0, identity: identity)
    let second = try await Relay.start(
      store: folder.file("second.sqlite"), tcpPort: 0, peers: [first.tcpURL], identity: identity,
      trustRootsFile: authority.rootFile)
    let third = try await Relay.start(
      store: folder.file("third.sqlite"), peers: [second.url], identity: identity, trustRootsFile: authority.rootFile)
    let yjs = try ClientHost.yjs(trustRootsFile: authority.rootFile)
    let pycrdt = try ClientHost.pycrdt(trustRootsFile: authority.rootFile)
    let clients = [
      try await yjs.open("alice", at: first.url, room: "room", awareness: ["name": "alice"]),
      try await yjs.openMultiplexed("bob", at: second.url, room: "room"),
      try await pycrdt.open("carol", at: third.url, room: "room"),
    ]
    for client in clients { try await client.waitUntilSynced() }
    for client in clients { try await client.burst(client.name, count: 50) }
    try await eventuallyEqual(clients) { $0.list.count == 150 }
    let alice = try await clients[0].state().clientID
    try await eventually("alice is seen through both links") {
      try await clients[2].state().awareness["\(alice)"] == ["name": "alice"]
    }
    // Larger than one record of TLS, and than what fits into a socket.
    for _ in 0..<20 { try await clients[0].insert(String(repeating: "0123456789", count: 10_000), at: 0) }
    try await eventuallyEqual(clients) { $0.text.count > 2_000_000 }

    for relay in [third, second, first] {
      relay.process.signal(SIGTERM)
      #expect(try await relay.process.waitForExit() == 0, "\(relay.process.standardError)")
    }
    let closure = try await eventually("the client's socket is closed") { try await clients[0].state().closures.first }
    #expect(closure.hasPrefix("1001"), "close code and reason: \(closure)")
  }

  @Test("A client that does not trust the certificate does not connect, and a relay says why it does not")
  func untrusted() async throws {
    let folder = try TemporaryFolder()
    let authority = try TestAuthority()
    let identity = try authority.issue("DNS:localhost")
    let first = try await Relay.start(store: folder.file("first.sqlite"), tcpPort: 0, identity: identity)
    let second = try await Relay.start(store: folder.file("second.sqlite"), peers: [first.tcpURL])
    let client = try await ClientHost.yjs().open("client", at: first.url, room: "room")
    try await eventually("the relay's reason") {
      second.process.standardError.contains("the certificate is not trusted")
    }
    try await eventually("the client's attempt") { try await !client.state().closures.isEmpty }
    #expect(try await !client.state().isConnected)
    #expect(
      try await syncctl("rooms", "--store", first.store.path, "--json").standardOutput.contains("room\"") == false)
  }
}
