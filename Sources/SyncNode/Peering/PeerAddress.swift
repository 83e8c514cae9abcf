import Foundation

/// Where a peer listens: `ws://host:port/path` or `tcp://host:port`.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  enum Scheme: String {
    case webSocket = "ws"
    case tcp
  }

  let scheme: Scheme
  let host: String
  let port: Int
  /// The path and query of a WebSocket's request.
  let path: String
  /// The address as it was written.
  public let description: String

  /// Reads an address.
  ///
  /// - Throws: ``PeerAddressError`` that says what is wrong.
  public init(_ text: String) throws(PeerAddressError) {
    guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty else {
      throw PeerAddressError(address: text, reason: "it is no address")
    }
    guard let scheme = Scheme(rawValue: parts.scheme ?? "") else {
      throw PeerAddressError(address: text, reason: "it starts with neither ws:// nor tcp://")
    }
    guard let port = parts.port ?? (scheme == .webSocket ? 80 : nil), (1...65_535).contains(port) else {
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
    "no peer at \(address): \(reason); an address is like ws://relay.example:8787 or tcp://relay.example:8788"
  }
}
