import CRDT
import SyncNode

/// A document with all that was deleted since its history began.
struct KeptDocument {
  let document: Document
  private let room: String
  /// What was there before the history began, where it does not go back to the room's first update.
  private let beginning: HistoryEntry?

  /// - Parameter entries: The whole history of the room, the oldest entry first.
  init(of entries: [HistoryEntry], room: String) throws(Failure) {
    do {
      document = try StoreReader.PastDocument(of: entries).document
    } catch {
      throw Failure(.check, "the history of `\(Output.printable(room))` is damaged (\(error))")
    }
    self.room = room
    beginning = entries.first.flatMap { $0.author == .unknown ? $0 : nil }
  }

  /// The latest version of a name.
  ///
  /// - Throws: ``Failure`` when there is none.
  func version(named name: String) throws(Failure) -> VersionHistory.Version {
    try document.version(named: name, in: room)
  }

  /// The document as it was at a moment.
  ///
  /// - Throws: ``Failure`` when the history does not go back as far.
  func document(at snapshot: Snapshot) throws(Failure) -> Document {
    try require(snapshot)
    var options = Document.Options()
    options.collectsGarbage = false
    do {
      return try document.restored(at: snapshot, options: options)
    } catch {
      throw incomplete
    }
  }

  /// The update that makes the document what it was at a moment; nil when it is that already.
  ///
  /// - Throws: ``Failure`` when the history does not go back as far.
  func update(restoring snapshot: Snapshot) throws(Failure) -> [UInt8]? {
    try require(snapshot)
    var update: [UInt8]?
    let subscription = document.observeUpdates { update = $0.update }
    defer { subscription.cancel() }
    do {
      try document.restore(snapshot, except: document.versionHistory()?.array)
    } catch {
      throw incomplete
    }
    return update
  }

  /// What had been deleted when the history began is not there any more.
  private func require(_ snapshot: Snapshot) throws(Failure) {
    guard let beginning else { return }
    guard (try? snapshot.contains(beginning.update)) == true else { throw incomplete }
  }

  private var incomplete: Failure {
    Failure(
      .unreachable,
      "the history of `\(Output.printable(room))` does not go back as far: see `syncctl log \(Output.printable(room))`")
  }
}

extension Replica {
  /// The document of a room with all that was deleted since its history began.
  func keptDocument(of room: String) async throws -> KeptDocument {
    var entries: [HistoryEntry] = []
    guard try await readHistory(of: room, { entries.append($0) }) else {
      _ = try await document(of: room)
      throw Failure(.unreachable, "no history of `\(Output.printable(room))` in \(place)")
    }
    return try KeptDocument(of: entries, room: room)
  }
}

// MARK: Versions in documents

extension Document {
  private static let versionRoot = "versions"

  /// The versions of the document; nil where it has no list of them.
  fileprivate func versionHistory() -> VersionHistory? {
    let root = roots.first { $0.name == Document.versionRoot }
    return root?.content.array == nil ? nil : VersionHistory(self, root: Document.versionRoot)
  }

  /// The versions of the document, the oldest first.
  var versions: [VersionHistory.Version] { versionHistory()?.versions ?? [] }

  /// Where versions are kept.
  ///
  /// - Throws: ``Failure`` when the root is something else.
  func requireVersionHistory() throws(Failure) -> VersionHistory {
    if let history = versionHistory() { return history }
    guard !roots.contains(where: { $0.name == Document.versionRoot }) else {
      throw Failure(
        .refused, "the root `\(Document.versionRoot)` of the document is no list: it has no room for versions")
    }
    return VersionHistory(self, root: Document.versionRoot)
  }

  /// The latest version of a name.
  ///
  /// - Throws: ``Failure`` when there is none.
  func version(named name: String, in room: String) throws(Failure) -> VersionHistory.Version {
    let versions = versions
    if let version = versions.last(where: { $0.name == name }) { return version }
    let known = NearMisses(of: name, among: Array(Set(versions.compactMap(\.name)))).names.map {
      "`\(Output.printable($0))`"
    }
    let advice =
      known.isEmpty
      ? "list all with `syncctl version list \(Output.printable(room))`"
      : "did you mean \(known.joined(separator: " or "))?"
    throw Failure(.unreachable, "no version `\(Output.printable(name))` of `\(Output.printable(room))`: \(advice)")
  }
}
