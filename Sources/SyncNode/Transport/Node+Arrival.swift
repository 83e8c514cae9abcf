import NIOCore
import NIOHTTP1

extension Node {
  /// Bounds the time and the bytes that an accepted connection may take until it is known who is there, by
  /// ``Limits/unauthenticatedSecondsMax`` and ``Limits/unauthenticatedBytesMax``; any listener can use it.
  ///
  /// To be called on the channel's event loop, before TLS is added.
  public func boundArrival(of channel: any Channel) throws {
    let group = group(of: channel.eventLoop)
    let source = channel.remoteAddress?.description ?? "unknown"
    let handler = ArrivalHandler(limits: configuration.limits) { refusal, reason in
      group.note(refusal, reason, source: source)
    }
    try channel.pipeline.syncOperations.addHandler(handler, position: .first)
  }

  /// Lets the application take its time for each HTTP request on a channel that is bounded by ``boundArrival(of:)``, and
  /// bounds the time between one answer and the next request.
  ///
  /// To be called on the channel's event loop, behind the handlers of HTTP.
  public static func boundRequests(on channel: any Channel) throws {
    guard let arrival = try? channel.pipeline.syncOperations.handler(type: ArrivalHandler.self) else { return }
    try channel.pipeline.syncOperations.addHandler(RequestHandler(arrival))
  }
}

/// Tells when requests begin to be answered, and when they are.
private final class RequestHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let arrival: ArrivalHandler
  /// Requests that are not answered.
  private var requests = 0

  init(_ arrival: ArrivalHandler) { self.arrival = arrival }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      requests += 1
      arrival.isReadingRequest = true
      arrival.beginAnswer()
    case .body: break
    case .end: arrival.isReadingRequest = false
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // An answer to what cannot be read is none to a request.
    if case .end = unwrapOutboundIn(data), requests > 0 {
      requests -= 1
      arrival.endAnswer()
    }
    context.write(data, promise: promise)
  }
}
