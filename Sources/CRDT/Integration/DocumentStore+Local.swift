/// Changes by this replica's own client.
extension DocumentStore {
  /// Whether `count` more units still fit: visible lengths are 32-bit numbers.
  @inline(__always)
  func hasRoom(for count: Int) -> Bool { unitCount &+ count <= Int(Int32.max) }

  // MARK: Text

  /// Inserts text before the visible unit at `index`, after any tombstones there, as Yjs does for text.
  ///
  /// - Parameters:
  ///   - utf8: Well-formed UTF-8 of `count` UTF-16 units, at least 1.
  @inline(__always)
  mutating func insertText(
    _ sequence: SequenceIndex, at index: Int32, _ utf8: UnsafeRawBufferPointer, units count: Int32
  ) {
    if extendTyping(sequence, at: index, utf8, units: count) { return }
    insertTextAnywhere(sequence, at: index, utf8, units: count)
  }

  /// Typing goes on where the last insertion ended: the span at the cursor grows.
  @inline(__always)
  private mutating func extendTyping(
    _ sequence: SequenceIndex, at index: Int32, _ utf8: UnsafeRawBufferPointer, units count: Int32
  ) -> Bool {
    guard cursor.isPositioned && cursor.sequence == sequence else { return false }
    let here = leaf(cursor.leaf)
    guard canProlongCursorSpan(own, here) && index == cursor.spanStart &+ here.lengths[cursor.span] else {
      return false
    }
    let right = firstUnit(cursor.leaf, cursor.span &+ 1)
    guard right.length >= 0 else { return false }
    prolongCursorSpan(own, here, utf8, units: UInt32(bitPattern: count), before: right.unit)
    return true
  }

  /// Whether the span at the cursor is visible and ends with its client's last unit, so that what the client writes
  /// behind it may become part of it.
  @inline(__always)
  func canProlongCursorSpan(_ client: ClientIndex, _ here: Leaf) -> Bool {
    guard cursor.span < here.count else { return false }
    let length = here.lengths[cursor.span]
    return length > 0 && here.clients[cursor.span] == client
      && here.clocks[cursor.span] &+ UInt32(bitPattern: length) == history(client).pointee.next
  }

  /// Adds a client's next units to the span at the cursor: typing that goes on, here or elsewhere.
  ///
  /// - Parameters:
  ///   - here: The cursor's leaf.
  ///   - utf8: Well-formed UTF-8 of `units` UTF-16 units.
  ///   - right: The unit behind the span, which is the new units' right origin.
  @inline(__always)
  mutating func prolongCursorSpan(
    _ client: ClientIndex, _ here: Leaf, _ utf8: UnsafeRawBufferPointer, units: UInt32, before right: UnitID
  ) {
    let history = history(client)
    let clock = history.pointee.next
    let last = history.pointee.runs.base + (history.pointee.runs.count &- 1)
    if last.pointee.rightOrigin != right || last.pointee.kind != .string {
      history.pointee.runs.append(
        Run(
          clock: clock, origin: UnitID(client: client, clock: clock &- 1), rightOrigin: right,
          sequence: cursor.sequence, cell: 0, kind: .string))
    }
    touch(client)
    markChanged(cursor.sequence)
    history.pointee.extend(by: units, isDeleted: false)
    history.pointee.writeText(utf8, units: units, at: clock)
    history.pointee.advance(by: units)
    history.pointee.assignLeaf(cursor.leaf, to: clock, count: units)
    unitCount &+= Int(units)
    here.lengths[cursor.span] &+= Int32(bitPattern: units)
    countVisible(Int32(bitPattern: units))
  }

  @inline(never)
  private mutating func insertTextAnywhere(
    _ sequence: SequenceIndex, at index: Int32, _ utf8: UnsafeRawBufferPointer, units count: Int32
  ) {
    let offset = locate(sequence, index)
    if offset == 0 && !(markCount > 0 && stepBackBeforeMarks()) { stepBackToPreviousLeaf() }
    insertOwnText(sequence, offset: offset, utf8, units: UInt32(bitPattern: count))
  }

  /// Puts text at the cursor, `offset` units into its span.
  ///
  /// - Parameter utf8: Well-formed UTF-8 of `count` UTF-16 units, at least 1.
  mutating func insertOwnText(
    _ sequence: SequenceIndex, offset: Int32, _ utf8: UnsafeRawBufferPointer, units count: UInt32
  ) {
    let history = history(own)
    history.pointee.extend(by: count, isDeleted: false)
    history.pointee.writeText(utf8, units: count, at: history.pointee.next)
    insertOwn(sequence, offset: offset, kind: .string, cell: 0, count: count)
  }

