import CRDT
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A client that speaks y-websocket's protocol, as far as it is needed here.
public final class SocketClient: Sendable {
  /// Threads of its own, as other processes would have.
  public static let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  /// The only one of the group.
  public static var eventLoop: any EventLoop { eventLoopGroup.next() }

  private let channel: any Channel

  /// Connects to `room` of the node at `port`.
  ///
  /// - Parameters:
  ///   - isReading: Whether it reads at once.
  ///   - onPresence: Called on the client's event loop with each awareness update that comes.
  ///   - onContent: Called on the client's event loop with each update that comes, and whether it ends an answer.
  public init(
    room: String, port: Int, isReading: Bool = true,
    onPresence: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in },
    onContent: @escaping @Sendable (UnsafeRawBufferPointer, _ isEnd: Bool) -> Void
  ) async throws {
    let upgraded = try await ClientBootstrap(group: Self.eventLoopGroup)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          (
            channel,
            try Self.upgrade(channel, room: room, port: port, isReading: isReading, Reader(onPresence, onContent))
          )
        }
      }
    try await upgraded.1.get()
    channel = upgraded.0
  }

  private static func upgrade(
    _ channel: any Channel, room: String, port: Int, isReading: Bool, _ reader: Reader
  ) throws -> EventLoopFuture<Void> {
    let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
      maxFrameSize: 1 << 28,
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          if !isReading { try channel.syncOptions?.setOption(.autoRead, value: false) }
          try channel.pipeline.syncOperations.addHandler(reader)
        }
      })
    let head = HTTPRequestHead(
      version: .http1_1, method: .GET, uri: "/\(room)",
      headers: ["Host": "127.0.0.1:\(port)", "Content-Length": "0"])
    let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Void>(
      upgradeRequestHead: head, upgraders: [upgrader],
      notUpgradingCompletionHandler: { $0.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState) })
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
    configuration.leftOverBytesStrategy = .forwardBytes
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
  }

  /// Sends the protocol message that `write` writes.
  public func send(_ write: (inout ByteWriter) -> Void) {
    var message = ByteWriter()
    write(&message)
    let frame = WebSocketFrame(
      fin: true, opcode: .binary, maskKey: .random(), data: message.withBytes { ByteBuffer(bytes: $0) })
    channel.writeAndFlush(frame, promise: nil)
  }

  /// Asks for everything.
  public func askForAll() { send { $0.writeSyncStep1(StateVector()) } }

  /// Reads what the node sends, from now on.
  public func startReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

  /// Leaves what the node sends in the socket, until it reads again.
  public func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

  /// Whether neither side has closed the connection.
  public var isConnected: Bool { channel.isActive }

  /// Closes the socket without a word.
  public func close() async { try? await channel.close().get() }

  private final class Reader: ChannelInboundHandler, Sendable {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let onPresence: @Sendable (UnsafeRawBufferPointer) -> Void
    private let onContent: @Sendable (UnsafeRawBufferPointer, Bool) -> Void

    init(
      _ onPresence: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
      _ onContent: @escaping @Sendable (UnsafeRawBufferPointer, Bool) -> Void
    ) {
      self.onPresence = onPresence
      self.onContent = onContent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      if frame.opcode == .ping {
        // As browsers do by themselves.
        let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.data)
        context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
      }
      guard frame.opcode == .binary else { return }
      frame.data.withUnsafeReadableBytes { bytes in
        var reader = ProtocolMessageReader(bytes)
        while let message = try? reader.next() {
          if message.kind == .awareness { onPresence(UnsafeRawBufferPointer(rebasing: bytes[message.payload])) }
          guard message.kind == .update || message.kind == .syncStep2 else { continue }
          onContent(UnsafeRawBufferPointer(rebasing: bytes[message.payload]), message.kind == .syncStep2)
        }
      }
    }
  }
}
