import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Dials other nodes over real sockets.
struct SocketDialler: PeerDialler {
  /// How long a connection may take to be made.
  private static let connectTimeout = TimeAmount.seconds(10)

  func dial(
    _ address: PeerAddress, on eventLoop: any EventLoop, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation, ended: @escaping @Sendable (String) -> Void
  ) {
    let bootstrap = ClientBootstrap(group: eventLoop).connectTimeout(SocketDialler.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
    let connected: EventLoopFuture<any Channel>
    switch address.scheme {
    case .tcp:
      connected = bootstrap.channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            LengthPrefixedHandler(node: node) { start($0) })
        }
      }.connect(host: address.host, port: address.port)
    case .webSocket:
      let upgraded = eventLoop.makePromise(of: Void.self)
      connected = bootstrap.channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try SocketDialler.upgrade(channel, to: address, for: node, start: start).cascade(to: upgraded)
        }
      }.connect(host: address.host, port: address.port)
        .flatMap { channel in
          // A server that does not answer the upgrade must not hold the link for ever.
          let timeout = eventLoop.scheduleTask(in: SocketDialler.connectTimeout) { channel.close(promise: nil) }
          return upgraded.futureResult.map { channel }.always { result in
            timeout.cancel()
            if case .failure = result { channel.close(promise: nil) }
          }
        }
      // Before there is a channel nobody else answers.
      connected.whenFailure { upgraded.fail($0) }
    }
    connected.whenComplete { result in
      switch result {
      case .success(let channel): channel.closeFuture.whenComplete { _ in ended("the connection ended") }
      case .failure(let error): ended("\(error)")
      }
    }
  }

  private static func upgrade(
    _ channel: any Channel, to address: PeerAddress, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation
  ) throws -> EventLoopFuture<Void> {
    let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
      maxFrameSize: node.configuration.limits.messageBytesMax,
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(node: node, transport: .webSocketClient) { start($0) })
        }
      })
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path)
    let host = address.host.contains(":") ? "[\(address.host)]" : address.host
    head.headers.add(name: "Host", value: "\(host):\(address.port)")
    head.headers.add(name: "Content-Length", value: "0")
    let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Void>(
      upgradeRequestHead: head, upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeFailedFuture(DialError(description: "the server at \(address) is no relay"))
      })
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
    // The other side's first frames may come in one packet with its answer.
    configuration.leftOverBytesStrategy = .forwardBytes
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
  }
}

/// Why a peer cannot be talked to.
private struct DialError: Error, CustomStringConvertible {
  let description: String
}
