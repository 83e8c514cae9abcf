import Logging
import NIOCore
import NIOWebSocket

/// Ties one upgraded channel to one room: frames in, messages to the room, and the end of both together.
final class WebSocketHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame

  private let node: Node
  private let roomName: String
  private var assembler: MessageAssembler
  private var connection: Connection?
  private var room: Room?

  init(node: Node, roomName: String) {
    self.node = node
    self.roomName = roomName
    assembler = MessageAssembler(messageBytesMax: node.configuration.limits.messageBytesMax)
  }

  /// Ends the conversation because the server stops.
  func goAway() { connection?.close(.goingAway, "the server stops") }

  func handlerAdded(context: ChannelHandlerContext) {
    guard let encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self) else {
      preconditionFailure("a WebSocket upgrade adds the frame encoder before this handler")
    }
    let group = node.group(of: context.eventLoop)
    let connection = Connection(context: encoder, group: group, limits: node.configuration.limits)
    self.connection = connection
    guard let room = node.rooms.lease(roomName, on: context.eventLoop) else {
      connection.close(.goingAway, "the server stops")
      return
    }
    self.room = room
    connection.onClosing = { room.leave(connection) }
    room.join(connection)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let connection else { return }
    connection.noteAlive()
    switch assembler.receive(unwrapInboundIn(data)) {
    case .message(let message):
      if !connection.isClosing { pass(message, from: connection) }
    case .ping(let payload): connection.send(ServerFrame.pong(payload))
    case .close(let payload): connection.finishClosing(answer: payload)
    case .violation(let code, let reason): refuse(code, reason)
    case .none: break
    }
  }

  private func pass(_ message: ByteBuffer, from connection: Connection) {
    connection.startHandling(byteCount: message.readableBytes)
    room?.receive(message, from: connection)
  }

  private func refuse(_ code: CloseCode, _ reason: String) {
    guard let connection, !connection.isClosing else { return }
    node.configuration.logger.info(
      "refused a frame",
      metadata: ["room": "\(roomName)", "peer": "\(connection.source)", "reason": "\(reason)"])
    connection.close(code, reason)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if let connection, connection.takeHeldBackAwareness() { room?.sendAwareness(to: connection) }
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
      refuse(.tooLarge, "a frame has more than \(node.configuration.limits.messageBytesMax) bytes")
    case is NIOWebSocketError:
      refuse(.protocolError, "a frame breaks the rules of WebSocket")
    default:
      context.close(promise: nil)
    }
  }
}
