/// Spans: putting units between others, and turning units into tombstones.
///
/// Neighbours of one client with contiguous clocks and the same visibility are one span, whatever their origins.
/// Formatting marks are spans of their own: invisible, but not tombstones.
extension DocumentStore {
  /// Whether a span is a formatting mark that is not deleted.
  @inline(__always)
  func isMark(_ leaf: Leaf, _ span: Int) -> Bool {
    markCount > 0 && leaf.lengths[span] == -1 && !history(leaf.clients[span]).pointee.isDeleted(leaf.clocks[span])
  }

  /// Puts units at a place of the cursor's leaf: before span `span`, or `offset` units into it.
  ///
  /// Afterwards the cursor is at the span with the new units.
  ///
  /// - Parameters:
  ///   - length: The number of units, negative when they are invisible.
  ///   - merges: Whether they may become part of the span before them: not for formatting marks.
  /// - Precondition: The cursor is at this leaf and span. The units have storage.
  @inline(__always)
  mutating func insertSpan(
    _ index: LeafIndex, _ span: Int, offset: Int32, unit: UnitID, length: Int32, merges: Bool = true
  ) {
    var (index, span) = (index, span)
    if offset == 0 {
      if span > 0 && merges {
        let left = span &- 1
        let here = leaf(index)
        let leftLength = here.lengths[left]
        if here.clients[left] == unit.client && (leftLength ^ length) >= 0 && here.end(left) == unit.clock
          && !isMark(here, left)
        {
          here.lengths[left] = leftLength &+ length
          history(unit.client).pointee.assignLeaf(index, to: unit.clock, count: length.magnitude)
          if leftLength > 0 { cursor.spanStart &-= leftLength }
          cursor.span = left
          if length > 0 { countVisible(length) }
          return
        }
      }
      (index, span) = makeRoom(1, in: index, at: span, keepsSpan: false)
      let here = leaf(index)
      here.open(span, 1)
      here.set(span, length: length, clock: unit.clock, client: unit.client)
      cursor.span = span
    } else {
      (index, span) = makeRoom(2, in: index, at: span, keepsSpan: true)
      let here = leaf(index)
      here.open(span &+ 1, 2)
      let whole = here.lengths[span]
      let signed = whole > 0 ? offset : 0 &- offset
      here.lengths[span] = signed
      here.set(
        span &+ 2, length: whole &- signed, clock: here.clocks[span] &+ UInt32(bitPattern: offset),
        client: here.clients[span])
      here.set(span &+ 1, length: length, clock: unit.clock, client: unit.client)
      if whole > 0 { cursor.spanStart &+= offset }
      cursor.span = span &+ 1
    }
    history(unit.client).pointee.assignLeaf(index, to: unit.clock, count: length.magnitude)
    if length > 0 { countVisible(length) }
  }

  /// Turns `count` units, `offset` units into a visible span of the cursor's leaf, into tombstones.
  ///
  /// Afterwards the cursor's span starts where the units stood.
  ///
  /// - Precondition: The cursor is at this leaf and span.
  @inline(__always)
  mutating func hideUnits(_ index: LeafIndex, _ span: Int, offset: Int32, count: Int32) {
    let here = leaf(index)
    let length = here.lengths[span]
    history(here.clients[span]).pointee.setDeleted(
      here.clocks[span] &+ UInt32(bitPattern: offset), count: UInt32(bitPattern: count))
    if offset == 0 {
      if count == length { hideSpan(index, span) } else { hideStart(index, span, count: count) }
    } else if offset &+ count == length {
      hideEnd(index, span, offset: offset, count: count)
    } else {
      hideMiddle(index, span, offset: offset, count: count)
    }
  }

  /// Whether a span is a tombstone that continues, or is continued by, the given unit.
  @inline(__always)
  private func isTombstone(_ here: Leaf, _ span: Int, endingAt unit: UnitID) -> Bool {
    span >= 0 && here.lengths[span] < 0 && here.clients[span] == unit.client && here.end(span) == unit.clock
      && !isMark(here, span)
  }

