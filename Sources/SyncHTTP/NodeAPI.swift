import Foundation
import Hummingbird
import NIOCore
import SyncNode

/// What a node tells over HTTP of itself and of what it holds, as JSON.
///
/// ```
/// GET /statusz                    how the node is
/// GET /api/rooms                  all rooms: what is stored of each, and how it is used
/// GET /api/rooms?room=ROOM        one of them, or none
/// GET /api/history?room=ROOM      who wrote what: a page, the oldest first
///     &after=UPDATE               the page behind this update
///     &update=UPDATE | &time=MS   nothing behind this update, or this time in milliseconds since 1970
/// GET /api/copies?room=ROOM       what was put aside of the room
/// GET /api/verification           checks the store: a line of JSON each second, and one with the result
/// … /api/notifications            see ``NotificationAPI``
/// GET /api/activity, POST         who did what in a project: see ``ActivityAPI``
/// … /api/metrics, /api/alerts     what is measured
/// … /api/document, /api/versions  documents as JSON, and their versions: see `DocumentAPI`
/// … /api/tokens, /api/webhooks    see `TokenAPI` and ``WebhookAPI``
/// ```
/// All of it is described by `OpenAPI/openapi.json`, which is served at `/api/openapi.json`. Nothing changes anything but where it
/// says so. Documents are edited as any client does, over WebSockets.
///
/// Failures have a status, and say why as `{"error": {"code": "…", "message": "…", "hint": "…"}}`: 400 for a request that makes no sense, 401 and 403
/// where access is refused, 404 when there is no such room, 503 when the store cannot be read or documents are kept in
/// memory only.
public struct NodeAPI: Sendable {
  /// Where what is told is.
  package enum Path {
    package static let status = "/statusz"
    package static let rooms = "/api/rooms"
    package static let history = "/api/history"
    package static let copies = "/api/copies"
    package static let verification = "/api/verification"
  }

  /// A page of a room's history.
  package struct HistoryPage: Codable, Sendable {
    /// What one author wrote within a moment: see ``SyncNode/HistoryEntry``.
    package struct Entry: Codable, Sendable {
      let first: Int64
      let last: Int64
      let updates: Int
      let subject: String?
      let source: String
      let startMilliseconds: Int64
      let endMilliseconds: Int64
      /// In format V1; base64 in JSON.
      let update: Data
    }

    /// Whole moments.
    package let entries: [Entry]
    /// Whether nothing came after them.
    package let isLast: Bool
  }

  /// What was put aside of a room.
  package struct Copy: Codable, Sendable {
    package let number: Int64
    package let milliseconds: Int64
    /// In format V1; base64 in JSON.
    package let update: Data
  }

  /// About how many bytes of updates a page of history has.
  private static let pageBytes = 4 << 20

  let node: Node
  let tls: TLSIdentity?

  func addRoutes(to router: Router<NodeRequestContext>) {
    NotificationAPI(node: node).addRoutes(to: router)
    ActivityAPI(node: node).addRoutes(to: router)
    router.get("\(Path.status)") { [node, tls] request, context in
      // It names rooms and nodes.
      try await context.requireAdministrator(by: request, on: node)
      return try Response(json: try await NodeAPI.read { try await StatusReport(node, tls: tls) })
    }
    router.get("\(Path.rooms)") { [node] request, context in
      let room = try request.parameter("room")
      try await context.requireAdministrator(of: room, by: request, on: node)
      return try Response(json: try await NodeAPI.read { try await node.roomReports(room.map { [$0] }) })
    }
    router.get("\(Path.history)") { [node] request, context in
      let room = try request.requiredParameter("room")
      try await context.requireAdministrator(of: room, by: request, on: node)
      let after = try request.numericParameter("after") ?? 0
      let end = try request.moment()
      let page = try await NodeAPI.read {
        try await node.readStore { store in
          try store.historyPage(of: room, after: after, through: end, ofAbout: NodeAPI.pageBytes)
        }
      }
      return try Response(json: HistoryPage(try NodeAPI.require(page)))
    }
    router.get("\(Path.copies)") { [node] request, context in
      let room = try request.requiredParameter("room")
      try await context.requireAdministrator(of: room, by: request, on: node)
      let copies = try await NodeAPI.read { try await node.readStore { try $0.copies(of: room) } }
      return try Response(
        json: copies.map { Copy(number: $0.number, milliseconds: $0.milliseconds, update: Data($0.update)) })
    }
    router.get("\(Path.verification)") { [node] request, context in
      try await context.requireAdministrator(by: request, on: node)
      // What cannot be opened is told by the status, which goes before all else.
      try await NodeAPI.read { try await node.readStore { _ in } }
      return Response(
        status: .ok, headers: [.contentType: "application/x-ndjson"],
        body: .init { writer in
          try await NodeAPI.verifyStore(of: node) { try await writer.write(NodeAPI.line($0)) }
          try await writer.finish(nil)
        })
    }
  }

  static func require<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw APIError(.unknownRoom, "there is no such room") }
    return value
  }

  /// What `body` reads; a failure of the store is the node's, and no path of a file is told.
  static func read<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as StoreError {
      guard error.code == .missing else { throw APIError(.unavailable, "the store cannot be read") }
      throw APIError(.storeInMemory, "documents are kept in memory only")
    } catch is RoomError {
      throw APIError(.unavailable, "the room cannot be used now")
    }
  }
}

extension NodeAPI.HistoryPage {
  init(_ page: StoreReader.HistoryPage) {
    entries = page.entries.map { entry in
      Entry(
        first: entry.moment.lowerBound, last: entry.moment.upperBound, updates: entry.updates,
        subject: entry.author.subject, source: entry.author.source, startMilliseconds: entry.milliseconds.lowerBound,
        endMilliseconds: entry.milliseconds.upperBound, update: Data(entry.update))
    }
    isLast = page.isLast
  }
}

extension HistoryEntry {
  /// An entry as it came over HTTP; nil when it contradicts itself.
  package init?(_ entry: NodeAPI.HistoryPage.Entry) {
    guard entry.first <= entry.last, entry.startMilliseconds <= entry.endMilliseconds else { return nil }
    self.init(
      moment: entry.first...entry.last, updates: entry.updates,
      author: Author(subject: entry.subject, source: entry.source),
      milliseconds: entry.startMilliseconds...entry.endMilliseconds, update: [UInt8](entry.update))
  }
}
