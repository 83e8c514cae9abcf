/// A sequence, not a collection: an element is found in O(log *n*), and a peer's update moves indices, so that a loop
/// over indices would neither be cheap nor safe.
extension SharedArray: Sequence {
  /// The elements as they are now: a loop may change the array without noticing.
  ///
  /// - Complexity: O(*n*) in the elements and the tombstones' spans.
  public func makeIterator() -> IndexingIterator<[Content]> { values.makeIterator() }

  /// The number of elements.
  public var underestimatedCount: Int { count }

  /// Whether the array has no elements.
  public var isEmpty: Bool { count == 0 }

  /// The valid indices, as they are now.
  public var indices: Range<Int> { 0..<count }

  /// The first element, nil when there is none.
  ///
  /// - Complexity: O(log *n*).
  public var first: Content? { isEmpty ? nil : self[0] }

  /// The last element, nil when there is none.
  ///
  /// - Complexity: O(log *n*).
  public var last: Content? { isEmpty ? nil : self[count - 1] }

  /// The elements of a range.
  ///
  /// - Precondition: The range lies in the array.
  /// - Complexity: O(log *n*) plus the length of the range and its tombstones' spans.
  public subscript(range: some RangeExpression<Int>) -> [Content] {
    let range = resolve(range)
    let store = document.store
    var units: [UnitID] = []
    units.reserveCapacity(range.count)
    store.pointee.forEachVisibleSpan(of: store.pointee.types[Int(type)].list, in: range) { unit, count in
      for offset in 0..<count { units.append(UnitID(client: unit.client, clock: unit.clock + offset)) }
    }
    return units.map { document.content($0) }
  }

  /// Deletes the elements of a range.
  ///
  /// - Precondition: The range lies in the array.
  public func delete(_ range: some RangeExpression<Int>) {
    let range = resolve(range)
    delete(at: range.lowerBound, count: range.count)
  }

  /// Replaces the elements of a range by values, in one transaction. What is concurrently changed inside a replaced
  /// nested type is lost with it.
  ///
  /// - Precondition: The range lies in the array.
  public func replace(_ range: some RangeExpression<Int>, with values: [Value]) {
    let range = resolve(range)
    document.transact {
      delete(at: range.lowerBound, count: range.count)
      insert(values, at: range.lowerBound)
    }
  }

  /// Inserts values at the end of an array.
  public static func += (array: SharedArray, values: [Value]) { array.append(contentsOf: values) }

  private func resolve(_ range: some RangeExpression<Int>) -> Range<Int> {
    let count = count
    let range = range.relative(to: 0..<count)
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range is outside of its array")
    return range
  }
}
