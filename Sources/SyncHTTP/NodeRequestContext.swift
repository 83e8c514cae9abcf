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
    try await admit(request, on: node) { token, address in
      try await node.checkAdministrator(of: room, token: token, at: address)
    }
  }

  /// Lets in who may do something in a room, to a feed as to what it is beside.
  ///
  /// - Returns: The grant, with who it is.
  /// - Throws: ``HTTPError`` for others.
  @discardableResult
  func requireAccess(_ access: Access, in room: String, by request: Request, on node: Node) async throws -> Grant {
    try await admit(request, on: node) { token, address in
      try await node.checkAccess(access, in: room, token: token, at: address)
    }
  }

  private func admit<Result>(
    _ request: Request, on node: Node, _ check: (_ token: String?, _ address: String) async throws -> Result
  ) async throws -> Result {
    let pageRefusal = try await channel.eventLoop.submit { [channel, head = request.head] in
      node.pageRefusal(origin: head.headerFields[.origin], host: head.authority, on: channel)
    }.get()
    if let pageRefusal { throw HTTPError(.forbidden, message: pageRefusal) }
    let token = request.headers[.authorization].flatMap { AccessToken.bearer(in: $0) }
    let forwarded = request.headers.filter { $0.name.canonicalName == "x-forwarded-for" }.map(\.value)
    do {
      return try await check(token, node.clientAddress(of: channel.remoteAddress, forwarded: forwarded))
    } catch let denied as AccessDenied {
      let headers: HTTPFields = denied.kind == .unauthenticated ? [.wwwAuthenticate: "Bearer"] : [:]
      throw HTTPError(
        denied.kind == .unauthenticated ? .unauthorized : .forbidden, headers: headers, message: denied.description)
    }
  }
}
