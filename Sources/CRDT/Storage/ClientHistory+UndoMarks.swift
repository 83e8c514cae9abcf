/// Which units an undo may want back, and which deleted ones still have their content because of that.
///
/// A unit is *kept* when it is not to be given up once it is deleted, and *retained* when it was deleted while it was
/// kept. Both are bits beside the page's other columns, with memory only where a bit was ever set.
enum UndoMark {
  case kept
  case retained
}

extension ClientHistory {
  private static var wordsPerPage: Int { max(1, Page.size / 64) }

  @inline(__always)
  private func words(_ mark: UndoMark, page: Int) -> UnsafeMutablePointer<UInt64>? {
    guard let words = pages[page].undoMarks else { return nil }
    return mark == .kept ? words : words + Self.wordsPerPage
  }

  func has(_ mark: UndoMark, _ clock: UInt32) -> Bool {
    guard hasUndoMarks, let words = words(mark, page: Int(clock >> Page.shift)) else { return false }
    return words[Int((clock & Page.mask) >> 6)] &>> UInt64(clock & 63) & 1 == 1
  }

  /// Whether nothing is left of a deleted unit's content.
  @inline(__always)
  func isHidden(_ clock: UInt32, _ kind: ContentKind, collectsGarbage: Bool) -> Bool {
    isDeleted(clock) && (kind == .deleted || (collectsGarbage && !(hasUndoMarks && has(.retained, clock))))
  }

  /// Sets or clears a mark. Stretches of tombstones that cost no memory have nothing to mark, and go on costing none.
  mutating func set(_ mark: UndoMark, _ clocks: Range<UInt32>, to isSet: Bool) {
    if isSet { hasUndoMarks = true } else if !hasUndoMarks { return }
    var clock = Int(clocks.lowerBound)
    let end = Int(clocks.upperBound)
    while clock < end {
      let index = clock >> Int(Page.shift)
      let inPage = clock & Int(Page.mask)
      if pages[index].undoMarks == nil {
        guard isSet && pages[index].blocks != nil else {
          clock += Page.size - inPage
          continue
        }
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * Self.wordsPerPage)
        words.initialize(repeating: 0, count: 2 * Self.wordsPerPage)
        pages[index].undoMarks = words
      }
      let bit = clock & 63
      let width = min(64 - bit, end - clock)
      let ones: UInt64 = (width == 64 ? .max : (1 &<< UInt64(width)) &- 1) &<< UInt64(bit)
      let word = words(mark, page: index)! + inPage >> 6
      if isSet { word.pointee |= ones } else { word.pointee &= ~ones }
      clock += width
    }
  }

  /// The first clock from `clock` on whose unit has the mark, or has it not, other than `isSet` says; at most `end`.
  ///
  /// - Complexity: O(*n*/64) for the *n* clocks passed over.
  func end(of mark: UndoMark, _ isSet: Bool, from clock: UInt32, before end: UInt32) -> UInt32 {
    if !hasUndoMarks { return isSet ? clock : end }
    let flip: UInt64 = isSet ? .max : 0
    var clock = clock
    while clock < end {
      guard let words = words(mark, page: Int(clock >> Page.shift)) else {
        if isSet { return clock }
        let following = UInt64(clock | Page.mask) + 1
        if following >= UInt64(end) { return end }
        clock = UInt32(following)
        continue
      }
      let differing = (words[Int((clock & Page.mask) >> 6)] ^ flip) & (UInt64.max &<< UInt64(clock & 63))
      if differing != 0 { return min(end, clock & ~63 + UInt32(differing.trailingZeroBitCount)) }
      let following = UInt64(clock | 63) + 1
      if following >= UInt64(end) { return end }
      clock = UInt32(following)
    }
    return end
  }

  /// The first stretch of `clocks` whose units all have the mark, or all have it not.
  ///
  /// - Precondition: There are any clocks.
  func firstStretch(of mark: UndoMark, in clocks: Range<UInt32>) -> (clocks: Range<UInt32>, isSet: Bool) {
    let isSet = has(mark, clocks.lowerBound)
    return (clocks.lowerBound..<end(of: mark, isSet, from: clocks.lowerBound, before: clocks.upperBound), isSet)
  }

  /// How far a stretch goes on from `clock` in which all deleted units have their content or none has, and which an undo
  /// brought back as a whole or not at all; at most `end`. Yjs keeps such stretches apart.
  ///
  /// - Precondition: All units from `clock` up to `end` are deleted, or none is.
  func endOfUndoMarks(from clock: UInt32, before end: UInt32) -> UInt32 {
    redone.firstBoundary(
      after: clock,
      before: isDeleted(clock) ? self.end(of: .retained, has(.retained, clock), from: clock, before: end) : end)
  }
}
