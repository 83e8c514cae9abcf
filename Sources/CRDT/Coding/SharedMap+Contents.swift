#if !hasFeature(Embedded)
  extension SharedMap {
    /// Makes the map hold the members of an object by changing what differs, in one transaction.
    ///
    /// Keys whose values are equal already are not written, keys that the object lacks are removed, and shared types that
    /// are there stay and are changed inside: a text by ``SharedText/update(to:)``, an array by
    /// ``SharedArray/setContents(of:nesting:)``, a map by this. A plain value that differs is replaced as a whole. What
    /// others change at the same time elsewhere in the map survives.
    ///
    /// ```swift
    /// try document.map("settings").setContents(of: Value(json: text), nesting: .containers)
    /// ```
    /// - Parameter nesting: What new values become.
    /// - Throws: ``ValueKindError`` when the value is no object; nothing is changed then.
    /// - Complexity: O(*n*) in the contents, and for texts and arrays by the number of edits.
    public func setContents(of value: Value, nesting: SharedNesting = .plain) throws(ValueKindError) {
      guard case .object(let members) = value else { throw ValueKindError(expected: "object") }
      ContentUpdate(nesting: nesting, equivalence: .exact).apply(members, to: self)
    }
  }

  extension SharedArray {
    /// Makes the array hold the elements of an array of values by few insertions and deletions, in one transaction.
    ///
    /// Elements that are equal already stay where they are. Among the others, a shared type is changed inside rather than
    /// replaced where a new element of its kind comes in its place; of maps and objects with a member `id`, only where it
    /// is the same. The edits are the fewest while they are fewer than about a thousand. What others change at the same
    /// time inside elements that stay survives.
    ///
    /// - Parameter nesting: What new values become.
    /// - Throws: ``ValueKindError`` when the value is no array; nothing is changed then.
    /// - Complexity: O(*n* · *d*) for *d* edits, with a bound: at worst, what lies between the common start and the common
    ///   end is replaced.
    public func setContents(of value: Value, nesting: SharedNesting = .plain) throws(ValueKindError) {
      guard case .array(let elements) = value else { throw ValueKindError(expected: "array") }
      ContentUpdate(nesting: nesting, equivalence: .exact).apply(elements, to: self)
    }
  }
#endif
