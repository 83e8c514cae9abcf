import CRDT
import Foundation
import Hummingbird
import NIOCore
import SyncNode

/// Documents and their versions, over HTTP.
///
/// ```
/// GET    /api/document?room=ROOM        the document as JSON, for whoever may read the room
///     &path=a/b/0                       what is at a path in it: see ``DocumentPath``
///     &version=NAME | &update=N | &time=MS   as it was: at a version, after an update, at a time in milliseconds since 1970
/// GET    /api/versions?room=ROOM        its versions, the oldest first
/// POST   /api/versions                  {"room", "name"}: gives this moment a name
/// POST   /api/versions/restore          {"room", and "version", "update" or "time"}: has it show what it showed, by a new change
/// DELETE /api/versions?room=&name=      takes the latest version of a name out of the list
/// ```
/// What is changed is changed by whom the grant is for, who must have the right to write in the room.
struct DocumentAPI: Sendable {
  private static let nameBytesMax = 256

  private struct NewVersion: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
      case room, name
    }

    let room: String
    let name: String

    init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let members = try decoder.container(keyedBy: CodingKeys.self)
      room = try members.decode(String.self, forKey: .room)
      name = try members.decode(String.self, forKey: .name)
    }
  }

  private struct Restoration: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
      case room, version, update, time
    }

    let room: String
    let version: String?
    let update: Int64?
    let time: Int64?

    init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let members = try decoder.container(keyedBy: CodingKeys.self)
      room = try members.decode(String.self, forKey: .room)
      version = try members.decodeIfPresent(String.self, forKey: .version)
      update = try members.decodeIfPresent(Int64.self, forKey: .update)
      time = try members.decodeIfPresent(Int64.self, forKey: .time)
    }
  }

  private struct Outcome: Encodable {
    let changed: Bool
  }

  let node: Node

  func addRoutes(to router: Router<NodeRequestContext>) {
    router.get("/api/document") { request, context in try await show(request, context) }
    router.get("/api/versions") { request, context in
      let room = try request.requiredParameter("room")
      try await context.requireAccess(.read, in: room, by: request, on: node)
      return try Response(json: try await read(room) { $0.versions.map { VersionReport($0) } })
    }
    router.post("/api/versions") { request, context in try await create(request, context) }
    router.post("/api/versions/restore") { request, context in try await restore(request, context) }
    router.delete("/api/versions") { request, context in try await remove(request, context) }
  }

  // MARK: Reading

  private func show(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let room = try request.requiredParameter("room")
    try await context.requireAccess(.read, in: room, by: request, on: node)
    let (moment, version) = (try request.moment(), try request.parameter("version"))
    guard moment == nil || version == nil else {
      throw APIError(.invalidParameter, "`version`, `update` and `time` exclude each other")
    }
    let path = try request.parameter("path").map { DocumentPath($0) }
    let show: @Sendable (Document) throws -> String = { document in
      guard let path, !path.steps.isEmpty else { return document.jsonString() }
      guard let content = path.content(in: document) else {
        throw APIError(.unknownPath, "there is nothing at this path of the document")
      }
      return content.jsonString()
    }
    let json: String
    if let version {
      json = try await history(of: room) { kept in
        let snapshot = try kept.document.version(named: version).snapshot
        return try show(kept.document(at: snapshot))
      }
    } else if let moment {
      json = try await readStore { try show(try NodeAPI.require($0.document(named: room, at: moment)).document) }
    } else {
      json = try await read(room, show)
    }
    return Response(
      status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: json + "\n")))
  }

  /// Reads a room's document: as it is stored, so that nobody who edits it waits.
  private func read<Result: Sendable>(
    _ room: String, _ body: @escaping @Sendable (Document) throws -> Result
  ) async throws -> Result {
    guard case .ephemeral = node.configuration.store else {
      return try await readStore { try body(try NodeAPI.require($0.document(named: room))) }
    }
    // Who asks for a room must not make it: without a store it would stay for ever.
    guard try await !node.roomReports([room]).isEmpty else { throw DocumentAPI.unknownRoom }
    return try await DocumentAPI.perform {
      try await node.open(room).read { document in
        guard !document.stateVector.clocks.isEmpty else { throw DocumentAPI.unknownRoom }
        return try body(document)
      }
    }
  }

  /// Reads a room's document with all that was deleted, beside those who edit it.
  private func history<Result: Sendable>(
    of room: String, _ body: @escaping @Sendable (KeptDocument) throws -> Result
  ) async throws -> Result {
    try await readStore { store in
      var entries: [HistoryEntry] = []
      guard try store.forEachEntry(of: room, { entries.append($0) }) else { throw DocumentAPI.unknownRoom }
      return try body(try KeptDocument(of: entries))
    }
  }

  private func readStore<Result: Sendable>(
    _ body: @escaping @Sendable (StoreReader) throws -> Result
  ) async throws -> Result {
    try await DocumentAPI.perform { try await NodeAPI.read { try await node.readStore(body) } }
  }

  // MARK: Writing

  private func create(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let body: NewVersion = try await request.jsonBody()
    let origin = try await context.requireEditor(of: body.room, by: request, on: node)
    guard (1...DocumentAPI.nameBytesMax).contains(body.name.utf8.count) else {
      throw APIError(.invalidBody, "`name` has 1 to \(DocumentAPI.nameBytesMax) bytes")
    }
    let version = try await edit(body.room, from: origin) { document in
      VersionReport(
        try document.versionHistory().create(
          name: body.name, author: origin.subject, date: (Date().timeIntervalSince1970 * 1000).rounded()))
    }
    return try Response(json: version, status: .created)
  }

  private func restore(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let body: Restoration = try await request.jsonBody()
    let origin = try await context.requireEditor(of: body.room, by: request, on: node)
    let update = try await restoration(body)
    guard let update else { return try Response(json: Outcome(changed: false)) }
    return try Response(json: Outcome(changed: try await merge(update, into: body.room, from: origin)))
  }

  /// The update that restores what was; nil when nothing has changed since.
  private func restoration(_ body: Restoration) async throws -> [UInt8]? {
    let room = body.room
    guard body.update ?? 0 >= 0, body.time ?? 0 >= 0 else {
      throw APIError(.invalidBody, "`update` and `time` are 0 or more")
    }
    switch (body.version, body.update, body.time) {
    case (let name?, nil, nil):
      return try await history(of: room) { kept in
        try kept.update(restoring: try kept.document.version(named: name).snapshot)
      }
    case (nil, let update?, nil):
      return try await restoration(of: room, at: .update(update))
    case (nil, nil, let time?):
      return try await restoration(of: room, at: .time(milliseconds: time))
    default:
      throw APIError(.invalidBody, "one of `version`, `update` and `time` says which moment")
    }
  }

  private func restoration(of room: String, at moment: StoreReader.Moment) async throws -> [UInt8]? {
    try await readStore { store in
      let past = try NodeAPI.require(store.document(named: room, at: moment))
      var entries: [HistoryEntry] = []
      _ = try store.forEachEntry(of: room) { entries.append($0) }
      return try KeptDocument(of: entries).update(restoring: past.document.snapshot)
    }
  }

  private func remove(_ request: Request, _ context: NodeRequestContext) async throws -> Response {
    let room = try request.requiredParameter("room")
    let name = try request.requiredParameter("name")
    let origin = try await context.requireEditor(of: room, by: request, on: node)
    try await edit(room, from: origin) { document in
      let version = try document.version(named: name)
      try document.versionHistory().remove(version)
    }
    return Response(status: .noContent)
  }

  /// Edits a copy of a document that is there, and merges what was changed, as any client does.
  private func edit<Result: Sendable>(
    _ room: String, from origin: ChangeOrigin, _ body: @escaping @Sendable (Document) throws -> Result
  ) async throws -> Result {
    let (update, result) = try await copy(of: room) { document in
      var updates: [[UInt8]] = []
      let subscription = document.observeUpdates { updates.append($0.update) }
      defer { subscription.cancel() }
      let result = try body(document)
      return (try Update.merge(updates), result)
    }
    _ = try await merge(update, into: room, from: origin)
    return result
  }

  private func copy<Result: Sendable>(
    of room: String, _ body: @escaping @Sendable (Document) throws -> Result
  ) async throws -> Result {
    guard case .ephemeral = node.configuration.store else { return try await read(room, body) }
    let update = try await read(room) { $0.encodeUpdate() }
    return try await DocumentAPI.perform {
      let document = Document()
      try document.apply(update)
      return try body(document)
    }
  }

  private func merge(_ update: [UInt8], into room: String, from origin: ChangeOrigin) async throws -> Bool {
    try await DocumentAPI.perform { try await node.open(room).merge(update, from: origin) }
  }

  // MARK: Failures

  private static let unknownRoom = APIError(.unknownRoom, "there is no such room")

  /// What `body` does, with its failures as answers.
  private static func perform<Result>(_ body: () async throws -> sending Result) async throws -> sending Result {
    do {
      return try await body()
    } catch let error as VersionError {
      switch error {
      case .unknown: throw APIError(.unknownVersion, "there is no version of this name")
      case .noList:
        throw APIError(
          .conflict, "the root `\(Document.versionRoot)` of the document is no list of versions",
          hint: "versions need that root: use another one for what is there")
      case .shortHistory:
        throw APIError(
          .conflict, "the history of the document does not go back as far", hint: "see /api/history for what is kept")
      case .damagedHistory:
        throw APIError(
          .unavailable, "the history of the document is damaged", hint: "check the store: `syncctl verify`")
      }
    } catch let error as UpdateRefusal {
      switch error.kind {
      case .invalid: throw APIError(.forbidden, error.description)
      case .outdated: throw APIError(.conflict, error.description)
      case .tooLarge: throw APIError(.contentTooLarge, error.description)
      }
    } catch is RoomError {
      throw APIError(.unavailable, "the room cannot be used now")
    }
  }
}

/// A version of a document as it is told, over HTTP and on the command line.
package struct VersionReport: Codable, Sendable {
  /// Nil where it has none.
  package let name: String?
  package let author: String?
  package let milliseconds: Double
  package let client: UInt64
  /// Units that were known then, and those of them that were deleted.
  package let units: UInt64
  package let deletedUnits: UInt64

  package init(_ version: VersionHistory.Version) {
    name = version.name
    author = version.author
    milliseconds = version.date
    client = version.clientID.rawValue
    units = version.snapshot.stateVector.clocks.reduce(0) { $0.addingWithoutOverflow($1.value) }
    deletedUnits = version.snapshot.deleteSet.unitCount
  }
}

extension IDSet {
  /// How many units it has.
  fileprivate var unitCount: UInt64 {
    clients.reduce(0) { sum, client in
      ranges(of: client).reduce(sum) { $0.addingWithoutOverflow($1.upperBound - $1.lowerBound) }
    }
  }
}

extension UInt64 {
  /// The sum, or the largest number: clients write what they like into versions.
  fileprivate func addingWithoutOverflow(_ other: UInt64) -> UInt64 {
    let (sum, isTooLarge) = addingReportingOverflow(other)
    return isTooLarge ? .max : sum
  }
}
