import NIOCore

/// Hands what comes over one connection to its conversation, in order. Long messages are put together beside the event loop,
/// and what comes behind one waits meanwhile: also the end, so that nothing is lost of what came before it.
// Sendable: what changes is touched on `eventLoop` only.
final class Delivery: @unchecked Sendable {
  private let conversation: any Conversation
  private let eventLoop: any EventLoop
  private let longBytes: Int
  private let worker: RoomExecutor.Worker
  /// Whether a message is being put together.
  private var isAside = false
  private var waiting = CircularBuffer<() -> Void>()
  private var isOver = false

  /// - Parameters:
  ///   - longBytes: What is long: messages of as many bytes.
  ///   - worker: Where they are put together.
  init(
    to conversation: any Conversation, on eventLoop: any EventLoop, longBytes: Int,
    worker: @escaping RoomExecutor.Worker
  ) {
    self.conversation = conversation
    self.eventLoop = eventLoop
    self.longBytes = longBytes
    self.worker = worker
  }

  /// Delivers a message, which the connection has counted.
  func deliver(_ message: AssembledMessage) {
    run {
      if message.byteCount < self.longBytes { return self.deliver(message.content) }
      self.isAside = true
      self.worker(.long) {
        let content = message.content
        self.eventLoop.execute { self.goOn(with: content) }
      }
    }
  }

  private func goOn(with content: ByteBuffer) {
    isAside = false
    deliver(content)
    while !isAside, let body = waiting.popFirst() { body() }
  }

  private func deliver(_ message: ByteBuffer) {
    // A slice of its own starts at index 0, so that errors are counted from there.
    if !isOver { conversation.receive(message.slice()) }
  }

  /// Delivers a message of text, which the connection has counted.
  func deliver(text: ByteBuffer) {
    run {
      if !self.isOver { (self.conversation as? any TextConversation)?.receive(text: text) }
    }
  }

  /// Runs `body` once all that came before is delivered: at once when it is.
  func run(_ body: @escaping () -> Void) {
    if isAside { waiting.append(body) } else { body() }
  }

  /// Ends the conversation.
  func end() {
    run {
      self.isOver = true
      self.conversation.end()
    }
  }
}
