extension SharedText {
  /// Whether the text has no units.
  public var isEmpty: Bool { count == 0 }

  /// The text between two positions, in UTF-16 units, without what is embedded in it. A bound between the halves of a
  /// surrogate pair makes U+FFFD of the half that is inside.
  ///
  /// ```swift
  /// let first = body[0..<5], rest = body[5...]
  /// ```
  /// - Precondition: The range lies in the text.
  /// - Complexity: O(log *n*) plus the length of the range and its tombstones' spans.
  public subscript(range: some RangeExpression<Int>) -> String {
    let range = resolve(range)
    let store = document.store
    var writer = ByteWriter(capacity: range.count + 16)
    store.pointee.forEachVisibleSpan(of: store.pointee.types[Int(type)].list, in: range) { unit, count in
      store.pointee.forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
        if run.kind == .string { store.pointee.history(unit.client).pointee.writeUTF8(of: clocks, to: &writer) }
      }
    }
    return writer.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Deletes the units of a range.
  ///
  /// - Precondition: The range lies in the text.
  /// - Complexity: O(*k* + log *n*) for *k* spans in the range.
  public func delete(_ range: some RangeExpression<Int>) {
    let range = resolve(range)
    delete(at: range.lowerBound, count: range.count)
  }

  /// Replaces the units of a range by a string, in one transaction.
  ///
  /// - Precondition: The range lies in the text.
  /// - Complexity: O(*k* + log *n*) for *k* spans in the range, plus the length of `string`.
  public func replace(_ range: some RangeExpression<Int>, with string: String) {
    let range = resolve(range)
    document.transact {
      delete(at: range.lowerBound, count: range.count)
      insert(string, at: range.lowerBound)
    }
  }

  /// Inserts a string at the end of a text.
  public static func += (text: SharedText, string: String) { text.append(string) }

  private func resolve(_ range: some RangeExpression<Int>) -> Range<Int> {
    let count = count
    let range = range.relative(to: 0..<count)
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range is outside of its text")
    return range
  }
}
