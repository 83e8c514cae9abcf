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

  @Option(
    name: .customLong("allow-origin"),
    help: ArgumentHelp(
      """
      Let in web pages of this origin: https://app.example, https://*.example.com, or * for all. May be repeated.
      (default: pages of this machine, and those that come from the host that they connect to)
      """, valueName: "pattern"))
  var allowedOrigins: [OriginPattern] = []

  /// The host as it stands before a port.
  var hostInURL: String { host.contains(":") ? "[\(host)]" : host }

  /// Where to listen on `port`.
  func address(port: UInt16) throws -> ListenAddress {
    do {
      return try ListenAddress(
        host: host, port: Int(port), allowsRemoteWithoutAuthentication: allowRemoteWithoutAuth)
    } catch {
      throw Failure(.refused, "\(error): keep to 127.0.0.1, or pass --allow-remote-without-auth")
    }
  }
}

extension ListenOptions {
  /// Sets what a node is to know of its ports.
  func configure(_ configuration: inout Node.Configuration) {
    if !allowedOrigins.isEmpty { configuration.allowedOrigins = allowedOrigins }
  }
}

extension OriginPattern: ExpressibleByArgument {
  /// Reads a pattern; nil when it is none.
  public init?(argument: String) { self.init(argument) }
}
