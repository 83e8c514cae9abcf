extension Update {
  /// One update that does what all of them do, in whatever order they are.
  ///
  /// Where a client's units are missing between those that the updates have, the result says so; what the updates say of
  /// that is not kept. Of structs that overlap, the first is kept as it is, and of the others what is beyond it. A single
  /// update comes back unchanged. The result is what `mergeUpdates` of Yjs gives, but for clients' order in the delete set
  /// (descending, as in newer versions) and where one update has a struct that another one has collected.
  ///
  /// - Throws: ``UpdateError``, with its offset in the update that is wrong.
  /// - Complexity: O(*n* log *k*) for *k* updates with *n* structs, and O(*m* log *m*) in the deletions.
  public static func merge(_ updates: [[UInt8]], format: UpdateFormat = .v1) throws(UpdateError) -> [UInt8] {
    if updates.count == 1 {
      try withParsed(updates[0], format: format) { _ in }
      return updates[0]
    }
    var input = ByteWriter(capacity: updates.reduce(16) { $0 + $1.count })
    var ends: [Int] = []
    ends.reserveCapacity(updates.count)
    for update in updates {
      try update.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
        switch format {
        case .v1: input.writeBytes(bytes)
        case .v2: try UpdateV2Reader.convertToV1(bytes).withBytes { input.writeBytes($0) }
        }
      }
      ends.append(input.count)
    }
    return try input.withBytes { bytes throws(UpdateError) in
      var merger = UpdateMerger()
      var start = 0
      for end in ends {
        try merger.add(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
      }
      return encode(format) { merger.merge(into: $0) }
    }
  }
}
