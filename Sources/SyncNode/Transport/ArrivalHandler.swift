import NIOCore

/// Bounds the time and the bytes that a connection may take until it is known who is there: for the handshake of TLS, a
/// request with its headers, and a token or a hello.
///
/// It stands at the network's end of the pipeline, so that nothing goes past it, and leaves when the other side is let in.
/// While it is being decided whether that is so, the other side has said all that it had to; what it says beyond the bound
/// is not read by then, instead of ending the connection.
final class ArrivalHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let limits: Limits
  /// Notes whom the connection was ended for.
  private let note: (Refusal, _ reason: String) -> Void
  private var context: ChannelHandlerContext?
  private var deadline: Scheduled<Void>?
  private var bytes = 0
  /// How many decisions are under way.
  private var decisions = 0
  private var isReadHeld = false
  /// How many HTTP requests are to be answered: how long that may take is the application's affair.
  private var requests = 0
  private var hasAnswered = false
  /// Whether a request has begun to come and not ended: it may have been answered by then.
  var isReadingRequest = false
  private var isOver = false
  /// What is said over the channel, once there is such.
  weak var connection: Connection?

  init(limits: Limits, note: @escaping (Refusal, _ reason: String) -> Void) {
    self.limits = limits
    self.note = note
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    startTime()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    deadline?.cancel()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isOver, bytes > limits.unauthenticatedBytesMax { return }
    if requests == 0 { bytes += unwrapInboundIn(data).readableBytes }
    context.fireChannelRead(data)
    checkBytes()
  }

  func read(context: ChannelHandlerContext) {
    if decisions > 0, !isOver, bytes > limits.unauthenticatedBytesMax {
      isReadHeld = true
    } else {
      context.read()
    }
  }

  private func checkBytes() {
    guard !isOver, requests == 0, decisions == 0, bytes > limits.unauthenticatedBytesMax else { return }
    refuse(.unauthenticatedBytes, "more than \(limits.unauthenticatedBytesMax) bytes before access was granted")
  }

  private func startTime() {
    guard let context else { return }
    deadline?.cancel()
    let seconds = limits.unauthenticatedSecondsMax
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) {
      // Nobody is to blame for a connection that was kept for a next request.
      guard self.bytes > 0 || !self.hasAnswered || self.isReadingRequest else { return self.leave(closing: true) }
      self.refuse(.slowAuthentication, "no access after \(seconds) seconds")
    }
  }

  private func refuse(_ refusal: Refusal, _ reason: String) {
    guard !isOver else { return }
    isOver = true
    deadline?.cancel()
    releaseRead()
    if let connection, !connection.isClosing {
      connection.refuse(refusal, reason)
    } else {
      note(refusal, reason)
      context?.close(promise: nil)
    }
  }

  private func releaseRead() {
    guard isReadHeld else { return }
    isReadHeld = false
    context?.read()
  }

  private func leave(closing: Bool = false) {
    guard !isOver, let context else { return }
    isOver = true
    bytes = 0
    deadline?.cancel()
    releaseRead()
    if closing {
      context.close(promise: nil)
    } else {
      context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
  }
}

// MARK: What is decided above

extension ArrivalHandler {
  /// Notes that the other side has said who it is.
  func beginDecision() { decisions += 1 }

  /// Notes whether it is let in.
  func endDecision(isAdmitted: Bool) {
    decisions -= 1
    guard !isAdmitted else { return leave() }
    checkBytes()
    if decisions == 0 { releaseRead() }
  }

  /// Notes that an HTTP request has come that is no upgrade.
  func beginAnswer() {
    requests += 1
    deadline?.cancel()
  }

  /// Notes that it is answered: what comes next has as much time and as many bytes as the first had.
  func endAnswer() {
    requests -= 1
    guard requests == 0 else { return }
    hasAnswered = true
    bytes = 0
    startTime()
  }
}
