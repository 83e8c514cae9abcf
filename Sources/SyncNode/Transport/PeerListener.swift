import NIOCore
import NIOPosix
import ServiceLifecycle

/// Lets other nodes dial a node over TCP, or TLS. Clients cannot: they have WebSockets.
public struct PeerListener: Service {
  private let node: Node
  private let address: ListenAddress
  private let tls: TLSIdentity?
  private let onListening: @Sendable (Int) -> Void

  /// - Parameters:
  ///   - node: Whose rooms to replicate.
  ///   - address: Where to listen.
  ///   - tls: Who to be over TLS; nil to listen without encryption.
  ///   - onListening: Called once, with the port, when nodes can connect.
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
        try tls?.secure(channel, requiresClientCertificate: true)
        try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
        try channel.pipeline.syncOperations.addHandler(
          LengthPrefixedHandler(node: node) { PeerConversation(node: node, connection: $0, wanted: nil) })
      }
    }
  }
}
