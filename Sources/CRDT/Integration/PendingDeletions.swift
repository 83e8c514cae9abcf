/// Deletions of one client's units that are not known yet.
///
/// Delete sets come in order, and each update brings the whole of it again: most deletions go to the end, or are there
/// already. What comes otherwise waits behind them until it is worth sorting.
struct PendingDeletions {
  /// The first ``sortedCount`` in the order of their clocks and merged, the others as they came.
  private(set) var ranges: [ParsedDeletion] = []
  private var sortedCount = 0

  /// Deletions that may be out of order before all are sorted, as many as are in order apart.
  private static var unsortedMax: Int { 16 }

  /// - Complexity: O(log *n*) amortised.
  mutating func insert(_ deletion: ParsedDeletion) {
    if covers(deletion) { return }
    let isInOrder = sortedCount == ranges.count && (ranges.last?.clock ?? 0) <= deletion.clock
    if isInOrder {
      Self.append(deletion, to: &ranges)
      sortedCount = ranges.count
      return
    }
    ranges.append(deletion)
    if ranges.count - sortedCount > sortedCount + Self.unsortedMax {
      ranges = merged()
      sortedCount = ranges.count
    }
  }

  /// All deletions in the order of their clocks, those that overlap or adjoin as one.
  func merged() -> [ParsedDeletion] {
    if sortedCount == ranges.count { return ranges }
    var merged: [ParsedDeletion] = []
    for deletion in ranges.sorted(by: { $0.clock < $1.clock }) { Self.append(deletion, to: &merged) }
    return merged
  }

  /// Whether one of the deletions in order has all of another.
  private func covers(_ deletion: ParsedDeletion) -> Bool {
    var low = 0
    var high = sortedCount
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].clock <= deletion.clock { low = middle + 1 } else { high = middle }
    }
    return low > 0 && ranges[low - 1].end >= deletion.end
  }

  private static func append(_ deletion: ParsedDeletion, to ranges: inout [ParsedDeletion]) {
    let last = ranges.count - 1
    if last >= 0 && ranges[last].end >= deletion.clock {
      ranges[last].count = max(ranges[last].end, deletion.end) - ranges[last].clock
    } else {
      ranges.append(deletion)
    }
  }
}
