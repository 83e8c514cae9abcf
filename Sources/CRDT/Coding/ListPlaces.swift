#if !hasFeature(Embedded)
  /// Where elements of a list, and the places between them, are after edits.
  struct ListPlaces {
    /// By element, its place; nil when it was removed.
    private var kept: [Int?] = []
    /// By element, and one more for the end, where to insert before it: behind the element to the left, and before what
    /// the edits insert there.
    private var ends: [Int] = []

    init(_ count: Int, _ edits: [ListDifference.Edit]) {
      kept.reserveCapacity(count)
      ends.reserveCapacity(count + 1)
      var place = 0
      for edit in edits {
        keep(upTo: edit.removed.lowerBound, &place)
        markEnd(place)
        place = edit.inserted.upperBound
        for _ in edit.removed {
          markEnd(place)
          kept.append(nil)
        }
      }
      keep(upTo: count, &place)
      markEnd(place)
    }

    private mutating func keep(upTo index: Int, _ place: inout Int) {
      while kept.count < index {
        markEnd(place)
        kept.append(place)
        place += 1
      }
    }

    /// Notes where to insert before the next element, unless that is known.
    private mutating func markEnd(_ place: Int) {
      if ends.count == kept.count { ends.append(place) }
    }

    /// The place of an element; nil when it was removed.
    func place(ofKept index: Int) -> Int? { kept[index] }

    /// The place for what is inserted before an element, or at the end.
    func place(before index: Int) -> Int { ends[index] }
  }
#endif
