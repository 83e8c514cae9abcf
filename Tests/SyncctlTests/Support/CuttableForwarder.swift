import NIOCore
import NIOPosix
import Synchronization

/// Passes connections on to a relay, until it is cut: then those that are open are reset, and no others are taken.
final class CuttableForwarder: Sendable {
  private struct State {
    var isCut = false
    var connections: [ObjectIdentifier: any Channel] = [:]
  }

  private let listener: any Channel
  private let state: Shared

  private final class Shared: Sendable {
    let value = Mutex(State())
  }

  private init(listener: any Channel, state: Shared) {
    self.listener = listener
    self.state = state
  }

  /// What a client's `serverUrl` is.
  var url: String { "ws://127.0.0.1:\(listener.localAddress?.port ?? 0)" }

  /// How many connections are passed on.
  var connectionCount: Int { state.value.withLock { $0.connections.count } }

  /// Passes connections on to a port of this machine.
  static func start(to port: Int) async throws -> CuttableForwarder {
    let state = Shared()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { inner in
        guard !state.value.withLock({ $0.isCut }) else { return inner.eventLoop.makeFailedFuture(ChannelError.eof) }
        return ClientBootstrap(group: inner.eventLoop).channelOption(.autoRead, value: false)
          .connect(host: "127.0.0.1", port: port)
          .flatMapThrowing { outer in
            // Both are on one event loop.
            try inner.pipeline.syncOperations.addHandler(Passage(to: outer))
            try outer.pipeline.syncOperations.addHandler(Passage(to: inner))
            let isTaken = state.value.withLock { state in
              if !state.isCut { state.connections[ObjectIdentifier(inner)] = inner }
              return !state.isCut
            }
            guard isTaken else { throw ChannelError.eof }
            inner.closeFuture.whenComplete { _ in
              state.value.withLock { $0.connections[ObjectIdentifier(inner)] = nil }
            }
            for channel in [inner, outer] {
              channel.setOption(.autoRead, value: true).whenFailure { _ in channel.reset() }
            }
          }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return CuttableForwarder(listener: listener, state: state)
  }

  /// Resets all connections, as when a network fails, and takes none.
  func cut() {
    let connections = state.value.withLock { state in
      state.isCut = true
      return Array(state.connections.values)
    }
    for connection in connections { connection.reset() }
  }

  /// Takes connections again.
  func restore() { state.value.withLock { $0.isCut = false } }

  func stop() async throws { try await listener.close() }
}

/// Writes what comes from one side to the other, and ends it with it, without a word.
private final class Passage: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let other: any Channel

  init(to other: any Channel) { self.other = other }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) { other.reset() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension Channel {
  /// Closes without waiting for anything, which the other side sees as a reset.
  fileprivate func reset() {
    guard let socket = self as? any SocketOptionProvider else { return close(promise: nil) }
    socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in self.close(promise: nil) }
  }
}
