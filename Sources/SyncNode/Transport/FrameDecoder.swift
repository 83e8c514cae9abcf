import NIOCore
import NIOWebSocket

/// NIO's decoder of WebSocket frames, which keeps no other connection waiting after a large one.
final class FrameDecoder: ByteToMessageDecoder {
  typealias InboundOut = WebSocketFrame

  private let decoder: WebSocketFrameDecoder

  init(maxFrameSize: Int) { decoder = WebSocketFrameDecoder(maxFrameSize: maxFrameSize) }

  func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
    let state = try decoder.decode(context: context, buffer: &buffer)
    if state == .continue { buffer.leaveLargeRoom() }
    return state
  }
}

extension ByteBuffer {
  /// Moves what is still to be read to room of its own, if what was read came in much room.
  ///
  /// What was read shares that room. To go on behind it, NIO would copy all of it, also where nothing was ever written: up
  /// to twice what was read, page by page, while the event loop's other connections wait. What is still to be read is
  /// mostly one read from the socket; no more is moved than was read before.
  mutating func leaveLargeRoom() {
    guard storageCapacity >= 128 << 10, readableBytes <= readerIndex else { return }
    self = ByteBuffer(bytes: readableBytesView)
  }
}

extension ChannelPipeline.SynchronousOperations {
  /// Puts a ``FrameDecoder`` in the place of the decoder that NIO's upgrades add.
  ///
  /// - Returns: Done when frames come from it. Nothing is read before an upgrade is done that waits for this.
  func replaceFrameDecoder(maxFrameSize: Int) -> EventLoopFuture<Void> {
    let decoder: ChannelHandlerContext
    do {
      decoder = try context(handlerType: ByteToMessageHandler<WebSocketFrameDecoder>.self)
    } catch {
      return eventLoop.makeFailedFuture(error)
    }
    let isRemoved = removeHandler(context: decoder)
    return isRemoved.assumeIsolated().flatMapThrowing {
      try self.addHandler(ByteToMessageHandler(FrameDecoder(maxFrameSize: maxFrameSize)))
    }.nonisolated()
  }
}
