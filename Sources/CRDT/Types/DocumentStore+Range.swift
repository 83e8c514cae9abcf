extension DocumentStore {
  /// Calls `body` with each visible span between two indices of a sequence, in document order, cut to the range.
  ///
  /// - Precondition: The range lies in the sequence.
  /// - Complexity: O(log *n* + *k*) for *k* spans in the range.
  mutating func forEachVisibleSpan(
    of sequence: SequenceIndex, in range: Range<Int>, _ body: (UnitID, UInt32) -> Void
  ) {
    guard sequence >= 0, !range.isEmpty else { return }
    var offset = UInt32(bitPattern: locate(sequence, Int32(truncatingIfNeeded: range.lowerBound)))
    var (index, span) = (cursor.leaf, cursor.span)
    var rest = UInt32(truncatingIfNeeded: range.count)
    while rest > 0 && index >= 0 {
      let here = leaf(index)
      while rest > 0 && span < here.count {
        if here.lengths[span] > 0 {
          let count = min(here.units(span) - offset, rest)
          body(UnitID(client: here.clients[span], clock: here.clocks[span] + offset), count)
          rest -= count
          offset = 0
        }
        span += 1
      }
      index = here.next
      span = 0
    }
  }
}