  @inline(__always)
  private func isTombstone(_ here: Leaf, _ span: Int, startingAt unit: UnitID) -> Bool {
    span < here.count && here.lengths[span] < 0 && here.clients[span] == unit.client && here.clocks[span] == unit.clock
      && !isMark(here, span)
  }

  @inline(__always)
  private mutating func hideSpan(_ index: LeafIndex, _ span: Int) {
    let here = leaf(index)
    let length = here.lengths[span]
    countVisible(0 &- length)
    here.lengths[span] = 0 &- length
    cursor.span = mergeTombstone(here, span)
  }

  /// Joins the tombstone at `span` with tombstones that it continues or that continue it, and returns its span.
  @inline(__always)
  @discardableResult
  mutating func mergeTombstone(_ here: Leaf, _ span: Int) -> Int {
    let client = here.clients[span]
    if isTombstone(here, span &+ 1, startingAt: UnitID(client: client, clock: here.end(span))) {
      here.lengths[span] &+= here.lengths[span &+ 1]
      here.close(span &+ 1, 1)
    }
    if isTombstone(here, span &- 1, endingAt: UnitID(client: client, clock: here.clocks[span])) {
      here.lengths[span &- 1] &+= here.lengths[span]
      here.close(span, 1)
      return span &- 1
    }
    return span
  }

  @inline(__always)
  private mutating func hideStart(_ index: LeafIndex, _ span: Int, count: Int32) {
    let here = leaf(index)
    let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
    if isTombstone(here, span &- 1, endingAt: unit) {
      here.lengths[span &- 1] &-= count
      here.clocks[span] = unit.clock &+ UInt32(bitPattern: count)
      here.lengths[span] &-= count
      countVisible(0 &- count)
      cursor.span = span
      return
    }
    let (index, span) = makeRoom(1, in: index, at: span, keepsSpan: true)
    let wider = leaf(index)
    wider.open(span, 1)
    wider.set(span, length: 0 &- count, clock: unit.clock, client: unit.client)
    wider.clocks[span &+ 1] = unit.clock &+ UInt32(bitPattern: count)
    wider.lengths[span &+ 1] &-= count
    countVisible(0 &- count)
    cursor.span = span &+ 1
  }

  @inline(__always)
  private mutating func hideEnd(_ index: LeafIndex, _ span: Int, offset: Int32, count: Int32) {
    let here = leaf(index)
    let unit = UnitID(client: here.clients[span], clock: here.clocks[span] &+ UInt32(bitPattern: offset))
    if isTombstone(here, span &+ 1, startingAt: UnitID(client: unit.client, clock: here.end(span))) {
      here.lengths[span] = offset
      here.clocks[span &+ 1] = unit.clock
      here.lengths[span &+ 1] &-= count
      countVisible(0 &- count)
      cursor.span = span
      return
    }
    let (index, span) = makeRoom(1, in: index, at: span, keepsSpan: true)
    let wider = leaf(index)
    wider.open(span &+ 1, 1)
    wider.lengths[span] = offset
    wider.set(span &+ 1, length: 0 &- count, clock: unit.clock, client: unit.client)
    countVisible(0 &- count)
    cursor.span = span
  }

  private mutating func hideMiddle(_ index: LeafIndex, _ span: Int, offset: Int32, count: Int32) {
    let (index, span) = makeRoom(2, in: index, at: span, keepsSpan: true)
    let here = leaf(index)
    here.open(span &+ 1, 2)
    let (client, clock, length) = (here.clients[span], here.clocks[span], here.lengths[span])
    here.lengths[span] = offset
    here.set(span &+ 1, length: 0 &- count, clock: clock &+ UInt32(bitPattern: offset), client: client)
    here.set(
      span &+ 2, length: length &- offset &- count, clock: clock &+ UInt32(bitPattern: offset &+ count),
      client: client)
    countVisible(0 &- count)
    cursor.span = span
  }
}
