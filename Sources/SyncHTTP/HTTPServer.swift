import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SyncNode
import SyncWebhooks

/// Serves a node over HTTP: a dashboard, its health, an API, and WebSockets: for many rooms at `/`, for one at any other path.
///
/// ```
/// GET /healthz     200 while the process runs
/// GET /readyz      200 while clients are served and can write, else 503 and a word: stopping or read-only
/// GET /statusz     JSON: the node's links, how far other nodes are with each room, who was cut off for what, when the
///                  certificate ends
/// GET /metrics     the node's metrics, for Prometheus
/// GET /api/…       JSON: what the node holds, see ``NodeAPI``, and what it measures and alerts of; described at /api/openapi.json
/// GET /            the dashboard; or upgrade to a WebSocket of many rooms (Hocuspocus)
/// GET /dashboard/… what the dashboard is made of
/// GET /ROOM        upgrade to a WebSocket of the room (y-websocket)
/// GET /signal      upgrade to a WebSocket by which browsers find each other (y-webrtc)
/// ```
/// Where access is checked, the status and `/api` are for administrators: of all rooms, or of the room in question. What users are
/// told has rights of its own: see ``NotificationAPI``.
///
/// Run it in a service group after its node, so that it stops first.
public struct HTTPServer: Service {
  private static let healthPath = "/healthz"
  private static let readinessPath = "/readyz"

  private let node: Node
  private let address: ListenAddress
  private let tls: TLSIdentity?
  private let tokens: (any TokenIssuer)?
  private let webhooks: Webhooks?
  private let servesDashboard: Bool
  private let onListening: @Sendable (Int) -> Void

  /// - Parameters:
  ///   - node: Whose rooms to serve.
  ///   - address: Where to listen.
  ///   - tls: Who to be over TLS; nil to listen without encryption.
  ///   - tokens: Who makes tokens for administrators; nil for nobody.
  ///   - webhooks: Who is told of what happens at the node; nil for nobody.
  ///   - servesDashboard: Whether there is a dashboard. What it shows, it asks for like any other client.
  ///   - onListening: Called once, with the port, when clients can connect.
  public init(
    node: Node, address: ListenAddress, tls: TLSIdentity? = nil, tokens: (any TokenIssuer)? = nil,
    webhooks: Webhooks? = nil, servesDashboard: Bool = true,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.node = node
    self.address = address
    self.tls = tls
    self.tokens = tokens
    self.webhooks = webhooks
    self.servesDashboard = servesDashboard
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
        of: node,
        reservedPaths: [
          HTTPServer.healthPath, HTTPServer.readinessPath, NodeAPI.Path.status,
          MetricsAPI.Path.prometheus,
        ], tls: tls),
      configuration: .init(address: .hostname(address.host, port: address.port), serverName: "SyncHTTP"),
      onServerRunning: { [onListening] channel in onListening(channel.localAddress?.port ?? address.port) },
      eventLoopGroupProvider: .shared(node.configuration.eventLoopGroup),
      logger: logger)
    try await application.run()
  }

  private var router: Router<NodeRequestContext> {
    let router = Router(context: NodeRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: TracingMiddleware())
    router.add(middleware: APIErrorMiddleware())
    router.get("\(HTTPServer.healthPath)") { _, _ in "ok\n" }
    router.get("\(HTTPServer.readinessPath)") { [node] _, _ in
      let obstacle = node.isReady ? node.storeFailure.map { _ in "read-only\n" } : "stopping\n"
      return Response(
        status: obstacle == nil ? .ok : .serviceUnavailable,
        headers: [.contentType: "text/plain; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: obstacle ?? "ready\n")))
    }
    if servesDashboard { Dashboard.packed.addRoutes(to: router) }
    NodeAPI(node: node, tls: tls).addRoutes(to: router)
    MetricsAPI(node: node).addRoutes(to: router)
    DocumentAPI(node: node).addRoutes(to: router)
    TokenAPI(node: node, issuer: tokens).addRoutes(to: router)
    WebhookAPI(node: node, webhooks: webhooks).addRoutes(to: router)
    router.get("/api/openapi.json") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)))
    }
    HTTPServer.refuseOtherMethods(on: router)
    return router
  }

  /// Says of each path which methods it has to who comes with another one.
  private static func refuseOtherMethods(on router: Router<NodeRequestContext>) {
    for (_, routes) in Dictionary(grouping: router.routes, by: { "\($0.path)" }) {
      let (path, known) = (routes[0].path, routes.map(\.method))
      let all = known + (known.contains(.get) ? [.head] : [])
      let allowed = all.map(\.rawValue).sorted().joined(separator: ", ")
      for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete, .options, .trace] where !all.contains(method)
      {
        router.on(path, method: method) { _, _ -> Response in
          throw APIError(.methodNotAllowed, "there is no such method at this path", headers: [.allow: allowed])
        }
      }
    }
  }
}
