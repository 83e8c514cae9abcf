import CRDT
import SyncHTTP
import SyncNode

/// What holds documents: a store, at rest or beside the relay that writes it, or a relay that runs.
protocol Replica: Sendable {
  /// Where it is, for messages.
  var place: String { get }

  /// The room of a name, or all by their names.
  func rooms(named name: String?) async throws -> [RoomReport]

  /// The document of a room; nil when there is no such room.
  func storedDocument(of room: String) async throws -> Document?

  /// The document of a room as it was; nil when there is no such room.
  func storedDocument(of room: String, at moment: StoreReader.Moment) async throws -> StoreReader.PastDocument?

  /// Hands over the history of a room, the oldest entry first.
  ///
  /// - Returns: Whether there is such a room.
  func readHistory(of room: String, _ body: (HistoryEntry) throws -> Void) async throws -> Bool

  /// How far others are.
  func status() async throws -> ReplicaStatus

  /// Checks all that is stored.
  func verify(_ progress: Progress) async throws -> StoreVerification

  /// What was put aside of a room.
  func storedCopies(of room: String) async throws -> [DocumentCopy]

  /// A page of what was done in a project.
  func activity(of feed: FeedRoom, _ query: ActivityQuery) async throws -> ActivityPage

  /// Tells of something in a project.
  func record(_ event: ActivityAPI.Event, in feed: FeedRoom) async throws -> ActivityEntry

  /// Changes the document of a room, which is made when there is none. Nothing is changed when `body` throws.
  func edit(_ room: String, _ body: (Document) throws -> Void) async throws -> RoomChange

  /// Merges an update in format V1 into a room, which is made when there is none.
  func merge(_ update: [UInt8], into room: String) async throws -> RoomChange

  /// Tells a user something.
  func notify(user: String, _ draft: NotificationDraft) async throws -> NotificationAPI.Outcome

  /// Brings a document into each room: a store takes all of them, or none when `document` throws.
  ///
  /// - Parameter document: What is brought into the room of an index.
  func write(to rooms: [String], _ document: (Int) throws -> ImportedDocument) async throws -> [RoomChange]
}

/// How far other relays are, as a replica knows.
struct ReplicaStatus {
  /// A room that has been replicated with another relay.
  struct Room: Encodable {
    let room: String
    /// The other relay.
    let peer: String
    /// Updates that the other is not known to have stored.
    let ahead: Int64
    /// Of a relay that runs: units that the other was last heard to have beyond.
    let behind: UInt64?
    /// Of a relay that runs: whether the room is open with the other.
    let isConnected: Bool?
  }

  /// Of a relay that runs: who it is.
  let node: String?
  /// Why nothing is stored; nil while it is.
  let storeFailure: String?
  /// Of a relay that runs: the connections that it keeps to others.
  let links: [StatusReport.Link]?
  let replication: [Room]
}

/// What a command did to a room.
struct RoomChange {
  /// Whether the room was not there before.
  let isNewRoom: Bool
  /// Bytes that were written; 0 when all was there already.
  let bytes: Int
  /// Whether something in the room waits for updates that are not there.
  let isPending: Bool

  /// What was done, in a few words.
  var summary: String {
    let news = isNewRoom ? "created, \(bytes) bytes" : bytes == 0 ? "nothing new" : "\(bytes) bytes"
    return isPending ? "\(news); something waits for updates that are not there" : news
  }
}

extension RoomChange {
  init(_ change: StoreTransaction.Change) {
    self.init(isNewRoom: change.isNewRoom, bytes: change.bytes, isPending: change.isPending)
  }
}

extension Replica {
  /// The named rooms, or all where none is named.
  ///
  /// - Throws: ``Failure`` when there is no room of a name.
  func rooms(_ names: [String]) async throws -> [RoomReport] {
    if names.count == 1 {
      let rooms = try await rooms(named: names[0])
      return rooms.isEmpty ? [try await require(nil, names[0])] : rooms
    }
    let rooms = try await rooms(named: nil)
    guard !names.isEmpty else { return rooms }
    if let name = Set(names).subtracting(rooms.map(\.name)).min() { throw missing(name, among: rooms.map(\.name)) }
    return rooms.filter { names.contains($0.name) }
  }

  /// The document of a room.
  ///
  /// - Throws: ``Failure`` when there is no such room.
  func document(of room: String) async throws -> Document { try await require(storedDocument(of: room), room) }

  /// The document of a room, or what was put aside of it as the copy of a number.
  func document(of room: String, copy number: Int64?) async throws -> Document {
    guard let number else { return try await document(of: room) }
    guard let copy = try await copies(of: room).first(where: { $0.number == number }) else {
      throw Failure(.unreachable, "no copy \(number) of `\(Output.printable(room))`: list all with `syncctl copies`")
    }
    let document = Document()
    do {
      try document.apply(copy.update)
    } catch {
      throw Failure(.unreachable, "copy \(number) in \(place) is damaged (\(error))")
    }
    return document
  }

  /// The document of a room as it was; says on stderr which moment that is where it is not the one that was asked for.
  func document(of room: String, at moment: MomentArgument) async throws -> Document {
    switch moment.kind {
    case .moment(let moment):
      let past = try await require(storedDocument(of: room, at: moment), room)
      try moment.check(past, room: room)
      return past.document
    case .version(let name):
      let kept = try await keptDocument(of: room)
      let snapshot = try kept.document.version(named: name, in: room).snapshot
      return try failing(in: room) { () throws(VersionError) in try kept.document(at: snapshot) }
    }
  }

  /// What was put aside of a room.
  func copies(of room: String) async throws -> [DocumentCopy] {
    let copies = try await storedCopies(of: room)
    if copies.isEmpty { _ = try await document(of: room) }
    return copies
  }

  /// Hands over the history of `room`, the oldest entry first, each with the units that it was the first to bring or to
  /// delete: a client that comes back tells all deletions that it knows of, and some tell more.
  func forEachEntry(
    of room: String, _ body: (HistoryEntry, _ news: ContentIDs) throws -> Void
  ) async throws {
    var known = ContentIDs()
    let isThere = try await readHistory(of: room) { entry in
      let ids: ContentIDs
      do {
        ids = try Update.contentIDs(of: entry.update)
      } catch {
        let place = "the history of `\(Output.printable(room))` up to update \(entry.moment.upperBound)"
        throw Failure(.check, "\(place) is damaged (\(error)): look into the store with `syncctl verify`")
      }
      try body(entry, ids.subtracting(known))
      known.formUnion(ids)
    }
    _ = try await require(isThere ? true : nil, room)
  }

  /// - Throws: ``Failure`` that says which rooms may have been meant, when nothing was found.
  private func require<Found>(_ found: Found?, _ room: String) async throws -> Found {
    if let found { return found }
    // Who may not list the rooms is told as much as they may know.
    throw missing(room, among: (try? await rooms(named: nil).map(\.name)) ?? [])
  }

  private func missing(_ room: String, among rooms: [String]) -> Failure {
    let advice = NearMisses(of: room, among: rooms).question(
      or: "list all with `syncctl rooms`, or make it with `syncctl import`")
    return Failure(.unreachable, "no room `\(Output.printable(room))` in \(place): \(advice)")
  }
}
