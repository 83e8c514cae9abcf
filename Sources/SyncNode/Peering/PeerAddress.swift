import Foundation

/// Where a peer listens: `wss://host:port/path` or `tls://host:port`, or without encryption `ws://host:port/path` or
/// `tcp://host:port`.
///
/// Over TLS, the peer's certificate must be for the host: for its name, or for its address when the host is one.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  enum Scheme: String {
    case webSocket = "ws"
    case secureWebSocket = "wss"
    case tcp
    case tls

    /// The port that goes without saying.
    var defaultPort: Int? {
      switch self {
      case .webSocket: 80
      case .secureWebSocket: 443
      case .tcp, .tls: nil
      }
    }
  }

  let scheme: Scheme
  let host: String
  let port: Int
  /// The path and query of a WebSocket's request.
  let path: String
  /// The address as it was written.
  public let description: String

  /// Whether the connection is made over TLS.
  public var isEncrypted: Bool { scheme == .secureWebSocket || scheme == .tls }

  /// Reads an address.
  ///
  /// - Throws: ``PeerAddressError`` that says what is wrong.
  public init(_ text: String) throws(PeerAddressError) {
    guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty else {
      throw PeerAddressError(address: text, reason: "it is no address")
    }
    guard let scheme = Scheme(rawValue: parts.scheme ?? "") else {
      throw PeerAddressError(address: text, reason: "it starts with none of wss://, tls://, ws:// and tcp://")
    }
    guard let port = parts.port ?? scheme.defaultPort, (1...65_535).contains(port) else {
      throw PeerAddressError(address: text, reason: "it has no port between 1 and 65535")
    }
    self.scheme = scheme
    // IPv6 addresses stand in brackets in an address only.
    self.host = host.first == "[" ? String(host.dropFirst().dropLast()) : host
    self.port = port
    let query = parts.percentEncodedQuery.map { "?" + $0 } ?? ""
    path = (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath) + query
    description = text
  }
}

/// An address of a peer that cannot be read.
public struct PeerAddressError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The address as it was written.
  public let address: String
  /// What is wrong with it.
  public let reason: String

  /// One line: the address, what is wrong, and what one looks like.
  public var description: String {
    "no peer at \(address): \(reason); an address is like wss://relay.example:8787 or tls://relay.example:8788"
  }
}
