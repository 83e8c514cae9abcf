import NIOCore
import NIOWebSocket

/// Puts the frames of one connection together to messages and watches over WebSocket's rules. No input or output.
struct MessageAssembler {
  /// What a frame leads to.
  enum Event: Equatable {
    /// A binary message is complete.
    case message(AssembledMessage)
    /// A message of text is complete.
    case text(ByteBuffer)
    /// Answer with a pong of the same content.
    case ping(ByteBuffer)
    /// The peer ends the conversation; answer with the same content.
    case close(ByteBuffer)
    /// The peer broke a rule or a limit; end the conversation.
    case violation(Refusal, String)
    /// Nothing to do.
    case none
  }

  private let messageBytesMax: Int
  /// Whether the peer is the client, which masks its frames, or the server, which does not.
  private let isPeerClient: Bool
  /// Whether text is taken; else it ends the conversation.
  var takesText = false
  /// A message that is not complete yet.
  private var message: AssembledMessage?
  /// Whether that message is text.
  private var isText = false

  /// - Parameter messageBytesMax: The most bytes that one message may have over all its fragments.
  init(messageBytesMax: Int, isPeerClient: Bool = true) {
    self.messageBytesMax = messageBytesMax
    self.isPeerClient = isPeerClient
  }

  /// Takes the next frame of the connection.
  mutating func receive(_ frame: WebSocketFrame) -> Event {
    guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .violation(.brokenFrame, "no extension is in use") }
    guard (frame.maskKey != nil) == isPeerClient else {
      return .violation(.brokenFrame, "a client's frames must be masked, and a server's must not")
    }
    switch frame.opcode {
    case .binary: return receiveStart(frame)
    case .continuation: return receiveContinuation(frame)
    case .text: return takesText ? receiveStart(frame) : .violation(.textFrame, "messages must be binary")
    case .ping, .pong, .connectionClose: return receiveControl(frame)
    default: return .violation(.brokenFrame, "the frame's opcode is unknown")
    }
  }

  private mutating func receiveStart(_ frame: WebSocketFrame) -> Event {
    guard message == nil else { return .violation(.brokenFrame, "a message starts inside another") }
    isText = frame.opcode == .text
    return append(frame, to: AssembledMessage())
  }

  private mutating func receiveContinuation(_ frame: WebSocketFrame) -> Event {
    // The message must have one owner while it grows, or every fragment would copy it.
    guard let message = message.take() else { return .violation(.brokenFrame, "no message to continue") }
    return append(frame, to: message)
  }

  private mutating func append(_ frame: WebSocketFrame, to message: consuming AssembledMessage) -> Event {
    guard frame.length <= messageBytesMax - message.byteCount else { return tooLarge }
    message.append(frame)
    if frame.fin { return complete(message) }
    self.message = message
    return .none
  }

  private func complete(_ message: AssembledMessage) -> Event {
    guard isText else { return .message(message) }
    let text = message.content
    guard String(validating: text.readableBytesView, as: UTF8.self) != nil else {
      return .violation(.unreadableMessage, "the text is not UTF-8")
    }
    return .text(text)
  }

  private func receiveControl(_ frame: WebSocketFrame) -> Event {
    guard frame.fin, frame.length <= 125 else { return .violation(.brokenFrame, "a control frame is too long") }
    switch frame.opcode {
    case .ping: return .ping(frame.content)
    case .connectionClose: return receiveClose(frame.content)
    default: return .none
    }
  }

  private func receiveClose(_ content: ByteBuffer) -> Event {
    var rest = content
    guard content.readableBytes > 0 else { return .close(content) }
    guard let code = rest.readInteger(as: UInt16.self) else {
      return .violation(.brokenFrame, "a close code has two bytes")
    }
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: return .violation(.brokenFrame, "the close code is not allowed")
    }
    guard String(validating: rest.readableBytesView, as: UTF8.self) != nil else {
      return .violation(.unreadableMessage, "the close reason is not UTF-8")
    }
    return .close(content)
  }

  private var tooLarge: Event { .violation(.largeMessage, "a message has more than \(messageBytesMax) bytes") }
}
