import CRDT
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import TestSupport
import Testing

@testable import SyncNode

/// A WebSocket client that keeps all it receives, to be waited for.
final class TestClient: Sendable {
  /// Something the server sent.
  enum Received: Equatable {
    case message([UInt8])
    case closed(code: UInt16?, reason: String)
  }

  private let channel: any Channel
  private let inbox: Inbox

  private init(channel: any Channel, inbox: Inbox) {
    self.channel = channel
    self.inbox = inbox
  }

  /// Connects to `room` of the server at `port` on this machine; over TLS when there are roots to trust.
  static func connect(to room: String, port: Int, trusting trustRoots: TrustRoots? = nil) async throws -> TestClient {
    let inbox = Inbox()
    let upgraded = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          if let trustRoots { _ = TLSClient(context: try trustRoots.context(), host: "localhost").secure(channel) }
          let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            maxFrameSize: 1 << 26,
            upgradePipelineHandler: { channel, _ in
              channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox) }
            })
          var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/\(room)")
          head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
          head.headers.add(name: "Content-Length", value: "0")
          let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Void>(
            upgradeRequestHead: head, upgraders: [upgrader],
            notUpgradingCompletionHandler: {
              $0.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
            })
          var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
          // The server's first frames may come in one packet with its answer.
          configuration.leftOverBytesStrategy = .forwardBytes
          let result = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: configuration)
          return (channel, result)
        }
      }
    try await upgraded.1.get()
    upgraded.0.closeFuture.whenComplete { _ in
      inbox.received.withLock { $0.append(.closed(code: nil, reason: "the socket is closed")) }
    }
    return TestClient(channel: upgraded.0, inbox: inbox)
  }

  /// Sends one frame, masked as a client's must be.
  func send(_ bytes: [UInt8], opcode: WebSocketOpcode = .binary, fin: Bool = true) async throws {
    let frame = WebSocketFrame(fin: fin, opcode: opcode, maskKey: .random(), data: ByteBuffer(bytes: bytes))
    try await channel.writeAndFlush(frame).get()
  }

  /// Sends a binary frame as it is, masked by zeros: a mask costs more than anything else where nothing is optimised.
  func sendUnmasked(_ bytes: [UInt8]) async throws {
    var frame = ByteBuffer(bytes: [0x82, 0xFF])
    frame.writeInteger(UInt64(bytes.count))
    frame.writeInteger(0, as: UInt32.self)
    frame.writeBytes(bytes)
    let (channel, bytes) = (channel, frame)
    try await channel.eventLoop.flatSubmit {
      let written = channel.eventLoop.makePromise(of: Void.self)
      do {
        let encoder = try channel.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
        encoder.writeAndFlush(NIOAny(bytes), promise: written)
      } catch {
        written.fail(error)
      }
      return written.futureResult
    }.get()
  }

  /// Has the system keep little of what is on its way, in either direction.
  func keepLittle() async throws {
    try await channel.setOption(.socketOption(.so_sndbuf), value: 32 << 10).get()
    try await channel.setOption(.socketOption(.so_rcvbuf), value: 32 << 10).get()
  }

  /// Sends `update` as just written.
  func sendUpdate(_ update: [UInt8]) async throws { try await send(Message.update(update)) }

  /// Shows from now on that it lives, when it is asked.
  func answerPings() { inbox.answersPings.withLock { $0 = true } }

  /// Keeps nothing of what the server sends from now on but how the connection ends.
  func keepNothing() {
    inbox.keepsMessages.withLock { $0 = false }
    forget()
  }

  /// Forgets the messages that were received so far.
  func forget() { inbox.received.withLock { $0.removeAll { if case .message = $0 { true } else { false } } } }

  /// Whether the server has closed the connection, or says that it will.
  var isClosed: Bool {
    inbox.received.withLock { $0.contains { if case .closed = $0 { true } else { false } } }
  }

  /// Closes the socket without a word, and waits for nothing.
  func abandon() { channel.close(promise: nil) }

  /// Ends what it sends without a word. A socket that were closed with something unread would take back what it has sent.
  func endSending() async throws { try await channel.close(mode: .output).get() }

  /// Leaves what the server sends in the socket.
  func pauseReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

  /// Reads on.
  func resumeReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

  /// Closes the socket without a word.
  func disconnect() async throws { try await channel.close().get() }

  /// All that was received so far.
  var received: [Received] { inbox.received.withLock { $0 } }

  /// Whether `message` was received.
  func hasReceived(_ message: [UInt8]) -> Bool { received.contains(.message(message)) }

  /// Waits for the first message of `kind` that satisfies `condition`, and returns its payload.
  func payload(
    _ kind: ProtocolMessage.Kind, where condition: @Sendable ([UInt8]) -> Bool = { _ in true },
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [UInt8] {
    try await eventually("a message \(kind)", sourceLocation: sourceLocation) {
      self.received.lazy.compactMap { Message.payload(kind, of: $0) }.first(where: condition)
    }
  }

  /// Waits until the server has closed the socket.
  func closure(sourceLocation: SourceLocation = #_sourceLocation) async throws -> (code: UInt16?, reason: String) {
    try await eventually("the end of the connection", sourceLocation: sourceLocation) {
      for case .closed(let code, let reason) in self.received { return (code, reason) }
      return nil
    }
  }

  private final class Inbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    let received = Mutex<[Received]>([])
    let answersPings = Mutex(false)
    let keepsMessages = Mutex(true)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      switch frame.opcode {
      case .binary where keepsMessages.withLock({ $0 }), .text where keepsMessages.withLock({ $0 }):
        received.withLock { $0.append(.message([UInt8](frame.data.readableBytesView))) }
      case .connectionClose:
        var content = frame.data
        let code = content.readInteger(as: UInt16.self)
        received.withLock { $0.append(.closed(code: code, reason: String(buffer: content))) }
        let answer = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: frame.data)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
      case .ping where answersPings.withLock({ $0 }):
        let answer = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.data)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
      default: break
      }
    }
  }
}

/// For how long tests wait for what is to come.
private let patience = Duration.seconds(TestEnvironment.isSanitized ? 300 : 30)

/// Polls `value` until it is there; fails the test when it is not within 30 seconds, or longer with a sanitizer.
///
/// The deadline counts only after many looks: on a machine busy with other tests this task may hardly have run.
func eventually<Value>(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ value: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + patience
  var looks = 0
  while ContinuousClock.now < deadline || looks < 1_000 {
    if let value = try await value() { return value }
    looks += 1
    try await pause()
  }
  Issue.record("waited in vain for \(what)", sourceLocation: sourceLocation)
  throw CancellationError()
}

/// Waits as long as it takes to look again.
func pause() async throws {
  // By a timer of NIO: one of Dispatch got lost once on a busy Linux, and every test waited for ever.
  try await MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(2)) {}.futureResult.get()
}

/// Polls `condition` until it holds; fails the test when it does not within 30 seconds, or longer with a sanitizer.
func until(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
  _ = try await eventually(what, sourceLocation: sourceLocation) { try await condition() ? true : nil }
}

/// Runs `body`, which may wait for something that never comes; fails the test when it has not ended within 30 seconds,
/// or longer with a sanitizer.
func inTime<Value: Sendable>(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let outcome = Mutex<Result<Value, any Error>?>(nil)
  // Not a child, which would have to be waited for.
  Task {
    let result: Result<Value, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    outcome.withLock { $0 = result }
  }
  return try await eventually(what, sourceLocation: sourceLocation) { outcome.withLock { $0 } }.get()
}
