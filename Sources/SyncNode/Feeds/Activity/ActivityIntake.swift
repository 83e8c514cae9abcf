import CRDT

/// What was written to a room since it was told last: updates as they came, without a look into them.
struct ActivityIntake {
  /// Updates that are looked into at once: beside their bytes, each takes some time.
  static let updatesMax = 4096

  /// An update, and who wrote it; nil when another node tells that.
  struct Written {
    let author: ActivityAuthor?
    let update: [UInt8]
  }

  /// In the order in which they came.
  private(set) var written: [Written] = []
  private(set) var byteCount = 0
  /// What is not looked into, since it is too much: bytes by author.
  private(set) var large: [ActivityAuthor: Int] = [:]
  /// Whether something was written that is not in ``written``.
  private(set) var isIncomplete = false

  /// Whether there is anything to look into, or to tell.
  var isEmpty: Bool { written.isEmpty && large.isEmpty }

  /// Adds an update.
  ///
  /// - Parameter bytesMax: Bytes that are looked into.
  mutating func append(_ update: [UInt8], by author: ActivityAuthor?, bytesMax: Int) {
    guard written.count < ActivityIntake.updatesMax, update.count <= bytesMax - min(byteCount, bytesMax) else {
      isIncomplete = true
      if let author {
        let (sum, overflows) = (large[author] ?? 0).addingReportingOverflow(update.count)
        large[author] = overflows ? .max : sum
      }
      return
    }
    byteCount += update.count
    written.append(Written(author: author, update: update))
  }
}
