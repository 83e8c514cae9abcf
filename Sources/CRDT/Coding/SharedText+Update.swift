#if !hasFeature(Embedded)
  extension SharedText {
    /// Makes the text `string` by few insertions and deletions, in one transaction: what stays keeps its identity, so that
    /// others' concurrent edits, cursors and formats stay with it. What is embedded in the text stays, too.
    ///
    /// The edits are the fewest in Unicode scalars while they are fewer than about a thousand; a surrogate pair is never
    /// split. Where the text is `string` already, nothing is written.
    ///
    /// - Complexity: O(*n* · *d*) for *d* edits, with a bound: at worst, what lies between the common start and the common
    ///   end is replaced.
    public func update(to string: String) {
      let old = scalars
      let new = string.unicodeScalars.map(\.value)
      let edits = ListDifference(from: old.values, to: new).edits
      guard !edits.isEmpty else { return }
      document.transact {
        // From the end, so that positions before stay valid.
        for edit in edits.reversed() {
          for range in old.units(of: edit.removed).reversed() { delete(at: range.lowerBound, count: range.count) }
          guard !edit.inserted.isEmpty else { continue }
          insert(TextScalars.string(new[edit.inserted]), at: old.position(behind: edit.removed.lowerBound))
        }
      }
    }

    /// Makes the change that leads from one string to another, wherever what it changes is by now, in one transaction: for
    /// an editor that knows what its text was before and after, while others may have changed the document in between.
    ///
    /// What others have written since stays, what they have deleted stays deleted. Where the text is `old` still, this is
    /// ``update(to:)-(String)``.
    ///
    /// - Parameters:
    ///   - string: The string after the change.
    ///   - old: The string before it.
    /// - Complexity: As ``update(to:)-(String)``, for each of the two versions.
    public func update(to string: String, since old: String) {
      let base = old.unicodeScalars.map(\.value)
      let new = string.unicodeScalars.map(\.value)
      let edits = ListDifference(from: base, to: new).edits
      guard !edits.isEmpty else { return }
      let current = scalars
      let places = ListPlaces(base.count, ListDifference(from: base, to: current.values).edits)
      document.transact {
        // From the end, so that positions before stay valid.
        for edit in edits.reversed() {
          for index in edit.removed.reversed() {
            guard let place = places.place(ofKept: index) else { continue }
            for range in current.units(of: place..<place + 1) { delete(at: range.lowerBound, count: range.count) }
          }
          guard !edit.inserted.isEmpty else { continue }
          let inserted = TextScalars.string(new[edit.inserted])
          insert(inserted, at: current.position(behind: places.place(before: edit.removed.lowerBound)))
        }
      }
    }

    /// The text's scalars, and where each is.
    private var scalars: TextScalars {
      var scalars = TextScalars()
      var index = 0
      let store = document.store
      store.pointee.forEachVisibleSpan(of: store.pointee.types[Int(type)].list) { unit, count in
        store.pointee.forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
          if run.kind == .string {
            var writer = ByteWriter(capacity: clocks.count)
            store.pointee.history(unit.client).pointee.writeUTF8(of: clocks, to: &writer)
            writer.withBytes { scalars.append(String(decoding: $0, as: UTF8.self), at: index) }
          }
          index += clocks.count
        }
      }
      return scalars
    }
  }

  /// The scalars of a text with their positions in UTF-16 units, between which others are embedded.
  private struct TextScalars {
    var values: [UInt32] = []
    private var positions: [Int] = []

    mutating func append(_ string: String, at start: Int) {
      var position = start
      for scalar in string.unicodeScalars {
        values.append(scalar.value)
        positions.append(position)
        position += width(scalar.value)
      }
    }

    static func string(_ values: ArraySlice<UInt32>) -> String {
      var scalars = String.UnicodeScalarView()
      // What came from a string is a scalar.
      for value in values { scalars.append(Unicode.Scalar(value)!) }
      return String(scalars)
    }

    private func width(_ value: UInt32) -> Int { value > 0xFFFF ? 2 : 1 }

    /// The position right behind the scalar before `index`.
    func position(behind index: Int) -> Int { index == 0 ? 0 : positions[index - 1] + width(values[index - 1]) }

    /// The ranges of units that scalars take, without what is embedded between them.
    func units(of range: Range<Int>) -> [Range<Int>] {
      var ranges: [Range<Int>] = []
      for index in range {
        let end = positions[index] + width(values[index])
        if let last = ranges.last, last.upperBound == positions[index] {
          ranges[ranges.count - 1] = last.lowerBound..<end
        } else {
          ranges.append(positions[index]..<end)
        }
      }
      return ranges
    }
  }
#endif
