import Foundation
import Hummingbird
import NIOCore
import SyncNode

/// What is done in projects, over HTTP.
///
/// ```
/// GET /api/activity?room=project:ID    entries, the newest first, for whoever may read the project: see ``SyncNode/ActivityQuery``
///     &user= &kind= &path= &search=
///     &after=MS &until=MS              done later than this, and by then, in milliseconds since 1970
///     &before=CURSOR &limit=COUNT      the page behind `next` of the one before
/// POST /api/activity                   tells of something the application knows, for whoever has the right to write in the room
///                                      `activity:ID` by a rule; JSON: {"room": "project:ID", "kind": "…"} and, if there is
///                                      such, "text", "path" and "user"
/// ```
/// The author is whom the grant is for. Only administrators of `activity:ID` name another user.
public struct ActivityAPI: Sendable {
  /// What is told of something.
  package struct Event: Codable, Sendable {
    package let room: String
    package let kind: String
    package let text: String?
    package let path: String?
    package let user: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case room, kind, text, path, user
    }

    package init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let members = try decoder.container(keyedBy: CodingKeys.self)
      room = try members.decode(String.self, forKey: .room)
      kind = try members.decode(String.self, forKey: .kind)
      text = try members.decodeIfPresent(String.self, forKey: .text)
      path = try members.decodeIfPresent(String.self, forKey: .path)
      user = try members.decodeIfPresent(String.self, forKey: .user)
    }

    package init(room: String, kind: String, text: String?, path: String?, user: String?) {
      self.room = room
      self.kind = kind
      self.text = text
      self.path = path
      self.user = user
    }
  }

  package static let path = "/api/activity"

  let node: Node

  func addRoutes(to router: Router<NodeRequestContext>) {
    router.get("\(ActivityAPI.path)") { [node] request, context in
      let feed = try ActivityAPI.feed(of: try request.requiredParameter("room"), on: node)
      try await context.requireAccess(.read, in: feed.subject ?? feed.name, by: request, on: node)
      let query = try request.activityQuery()
      return try Response(json: try await NodeAPI.read { try await node.activity(of: feed.id).entries(query) })
    }
    router.post("\(ActivityAPI.path)") { [node] request, context in
      let event: Event = try await request.jsonBody()
      let feed = try ActivityAPI.feed(of: event.room, on: node)
      let grant = try await context.requireAccess(.write, in: feed.name, by: request, on: node)
      let isAdministrator = grant.access(in: feed.name) == .admin
      if let user = event.user, !grant.isSubject(user), !isAdministrator {
        throw APIError(.forbidden, "only an administrator of \(feed.name) names another user")
      }
      let entry = try await ActivityAPI.record(event, by: event.user ?? grant.subject, in: node.activity(of: feed.id))
      return try Response(json: entry, status: .created)
    }
  }

  private static func feed(of room: String, on node: Node) throws -> FeedRoom {
    let bytesMax = node.configuration.limits.roomNameBytesMax
    // The feed's name is longer than the project's.
    guard let feed = FeedRoom(activityOf: room), feed.name.utf8.count <= bytesMax else {
      throw APIError(.invalidParameter, "`room` is a project's: project:ID, of at most \(bytesMax - 1) bytes")
    }
    return feed
  }

  private static func record(_ event: Event, by user: String?, in feed: ActivityFeed) async throws -> ActivityEntry {
    do {
      return try await feed.record(
        kind: ActivityEntry.Kind(rawValue: event.kind), text: event.text, by: user, path: event.path)
    } catch let error as ActivityError {
      switch error.code {
      case .tooManyEvents: throw APIError(.tooManyRequests, error.description, headers: [.retryAfter: "1"])
      case .largeUser where event.user?.isEmpty == true: throw APIError(.invalidBody, error.description)
      case .largeText, .largePath, .largeUser: throw APIError(.contentTooLarge, error.description)
      default: throw APIError(.badRequest, error.description)
      }
    } catch is RoomError {
      throw APIError(.unavailable, "the event cannot be stored now: try again later")
    }
  }
}

extension Request {
  fileprivate func activityQuery() throws -> ActivityQuery {
    var query = ActivityQuery()
    query.user = try parameter("user")
    query.kind = try parameter("kind").map { ActivityEntry.Kind(rawValue: $0) }
    query.path = try parameter("path")
    query.after = try numericParameter("after")
    query.until = try numericParameter("until")
    query.search = try parameter("search")
    if let text = try parameter("before") {
      guard let cursor = ActivityEntry.Cursor(text) else {
        throw APIError(.invalidParameter, "the parameter `before` is what a page gives as `next`")
      }
      query.before = cursor
    }
    if let limit = try numericParameter("limit") {
      guard (1...Int64(ActivityQuery.limitMax)).contains(limit) else {
        throw APIError(.invalidParameter, "the parameter `limit` is 1 to \(ActivityQuery.limitMax)")
      }
      query.limit = Int(limit)
    }
    return query
  }
}
