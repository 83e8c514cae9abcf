/// Deletions of one client's units that are not known yet.
///
/// Delete sets come in order, and each update brings the whole of it again: most deletions go to the end, or are there
/// already. What comes otherwise waits beside them until it is worth sorting.
struct PendingDeletions {
  /// In the order of their clocks and merged, from ``sortedStart`` on; what is before has been taken.
  private var sorted: [ParsedDeletion] = []
  private var sortedStart = 0
  private var unsorted = ClockHeap<ParsedDeletion>()

  /// Deletions that may be out of order before all are sorted, as many as are in order apart.
  private static var unsortedMax: Int { 16 }

  var isEmpty: Bool { sortedStart == sorted.count && unsorted.isEmpty }

  /// How many are kept, those that overlap counted twice.
  var count: Int { sorted.count - sortedStart + unsorted.count }

  /// The highest clock at which a deletion starts.
  var lastClock: UInt32 { unsorted.elements.reduce(isEmpty ? 0 : sorted.last?.clock ?? 0) { max($0, $1.clock) } }

  /// - Returns: How many more there are; nil when it was found to be there already, which it is not while it waits to be
  ///   sorted.
  /// - Complexity: O(log *n*) amortised.
  mutating func insert(_ deletion: ParsedDeletion) -> Int? {
    if covers(deletion) { return nil }
    let before = count
    add(deletion)
    return count - before
  }

  private mutating func add(_ deletion: ParsedDeletion) {
    if unsorted.isEmpty && (sortedStart == sorted.count || sorted.last!.clock <= deletion.clock) {
      append(deletion)
      return
    }
    unsorted.push(deletion)
    if unsorted.count > sorted.count - sortedStart + Self.unsortedMax {
      sorted = merged()
      sortedStart = 0
      unsorted = ClockHeap()
    }
  }

  /// Takes out a deletion that starts before `end`.
  ///
  /// - Complexity: O(log *n*) amortised.
  mutating func pop(before end: UInt32) -> ParsedDeletion? {
    if let deletion = unsorted.pop(before: end) { return deletion }
    guard sortedStart < sorted.count, sorted[sortedStart].clock < end else { return nil }
    let deletion = sorted[sortedStart]
    sortedStart += 1
    if sortedStart > sorted.count / 2 {
      sorted.removeFirst(sortedStart)
      sortedStart = 0
    }
    return deletion
  }

  /// All deletions in the order of their clocks, those that overlap or adjoin as one.
  func merged() -> [ParsedDeletion] {
    let ordered = Array(sorted[sortedStart...])
    if unsorted.isEmpty { return ordered }
    var all = PendingDeletions()
    for deletion in (ordered + unsorted.elements).sorted(by: { $0.clock < $1.clock }) { all.append(deletion) }
    return all.sorted
  }

  /// Whether one of the deletions in order has all of another.
  private func covers(_ deletion: ParsedDeletion) -> Bool {
    var low = sortedStart
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].clock <= deletion.clock { low = middle + 1 } else { high = middle }
    }
    return low > sortedStart && sorted[low - 1].end >= deletion.end
  }

  private mutating func append(_ deletion: ParsedDeletion) {
    let last = sorted.count - 1
    if last >= sortedStart && sorted[last].end >= deletion.clock {
      sorted[last].count = max(sorted[last].end, deletion.end) - sorted[last].clock
    } else {
      sorted.append(deletion)
    }
  }
}

extension ParsedDeletion: HeapElement {}
