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
  /// - Throws: ``APIError`` for others.
  func requireAdministrator(of room: String? = nil, by request: Request, on node: Node) async throws {
    if let room { try NodeRequestContext.check(room: room, on: node) }
    try await admit(request, on: node) { token, address in
      try await node.checkAdministrator(of: room, token: token, at: address)
    }
  }

  /// Lets in who may do something in a room, to a feed as to what it is beside.
  ///
  /// - Returns: The grant, with who it is.
  /// - Throws: ``APIError`` for others.
  @discardableResult
  func requireAccess(_ access: Access, in room: String, by request: Request, on node: Node) async throws -> Grant {
    try NodeRequestContext.check(room: room, on: node)
    return try await admit(request, on: node) { token, address in
      try await node.checkAccess(access, in: room, token: token, at: address)
    }
  }

  /// - Throws: ``APIError`` for what no room is called: where rights are checked, names must end where they end in the store.
  private static func check(room: String, on node: Node) throws {
    let bytesMax = node.configuration.limits.roomNameBytesMax
    guard (1...bytesMax).contains(room.utf8.count), !room.utf8.contains(0) else {
      throw APIError(.invalidParameter, "a room's name has 1 to \(bytesMax) bytes, and none that is 0")
    }
  }

  /// Lets in who may write in a room as a client does.
  ///
  /// - Returns: Where what they write comes from.
  /// - Throws: ``APIError`` for others.
  func requireEditor(of room: String, by request: Request, on node: Node) async throws -> ChangeOrigin {
    let grant = try await requireAccess(.read, in: room, by: request, on: node)
    guard let access = grant.clientAccess(in: room), access >= .write else {
      throw APIError(.forbidden, "this takes the right to write in the room")
    }
    return .client(address: clientAddress(of: request, on: node), subject: grant.subject)
  }

  private func clientAddress(of request: Request, on node: Node) -> String {
    let forwarded = request.headers.filter { $0.name.canonicalName == "x-forwarded-for" }.map(\.value)
    return node.clientAddress(of: channel.remoteAddress, forwarded: forwarded)
  }

  private func admit<Result>(
    _ request: Request, on node: Node, _ check: (_ token: String?, _ address: String) async throws -> Result
  ) async throws -> Result {
    let pageRefusal = try await channel.eventLoop.submit { [channel, head = request.head] in
      node.pageRefusal(origin: head.headerFields[.origin], host: head.authority, on: channel)
    }.get()
    if let pageRefusal { throw APIError(.forbidden, pageRefusal) }
    let token = request.headers[.authorization].flatMap { AccessToken.bearer(in: $0) }
    do {
      return try await check(token, clientAddress(of: request, on: node))
    } catch let denied as AccessDenied {
      let headers: HTTPFields = denied.kind == .unauthenticated ? [.wwwAuthenticate: "Bearer"] : [:]
      throw APIError(
        denied.kind == .unauthenticated ? .unauthenticated : .forbidden, denied.description, headers: headers)
    }
  }
}
