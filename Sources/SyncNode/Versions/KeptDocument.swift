import CRDT

/// A document with all that was deleted since its history began.
package struct KeptDocument {
  package let document: Document
  /// What was there before the history began, where it does not go back to the room's first update.
  private let beginning: HistoryEntry?

  /// - Parameter entries: The whole history of the room, the oldest entry first.
  /// - Throws: `damagedHistory`.
  package init(of entries: [HistoryEntry]) throws(VersionError) {
    do {
      document = try StoreReader.PastDocument(of: entries).document
    } catch {
      throw VersionError.damagedHistory("\(error)")
    }
    beginning = entries.first.flatMap { $0.author == .unknown ? $0 : nil }
  }

  /// The document as it was at a moment.
  ///
  /// - Throws: `shortHistory`.
  package func document(at snapshot: Snapshot) throws(VersionError) -> Document {
    try require(snapshot)
    var options = Document.Options()
    options.collectsGarbage = false
    do {
      return try document.restored(at: snapshot, options: options)
    } catch {
      throw VersionError.shortHistory
    }
  }

  /// The update that makes the document what it was at a moment; nil when it is that already.
  ///
  /// - Throws: `shortHistory`.
  package func update(restoring snapshot: Snapshot) throws(VersionError) -> [UInt8]? {
    try require(snapshot)
    var update: [UInt8]?
    let subscription = document.observeUpdates { update = $0.update }
    defer { subscription.cancel() }
    do {
      try document.restore(snapshot, except: document.knownVersions?.array)
    } catch {
      throw VersionError.shortHistory
    }
    return update
  }

  /// What had been deleted when the history began is not there any more.
  private func require(_ snapshot: Snapshot) throws(VersionError) {
    guard let beginning else { return }
    guard (try? snapshot.contains(beginning.update)) == true else { throw VersionError.shortHistory }
  }
}
