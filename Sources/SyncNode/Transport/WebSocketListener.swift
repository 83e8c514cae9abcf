import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ServiceLifecycle

/// Serves a node's rooms over WebSocket on a port of its own, and nothing else: for an app that embeds a node.
public struct WebSocketListener: Service {
  private let node: Node
  private let address: ListenAddress
  private let tls: TLSIdentity?
  private let onListening: @Sendable (Int) -> Void

  /// - Parameters:
  ///   - node: Whose rooms to serve.
  ///   - address: Where to listen.
  ///   - tls: Who to be over TLS; nil to listen without encryption.
  ///   - onListening: Called once, with the port, when clients can connect.
  public init(
    node: Node, address: ListenAddress, tls: TLSIdentity? = nil,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.node = node
    self.address = address
    self.tls = tls
    self.onListening = onListening
  }

  /// Listens until the service group shuts down gracefully or the task is cancelled. Open connections are the node's to
  /// close.
  ///
  /// - Throws: When the address cannot be listened on.
  public func run() async throws {
    try await ServerBootstrap.listen(for: node, at: address, onListening: onListening) { [node, tls] channel in
      channel.eventLoop.makeCompletedFuture {
        try node.boundArrival(of: channel)
        try tls?.secure(channel)
        let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Void>(
          upgraders: [node.webSocketUpgrader(result: ())],
          notUpgradingCompletionHandler: { channel in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(UpgradeRequiredHandler())
            }
          })
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
          configuration: .init(upgradeConfiguration: upgrade))
        try node.guardUpgrade(on: channel, result: Void.self)
      }
    }
  }
}

/// Answers whatever is not an upgrade to a WebSocket of a room.
private final class UpgradeRequiredHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .end = unwrapInboundIn(data) else { return }
    let head = HTTPResponseHead(
      version: .http1_1, status: .upgradeRequired,
      headers: ["Upgrade": "websocket", "Connection": "close", "Content-Length": "0"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }
}
