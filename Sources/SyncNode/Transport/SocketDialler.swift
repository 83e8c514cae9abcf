import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Dials another node over real sockets.
struct SocketDialler: PeerDialler {
  /// How long a connection may take to be made, and then how long until both sides have agreed on how to talk.
  private static let connectTimeout = TimeAmount.seconds(10)

  /// What connections over TLS start from, or why there are none; nil for connections without it.
  private let tls: Result<Reloaded<NIOSSLContext>, TLSError>?

  /// May read the system's files.
  init(for peer: Node.Configuration.Peer) {
    guard peer.address.isEncrypted else {
      tls = nil
      return
    }
    let (trustRoots, identity) = (peer.trustRoots, peer.identity)
    let paths = trustRoots.paths + (identity.map { [$0.certificateFile, $0.privateKeyFile] } ?? [])
    tls = Result { () throws(TLSError) in
      try Reloaded(paths, every: peer.reloadInterval) { () throws(TLSError) in
        guard let identity else { return try trustRoots.context() }
        let pair = try KeyPair(certificateFile: identity.certificateFile, privateKeyFile: identity.privateKeyFile)
        return try trustRoots.context(showing: pair)
      }
    }
  }

  func dial(
    _ address: PeerAddress, on eventLoop: any EventLoop, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation, ended: @escaping @Sendable (String) -> Void
  ) {
    let failure = TLSFailure()
    // Handlers are added once there is a connection: a name may have several addresses, and each is tried on a channel of
    // its own. A server says nothing before it is spoken to.
    let connected = ClientBootstrap(group: eventLoop).connectTimeout(SocketDialler.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      .connect(host: address.host, port: address.port)
      .flatMap { channel in
        // A server that does not answer must not hold the link for ever.
        let timeout = eventLoop.scheduleTask(in: SocketDialler.connectTimeout) { channel.close(promise: nil) }
        return secure(channel, for: address, node.configuration.logger, failure)
          .flatMap { SocketDialler.talk(over: channel, to: address, for: node, start: start) }
          .map { channel }
          .always { result in
            timeout.cancel()
            if case .failure = result { channel.close(promise: nil) }
          }
      }
    connected.whenComplete { result in
      switch result {
      case .success(let channel):
        channel.closeFuture.whenComplete { _ in ended(failure.reason ?? "the connection ended") }
      case .failure(let error): ended(failure.reason ?? "\(error)")
      }
    }
  }

  private func secure(
    _ channel: any Channel, for address: PeerAddress, _ logger: Logger, _ failure: TLSFailure
  ) -> EventLoopFuture<Void> {
    switch tls {
    case nil: return channel.eventLoop.makeSucceededVoidFuture()
    case .failure(let error): return channel.eventLoop.makeFailedFuture(error)
    case .success(let contexts):
      let context = contexts.current { change in
        guard case .failure(let error) = change else { return }
        logger.error("new files for TLS cannot be used, those before stay", metadata: ["error": "\(error)"])
      }
      return TLSClient(context: context, host: address.host).secure(channel, noting: failure)
    }
  }

  /// - Returns: Done when the conversation has begun.
  private static func talk(
    over channel: any Channel, to address: PeerAddress, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation
  ) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      switch address.scheme {
      case .tcp, .tls:
        try channel.pipeline.syncOperations.addHandler(LengthPrefixedHandler(node: node) { start($0) })
        return channel.eventLoop.makeSucceededVoidFuture()
      case .webSocket, .secureWebSocket:
        return try SocketDialler.upgrade(channel, to: address, for: node, start: start)
      }
    }.flatMap { $0 }
  }

  private static func upgrade(
    _ channel: any Channel, to address: PeerAddress, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation
  ) throws -> EventLoopFuture<Void> {
    let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
      maxFrameSize: node.configuration.limits.messageBytesMax,
      upgradePipelineHandler: { channel, _ in
        let decoder = channel.pipeline.syncOperations.replaceFrameDecoder(
          maxFrameSize: node.configuration.limits.messageBytesMax)
        return decoder.flatMapThrowing {
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
struct DialError: Error, CustomStringConvertible {
  let description: String
}
