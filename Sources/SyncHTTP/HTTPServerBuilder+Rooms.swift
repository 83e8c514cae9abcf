import Hummingbird
import HummingbirdCore
import SyncNode

extension HTTPServerBuilder {
  /// A server for an application's own router that upgrades WebSockets to the rooms of a node: `/` for many rooms, any other
  /// path for the room of its name.
  ///
  /// ```swift
  /// let application = Application(router: router, server: .rooms(of: node))
  /// ```
  /// Run the application in a service group after its node, so that it stops first.
  ///
  /// - Parameters:
  ///   - reservedPaths: Paths that are no rooms, each with its `/`.
  ///   - tls: Who to be over TLS; nil to listen without encryption.
  public static func rooms(
    of node: Node, reservedPaths: Set<String> = [], tls: TLSIdentity? = nil
  ) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      UpgradingChannel(node: node, tls: tls, reservedPaths: reservedPaths, responder: responder)
    }
  }
}