  /// From the start of a leaf to the end of the one before it, where new units may continue the last span.
  private mutating func stepBackToPreviousLeaf() {
    guard cursor.span == 0 else { return }
    let previous = leaf(cursor.leaf).previous
    guard previous >= 0 else { return }
    let before = leaf(previous)
    let last = before.count &- 1
    guard before.clients[last] == own && before.lengths[last] > 0 && before.end(last) == history(own).pointee.next
    else { return }
    let (sequence, start) = (cursor.sequence, cursor.start)
    flushCursor()
    cursor.sequence = sequence
    cursor.leaf = previous
    cursor.visible = storedVisible(previous)
    cursor.start = start &- cursor.visible
    cursor.span = before.count
    cursor.spanStart = start
  }

  /// From a visible span back before the first formatting mark that changes what the unit to the left is formatted as:
  /// text takes the format of what it is typed behind.
  ///
  /// - Returns: Whether there are marks between the span and the visible unit to its left.
  private mutating func stepBackBeforeMarks() -> Bool {
    var (index, span) = (cursor.leaf, cursor.span)
    var hasMarks = false
    while true {
      if span == 0 {
        let previous = leaf(index).previous
        if previous < 0 { break }
        index = previous
        span = leaf(index).count
      }
      let here = leaf(index)
      if here.lengths[span &- 1] > 0 { break }
      span &-= 1
      if isMark(here, span) { hasMarks = true }
    }
    guard hasMarks else { return false }
    let sequence = cursor.sequence
    let start = Place(leaf: index, span: span, offset: 0)
    var position = TextPosition(sequence: sequence, place: start, formats: formats(of: sequence, at: start))
    skipMarks(&position, setting: position.formats)
    focus(sequence, position.place.leaf, position.place.span)
    return true
  }

  // MARK: Lists

  /// Moves the cursor right behind the visible unit before `index`, before any tombstones there, as Yjs does for arrays.
  ///
  /// - Returns: The offset in the cursor's span.
  mutating func locateBehind(_ sequence: SequenceIndex, _ index: Int32) -> Int32 {
    if index == 0 {
      focusStart(sequence)
      return 0
    }
    let offset = locate(sequence, index &- 1) &+ 1
    let length = leaf(cursor.leaf).lengths[cursor.span]
    if offset < length { return offset }
    cursor.span &+= 1
    cursor.spanStart &+= length
    return 0
  }

  /// Moves the cursor behind everything, tombstones included.
  mutating func focusEnd(_ sequence: SequenceIndex) {
    let last = sequences[Int(sequence)].last
    if last < 0 {
      focusStart(sequence)
    } else {
      focus(sequence, last, leaf(last).count)
      cursor.isPositioned = false
    }
  }

  /// Appends cells for units that are about to be written; returns the number of the first.
  mutating func addCell(_ cell: Cell) -> UInt32 {
    let cells = history(own).pointee.cells.count
    history(own).pointee.cells.append(cell)
    return UInt32(cells)
  }

  /// Puts the own client's next units at the cursor.
  ///
  /// - Parameters:
  ///   - offset: Units into the cursor's span.
  ///   - cell: The first unit's cell, if the kind has cells.
  /// - Precondition: Text has been written already, and with it storage made.
  /// - Returns: The first unit.
  @discardableResult
  mutating func insertOwn(
    _ sequence: SequenceIndex, offset: Int32, kind: ContentKind, cell: UInt32, count: UInt32
  ) -> UnitID {
    let (index, span) = (cursor.leaf, cursor.span)
    let (origin, right) = neighbours(index, span, offset: offset)
    let history = history(own)
    let clock = history.pointee.next
    touch(own)
    markChanged(sequence)
    if kind != .string { history.pointee.extend(by: count, isDeleted: false) }
    history.pointee.appendRun(
      Run(clock: clock, origin: origin, rightOrigin: right, sequence: sequence, cell: cell, kind: kind), client: own)
    history.pointee.advance(by: count)
    unitCount &+= Int(count)
    let unit = UnitID(client: own, clock: clock)
    if kind == .format {
      insertSpan(index, span, offset: offset, unit: unit, length: -1, merges: false)
      countMark()
    } else {
      insertSpan(index, span, offset: offset, unit: unit, length: Int32(bitPattern: count))
    }
    return unit
  }

