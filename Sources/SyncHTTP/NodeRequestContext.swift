import Hummingbird
import NIOCore
import SyncNode

/// A request, with who makes it.
struct NodeRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Lets in who administers a room, or all rooms.
  ///
  /// - Throws: ``HTTPError`` for others.
  func requireAdministrator(of room: String? = nil, by request: Request, on node: Node) async throws {
    let pageRefusal = try await channel.eventLoop.submit { [channel, head = request.head] in
      node.pageRefusal(origin: head.headerFields[.origin], host: head.authority, on: channel)
    }.get()
    if let pageRefusal { throw HTTPError(.forbidden, message: pageRefusal) }
    let token = request.headers[.authorization].flatMap { AccessToken.bearer(in: $0) }
    let forwarded = request.headers.filter { $0.name.canonicalName == "x-forwarded-for" }.map(\.value)
    do {
      try await node.checkAdministrator(
        of: room, token: token, at: node.clientAddress(of: channel.remoteAddress, forwarded: forwarded))
    } catch let denied as AccessDenied {
      let headers: HTTPFields = denied.kind == .unauthenticated ? [.wwwAuthenticate: "Bearer"] : [:]
      throw HTTPError(
        denied.kind == .unauthenticated ? .unauthorized : .forbidden, headers: headers, message: denied.description)
    }
  }
}
