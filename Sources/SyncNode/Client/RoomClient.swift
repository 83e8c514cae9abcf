import CRDT
import Logging
import NIOCore
import NIOWebSocket

/// A client of one room of a server, by Hocuspocus' protocol over a WebSocket of its own.
///
/// What the server says is taken when it is asked for: by ``next()``, or while an answer is waited for. Until then it waits in
/// the socket, and the server with it.
package final class RoomClient {
  /// What happens in a room.
  package enum Event: Sendable {
    /// Somebody wrote; an update in format V1.
    case update([UInt8])
    /// Somebody came, moved or left.
    case presence(AwarenessUpdate)
    /// A message of the application.
    case stateless(String)
    /// Whether the next of the updates that were sent is stored.
    case status(isStored: Bool)
  }

  /// Sends beside what is taken: from any task, in the order of its calls.
  package struct Sender: Sendable {
    fileprivate let address: [UInt8]
    fileprivate let channel: any Channel
    fileprivate let writer: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// Sends an update in format V1, without waiting for the server to store it: that comes by ``RoomClient/next()``.
    package func send(_ update: [UInt8]) async throws { try await send { $0.writeUpdateMessage(update) } }

    /// Ends the connection, and with it what waits for the next message.
    package func close() { channel.close(promise: nil) }

    fileprivate func send(_ write: (inout ByteWriter) -> Void) async throws {
      var message = ByteWriter()
      address.withUnsafeBytes { message.writeVarBytes($0) }
      write(&message)
      try await send(.binary, ByteBuffer(bytes: message.bytes()))
    }

    fileprivate func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
      do {
        try await writer.write(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data))
      } catch let error as CancellationError {
        throw error
      } catch {
        throw RoomClientError.ended
      }
    }
  }

  /// Sends beside what is taken.
  package let sender: Sender

  /// Whether the document may be changed.
  package private(set) var mayWrite = false

  /// How long an answer is waited for.
  private static let answerTimeout = TimeAmount.seconds(30)
  /// The most bytes of one message, and of a document.
  private static let messageBytesMax = 1 << 30

  private var frames: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
  private var assembler = MessageAssembler(messageBytesMax: RoomClient.messageBytesMax, isPeerClient: false)
  /// What came together with what was taken, the last first.
  private var messages: [ServerMessage] = []
  /// What came while an answer was waited for.
  private var events: [Event] = []

  private init(
    _ room: String, _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
    _ writer: NIOAsyncChannelOutboundWriter<WebSocketFrame>
  ) {
    sender = Sender(address: Array(room.utf8), channel: channel, writer: writer)
    frames = inbound.makeAsyncIterator()
  }

  /// Opens a room for the length of `body`.
  ///
  /// - Parameters:
  ///   - room: Its name.
  ///   - server: The WebSocket for many rooms: `ws://` or `wss://`.
  ///   - token: What is shown for the right to it; empty where nobody asks.
  ///   - trustRoots: Who must vouch for the server's certificate.
  ///   - group: Where to run.
  /// - Throws: ``RoomClientError``, or what `body` throws.
  package static func open<Result>(
    _ room: String, at server: PeerAddress, token: String = "", trustRoots: TrustRoots = .system,
    on group: any EventLoopGroup, _ body: (RoomClient) async throws -> sending Result
  ) async throws -> sending Result {
    let socket = try await connect(to: server, trustRoots, on: group.next())
    return try await socket.executeThenClose { inbound, outbound in
      let client = RoomClient(room, socket.channel, inbound, outbound)
      try await client.authenticate(token)
      let result = try await body(client)
      try? await client.leave()
      return result
    }
  }

  private typealias Socket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

  private static func connect(
    to server: PeerAddress, _ trustRoots: TrustRoots, on eventLoop: any EventLoop
  ) async throws -> Socket {
    let failure = TLSFailure()
    let logger = Logger(label: "client") { _ in SwiftLogNoOpLogHandler() }
    let connector = SocketConnector(to: server, trustRoots: trustRoots)
    do {
      return try await connector.connect(on: eventLoop, logger, failure) { channel in
        channel.eventLoop.makeCompletedFuture {
          try SocketConnector.upgrade(channel, to: server, maxFrameSize: messageBytesMax) { channel in
            channel.eventLoop.makeCompletedFuture { try Socket(wrappingChannelSynchronously: channel) }
          }
        }.flatMap { $0 }
      }.get()
    } catch {
      let reason = failure.reason ?? "\(DialError(connecting: error, to: server.host))"
      throw RoomClientError(.unreachable, "cannot connect to \(server): \(reason)")
    }
  }

  private func authenticate(_ token: String) async throws {
    try await sender.send { writer in
      writer.writeVarUInt(2)
      writer.writeVarUInt(0)
      writer.writeVarString(token)
    }
    mayWrite = try await answer(to: "whether we may enter") { message -> Bool? in
      if case .authenticated(let mayWrite) = message { mayWrite } else { nil }
    }
  }

  /// Says goodbye; what the server still says is not waited for.
  private func leave() async throws {
    try await sender.send { MultiplexedMessage.writeClose("", to: &$0) }
    try await sender.send(.connectionClose, ByteBuffer(integer: UInt16(1000)))
  }

  // MARK: What a client does

  /// The document as the server has it. What is written to it later comes by ``next()``.
  ///
  /// - Throws: ``RoomClientError``.
  package func document() async throws -> sending Document {
    let document = Document()
    for update in try await missing(since: document.stateVector) {
      do {
        try document.apply(update)
      } catch {
        throw RoomClientError(.unreadable, "the server's document cannot be read (\(error))")
      }
    }
    return document
  }

  /// The updates that lead from what `known` covers to what the server has.
  private func missing(since known: StateVector) async throws -> [[UInt8]] {
    try await sender.send { $0.writeSyncStep1(known) }
    var updates: [[UInt8]] = []
    var byteCount = 0
    while true {
      let (update, isEnd) = try await answer(to: "what is in the room") { message -> ([UInt8], Bool)? in
        if case .update(let update, let isAnswer) = message { (update, isAnswer) } else { nil }
      }
      // Each counts, also one that says nothing.
      byteCount += update.count + 64
      guard byteCount <= RoomClient.messageBytesMax else {
        throw RoomClientError(.unreadable, "the document has more than \(RoomClient.messageBytesMax) bytes")
      }
      updates.append(update)
      if isEnd { return updates }
    }
  }

  /// Writes an update in format V1, and returns when the server has stored it.
  ///
  /// - Throws: ``RoomClientError``: `refused` when the server does not take it.
  package func write(_ update: [UInt8]) async throws {
    guard mayWrite else { throw RoomClientError(.refused, "the room is for reading only") }
    try await sender.send { $0.writeUpdateMessage(update) }
    let isStored = try await answer(to: "whether what was written is stored") { message -> Bool? in
      if case .status(let isStored) = message { isStored } else { nil }
    }
    guard isStored else { throw RoomClientError(.refused, "the server does not take what was written") }
  }

  /// Asks who is there; the answer comes by ``next()``.
  package func askForPresence() async throws { try await sender.send { $0.writeVarUInt(3) } }

  /// What happens next; nil when the server ends the connection as it stops.
  ///
  /// - Throws: ``RoomClientError``.
  package func next() async throws -> Event? {
    if !events.isEmpty { return events.removeFirst() }
    while let message = try await nextMessage() {
      if let event = try RoomClient.event(of: message) { return event }
    }
    return nil
  }

  // MARK: Messages

  /// Waits for the message that `match` takes. What else happens comes by ``next()``.
  private func answer<Result>(to question: String, _ match: (ServerMessage) -> Result?) async throws -> Result {
    let timeout = sender.channel.eventLoop.scheduleTask(in: RoomClient.answerTimeout) { [channel = sender.channel] in
      channel.close(promise: nil)
    }
    let start = ContinuousClock.now
    defer { timeout.cancel() }
    while let message = try await nextMessage() {
      if let result = match(message) { return result }
      if let event = try RoomClient.event(of: message) { events.append(event) }
    }
    let isLate = ContinuousClock.now - start >= .nanoseconds(RoomClient.answerTimeout.nanoseconds)
    throw RoomClientError(
      .unreachable,
      isLate ? "the server does not say \(question)" : "the connection ended before the server said \(question)")
  }

  private static func event(of message: ServerMessage) throws -> Event? {
    switch message {
    case .update(let update, _): .update(update)
    case .presence(let update): .presence(update)
    case .stateless(let payload): .stateless(payload)
    case .denied(let reason): throw RoomClientError(.refused, reason)
    case .closed(let reason): throw RoomClientError(.refused, "the room was closed (\(reason))")
    case .status(let isStored): .status(isStored: isStored)
    case .authenticated, .question: nil
    }
  }

  private func nextFrame() async throws -> WebSocketFrame? {
    do {
      return try await frames.next()
    } catch let error as CancellationError {
      throw error
    } catch let error as NIOWebSocketError {
      throw RoomClientError(.unreadable, "the server breaks the rules: \(error)")
    } catch {
      throw RoomClientError.ended
    }
  }

  private func nextMessage() async throws -> ServerMessage? {
    while messages.isEmpty {
      guard let frame = try await nextFrame() else { return nil }
      switch assembler.receive(frame) {
      case .message(let message):
        do {
          let content = message.content
          messages = try content.withUnsafeReadableBytes { try ServerMessage.decode($0, of: sender.address) }.reversed()
        } catch {
          throw RoomClientError(.unreadable, "the server does not speak the protocol (\(error))")
        }
      case .ping(let payload):
        try await sender.send(.pong, payload)
      case .close(var content):
        return try RoomClient.end(
          content.readInteger(as: UInt16.self).map { CloseCode(rawValue: $0) }, String(buffer: content))
      case .text: throw RoomClientError(.unreadable, "the server does not speak the protocol (it sends text)")
      case .violation(_, let reason): throw RoomClientError(.unreadable, "the server breaks the rules: \(reason)")
      case .none: break
      }
    }
    return messages.popLast()
  }

  /// The server ended the connection: nil when it just stops.
  private static func end(_ code: CloseCode?, _ reason: String) throws -> ServerMessage? {
    switch code {
    case nil, .goingAway, CloseCode(rawValue: 1000): return nil
    case .unauthorized, .forbidden, .policyViolation, .outdated, .largeDocument: throw RoomClientError(.refused, reason)
    case let code?: throw RoomClientError(.unreachable, "the server ended the connection (\(code.rawValue) \(reason))")
    }
  }
}

/// Why a room of a server cannot be used.
package struct RoomClientError: Error, CustomStringConvertible {
  package enum Code: Sendable {
    /// There is no connection, or no longer.
    case unreachable
    /// The server does not let us.
    case refused
    /// The server does not speak the protocol.
    case unreadable
  }

  /// Nothing more comes or goes.
  static let ended = RoomClientError(.unreachable, "the connection ended")

  package let code: Code
  package let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
