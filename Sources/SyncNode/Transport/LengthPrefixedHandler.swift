import Logging
import NIOCore

/// Ties one TCP channel between nodes to its conversation: a count of 4 bytes, most significant first, before each
/// message.
final class LengthPrefixedHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let node: Node
  private let start: (Connection) -> any Conversation
  private var received = ByteBuffer()
  private var connection: Connection?
  private var conversation: (any Conversation)?

  /// - Parameter start: Gives the conversation over the connection, when it stands.
  init(node: Node, start: @escaping (Connection) -> any Conversation) {
    self.node = node
    self.start = start
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard connection == nil else { return }
    let connection = Connection(
      context: context, transport: .tcp, group: node.group(of: context.eventLoop),
      limits: node.configuration.limits)
    self.connection = connection
    // The node stops: there is nothing to talk about.
    guard !connection.isClosing else { return }
    let conversation = start(connection)
    self.conversation = conversation
    connection.carry(conversation) { conversation.end() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    received.writeBuffer(&bytes)
    let bytesMax = node.configuration.limits.messageBytesMax
    while let connection, let count = received.getInteger(at: received.readerIndex, as: UInt32.self) {
      guard Int(count) <= bytesMax else {
        received.clear()
        return connection.refuse(.largeMessage, "a message has more than \(bytesMax) bytes")
      }
      guard received.readableBytes >= 4 + Int(count) else { break }
      received.moveReaderIndex(forwardBy: 4)
      guard let message = received.readSlice(length: Int(count)) else { break }
      received.leaveLargeRoom()
      connection.noteAlive()
      guard !connection.isClosing, connection.startHandling(byteCount: message.readableBytes) else { continue }
      conversation?.receive(message.slice())
    }
    if received.readableBytes == 0 { received.clear() } else { received.discardReadBytes() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    connection?.noteWritability()
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    detach()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { detach() }

  private func detach() {
    connection?.detach()
    connection = nil
    conversation = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
