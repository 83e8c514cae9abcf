import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import SyncNode

/// One connection of Hummingbird's server: HTTP requests for the router, or, once upgraded, a WebSocket of the node.
struct UpgradingChannel: ServerChildChannel, HTTPChannelHandler {
  typealias RequestChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  /// The connection, and what it turns out to be: HTTP, or nil for a WebSocket.
  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let requests: EventLoopFuture<RequestChannel?>
  }

  let node: Node
  /// Who to be over TLS; nil without encryption.
  let tls: TLSIdentity?
  /// Paths that are no rooms.
  let reservedPaths: Set<String>
  let responder: HTTPChannelHandler.Responder

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    guard node.admit(channel) else {
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
    }
    return channel.eventLoop.makeCompletedFuture {
      try node.boundArrival(of: channel)
      try tls?.secure(channel)
      try channel.pipeline.syncOperations.addHandler(QuiescingHandler())
      let upgrader = node.webSocketUpgrader(reservedPaths: reservedPaths, result: nil as RequestChannel?)
      let upgrade = NIOTypedHTTPServerUpgradeConfiguration<RequestChannel?>(
        upgraders: [upgrader],
        notUpgradingCompletionHandler: { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            // It answers what cannot be read, and so does Hummingbird: two answers to one request end the process in NIO.
            pipeline.removeHandler(
              context: try pipeline.context(handlerType: HTTPServerProtocolErrorHandler.self), promise: nil)
            try Node.boundRequests(on: channel)
            try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
            return try NIOAsyncChannel(
              wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
          }
        })
      var configuration = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrade)
      // Hummingbird takes one request after the other.
      configuration.enablePipelining = false
      let requests = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
        configuration: configuration)
      try node.guardUpgrade(on: channel, reservedPaths: reservedPaths, result: RequestChannel?.self)
      return Value(channel: channel, requests: requests)
    }
  }

  func handle(value: Value, logger: Logger) async {
    do {
      if let requests = try await value.requests.get() {
        await handleHTTP(asyncChannel: requests, logger: logger)
      } else {
        // The channel's handlers do all the work; the connection only has to be waited for.
        try await value.channel.closeFuture.get()
      }
    } catch {
      logger.debug("a connection ended before its first request", metadata: ["error": "\(error)"])
      value.channel.close(promise: nil)
    }
  }
}

/// Ends a connection when the server stops, which Hummingbird waits for: a WebSocket with a close frame, and one that
/// waits for its next request at once.
private final class QuiescingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      guard !Node.closeWebSocket(in: context.pipeline.syncOperations) else { return }
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}
