import Logging
import NIOCore

/// Dials another node over real sockets.
struct SocketDialler: PeerDialler {
  private let connector: SocketConnector

  /// May read the system's files.
  init(for peer: Node.Configuration.Peer) {
    connector = SocketConnector(
      to: peer.address, trustRoots: peer.trustRoots, identity: peer.identity, reloadInterval: peer.reloadInterval)
  }

  func dial(
    _ address: PeerAddress, on eventLoop: any EventLoop, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation, ended: @escaping @Sendable (String) -> Void
  ) {
    let failure = TLSFailure()
    let connected = connector.connect(on: eventLoop, node.configuration.logger, failure) { channel in
      SocketDialler.talk(over: channel, to: address, for: node, start: start).map { channel }
    }
    connected.whenComplete { result in
      switch result {
      case .success(let channel):
        channel.closeFuture.whenComplete { _ in ended(failure.reason ?? "the connection ended") }
      case .failure(let error): ended(failure.reason ?? "\(error)")
      }
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
        return try SocketConnector.upgrade(
          channel, to: address, maxFrameSize: node.configuration.limits.messageBytesMax
        ) { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              WebSocketHandler(node: node, transport: .webSocketClient) { start($0) })
          }
        }
      }
    }.flatMap { $0 }
  }
}
