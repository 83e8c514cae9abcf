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

  /// By client, in the order of their clocks, without overlaps.
  private let ranges: [ClientID: [(clocks: Range<Clock>, entry: Entry)]]

  /// Reads the history of a room.
  init(of room: String, in replica: any Replica) async throws {
    var ranges: [ClientID: [(clocks: Range<Clock>, entry: Entry)]] = [:]
    // What nobody is known to have written tells nothing.
    try await replica.forEachEntry(of: room) { history, news in
      guard history.author != .unknown else { return }
      let entry = Entry(
        author: history.author, milliseconds: history.milliseconds.upperBound, update: history.moment.upperBound)
      for (client, clocks) in news.insertions { ranges[client, default: []].append((clocks, entry)) }
    }
    self.ranges = ranges.mapValues { $0.sorted { $0.clocks.lowerBound < $1.clocks.lowerBound } }
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
      append(upTo: min(known[index].clocks.upperBound, clocks.upperBound), known[index].entry)
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
