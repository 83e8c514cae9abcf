#if !hasFeature(Embedded)
  /// What text is counted in.
  public enum TextUnit: Hashable, Sendable, CaseIterable {
    /// UTF-16 code units, as positions in documents are, and as JavaScript and `NSString` count.
    case utf16
    /// Unicode scalars: code points but for surrogates, as Python counts.
    case unicodeScalars
    /// What a reader takes for one character, as Swift's `String` counts; an emoji of several scalars is one.
    case characters
  }

  /// Positions in units other than UTF-16.
  ///
  /// A shared text finds UTF-16 positions in O(log *n*). Scalars and characters are not counted anywhere, so that a
  /// position in them costs a walk from the start of the text: O(*n*) in the position. What is embedded in a text counts
  /// as one unit of any kind.
  ///
  /// A position says where something is now. What has to stay with its place while others edit is a relative position.
  extension SharedText {
    /// The length of the text in `unit`.
    ///
    /// - Complexity: O(1) in UTF-16, else O(*n*).
    public func count(in unit: TextUnit) -> Int { self.count(before: count, in: unit) }

    /// The UTF-16 position of a position in `unit`, for all methods that take one.
    ///
    /// ```swift
    /// body.insert("!", at: body.offset(3, in: .characters))
    /// ```
    /// The result never lies inside a surrogate pair, unless `unit` is UTF-16 and `offset` does.
    ///
    /// - Precondition: 0 ≤ `offset` ≤ ``count(in:)``.
    /// - Complexity: O(1) in UTF-16, else O(*n*) in the position.
    public func offset(_ offset: Int, in unit: TextUnit) -> Int {
      let upper = unit == .utf16 ? count : .max
      precondition(offset >= 0 && offset <= upper, "an offset is outside of its text")
      if unit == .utf16 || offset == 0 { return offset }
      // A character is as long as it likes to be, so that the text is read in pieces until there are enough.
      var length = Swift.min(Swift.max(256, offset * 2), count)
      while true {
        let string = placeholders(upTo: length)
        // The last character of a piece may go on behind it, and its last unit may be half of a pair.
        if let found = string.utf16Offset(offset, in: unit), found + 1 < length || length == count { return found }
        precondition(length < count, "an offset is outside of its text")
        length = Swift.min(length * 2, count)
      }
    }

    /// The range of UTF-16 units that a range in `unit` is, for all methods that take one.
    ///
    /// - Precondition: The range lies in the text.
    /// - Complexity: O(1) in UTF-16, else O(*n*) in the range's end.
    public func range(_ range: Range<Int>, in unit: TextUnit) -> Range<Int> {
      offset(range.lowerBound, in: unit)..<offset(range.upperBound, in: unit)
    }

    /// How many whole units of another kind end at or before a UTF-16 position: the inverse of ``offset(_:in:)``, and
    /// rounded down where the position is inside a scalar or character.
    ///
    /// - Precondition: 0 ≤ `offset` ≤ ``count``.
    /// - Complexity: O(1) in UTF-16, else O(*n*) in the position.
    public func count(before offset: Int, in unit: TextUnit) -> Int {
      precondition(offset >= 0 && offset <= count, "an offset is outside of its text")
      if unit == .utf16 || offset == 0 { return offset }
      // Whether a scalar or character ends here is told by what follows.
      var length = Swift.min(offset + 64, count)
      while true {
        let string = placeholders(upTo: length)
        let (counted, end) = string.count(before: offset, in: unit)
        if end + 1 < length || length == count { return counted }
        length = Swift.min(length * 2, count)
      }
    }

    /// Inserts text at a position in `unit`.
    ///
    /// - Precondition: 0 ≤ `offset` ≤ ``count(in:)``.
    /// - Complexity: As ``offset(_:in:)`` and ``insert(_:at:)``.
    public func insert(_ string: String, at offset: Int, in unit: TextUnit) {
      insert(string, at: self.offset(offset, in: unit))
    }

    /// Deletes a range in `unit`.
    ///
    /// - Precondition: The range lies in the text.
    /// - Complexity: As ``range(_:in:)`` and ``delete(at:count:)``.
    public func delete(_ range: Range<Int>, in unit: TextUnit) { delete(self.range(range, in: unit)) }

    /// Replaces a range in `unit` by a string, in one transaction.
    ///
    /// - Precondition: The range lies in the text.
    /// - Complexity: As ``range(_:in:)`` and ``replace(_:with:)``.
    public func replace(_ range: Range<Int>, in unit: TextUnit, with string: String) {
      replace(self.range(range, in: unit), with: string)
    }

    /// The first `length` units, with U+FFFC for what is not text: as many UTF-16 units as there are in the text.
    private func placeholders(upTo length: Int) -> String {
      let store = document.store
      var string = ""
      store.pointee.forEachVisibleSpan(of: store.pointee.types[Int(type)].list, in: 0..<length) { unit, count in
        string += store.pointee.text(of: unit, count: count)
      }
      return string
    }
  }

  extension String {
    /// The UTF-16 offset of the scalar or character number `offset`, nil when there are fewer.
    fileprivate func utf16Offset(_ offset: Int, in unit: TextUnit) -> Int? {
      let index =
        unit == .characters
        ? self.index(startIndex, offsetBy: offset, limitedBy: endIndex)
        : unicodeScalars.index(startIndex, offsetBy: offset, limitedBy: endIndex)
      return index.map { utf16.distance(from: startIndex, to: $0) }
    }

    /// How many scalars or characters end at or before a UTF-16 offset, and the offset of the first boundary at or after it.
    fileprivate func count(before offset: Int, in unit: TextUnit) -> (count: Int, end: Int) {
      var counted = 0
      var end = 0
      var index = startIndex
      while end < offset && index < endIndex {
        let next = unit == .characters ? self.index(after: index) : unicodeScalars.index(after: index)
        end += utf16.distance(from: index, to: next)
        index = next
        if end <= offset { counted += 1 }
      }
      return (counted, end)
    }
  }
#endif
