import NIOCore
import NIOHTTP1

extension Node {
  /// Looks at a connection's first request before it is upgraded by ``webSocketUpgrader(reservedPaths:result:)``: web pages
  /// that may not connect get an answer that says so.
  ///
  /// To be called on the channel's event loop, after the handlers of HTTP and of the upgrade are added.
  ///
  /// - Parameters:
  ///   - reservedPaths: Paths that are no rooms.
  ///   - result: What the upgrade results in.
  public func guardUpgrade<UpgradeResult: Sendable>(
    on channel: any Channel, reservedPaths: Set<String> = [], result: UpgradeResult.Type
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    let upgrade = try pipeline.handler(type: NIOTypedHTTPServerUpgradeHandler<UpgradeResult>.self)
    let handler = UpgradeGuard(node: self, reservedPaths: reservedPaths)
    try pipeline.addHandler(handler, position: .before(upgrade))
  }

  /// Whether a request asks for a WebSocket, and there is one at its path.
  fileprivate func upgrades(_ head: HTTPRequestHead, _ reservedPaths: Set<String>) -> Bool {
    switch WebSocketPath(uri: head.uri, limits: configuration.limits) {
    case nil: return false
    case .room(let name)? where reservedPaths.contains("/" + name): return false
    default: break
    }
    return head.headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
      && head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
      && head.headers["Sec-WebSocket-Version"] == ["13"] && head.headers["Sec-WebSocket-Key"].count == 1
  }
}

/// Decides on a connection's first request, before NIO's handler of upgrades gets it, which forgets the head of a request
/// that is not upgraded in the end.
private final class UpgradeGuard: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let node: Node
  private let reservedPaths: Set<String>
  private var isRefused = false

  init(node: Node, reservedPaths: Set<String>) {
    self.node = node
    self.reservedPaths = reservedPaths
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    guard case .head(var head) = unwrapInboundIn(data), head.headers.contains(name: "Upgrade") else {
      return pass(data, context)
    }
    guard node.upgrades(head, reservedPaths) else {
      head.headers.remove(name: "Upgrade")
      return pass(wrapInboundOut(.head(head)), context)
    }
    let (origin, host) = (head.headers.first(name: "Origin"), head.headers.first(name: "Host"))
    guard let reason = node.pageRefusal(origin: origin, host: host, on: context.channel) else {
      return pass(data, context)
    }
    refuse(reason, context)
  }

  private func pass(_ data: NIOAny, _ context: ChannelHandlerContext) {
    context.fireChannelRead(data)
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
    isRefused = true
    let source = context.channel.remoteAddress?.description ?? "unknown"
    node.group(of: context.eventLoop).note(.foreignPage, reason, source: source)
    let body = ByteBuffer(string: reason + "\n")
    let head = HTTPResponseHead(
      version: .http1_1, status: .forbidden,
      headers: [
        "Connection": "close", "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(body.readableBytes)",
      ])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }
}
