import NIOCore
import NIOPosix
import ServiceLifecycle

extension ServerBootstrap {
  /// Listens for a node until the service group shuts down gracefully or the task is cancelled. Open connections are the
  /// node's to close.
  ///
  /// - Parameters:
  ///   - onListening: Called once, with the port, when others can connect.
  ///   - initializer: Sets up each connection.
  /// - Throws: When the address cannot be listened on.
  static func listen(
    for node: Node, at address: ListenAddress, onListening: (Int) -> Void,
    initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws {
    let server = try await ServerBootstrap(group: node.configuration.eventLoopGroup)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        // Whoever is too many is closed by the failure, before it costs anything more.
        node.admit(channel) ? initializer(channel) : channel.eventLoop.makeFailedFuture(ConnectionRefused())
      }
      .bind(host: address.host, port: address.port).get()
    onListening(server.localAddress?.port ?? address.port)
    try? await gracefulShutdown()
    try await server.close()
  }
}
