import Synchronization
import Testing

@testable import SyncNode

@Suite("Addresses behind proxies")
struct ClientAddressTests {
  private func address(_ direct: String, _ forwarded: String..., proxies: [String] = ["127.0.0.0/8", "::1"]) -> String {
    Node.clientAddress(direct: direct, forwarded: forwarded, proxies: proxies.compactMap { AddressRange($0) })
  }

  @Test("Only a trusted proxy is believed, and only what it added itself")
  func forwarded() {
    #expect(address("192.0.2.1", "10.9.9.9") == "192.0.2.1")
    #expect(address("127.0.0.1") == "127.0.0.1")
    #expect(address("127.0.0.1", "192.0.2.1") == "192.0.2.1")
    #expect(address("127.0.0.1", "10.9.9.9, 192.0.2.1") == "192.0.2.1")
    #expect(address("127.0.0.1", "10.9.9.9", "192.0.2.1") == "192.0.2.1")
    // A chain of proxies that are all trusted.
    #expect(address("127.0.0.1", "10.9.9.9, 192.0.2.1,127.0.0.2", "127.0.0.3") == "192.0.2.1")
    #expect(address("127.0.0.1", "127.0.0.2") == "127.0.0.2")
    #expect(address("::1", "[2001:db8::1]:443") == "2001:db8::1")
    #expect(address("::ffff:127.0.0.1", "2001:db8::1") == "2001:db8::1")
    #expect(address("127.0.0.1", "192.0.2.1:8080") == "192.0.2.1")
    for junk in ["unknown", "evil.example", "1.2.3", "[::1", "[::1]x", "::1]", "192.0.2.1:x", "1.2.3.4.5"] {
      #expect(address("127.0.0.1", "10.9.9.9, \(junk)") == "127.0.0.1", "\(junk)")
    }
    #expect(address("127.0.0.1", "192.0.2.1", proxies: []) == "127.0.0.1")
  }

  @Test("A range has the addresses that share its first bits")
  func ranges() {
    for (range, inside, outside) in [
      ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"), ("192.0.2.0/25", "192.0.2.127", "192.0.2.128"),
      ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"), ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
      ("0.0.0.0/0", "203.0.113.1", "::1"), ("10.0.0.0/8", "::ffff:10.1.1.1", "::a01:101"),
    ] {
      #expect(
        AddressRange(range)?.contains(inside) == true && AddressRange(range)?.contains(outside) == false, "\(range)")
    }
    for text in ["10.0.0.0/33", "x", "", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0/8", "localhost"] {
      #expect(AddressRange(text) == nil, "\(text)")
    }
  }

  @Test("Whoever decides on access is told the address that a trusted proxy tells", arguments: [true, false])
  func access(isTrusted: Bool) async throws {
    final class Recorder: Authorizer {
      let addresses = Mutex<[String]>([])

      func grant(for request: AccessRequest) async throws -> Grant {
        addresses.withLock { $0.append(request.address) }
        return Grant()
      }
    }
    let recorder = Recorder()
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = recorder
    configuration.trustedProxies = isTrusted ? AddressRange.loopback : []
    try await TestServer.run(configuration) { server in
      let peer = try await RawPeer.connect(port: server.port)
      try await peer.send(RawPeer.upgrade("room", "X-Forwarded-For: 10.9.9.9, 192.0.2.1"))
      let address = try await eventually("the question") { recorder.addresses.withLock { $0.first } }
      #expect(isTrusted ? address == "192.0.2.1" : address.contains("127.0.0.1"))
    }
  }
}
