import NIOCore
import NIOHTTP1
import NIOWebSocket

/// What a WebSocket is for, by the path of its request.
public enum WebSocketPath: Equatable, Sendable {
  /// One room, by y-websocket's protocol.
  case room(String)
  /// Any number of rooms, by Hocuspocus' protocol.
  case multiplexed
  /// What browsers say to find each other, by y-webrtc's signalling protocol.
  case signalling

  /// The path `/` is for many rooms, `/signal` for signalling. Any other names a room: everything between the first `/` and the query string, as it
  /// is, without percent-decoding, as stock clients' servers take it.
  ///
  /// - Returns: Nil when the name is longer than `limits` allow.
  public init?(uri: String, limits: Limits) {
    let path = uri.prefix { $0 != "?" }
    let name = path.first == "/" ? path.dropFirst() : path
    guard name.utf8.count <= limits.roomNameBytesMax else { return nil }
    switch name {
    case "": self = .multiplexed
    case "signal": self = .signalling
    default: self = .room(String(name))
    }
  }
}

extension Node {
  /// Upgrades HTTP requests to WebSockets of this node; any listener can use it.
  ///
  /// - Parameters:
  ///   - reservedPaths: Paths that are no rooms.
  ///   - result: What the upgrade results in.
  public func webSocketUpgrader<UpgradeResult: Sendable>(
    reservedPaths: Set<String> = [],
    result: UpgradeResult
  ) -> NIOTypedWebSocketServerUpgrader<UpgradeResult> {
    let limits = configuration.limits
    return NIOTypedWebSocketServerUpgrader(
      maxFrameSize: limits.messageBytesMax,
      enableAutomaticErrorHandling: false,
      shouldUpgrade: { channel, head in
        switch WebSocketPath(uri: head.uri, limits: limits) {
        case nil: return channel.eventLoop.makeSucceededFuture(nil)
        case .room(let name)? where reservedPaths.contains("/" + name):
          return channel.eventLoop.makeSucceededFuture(nil)
        default: break
        }
        return channel.eventLoop.makeSucceededFuture(AccessToken.subprotocolAnswer(to: head))
      },
      upgradePipelineHandler: { channel, head in
        let decoder = channel.pipeline.syncOperations.replaceFrameDecoder(maxFrameSize: limits.messageBytesMax)
        return decoder.flatMapThrowing {
          guard let path = WebSocketPath(uri: head.uri, limits: limits) else {
            throw ChannelError.inappropriateOperationForState
          }
          try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
          try ReadTurn().apply(to: channel)
          try channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
          try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(
              node: self, transport: .webSocketServer, source: self.source(of: head, on: channel)
            ) { connection in
              self.countForwarded(head, over: connection, channel)
              return self.conversation(at: path, token: AccessToken.find(in: head), over: connection)
            })
          return result
        }
      })
  }

  /// Who makes a request, for logs and for whoever decides on access.
  fileprivate func source(of head: HTTPRequestHead, on channel: any Channel) -> String? {
    guard !configuration.trustedProxies.isEmpty else { return nil }
    return clientAddress(of: channel.remoteAddress, forwarded: head.headers["X-Forwarded-For"])
  }

  /// Counts a connection of a trusted proxy where it comes from, and cuts it off when there are too many of there.
  private func countForwarded(_ head: HTTPRequestHead, over connection: Connection, _ channel: any Channel) {
    guard isProxy(channel.remoteAddress), let source = source(of: head, on: channel),
      !admit(channel, forwardedFor: source)
    else { return }
    connection.refuse(.tooManyConnectionsFromAddress, "too many connections from \(source)")
  }

  /// What goes on over a connection to `path`.
  func conversation(at path: WebSocketPath, token: String?, over connection: Connection) -> any Conversation {
    if let conversation = configuration.conversation { return conversation(connection) }
    return switch path {
    case .multiplexed: MultiplexedConversation(node: self, connection: connection)
    case .signalling: SignalConversation(node: self, token: token, over: connection)
    case .room(let name): RoomConversation(name, of: self, token: token, over: connection)
    }
  }

  /// Ends the conversation of an upgraded channel because the server stops (1001).
  ///
  /// - Returns: Whether the channel was upgraded; when not, nothing was done.
  public static func closeWebSocket(in pipeline: ChannelPipeline.SynchronousOperations) -> Bool {
    guard let handler = try? pipeline.handler(type: WebSocketHandler.self) else { return false }
    handler.goAway()
    return true
  }
}
