#if !hasFeature(Embedded)
  /// The steps from one list to another: few, and always correct.
  ///
  /// The greedy algorithm of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), on what is left between
  /// the common start and the common end. It finds the fewest insertions and deletions within a bounded effort; beyond
  /// it, what the farthest path has not reached is replaced as a whole.
  struct ListDifference {
    /// Elements that go, and those that come in their place.
    struct Edit: Equatable {
      var removed: Range<Int>
      var inserted: Range<Int>
    }

    /// Insertions and deletions of the longest path that is followed; half its square is the memory, in 4 bytes.
    static let editsMax = 1024
    /// Elements that are compared, about.
    static let comparisonsMax = 1 << 24

    /// In ascending order, with something in common between each and the next.
    private(set) var edits: [Edit] = []

    private let old: ArraySlice<UInt32>
    private let new: ArraySlice<UInt32>
    /// By the number of edits *d*, how many old elements are consumed on each of the diagonals −*d*, −*d* + 2, … *d*. A
    /// diagonal is the number of consumed old elements less that of new ones.
    private var rows: [Int32] = []

    /// Compares two lists of numbers that stand for elements.
    ///
    /// - Complexity: O(*n* · *d*) for *d* edits, within the limits.
    init(from old: [UInt32], to new: [UInt32]) {
      var start = 0
      let shorter = min(old.count, new.count)
      while start < shorter && old[start] == new[start] { start += 1 }
      var tail = 0
      while tail < shorter - start && old[old.count - 1 - tail] == new[new.count - 1 - tail] { tail += 1 }
      self.old = old[start..<(old.count - tail)]
      self.new = new[start..<(new.count - tail)]
      if self.old.isEmpty || self.new.isEmpty {
        if self.old.count + self.new.count > 0 { edits = [Edit(removed: self.old.indices, inserted: self.new.indices)] }
      } else {
        compare()
        rows = []
      }
    }

    private func row(_ depth: Int) -> Int { depth * (depth + 1) / 2 }

    /// Whether the last of `depth` edits on the way to a diagonal was an insertion, from the diagonal above.
    private func isInsertion(_ index: Int, depth: Int) -> Bool {
      let before = row(depth - 1)
      return index == 0 || (index < depth && rows[before + index - 1] < rows[before + index])
    }

    private mutating func compare() {
      let goal = old.count - new.count
      var comparisons = 0
      // The lists differ in their first elements.
      rows = [0]
      var depth = 0
      while depth < Self.editsMax && comparisons < Self.comparisonsMax {
        depth += 1
        for index in 0...depth {
          let before = row(depth - 1)
          let start = isInsertion(index, depth: depth) ? rows[before + index] : rows[before + index - 1] + 1
          let diagonal = 2 * index - depth
          let end = follow(Int(start), diagonal)
          comparisons += end - Int(start) + 1
          rows.append(Int32(truncatingIfNeeded: end))
          if diagonal == goal && end == old.count { return trace(index, depth: depth) }
        }
      }
      let farthest = (0...depth).max { consumed($0, depth: depth) < consumed($1, depth: depth) }!
      trace(farthest, depth: depth)
    }

    /// How many old elements are consumed once all that is equal on a diagonal is.
    private func follow(_ start: Int, _ diagonal: Int) -> Int {
      var x = start
      while x < old.count && x - diagonal < new.count
        && old[old.startIndex + x] == new[new.startIndex + x - diagonal]
      {
        x += 1
      }
      return x
    }

    /// Consumed elements of both lists; less than any, when that is more than there are.
    private func consumed(_ index: Int, depth: Int) -> Int {
      let x = Int(rows[row(depth) + index])
      let y = x - (2 * index - depth)
      return x <= old.count && y <= new.count ? x + y : -1
    }

    /// Makes the edits of the path to a diagonal, and replaces what lies behind its end.
    private mutating func trace(_ index: Int, depth: Int) {
      var (index, depth) = (index, depth)
      var x = Int(rows[row(depth) + index])
      var y = x - (2 * index - depth)
      var backward: [Edit] = []
      if x < old.count || y < new.count { Self.prepend(x..<old.count, y..<new.count, to: &backward) }
      while depth > 0 {
        if isInsertion(index, depth: depth) {
          x = Int(rows[row(depth - 1) + index])
          y = x - (2 * index - depth) - 1
          Self.prepend(x..<x, y..<(y + 1), to: &backward)
        } else {
          x = Int(rows[row(depth - 1) + index - 1])
          y = x - (2 * index - depth) + 1
          Self.prepend(x..<(x + 1), y..<y, to: &backward)
          index -= 1
        }
        depth -= 1
      }
      edits = backward.reversed().map { edit in
        Edit(
          removed: (edit.removed.lowerBound + old.startIndex)..<(edit.removed.upperBound + old.startIndex),
          inserted: (edit.inserted.lowerBound + new.startIndex)..<(edit.inserted.upperBound + new.startIndex))
      }
    }

    /// Adds the edit before those that are there, or joins it with the one that it touches.
    private static func prepend(_ removed: Range<Int>, _ inserted: Range<Int>, to edits: inout [Edit]) {
      if let next = edits.last, next.removed.lowerBound == removed.upperBound,
        next.inserted.lowerBound == inserted.upperBound
      {
        edits[edits.count - 1] = Edit(
          removed: removed.lowerBound..<next.removed.upperBound,
          inserted: inserted.lowerBound..<next.inserted.upperBound)
      } else {
        edits.append(Edit(removed: removed, inserted: inserted))
      }
    }
  }
#endif