  /// Moves the cursor from units just inserted to the place behind them, where what follows is to be inserted.
  ///
  /// - Returns: The offset in the cursor's span.
  mutating func stepBehindInserted() -> Int32 {
    let unit = UnitID(client: own, clock: history(own).pointee.next &- 1)
    let here = leaf(cursor.leaf)
    let offset = unit.clock &- here.clocks[cursor.span] &+ 1
    if offset < here.units(cursor.span) { return Int32(bitPattern: offset) }
    if cursor.isPositioned { cursor.spanStart &+= max(0, here.lengths[cursor.span]) }
    cursor.span &+= 1
    return 0
  }

  /// The units to the left and right of a place. A surrogate pair between them is split for good.
  @inline(__always)
  mutating func neighbours(_ index: LeafIndex, _ span: Int, offset: Int32) -> (origin: UnitID, right: UnitID) {
    let here = leaf(index)
    let origin: UnitID
    let right: UnitID
    if offset > 0 {
      let clock = here.clocks[span] &+ UInt32(bitPattern: offset)
      origin = UnitID(client: here.clients[span], clock: clock &- 1)
      right = UnitID(client: here.clients[span], clock: clock)
    } else {
      origin = lastUnit(before: index, span)
      right = firstUnit(index, span).unit
    }
    if origin.client == right.client && origin.clock &+ 1 == right.clock && !origin.isNone {
      history(right.client).pointee.splitSurrogatePair(before: right.clock)
    }
    return (origin, right)
  }

  // MARK: Chains

  /// Gives a key a new value: the own client's next unit goes to the end of the chain, and what was there is deleted.
  @discardableResult
  mutating func appendToChain(_ chain: SequenceIndex, kind: ContentKind, cell: UInt32) -> UnitID {
    focusEnd(chain)
    let unit = insertOwn(chain, offset: 0, kind: kind, cell: cell, count: 1)
    settleChain(at: unit)
    return unit
  }

  /// Keeps the rule of chains: only the last unit may be alive. To be called once a unit is in its place, at the cursor.
  mutating func settleChain(at unit: UnitID) {
    let (index, span) = (cursor.leaf, cursor.span)
    let here = leaf(index)
    let offset = Int32(bitPattern: unit.clock &- here.clocks[span])
    let isLast = span &+ 1 == here.count && here.next < 0
    if !isLast {
      // A unit that is not the last is beaten by one to its right, and never shows.
      deleteInChain(index, span, offset: offset, count: Int32(bitPattern: here.units(span)) &- offset)
    } else if offset > 0 {
      deleteInChain(index, span, offset: 0, count: offset)
    } else if span > 0 {
      deleteInChain(index, span &- 1, offset: 0, count: Int32(bitPattern: here.units(span &- 1)))
    } else if here.previous >= 0 {
      let left = leaf(here.previous).count &- 1
      deleteInChain(here.previous, left, offset: 0, count: Int32(bitPattern: leaf(here.previous).units(left)))
    }
  }

  /// Deletes units of a span in the cursor's chain, unless they are tombstones.
  private mutating func deleteInChain(_ index: LeafIndex, _ span: Int, offset: Int32, count: Int32) {
    let here = leaf(index)
    focus(cursor.sequence, index, span)
    cursor.isPositioned = false
    if isMark(here, span) {
      deleteMark(index, span)
    } else if here.lengths[span] > 0 {
      deleteUnits(index, span, offset: offset, count: count)
    }
  }

  /// The visible last unit of a chain: the key's value.
  func value(ofChain chain: SequenceIndex) -> UnitID? {
    let record = sequences[Int(chain)]
    guard record.visible > 0 else { return nil }
    let last = leaf(record.last)
    let span = last.count &- 1
    guard last.lengths[span] > 0 else { return nil }
    return UnitID(client: last.clients[span], clock: last.end(span) &- 1)
  }

  /// Deletes a key's value.
  mutating func deleteValue(ofChain chain: SequenceIndex) {
    guard value(ofChain: chain) != nil else { return }
    let index = sequences[Int(chain)].last
    let span = leaf(index).count &- 1
    focus(chain, index, span)
    cursor.isPositioned = false
    deleteUnits(index, span, offset: 0, count: leaf(index).lengths[span])
  }
}
