import CRDT
import SyncNode

extension Replica {
  /// The document of a room with all that was deleted since its history began.
  func keptDocument(of room: String) async throws -> KeptDocument {
    var entries: [HistoryEntry] = []
    guard try await readHistory(of: room, { entries.append($0) }) else {
      _ = try await document(of: room)
      throw Failure(.unreachable, "no history of `\(Output.printable(room))` in \(place)")
    }
    let kept = entries
    return try failing(in: room) { () throws(VersionError) in try KeptDocument(of: kept) }
  }
}

/// What `body` returns, with a failure that says what to do next.
func failing<Result>(
  in room: String, versions: [VersionHistory.Version] = [], _ body: () throws(VersionError) -> Result
) throws(Failure) -> Result {
  do {
    return try body()
  } catch {
    let place = "`\(Output.printable(room))`"
    switch error {
    case .unknown(let name):
      let advice = NearMisses(of: name, among: Array(Set(versions.compactMap(\.name))))
        .question(or: "list all with `syncctl version list \(Output.printable(room))`")
      throw Failure(.unreachable, "no version `\(Output.printable(name))` of \(place): \(advice)")
    case .noList:
      throw Failure(
        .refused, "the root `\(Document.versionRoot)` of the document is no list: it has no room for versions")
    case .shortHistory:
      throw Failure(
        .unreachable, "the history of \(place) does not go back as far: see `syncctl log \(Output.printable(room))`")
    case .damagedHistory(let reason):
      throw Failure(.check, "the history of \(place) is damaged (\(reason))")
    }
  }
}

extension Document {
  /// The latest version of a name.
  ///
  /// - Throws: ``Failure`` that says which may have been meant, when there is none.
  func version(named name: String, in room: String) throws(Failure) -> VersionHistory.Version {
    try failing(in: room, versions: versions) { () throws(VersionError) in try version(named: name) }
  }
}
