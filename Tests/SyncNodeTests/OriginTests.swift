import Testing

@testable import SyncNode

@Suite("Web pages")
struct OriginTests {
  private func isRefused(
    _ origin: String?, host: String?, _ allowed: [String]? = nil, verified: Bool = false, loopback: Bool = false
  ) -> Bool {
    let patterns = allowed?.compactMap { OriginPattern($0) }
    #expect(patterns?.count == allowed?.count)
    return PagePolicy(allowed: patterns).refusal(
      of: .init(origin: origin, host: host, isHostVerified: verified, isLoopback: loopback)) != nil
  }

  @Test("Without patterns, pages of this machine and of the server itself are let in, and no others")
  func standard() {
    for origin in ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443", "HTTP://LocalHost"] {
      #expect(!isRefused(origin, host: "127.0.0.1:8787"), "\(origin)")
    }
    #expect(!isRefused("https://relay.example", host: "relay.example", verified: true))
    #expect(!isRefused("https://relay.example:444", host: "Relay.Example:8787", verified: true))
    #expect(!isRefused("http://192.0.2.7:8080", host: "192.0.2.7:8787"))
    #expect(!isRefused("http://[2001:db8::1]", host: "[2001:db8::1]:8787"))
    for origin in [
      "https://evil.example", "https://relay.example.evil.example", "https://evil.example:8787", "null", "file://",
      "chrome-extension://abc", "https://", "https://localhost.evil.example", "https://relay.example@evil.example",
      "https://evil.example/relay.example", "", "http://127.0.0.1.evil.example",
    ] {
      #expect(isRefused(origin, host: "relay.example", verified: true), "\(origin)")
    }
  }

  @Test("A name that resolves to this machine for a while is not taken for this machine's")
  func rebinding() {
    #expect(isRefused("http://evil.example:8787", host: "evil.example:8787", loopback: true))
    #expect(isRefused("http://evil.example:8787", host: "evil.example:8787"))
    // A page reads from where it comes from without saying so.
    #expect(isRefused(nil, host: "evil.example:8787", loopback: true))
    #expect(!isRefused(nil, host: "localhost:8787", loopback: true))
    #expect(!isRefused(nil, host: "10.0.0.1", loopback: true))
    #expect(!isRefused(nil, host: nil, loopback: true))
    #expect(!isRefused(nil, host: "relay.example", verified: true, loopback: true))
    #expect(!isRefused(nil, host: "relay.example", ["http://relay.example"], loopback: true))
    #expect(!isRefused(nil, host: "relay.example"))
  }

  @Test("With patterns, only pages that match one are let in")
  func patterns() {
    let allowed = ["https://app.example", "https://*.example.com", "http://dev.example:3000"]
    for origin in [
      "https://app.example", "https://app.example:443", "https://a.example.com", "https://a.b.EXAMPLE.com",
      "http://dev.example:3000",
    ] {
      #expect(!isRefused(origin, host: "x", allowed), "\(origin)")
    }
    for origin in [
      "http://app.example", "https://app.example:444", "https://example.com", "https://evilexample.com",
      "https://.example.com", "http://dev.example", "http://localhost", "null",
    ] {
      #expect(isRefused(origin, host: "app.example", allowed), "\(origin)")
    }
    #expect(!isRefused("https://evil.example", host: "x", ["*"]))
    #expect(!isRefused("null", host: "x", ["*"]))
    for text in ["app.example", "https://app.example/", "ftp://app.example", "https://", "https://a b", "https://a:x"] {
      #expect(OriginPattern(text) == nil, "\(text)")
    }
  }

  @Test(
    "A page of a stranger gets 403 with a reason, is counted, and nothing else changes",
    arguments: ClientListener.allCases)
  func refused(_ listener: ClientListener) async throws {
    try await TestServer.run(listener: listener) { server in
      let page = try await RawPeer.connect(port: server.port)
      try await page.send(RawPeer.upgrade("room", "Origin: https://evil.example"))
      let answer = try await page.text(until: "pages of https://evil.example are not allowed here")
      #expect(answer.hasPrefix("HTTP/1.1 403 "))
      try await until("the end of the connection") { !page.isConnected }
      #expect(server.node.refusalCounts == [.foreignPage: 1] && server.node.roomCount == 0)
      for origin in ["Origin: http://localhost:3000", "X-Origin: https://evil.example"] {
        let page = try await RawPeer.connect(port: server.port)
        try await page.send(RawPeer.upgrade("room", origin))
        _ = try await page.text(until: "HTTP/1.1 101 ")
      }
    }
  }

  @Test("A request for an upgrade that there is not is answered as one without", arguments: ClientListener.allCases)
  func otherUpgrades(_ listener: ClientListener) async throws {
    try await TestServer.run(listener: listener) { server in
      let path = listener == .http ? "healthz" : String(repeating: "x", count: 1025)
      let peer = try await RawPeer.connect(port: server.port)
      try await peer.send(RawPeer.upgrade(path))
      _ = try await peer.text(until: listener == .http ? "ok\n" : "HTTP/1.1 426 ")
      let other = try await RawPeer.connect(port: server.port)
      try await other.send(Array("GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".utf8))
      _ = try await other.text(until: listener == .http ? "HTTP/1.1 404 " : "HTTP/1.1 426 ")
    }
  }

  @Test("A page whose name resolves to this machine does not read the status")
  func status() async throws {
    try await TestServer.run(listener: .http) { server in
      for (host, status) in [("evil.example", "403"), ("127.0.0.1", "200")] {
        let page = try await RawPeer.connect(port: server.port)
        try await page.send(Array("GET /statusz HTTP/1.1\r\nHost: \(host):\(server.port)\r\n\r\n".utf8))
        _ = try await page.text(until: "HTTP/1.1 \(status) ")
      }
    }
  }
}
