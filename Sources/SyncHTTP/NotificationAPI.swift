import Hummingbird
import NIOCore
import SyncNode

/// What users are told, over HTTP, as JSON.
///
/// ```
/// GET  /api/notifications?user=ID          what a user sees, the newest first: a page
///     &state=unread|read|archived|all      which of it; all when nothing is said
///     &before=PLACE                        what is behind this place: `next` of the page before
///     &limit=COUNT                         how many at most, 1 to 500; 50 when nothing is said
/// POST /api/notifications?user=ID          tells a user something: `category`, `title`, and if need be `body`, `link`,
///                                          `room`, `key`, `sender`, `expiryMilliseconds`
/// POST /api/notifications/marks?user=ID    marks: `mark` (read, unread, archived or unarchived), and `ids` or `all`: true
/// GET  /api/notifications/preferences?user=ID
/// PUT  /api/notifications/preferences?user=ID
/// ```
/// Whoever may read the room `user:ID` sees what the user was told and prefers, whoever may write there marks and chooses. To
/// tell a user something takes a rule that allows to write in the room `notifications:ID`. The sender is the subject of the
/// token; only an administrator of that room names another one. Rights are checked before a body is read.
///
/// Failures are those of ``NodeAPI``, and name the field that is wrong; 404 is for a notification that is not there, 413 for a
/// body of more than 64 KiB, 429 for a sender that sends too many, 503 when nothing can be stored.
public struct NotificationAPI: Sendable {
  /// Where it is.
  package enum Path {
    package static let notifications = "/api/notifications"
    package static let marks = "/api/notifications/marks"
    package static let preferences = "/api/notifications/preferences"
  }

  /// How many notifications a page has when nobody says how many, and at most.
  package static let pageDefault = 50
  package static let pageMax = 500

  let node: Node

  func addRoutes(to router: Router<NodeRequestContext>) {
    router.get("\(Path.notifications)") { request, context in try await list(request, context) }
    router.post("\(Path.notifications)") { request, context in try await notify(request, context) }
    router.post("\(Path.marks)") { request, context in try await mark(request, context) }
    router.get("\(Path.preferences)") { request, context in
      let inbox = try await inbox(of: request.requiredParameter("user"), for: .read, request, context)
      return try Response(json: Preferences(try await NotificationAPI.perform { try await inbox.preferences() }))
    }
    router.put("\(Path.preferences)") { request, context in
      let inbox = try await inbox(of: request.requiredParameter("user"), for: .write, request, context)
      let body: Preferences = try await request.jsonBody()
      let wanted = try await NotificationAPI.perform { try body.preferences() }
      let held = try await NotificationAPI.perform { try await inbox.updatePreferences { $0 = wanted } }
      return try Response(json: Preferences(held))
    }
  }

  private func list(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let inbox = try await inbox(of: request.requiredParameter("user"), for: .read, request, context)
    let state = try request.listedState()
    let before = try request.parameter("before").map { text in
      guard let position = UserNotification.Position(text) else {
        throw APIError(.invalidParameter, "the parameter `before` is `next` of the page before")
      }
      return position
    }
    let limit = try request.numericParameter("limit") ?? Int64(NotificationAPI.pageDefault)
    guard (1...Int64(NotificationAPI.pageMax)).contains(limit) else {
      throw APIError(.invalidParameter, "the parameter `limit` is 1 to \(NotificationAPI.pageMax)")
    }
    let list = try await NotificationAPI.perform { try await inbox.list() }
    return try Response(
      json: Page(list.page(state, before: before, limit: Int(limit)), unreadCount: list.unreadCount))
  }

  private func notify(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let user = try request.requiredParameter("user")
    let rooms = try await rooms(of: user)
    let grant = try await context.requireAccess(.write, in: rooms.told, by: request, on: node)
    let body: Draft = try await request.jsonBody()
    if let sender = body.sender, !grant.isSubject(sender), grant.access(in: rooms.told) != .admin {
      throw APIError(.forbidden, "`sender`: only administrators name another one than the subject of their token")
    }
    var draft = body.draft
    draft.sender = body.sender ?? grant.subject
    // Those who have no name share one rate.
    let outcome = try await NotificationAPI.perform { [draft] in
      try await node.notify(user: user, draft, by: grant.subject ?? "")
    }
    return try Response(json: Outcome(outcome))
  }

  private func mark(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let inbox = try await inbox(of: request.requiredParameter("user"), for: .write, request, context)
    let body: Marking = try await request.jsonBody()
    let changed = try await NotificationAPI.perform {
      if let ids = body.ids { try await inbox.mark(body.mark, ids) } else { try await inbox.markAll(body.mark) }
    }
    return try Response(
      json: Marked(
        changed: changed, unreadCount: try await NotificationAPI.perform { try await inbox.unreadCount() }))
  }

  private func rooms(of user: String) async throws -> NotificationRooms {
    try await NotificationAPI.perform { try NotificationRooms(of: user, limits: node.configuration.limits) }
  }

  /// The inbox of a user, for whoever has a right to its room.
  private func inbox(
    of user: String, for access: Access, _ request: Request, _ context: NodeRequestContext
  ) async throws -> NotificationInbox {
    let rooms = try await rooms(of: user)
    try await context.requireAccess(access, in: rooms.user, by: request, on: node)
    return try await NotificationAPI.perform { try await node.notifications(for: user) }
  }

  // MARK: Bodies and failures

  /// What `body` does, with its failures as answers.
  private static func perform<Result>(_ body: () async throws -> sending Result) async throws -> sending Result {
    do {
      return try await body()
    } catch let error as NotificationError {
      let field = error.field.map { "`\($0)`: " } ?? ""
      let code: APIError.Code =
        switch error.code {
        case .unknownNotification: .unknownNotification
        case .tooMany: .tooManyRequests
        default: .badRequest
        }
      throw APIError(
        code, field + error.description, headers: code == .tooManyRequests ? [.retryAfter: "1"] : [:])
    } catch is RoomError {
      throw APIError(.unavailable, "the room cannot be used now: try again later")
    }
  }
}

extension Request {
  fileprivate func listedState() throws -> NotificationList.State {
    guard let text = try parameter("state") else { return .all }
    guard let state = NotificationList.State(rawValue: text) else {
      let known = NotificationList.State.allCases.map(\.rawValue).joined(separator: ", ")
      throw APIError(.invalidParameter, "the parameter `state` is one of \(known)")
    }
    return state
  }
}
