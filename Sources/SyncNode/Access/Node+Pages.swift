import NIOCore
import NIOSSL

extension Node {
  /// Why a web page may not make a request over a channel; nil when it may, and for programs that are no browsers.
  ///
  /// ``guardUpgrade(on:reservedPaths:result:)`` asks it about WebSockets; a server with HTTP requests of its own may ask for those that tell or
  /// change something.
  ///
  /// - Parameters:
  ///   - origin: The header `Origin`; nil when there is none.
  ///   - host: The header `Host`; nil when there is none.
  ///   - channel: The connection; its event loop is the one that this is called on.
  public func pageRefusal(origin: String?, host: String?, on channel: any Channel) -> String? {
    let isEncrypted = (try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)) != nil
    return PagePolicy(allowed: configuration.allowedOrigins).refusal(
      of: .init(
        origin: origin, host: host, isHostVerified: isEncrypted || isProxy(channel.remoteAddress),
        isLoopback: channel.localAddress?.ipAddress.map { ListenAddress.isLoopback($0) } ?? false))
  }

  /// Whether an address is that of a trusted proxy, which connects for many.
  func isProxy(_ remote: SocketAddress?) -> Bool {
    guard let address = remote?.ipAddress else { return false }
    return configuration.trustedProxies.contains { $0.contains(address) }
  }
}
