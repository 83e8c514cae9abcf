/// Which deleted units were brought back by an undo, and as which units.
///
/// Undoing a deletion writes a copy. An entry leads from what was copied, one item of Yjs, to the copy; it is never
/// joined with another one, since such items stay apart on the wire. Most clients have no entries.
struct RedoneTable: ~Copyable {
  struct Entry {
    var clock: UInt32
    var count: UInt32
    /// The copy's first unit.
    var copy: UnitID

    var end: UInt32 { clock &+ count }
  }

  /// In the order of their clocks, and disjoint.
  private var entries: [Entry] = []

  var isEmpty: Bool { @inline(__always) get { entries.isEmpty } }

  /// All entries, in the order of their clocks.
  var all: [Entry] { entries }

  /// The number of entries that end at or before `clock`.
  private func firstIndex(endingAfter clock: UInt32) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].end <= clock { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The unit that a unit was brought back as.
  ///
  /// - Complexity: O(log *n*) in the entries.
  func copy(of clock: UInt32) -> UnitID? {
    if entries.isEmpty { return nil }
    let index = firstIndex(endingAfter: clock)
    guard index < entries.count, entries[index].clock <= clock else { return nil }
    let entry = entries[index]
    return UnitID(client: entry.copy.client, clock: entry.copy.clock &+ (clock &- entry.clock))
  }

  /// Whether an entry starts or ends before `clock`.
  @inline(__always)
  func isBoundary(_ clock: UInt32) -> Bool {
    !entries.isEmpty && clock > 0 && firstBoundary(after: clock - 1, before: clock + 1) == clock
  }

  /// The first place behind `clock` and before `end` at which an entry starts or ends; `end` if there is none.
  func firstBoundary(after clock: UInt32, before end: UInt32) -> UInt32 {
    if entries.isEmpty { return end }
    let index = firstIndex(endingAfter: clock)
    guard index < entries.count else { return end }
    let entry = entries[index]
    return min(end, entry.clock > clock ? entry.clock : entry.end)
  }

  /// The last place at or before `clock` and behind `start` at which an entry starts or ends; `start` if there is none.
  func lastBoundary(upTo clock: UInt32, after start: UInt32) -> UInt32 {
    if entries.isEmpty { return start }
    let index = firstIndex(endingAfter: clock)
    if index < entries.count && entries[index].clock <= clock { return max(start, entries[index].clock) }
    return index > 0 ? max(start, entries[index - 1].end) : start
  }

  /// Notes that the units of one item were brought back.
  ///
  /// - Precondition: They were not before.
  mutating func insert(_ entry: Entry) { entries.insert(entry, at: firstIndex(endingAfter: entry.clock)) }

  /// Parts an entry that goes over the boundary before `clock`, for good.
  mutating func split(before clock: UInt32) {
    let index = firstIndex(endingAfter: clock)
    guard index < entries.count, entries[index].clock < clock else { return }
    var right = entries[index]
    let offset = clock - right.clock
    right.clock += offset
    right.count -= offset
    right.copy.clock += offset
    entries[index].count = offset
    entries.insert(right, at: index + 1)
  }

  /// Forgets what happened to units of which only the clocks are left.
  mutating func remove(_ clocks: Range<UInt32>) {
    if entries.isEmpty { return }
    split(before: clocks.lowerBound)
    split(before: clocks.upperBound)
    entries.removeAll { clocks.contains($0.clock) }
  }
}

extension DocumentStore {
  /// The unit that stands for a unit now: its copy's copy, and so on, or itself.
  ///
  /// - Complexity: O(*k* log *n*) for *k* times that it was brought back.
  func followRedone(_ unit: UnitID) -> UnitID {
    var unit = unit
    while let copy = history(unit.client).pointee.redone.copy(of: unit.clock) { unit = copy }
    return unit
  }
}
