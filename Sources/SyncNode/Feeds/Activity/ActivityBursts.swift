import CRDT

/// What authors are writing at, place by place: what goes on without a pause is one entry that grows.
struct ActivityBursts {
  /// Places that are remembered; those where the least was done lately are forgotten first.
  static let countMax = 256

  private struct Place: Hashable {
    let author: ActivityAuthor
    let path: String?
  }

  fileprivate struct Burst {
    var entry: ActivityEntry
    /// The units that came, as far as they are told.
    var units: IDSet
    var unitCount: UInt64
  }

  /// What bounds an entry.
  struct Bounds {
    let pauseMilliseconds: Int64
    let durationMilliseconds: Int64
    let textBytesMax: Int
    let pathBytesMax: Int
  }

  /// An entry that is to be told.
  struct Told {
    let entry: ActivityEntry
    /// Whether it takes the place of one that was told before.
    let hasGrown: Bool
  }

  private var bursts: [Place: Burst] = [:]

  /// Adds what an author did.
  ///
  /// - Parameters:
  ///   - milliseconds: Now, since 1970.
  ///   - deletions: All that was ever deleted in the document.
  ///   - makeID: Makes an identifier.
  mutating func add(
    _ change: ActivityChange, by author: ActivityAuthor, at milliseconds: Int64, in document: Document,
    deletions: IDSet, _ bounds: Bounds, makeID: () -> String
  ) -> Told {
    let place = Place(author: author, path: change.path)
    let known = bursts[place].flatMap { takes(milliseconds, change, $0, bounds) ? $0 : nil }
    var burst =
      known
      ?? Burst(
        entry: ActivityEntry(
          id: makeID(), kind: .edited, author: author, milliseconds: milliseconds,
          path: change.path?.clipped(toBytes: bounds.pathBytesMax)),
        units: IDSet(), unitCount: 0)
    burst.entry.milliseconds = milliseconds
    burst.entry.inserted = burst.entry.inserted.addingClamped(change.inserted)
    burst.entry.deleted = burst.entry.deleted.addingClamped(change.deleted)
    burst.entry.formats = burst.entry.formats.addingClamped(change.formats)
    burst.entry.bytes = burst.entry.bytes.addingClamped(change.bytes)
    burst.entry.places = max(burst.entry.places, change.places)
    // Of a key only its last value is there.
    if change.key != nil { burst.removeUnits() }
    burst.add(change.units, countMax: UInt64(bounds.textBytesMax))
    burst.entry.text = ActivityExcerpt.text(
      of: burst.units.subtracting(deletions), key: change.key, in: document, bytesMax: bounds.textBytesMax)
    bursts[place] = burst
    return Told(entry: burst.entry, hasGrown: known != nil)
  }

  /// Whether a change belongs to a burst. A clock may have been set back.
  private func takes(_ milliseconds: Int64, _ change: ActivityChange, _ burst: Burst, _ bounds: Bounds) -> Bool {
    let entry = burst.entry
    let room = UInt64(bounds.textBytesMax)
    return milliseconds >= entry.milliseconds && milliseconds - entry.milliseconds <= bounds.pauseMilliseconds
      && milliseconds - entry.sinceMilliseconds <= bounds.durationMilliseconds
      && (change.units.isEmpty || change.key != nil || burst.unitCount < room)
  }

  /// Forgets the places where nobody has written for so long that what comes is another entry.
  mutating func removeEnded(at milliseconds: Int64, _ bounds: Bounds) {
    bursts = bursts.filter { milliseconds - $0.value.entry.milliseconds <= bounds.pauseMilliseconds }
    guard bursts.count > ActivityBursts.countMax else { return }
    let oldest = bursts.sorted { $0.value.entry.cursor < $1.value.entry.cursor }
    for (place, _) in oldest.prefix(bursts.count - ActivityBursts.countMax) { bursts[place] = nil }
  }

  mutating func removeAll() { bursts = [:] }
}

extension ActivityBursts.Burst {
  fileprivate mutating func removeUnits() {
    units = IDSet()
    unitCount = 0
  }

  /// Notes units that came, as many as there is room for.
  fileprivate mutating func add(_ new: IDSet, countMax: UInt64) {
    for (client, clocks) in new {
      let count = min(clocks.upperBound - clocks.lowerBound, countMax - min(unitCount, countMax))
      guard count > 0 else { return }
      units.insert(clocks.lowerBound..<clocks.lowerBound + count, of: client)
      unitCount += count
    }
  }
}
