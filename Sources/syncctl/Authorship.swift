import CRDT
import SyncNode

/// Who brought each unit of a document, by its history.
struct Authorship {
  /// What is told of a unit.
  struct Entry: Equatable {
    let author: Author
    /// When the last of the author's updates in that moment was stored, since 1970.
    let milliseconds: Int64
    /// The last update of that moment.
    let update: Int64
  }

  /// Consecutive units that came with the same entry.
  struct Run: Equatable {
    /// Units before it.
    let offset: Int
    let count: Int
    let entry: Entry?
  }

  private var entries: [Entry] = []
  /// By client, in the order of their clocks, without overlaps.
  private var ranges: [ClientID: [(clocks: Range<Clock>, entry: Int)]] = [:]

  /// Adds the next entry of the history. What it brings that was there already is not its.
  ///
  /// - Throws: ``UpdateError``.
  mutating func append(_ entry: HistoryEntry) throws {
    // What nobody is known to have written tells nothing.
    guard entry.author != .unknown else { return }
    entries.append(
      Entry(author: entry.author, milliseconds: entry.milliseconds.upperBound, update: entry.moment.upperBound))
    for structure in try Update.inspect(entry.update).structs where structure.content != .skipped {
      let start = structure.id.clock
      insert(start..<start + Clock(structure.length), of: structure.id.client, entry: entries.count - 1)
    }
  }

  private mutating func insert(_ clocks: Range<Clock>, of client: ClientID, entry: Int) {
    let known = ranges[client, default: []]
    // Clients' units come in order, but for what waited.
    if known.last.map({ $0.clocks.upperBound <= clocks.lowerBound }) ?? true {
      if let last = known.last, last.entry == entry, last.clocks.upperBound == clocks.lowerBound {
        ranges[client]?[known.count - 1].clocks = last.clocks.lowerBound..<clocks.upperBound
      } else {
        ranges[client, default: []].append((clocks, entry))
      }
      return
    }
    var gaps: [Range<Clock>] = []
    var start = clocks.lowerBound
    for range in known where range.clocks.overlaps(clocks) {
      if start < range.clocks.lowerBound { gaps.append(start..<range.clocks.lowerBound) }
      start = max(start, range.clocks.upperBound)
    }
    if start < clocks.upperBound { gaps.append(start..<clocks.upperBound) }
    ranges[client] = (known + gaps.map { ($0, entry) }).sorted { $0.clocks.lowerBound < $1.clocks.lowerBound }
  }

  /// What brought a unit; nil when that is not known.
  func entry(of unit: ItemID) -> Entry? { runs(from: unit, count: 1)[0].entry }

  /// What brought `count` units from `unit` on.
  func runs(from unit: ItemID, count: Int) -> [Run] {
    var runs: [Run] = []
    let clocks = unit.clock..<unit.clock + Clock(count)
    var clock = clocks.lowerBound
    func append(upTo end: Clock, _ entry: Entry?) {
      guard clock < end else { return }
      runs.append(Run(offset: Int(clock - unit.clock), count: Int(end - clock), entry: entry))
      clock = end
    }
    let known = ranges[unit.client] ?? []
    var index = known.partitioningIndex { $0.clocks.upperBound > clocks.lowerBound }
    while index < known.count, known[index].clocks.lowerBound < clocks.upperBound {
      append(upTo: max(known[index].clocks.lowerBound, clock), nil)
      append(upTo: min(known[index].clocks.upperBound, clocks.upperBound), entries[known[index].entry])
      index += 1
    }
    append(upTo: clocks.upperBound, nil)
    return runs
  }
}

extension Array {
  /// The first index whose element `belongs` to the second part, where all of the first part come before.
  fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Author {
  /// Who, and from where.
  var description: String { subject.map { "\($0) (\(source))" } ?? source }
}
