/// Where to listen: this machine only, unless what comes from others is protected, or it is asked for in as many words.
public struct ListenAddress: Equatable, Sendable {
  /// What protects an address that other machines reach.
  public struct Protection: Equatable, Sendable {
    /// Whether somebody is asked who may do what: an ``Authorizer``, or for a port of nodes certificates.
    public var hasAuthorizer: Bool
    /// Whether the port speaks TLS only.
    public var isEncrypted: Bool
    /// Whether others reach it only through a proxy, which speaks TLS with them.
    public var isBehindProxy: Bool
    /// Whether it is all right that anybody can read and change everything.
    public var allowsRemoteWithoutAuthentication: Bool
    /// Whether it is all right that anybody on the way can read and change everything.
    public var allowsRemoteWithoutTLS: Bool

    /// A protection; none unless something is said.
    public init(
      hasAuthorizer: Bool = false, isEncrypted: Bool = false, isBehindProxy: Bool = false,
      allowsRemoteWithoutAuthentication: Bool = false, allowsRemoteWithoutTLS: Bool = false
    ) {
      self.hasAuthorizer = hasAuthorizer
      self.isEncrypted = isEncrypted
      self.isBehindProxy = isBehindProxy
      self.allowsRemoteWithoutAuthentication = allowsRemoteWithoutAuthentication
      self.allowsRemoteWithoutTLS = allowsRemoteWithoutTLS
    }
  }

  /// The host's name or address.
  public let host: String
  /// The port; 0 takes a free one.
  public let port: Int

  /// The address `host`:`port`.
  ///
  /// - Throws: ``ListenError`` when other machines reach `host` and there is nothing that asks who they are, or nothing
  ///   that keeps others from listening in, and `protection` does not allow that.
  public init(
    host: String = "127.0.0.1", port: Int, protection: Protection = Protection()
  ) throws(ListenError) {
    if let error = ListenAddress.refusal(of: host, protection) { throw error }
    self.host = host
    self.port = port
  }

  /// Why `host` is not listened on; nil when it is.
  static func refusal(of host: String, _ protection: Protection) -> ListenError? {
    guard !isLoopback(host) else { return nil }
    var lacks: [ListenError.Lack] = []
    if !protection.hasAuthorizer, !protection.allowsRemoteWithoutAuthentication { lacks.append(.authentication) }
    let isPrivate = protection.isEncrypted || protection.isBehindProxy
    if !isPrivate, !protection.allowsRemoteWithoutTLS { lacks.append(.encryption) }
    return lacks.isEmpty ? nil : ListenError(host: host, lacks: lacks)
  }

  /// Whether only this machine reaches `host`: 127.0.0.0/8, ::1 or localhost. Names are not looked up.
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// A refusal to listen where other machines could connect, without protection.
public struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What there is not.
  public enum Lack: Sendable {
    /// Nobody is asked who may do what.
    case authentication
    /// There is neither TLS nor a proxy that speaks it.
    case encryption
  }

  /// The host that was asked for.
  public let host: String
  /// What there is not, at least one.
  public let lacks: [Lack]

  /// One line: what was refused and why.
  public var description: String {
    let reasons = lacks.map { lack in
      switch lack {
      case .authentication: "other machines could read and change every document, there is no authentication"
      case .encryption: "whoever is on the way could, there is no TLS"
      }
    }
    return "refusing to listen on \(host): \(reasons.joined(separator: "; "))"
  }
}
