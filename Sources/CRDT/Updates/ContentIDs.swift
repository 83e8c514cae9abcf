/// The units that an update brings, and those that it deletes.
public struct ContentIDs: Equatable, Sendable {
  /// The units that it brings, also those of which nothing but the clock is left.
  public var insertions: IDSet
  /// The units that it deletes.
  public var deletions: IDSet

  /// The units of `insertions` and `deletions`.
  public init(insertions: IDSet = IDSet(), deletions: IDSet = IDSet()) {
    self.insertions = insertions
    self.deletions = deletions
  }

  /// Adds all that `other` brings and deletes.
  public mutating func formUnion(_ other: ContentIDs) {
    insertions.formUnion(other.insertions)
    deletions.formUnion(other.deletions)
  }

  /// What `other` neither brings nor deletes.
  public func subtracting(_ other: ContentIDs) -> ContentIDs {
    ContentIDs(
      insertions: insertions.subtracting(other.insertions), deletions: deletions.subtracting(other.deletions))
  }
}

extension Update {
  /// The units that an update brings, and those that it deletes.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public static func contentIDs(of update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> ContentIDs {
    try withParsed(update, format: format) { parsed in
      var ids = ContentIDs(deletions: IDSet(parsed.deletions))
      for index in 0..<parsed.sections.count {
        let section = parsed.sections[index]
        for position in Int(section.firstStruct)..<Int(section.endStruct) where !parsed.structs[position].isSkip {
          let clocks = Clock(parsed.structs[position].clock)..<Clock(parsed.structs[position].end)
          ids.insertions.insert(clocks, of: ClientID(rawValue: section.client))
        }
      }
      return ids
    }
  }
}
