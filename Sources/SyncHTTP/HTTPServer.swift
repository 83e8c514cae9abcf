import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SyncNode

/// Serves a node over HTTP: its health, and WebSockets: for many rooms at `/`, for one at any other path.
///
/// ```
/// GET /healthz     200 while the process runs
/// GET /readyz      200 while clients are served and can write, else 503 and a word: stopping or read-only
/// GET /statusz     JSON: the node's links, how far other nodes are with each room, who was cut off for what, when the
///                  certificate ends; where access is checked, for administrators of all rooms
/// GET /            upgrade to a WebSocket of many rooms (Hocuspocus)
/// GET /ROOM        upgrade to a WebSocket of the room (y-websocket)
/// ```
/// Run it in a service group after its node, so that it stops first.
public struct HTTPServer: Service {
  private static let healthPath = "/healthz"
  private static let readinessPath = "/readyz"
  private static let statusPath = "/statusz"

  private let node: Node
  private let address: ListenAddress
  private let tls: TLSIdentity?
  private let onListening: @Sendable (Int) -> Void

  /// - Parameters:
  ///   - node: Whose rooms to serve.
  ///   - address: Where to listen.
  ///   - tls: Who to be over TLS; nil to listen without encryption.
  ///   - onListening: Called once, with the port, when clients can connect.
  public init(
    node: Node, address: ListenAddress, tls: TLSIdentity? = nil,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.node = node
    self.address = address
    self.tls = tls
    self.onListening = onListening
  }

  /// Serves until the service group shuts down gracefully: then no connection is accepted any more, and the open ones
  /// are closed (1001).
  ///
  /// - Throws: When the address cannot be listened on.
  public func run() async throws {
    let address = address
    // Hummingbird tells of its own start and stop at the level `info`; the node's line on that is enough.
    var logger = node.configuration.logger
    logger.logLevel = max(logger.logLevel, .notice)
    let application = Application(
      router: router,
      server: .rooms(
        of: node, reservedPaths: [HTTPServer.healthPath, HTTPServer.readinessPath, HTTPServer.statusPath], tls: tls),
      configuration: .init(address: .hostname(address.host, port: address.port), serverName: "SyncHTTP"),
      onServerRunning: { [onListening] channel in onListening(channel.localAddress?.port ?? address.port) },
      eventLoopGroupProvider: .shared(node.configuration.eventLoopGroup),
      logger: logger)
    try await application.run()
  }

  /// A request, with who makes it.
  private struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
      coreContext = .init(source: source)
      channel = source.channel
    }

    /// Why a web page may not see the status; nil when it may.
    func pageRefusal(of request: Request, by node: Node) async throws -> String? {
      try await channel.eventLoop.submit { [channel, head = request.head] in
        node.pageRefusal(origin: head.headerFields[.origin], host: head.authority, on: channel)
      }.get()
    }
  }

  private var router: Router<Context> {
    let router = Router(context: Context.self)
    router.get("\(HTTPServer.healthPath)") { _, _ in "ok\n" }
    router.get("\(HTTPServer.readinessPath)") { [node] _, _ in
      let obstacle = node.isReady ? node.storeFailure.map { _ in "read-only\n" } : "stopping\n"
      return Response(
        status: obstacle == nil ? .ok : .serviceUnavailable,
        headers: [.contentType: "text/plain; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: obstacle ?? "ready\n")))
    }
    router.get("\(HTTPServer.statusPath)") { [node, tls] request, context in
      // It names rooms and nodes.
      let token = request.headers[.authorization].flatMap { AccessToken.bearer(in: $0) }
      if let reason = try await context.pageRefusal(of: request, by: node) {
        throw HTTPError(.forbidden, message: reason)
      }
      let forwarded = request.headers.filter { $0.name.canonicalName == "x-forwarded-for" }.map(\.value)
      do {
        try await node.checkOperator(
          token: token, at: node.clientAddress(of: context.channel.remoteAddress, forwarded: forwarded))
      } catch let denied as AccessDenied {
        return Response(denying: denied)
      }
      let encoder = JSONEncoder()
      encoder.dateEncodingStrategy = .iso8601
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var body = ByteBuffer(bytes: try encoder.encode(try await StatusReport(node, tls: tls)))
      body.writeString("\n")
      return Response(
        status: .ok, headers: [.contentType: "application/json; charset=utf-8"], body: .init(byteBuffer: body))
    }
    return router
  }
}

extension Response {
  /// The answer to somebody who does not get what it asked for.
  fileprivate init(denying denied: AccessDenied) {
    var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
    if denied.kind == .unauthenticated { headers[.wwwAuthenticate] = "Bearer" }
    self.init(
      status: denied.kind == .unauthenticated ? .unauthorized : .forbidden, headers: headers,
      body: .init(byteBuffer: ByteBuffer(string: "\(denied)\n")))
  }
}
