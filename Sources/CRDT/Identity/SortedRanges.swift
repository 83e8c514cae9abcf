/// Arrays of ranges in ascending order that neither overlap nor touch.
enum SortedRanges {
  /// The first range that ends after `position`, or the number of ranges.
  ///
  /// - Complexity: O(log *n*).
  static func firstIndex<Bound: Comparable>(in ranges: [Range<Bound>], endingAfter position: Bound) -> Int {
    firstIndex(in: ranges) { $0.upperBound > position }
  }

  private static func firstIndex<Bound: Comparable>(
    in ranges: [Range<Bound>], where isFound: (Range<Bound>) -> Bool
  ) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if isFound(ranges[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Whether a position is in one of the ranges.
  ///
  /// - Complexity: O(log *n*).
  static func contains<Bound: Comparable>(_ ranges: [Range<Bound>], _ position: Bound) -> Bool {
    let index = firstIndex(in: ranges, endingAfter: position)
    return index < ranges.count && ranges[index].lowerBound <= position
  }

  /// Adds a range, joining it with those that it overlaps or touches.
  ///
  /// - Complexity: O(1) behind the last range, else O(*n*).
  static func insert<Bound: Comparable>(_ added: Range<Bound>, into ranges: inout [Range<Bound>]) {
    guard let last = ranges.last, added.lowerBound <= last.upperBound else {
      ranges.append(added)
      return
    }
    // The first range that the new one overlaps or touches, and the one after the last of them.
    let first = firstIndex(in: ranges) { $0.upperBound >= added.lowerBound }
    let end = firstIndex(in: ranges) { $0.lowerBound > added.upperBound }
    if first == end {
      ranges.insert(added, at: first)
      return
    }
    let joined = min(added.lowerBound, ranges[first].lowerBound)..<max(added.upperBound, ranges[end - 1].upperBound)
    ranges.replaceSubrange(first..<end, with: CollectionOfOne(joined))
  }

  /// Sorts ranges in any order, and joins those that overlap or touch.
  static func join<Bound: Comparable>(_ ranges: [Range<Bound>]) -> [Range<Bound>] {
    var result: [Range<Bound>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { insert(range, into: &result) }
    return result
  }
}
