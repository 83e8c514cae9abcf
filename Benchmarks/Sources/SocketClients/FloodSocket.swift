import NIOCore
import NIOPosix
import Synchronization

/// A socket over which anything can be sent, as fast as the other side takes it; what comes back is thrown away.
public final class FloodSocket: Sendable {
  /// A thread of its own, as another process would have.
  private static let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  private let channel: any Channel
  private let sink: Sink

  /// Connects to `port` of this machine.
  ///
  /// - Parameters:
  ///   - address: What to connect from; nil for any.
  ///   - isReading: Whether what comes is read once there was an answer.
  public init(port: Int, from address: String? = nil, isReading: Bool = true) async throws {
    let sink = Sink(isReading: isReading)
    let bootstrap = ClientBootstrap(group: Self.eventLoopGroup)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(sink) }
      }
    let bound = try address.map { bootstrap.bind(to: try SocketAddress(ipAddress: $0, port: 0)) } ?? bootstrap
    channel = try await bound.connect(host: "127.0.0.1", port: port).get()
    self.sink = sink
  }

  /// A WebSocket of `room`, with a token or without, as soon as the node has answered.
  ///
  /// - Throws: When the node closes the connection instead.
  public static func join(
    _ room: String, port: Int, token: String? = nil, isReading: Bool = true
  ) async throws -> FloodSocket {
    let socket = try await FloodSocket(port: port, isReading: isReading)
    let answered = socket.channel.eventLoop.makePromise(of: Void.self)
    socket.sink.answered.withLock { $0 = answered }
    socket.channel.closeFuture.whenComplete { _ in answered.fail(ChannelError.eof) }
    let query = token.map { "?token=\($0)" } ?? ""
    let request =
      "GET /\(room)\(query) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    try await socket.send([ByteBuffer(string: request)])
    try await answered.futureResult.get()
    return socket
  }

  /// Sends `parts`, one behind the other, and waits until the socket has taken them.
  public func send(_ parts: [ByteBuffer]) async throws {
    for part in parts.dropLast() { channel.write(part, promise: nil) }
    try await channel.writeAndFlush(parts.last ?? ByteBuffer()).get()
  }

  /// Whether neither side has closed the connection, or said that it will.
  public var isOpen: Bool { channel.isActive && !sink.isClosing.load(ordering: .relaxed) }

  /// Waits until the other side has closed the connection.
  public func waitForEnd() async { try? await channel.closeFuture.get() }

  /// Closes the socket without a word.
  public func close() async { try? await channel.close().get() }

  /// The start of a frame of `byteCount` bytes that are sent as they are, masked by zeros.
  public static func frameHead(of byteCount: Int, opcode: UInt8 = 2) -> [UInt8] {
    let length: [UInt8] =
      switch byteCount {
      case 0..<126: [0x80 | UInt8(byteCount)]
      case 126..<65_536: [0xFE, UInt8(byteCount >> 8), UInt8(byteCount & 0xFF)]
      default: [0xFF] + (0..<8).map { UInt8(truncatingIfNeeded: byteCount >> (56 - 8 * $0)) }
      }
    return [0x80 | opcode] + length + [0, 0, 0, 0]
  }

  private final class Sink: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let answered = Mutex<EventLoopPromise<Void>?>(nil)
    let isClosing = Atomic(false)
    private let isReading: Bool

    init(isReading: Bool) { self.isReading = isReading }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if endsWithCloseFrame(unwrapInboundIn(data).readableBytesView) { isClosing.store(true, ordering: .relaxed) }
      guard let promise = answered.withLock({ $0.take() }) else { return }
      if !isReading { try? context.channel.syncOptions?.setOption(.autoRead, value: false) }
      promise.succeed()
    }

    /// Nothing follows a close frame, and it has at most 127 bytes.
    private func endsWithCloseFrame(_ bytes: ByteBufferView) -> Bool {
      bytes.suffix(127).indices.contains { index in
        bytes[index] == 0x88 && index + 1 < bytes.endIndex && index + 2 + Int(bytes[index + 1]) == bytes.endIndex
      }
    }
  }
}
