import CRDT
import NIOPosix
import SyncHTTP
import SyncNode

/// A relay that runs: its documents as any client has them, and what it stores by its interface over HTTP.
struct NodeReplica: Replica {
  let address: NodeAddress
  /// What is shown for the right to see it; nil where nobody asks.
  let token: String?
  /// Who must vouch for its certificate; nil for those whom the system trusts.
  let trustRootsFile: String?

  var place: String { address.description }

  func rooms(named name: String?) async throws -> [RoomReport] {
    try await get(NodeAPI.Path.rooms, name.map { [("room", $0)] } ?? []) ?? []
  }

  func storedDocument(of room: String) async throws -> Document? {
    let document = try await client(of: room) { try await $0.document() }
    guard document.isEmpty else { return document }
    // A room that nobody has written to is there when the relay says so; not everybody may ask it.
    return try? await rooms(named: room).isEmpty ? nil : document
  }

  func storedDocument(of room: String, at moment: StoreReader.Moment) async throws -> StoreReader.PastDocument? {
    let end: (String, String) =
      switch moment {
      case .update(let number): ("update", "\(number)")
      case .time(let milliseconds): ("time", "\(milliseconds)")
      }
    var entries: [HistoryEntry] = []
    guard try await readHistory(of: room, through: end, { entries.append($0) }) else { return nil }
    do {
      return try StoreReader.PastDocument(of: entries)
    } catch {
      throw Failure(.check, "the history of `\(Output.printable(room))` is damaged (\(error))")
    }
  }

  func readHistory(of room: String, _ body: (HistoryEntry) throws -> Void) async throws -> Bool {
    guard let report = try await rooms(named: room).first else { return false }
    // What is written meanwhile is left out, so that no moment grows between two pages.
    return try await readHistory(of: room, through: ("update", "\(report.stored?.updates ?? 0)"), body)
  }

  private func readHistory(
    of room: String, through end: (String, String), _ body: (HistoryEntry) throws -> Void
  ) async throws -> Bool {
    var last: Int64 = 0
    while true {
      let after = last
      let query = [("room", room), ("after", "\(after)"), end]
      guard let page: NodeAPI.HistoryPage = try await get(NodeAPI.Path.history, query) else { return false }
      for entry in page.entries {
        guard let entry = HistoryEntry(entry), entry.moment.upperBound > after, entry.moment.upperBound >= last else {
          throw Failure(.check, "the history that \(place) tells contradicts itself")
        }
        last = entry.moment.upperBound
        try body(entry)
      }
      if page.isLast || page.entries.isEmpty { return true }
    }
  }

  func storedCopies(of room: String) async throws -> [DocumentCopy] {
    let copies: [NodeAPI.Copy] = try await get(NodeAPI.Path.copies, [("room", room)]) ?? []
    return copies.map { DocumentCopy(number: $0.number, milliseconds: $0.milliseconds, update: [UInt8]($0.update)) }
  }

  func verify(_ progress: Progress) async throws -> StoreVerification {
    var result: StoreVerification?
    try await forEachLine(at: NodeAPI.Path.verification) { (event: NodeAPI.VerificationEvent) in
      if let failure = event.failure { throw Failure(.check, "\(place) cannot check its store: \(failure)") }
      // A relay may say any number.
      if let room = event.progress, room.done >= 0, room.done < room.count {
        progress.note("reading room", room.done, of: room.count, room.room)
      }
      result = event.verification ?? result
    }
    guard let result else { throw Failure(.unreachable, "\(place) ended before its store was checked: try it again") }
    return result
  }

  func edit(_ room: String, _ body: (Document) throws -> Void) async throws -> RoomChange {
    try await change(room) { document in
      var updates: [[UInt8]] = []
      let subscription = document.observeUpdates { updates.append($0.update) }
      defer { subscription.cancel() }
      try document.transact { try body(document) }
      return updates
    }
  }

  func merge(_ update: [UInt8], into room: String) async throws -> RoomChange {
    try await change(room) { document in
      let pending = document.pending
      var isNew = false
      let subscription = document.observeUpdates { _ in isNew = true }
      defer { subscription.cancel() }
      try document.apply(update)
      // What has to wait is in no event.
      return isNew || document.pending != pending ? [update] : []
    }
  }

  func write(to rooms: [String], _ document: (Int) throws -> ImportedDocument) async throws -> [RoomChange] {
    var changes: [RoomChange] = []
    for (index, room) in rooms.enumerated() { changes.append(try await document(index).write(to: room, of: self)) }
    return changes
  }

  /// - Parameter body: Changes the document, and returns the updates that do.
  private func change(_ room: String, _ body: (Document) throws -> [[UInt8]]) async throws -> RoomChange {
    try await client(of: room) { client in
      let document = try await client.document()
      let isNewRoom = document.isEmpty
      let updates = try body(document)
      for update in updates { try await client.write(update) }
      let bytes = updates.reduce(0) { $0 + $1.count }
      return RoomChange(isNewRoom: isNewRoom && bytes > 0, bytes: bytes, isPending: document.pending != nil)
    }
  }

  func status() async throws -> ReplicaStatus {
    guard let status: StatusReport = try await get(NodeAPI.Path.status) else { throw notRelay }
    return ReplicaStatus(
      node: status.node, storeFailure: status.storeFailure, links: status.links,
      replication: status.replication.map {
        ReplicaStatus.Room(
          room: $0.room, peer: $0.peer, ahead: $0.ahead, behind: $0.behind, isConnected: $0.isConnected)
      })
  }

  // MARK: Connections

  /// What `body` does as a client of a room.
  func client<Result>(
    of room: String, _ body: (RoomClient) async throws -> sending Result
  ) async throws -> sending Result {
    do {
      return try await RoomClient.open(
        room, at: address.webSocket(), token: token ?? "", trustRoots: trustRootsFile.map { try .file($0) } ?? .system,
        on: MultiThreadedEventLoopGroup.singleton, body)
    } catch let error as RoomClientError {
      let place = "`\(Output.printable(room))` at \(place)"
      switch error.code {
      case .refused: throw Failure(.refused, "\(place) is refused: \(error)")
      case .unreachable: throw Failure(.unreachable, "\(place): \(error)")
      case .unreadable: throw Failure(.check, "\(place): \(error)")
      }
    } catch let error as TLSError {
      throw Failure(.unreachable, "\(error)")
    } catch let error as PeerAddressError {
      throw Failure(.usage, "\(error)")
    }
  }
}

extension Document {
  /// Whether nothing was ever written to it.
  fileprivate var isEmpty: Bool { stateVector.clocks.isEmpty && pending == nil }
}
