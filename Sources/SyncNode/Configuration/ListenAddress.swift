/// Where to listen: this machine only, unless remote access is asked for in as many words.
///
/// Whoever reaches the port can read and change every document, since there is no authentication yet.
public struct ListenAddress: Equatable, Sendable {
  /// The host's name or address.
  public let host: String
  /// The port; 0 takes a free one.
  public let port: Int

  /// The address `host`:`port`.
  ///
  /// - Throws: ``ListenError`` when `host` is not of this machine only and `allowsRemoteWithoutAuthentication` is false.
  public init(
    host: String = "127.0.0.1", port: Int, allowsRemoteWithoutAuthentication: Bool = false
  ) throws(ListenError) {
    guard allowsRemoteWithoutAuthentication || ListenAddress.isLoopback(host) else {
      throw ListenError(host: host)
    }
    self.host = host
    self.port = port
  }

  /// Whether only this machine reaches `host`: 127.0.0.0/8, ::1 or localhost. Names are not looked up.
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// A refusal to listen where other machines could connect, without authentication.
public struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The host that was asked for.
  public let host: String

  /// One line: what was refused and why.
  public var description: String {
    "refusing to listen on \(host): other machines could read and change every document, there is no authentication"
  }
}
