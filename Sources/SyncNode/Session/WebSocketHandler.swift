import Logging
import NIOCore
import NIOWebSocket

/// Ties one upgraded channel to its conversation: frames in, messages to rooms, and the end of both together.
final class WebSocketHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame

  private let node: Node
  private let transport: Transport
  private let source: String?
  private let start: (Connection) -> any Conversation
  private var assembler: MessageAssembler
  private var turn = ReadTurn()
  private var connection: Connection?
  private var delivery: Delivery?

  /// - Parameters:
  ///   - transport: Which side of the WebSocket this is.
  ///   - source: Who is at the other end, when that is not the channel's remote address.
  ///   - start: Gives the conversation over the connection.
  init(
    node: Node, transport: Transport, source: String? = nil, start: @escaping (Connection) -> any Conversation
  ) {
    self.node = node
    self.transport = transport
    self.source = source
    self.start = start
    assembler = MessageAssembler(
      messageBytesMax: node.configuration.limits.messageBytesMax, isPeerClient: transport == .webSocketServer)
  }

  /// Ends the conversation because the server stops.
  func goAway() {
    if let connection { connection.drain(within: node.group(of: connection.eventLoop).drainTimeout) }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    guard transport == .webSocketClient else { return begin(context) }
    // What a client writes during the upgrade gets lost. The server's first word is an answer.
    context.eventLoop.assumeIsolated().execute {
      if context.channel.isActive { self.begin(context) }
    }
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard let encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self) else {
      preconditionFailure("a WebSocket upgrade adds the frame encoder before this handler")
    }
    let group = node.group(of: context.eventLoop)
    let connection = Connection(
      context: encoder, source: source, transport: transport, group: group, limits: node.configuration.limits)
    self.connection = connection
    // The node stops: there is nothing to talk about.
    guard !connection.isClosing else { return }
    let conversation = start(connection)
    assembler.takesText = conversation is any TextConversation
    let delivery = Delivery(
      to: conversation, on: context.eventLoop, longBytes: node.configuration.longBytes,
      worker: node.configuration.worker)
    self.delivery = delivery
    connection.carry(conversation) { delivery.end() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let connection else { return }
    if connection.isClosing, !connection.countAfterClose() { return context.close(promise: nil) }
    connection.noteAlive()
    turn.count()
    let event = assembler.receive(unwrapInboundIn(data))
    // A message is counted when it is whole. What else there is must not come for nothing.
    if case .message = event {} else if !connection.countFrame() { return }
    switch event {
    case .message(let message):
      if startHandling(message.byteCount) { delivery?.deliver(message) }
    case .text(let message):
      if startHandling(message.readableBytes) { delivery?.deliver(text: message) }
    case .ping(let payload): connection.sendPong(payload)
    case .close(let payload):
      var content = payload
      let code = content.readInteger(as: UInt16.self).map { CloseCode(rawValue: $0) }
      let reason = String(buffer: content)
      afterDelivery { connection.finishClosing(answer: payload, code, reason: reason) }
    case .violation(let refusal, let reason): refuse(refusal, reason)
    case .none: break
    }
  }

  /// Counts a message, unless the connection is about to close.
  private func startHandling(_ byteCount: Int) -> Bool {
    guard let connection, !connection.isClosing else { return false }
    return connection.startHandling(byteCount: byteCount)
  }

  private func refuse(_ refusal: Refusal, _ reason: String) {
    guard let connection else { return }
    afterDelivery { connection.refuse(refusal, reason) }
  }

  /// Runs `body` once all messages that came before have reached the conversation.
  private func afterDelivery(_ body: @escaping () -> Void) {
    if let delivery { delivery.run(body) } else { body() }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // It fails on a channel that is closed, which is not read any more.
    if turn.end(), transport == .webSocketServer { try? turn.apply(to: context.channel) }
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    connection?.noteWritability()
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    detach()
    context.fireChannelInactive()
  }

  /// A channel that closes during its upgrade may have told of it before this handler was there.
  func handlerRemoved(context: ChannelHandlerContext) { detach() }

  private func detach() {
    connection?.detach()
    connection = nil
    delivery = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A listener that allows half-closed connections leaves the other half to us; a WebSocket has no use for it.
    if case .inputClosed? = event as? ChannelEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case NIOWebSocketError.invalidFrameLength:
      refuse(.largeMessage, "a frame has more than \(node.configuration.limits.messageBytesMax) bytes")
    case is NIOWebSocketError:
      refuse(.brokenFrame, "a frame breaks the rules of WebSocket")
    default:
      context.close(promise: nil)
    }
  }
}
