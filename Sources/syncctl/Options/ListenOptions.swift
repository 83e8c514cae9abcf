import ArgumentParser
import SyncNode

/// Where a relay listens, and for whom.
struct ListenOptions: ParsableArguments {
  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 takes a free one.")
  var port: UInt16 = 8787

  @Option(help: "The port to listen on for other relays over TCP, or TLS; 0 takes a free one. (default: none)")
  var tcpPort: UInt16?

  @Flag(help: "Listen on an address that other machines reach, although anybody can then read and change everything.")
  var allowRemoteWithoutAuth = false

  @Flag(
    name: .customLong("allow-remote-without-tls"),
    help: "Listen on an address that other machines reach, although whoever is on the way can then listen in.")
  var allowRemoteWithoutTLS = false

  @Flag(
    help: """
      Others reach the port only through a proxy that speaks TLS with them, and adds whom it connects for to \
      X-Forwarded-For.
      """)
  var behindProxy = false

  @Option(
    name: .customLong("trusted-proxy"),
    help: ArgumentHelp(
      "Where the proxy is: an address or a range like 10.0.0.0/8. May be repeated. (default: on this machine)",
      valueName: "addresses"))
  var trustedProxies: [AddressRange] = []

  @Option(
    name: .customLong("allow-origin"),
    help: ArgumentHelp(
      """
      Let in web pages of this origin: https://app.example, https://*.example.com, or * for all. May be repeated.
      (default: pages of this machine, and those that come from the host that they connect to)
      """, valueName: "pattern"))
  var allowedOrigins: [OriginPattern] = []

  @Option(
    name: .customLong("ping-interval"),
    help: ArgumentHelp(
      "How often a silent connection is asked whether it lives; it is closed when it has not answered by the next time.",
      valueName: "seconds"))
  var pingIntervalSeconds = 30

  @Flag(name: .customLong("no-dashboard"), help: "Serve no dashboard at http://HOST:PORT/.")
  var hasNoDashboard = false

  /// The host as it stands before a port.
  var hostInURL: String { host.contains(":") ? "[\(host)]" : host }

  func validate() throws {
    if !trustedProxies.isEmpty, !behindProxy { throw ValidationError("--trusted-proxy needs --behind-proxy") }
    guard (1...86_400).contains(pingIntervalSeconds) else {
      throw ValidationError("--ping-interval is 1 to 86400 seconds")
    }
  }

  /// Where to listen on `port`.
  ///
  /// - Parameters:
  ///   - hasAuthorizer: Whether somebody is asked there who may do what.
  ///   - isEncrypted: Whether it speaks TLS.
  ///   - isForNodes: Whether only nodes connect there, which no proxy of HTTP can bring.
  func address(
    port: UInt16, hasAuthorizer: Bool, isEncrypted: Bool, isForNodes: Bool = false
  ) throws -> ListenAddress {
    let protection = ListenAddress.Protection(
      hasAuthorizer: hasAuthorizer, isEncrypted: isEncrypted, isBehindProxy: behindProxy && !isForNodes,
      allowsRemoteWithoutAuthentication: allowRemoteWithoutAuth, allowsRemoteWithoutTLS: allowRemoteWithoutTLS)
    do {
      return try ListenAddress(host: host, port: Int(port), protection: protection)
    } catch {
      let ways = error.lacks.map { lack in
        switch lack {
        case .authentication: "--allow-remote-without-auth"
        case .encryption:
          isForNodes
            ? "--tls-certificate or --allow-remote-without-tls"
            : "--tls-certificate, --behind-proxy or --allow-remote-without-tls"
        }
      }
      throw Failure(.refused, "\(error): keep to 127.0.0.1, or pass \(ways.joined(separator: ", and "))")
    }
  }
}

extension ListenOptions {
  /// Sets what a node is to know of its ports.
  func configure(_ configuration: inout Node.Configuration) {
    if behindProxy { configuration.trustedProxies = trustedProxies.isEmpty ? AddressRange.loopback : trustedProxies }
    if !allowedOrigins.isEmpty { configuration.allowedOrigins = allowedOrigins }
    configuration.pingInterval = .seconds(pingIntervalSeconds)
  }
}

extension OriginPattern: ExpressibleByArgument {
  /// Reads a pattern; nil when it is none.
  public init?(argument: String) { self.init(argument) }
}

extension AddressRange: ExpressibleByArgument {
  /// Reads a range; nil when it is none.
  public init?(argument: String) { self.init(argument) }
}
