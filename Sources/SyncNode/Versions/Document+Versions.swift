import CRDT

/// Why there is no such version, or nothing to show of it.
package enum VersionError: Error, Equatable {
  /// The document has no version of the name.
  case unknown(String)
  /// The root where versions are kept is something else than a list.
  case noList
  /// The history does not go back as far.
  case shortHistory
  /// The history cannot be read.
  case damagedHistory(String)
}

/// The versions of a document, where nodes and `syncctl` keep them.
extension Document {
  package static let versionRoot = "versions"

  /// The list of versions; nil where the document has none.
  package var knownVersions: VersionHistory? {
    let root = roots.first { $0.name == Document.versionRoot }
    return root?.content.array == nil ? nil : VersionHistory(self, root: Document.versionRoot)
  }

  /// The versions, the oldest first.
  package var versions: [VersionHistory.Version] { knownVersions?.versions ?? [] }

  /// The list of versions, where one can be added.
  ///
  /// - Throws: `noList`.
  package func versionHistory() throws(VersionError) -> VersionHistory {
    if let known = knownVersions { return known }
    guard !roots.contains(where: { $0.name == Document.versionRoot }) else { throw VersionError.noList }
    return VersionHistory(self, root: Document.versionRoot)
  }

  /// The latest version of a name.
  ///
  /// - Throws: `unknown`.
  package func version(named name: String) throws(VersionError) -> VersionHistory.Version {
    guard let version = versions.last(where: { $0.name == name }) else { throw VersionError.unknown(name) }
    return version
  }
}
