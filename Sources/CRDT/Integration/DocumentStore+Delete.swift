/// Deleting: units become tombstones, nested types take all below with them, and at the end of the transaction what
/// nobody can read any more is given up.
extension DocumentStore {
  /// Deletes the `count` visible units from `index` on.
  ///
  /// - Precondition: There are as many.
  @inline(__always)
  mutating func deleteVisible(_ sequence: SequenceIndex, at index: Int32, count: Int32) {
    let offset = locate(sequence, index)
    let length = leaf(cursor.leaf).lengths[cursor.span]
    let first = min(count, length &- offset)
    delete(cursor.leaf, cursor.span, offset: offset, count: first)
    if first < count { deleteMoreVisible(sequence, at: index, count: count &- first) }
  }

  @inline(never)
  private mutating func deleteMoreVisible(_ sequence: SequenceIndex, at index: Int32, count: Int32) {
    var rest = count
    while rest > 0 {
      let offset = locate(sequence, index)
      let taken = min(rest, leaf(cursor.leaf).lengths[cursor.span] &- offset)
      deleteUnits(cursor.leaf, cursor.span, offset: offset, count: taken)
      rest &-= taken
    }
  }

  /// Deletes units of a visible span at the cursor.
  @inline(__always)
  mutating func delete(_ index: LeafIndex, _ span: Int, offset: Int32, count: Int32) {
    let here = leaf(index)
    let unit = UnitID(client: here.clients[span], clock: here.clocks[span] &+ UInt32(bitPattern: offset))
    let units = UInt32(bitPattern: count)
    let history = history(unit.client)
    history.pointee.splitSurrogatePair(before: unit.clock)
    if unit.clock &+ units < history.pointee.next { history.pointee.splitSurrogatePair(before: unit.clock &+ units) }
    markChanged(cursor.sequence)
    transaction.recordDeleted(unit, count: units)
    hideUnits(index, span, offset: offset, count: count)
    if hasNestedTypes { deleteNestedTypes(in: UnitRange(unit: unit, count: units)) }
  }

  /// Deletes units of a visible span at the cursor, without the copy of the code that typing and deletions of others have:
  /// a browser has to load each of them.
  @inline(never)
  mutating func deleteUnits(_ index: LeafIndex, _ span: Int, offset: Int32, count: Int32) {
    delete(index, span, offset: offset, count: count)
  }

  /// Deletes the formatting mark at the cursor.
  mutating func deleteMark(_ index: LeafIndex, _ span: Int) {
    let here = leaf(index)
    let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
    markChanged(cursor.sequence)
    transaction.recordDeleted(unit, count: 1)
    history(unit.client).pointee.setDeleted(unit.clock, count: 1)
    markCount -= 1
    noteMarkChange(in: cursor.sequence, index, span)
    cursor.span = mergeTombstone(here, span)
  }

  /// Calls `body` for each run that overlaps a range, with the overlap.
  @inline(__always)
  func forEachRun(in range: UnitRange, _ body: (Run, Range<UInt32>) -> Void) {
    let history = history(range.unit.client)
    var index = history.pointee.runIndex(of: range.unit.clock)
    var clock = range.unit.clock
    let end = range.clocks.upperBound
    while clock < end {
      let stop = min(end, history.pointee.endOfRun(index))
      body(history.pointee.runs[index], clock..<stop)
      clock = stop
      index &+= 1
    }
  }

  // MARK: Nested types

  /// Deletes all below the types that the given units held.
  @inline(never)
  private mutating func deleteNestedTypes(in range: UnitRange) {
    var next = transaction.deletedTypes.count
    collectDeletedTypes(in: range)
    // Types are worked off from a list, not by recursion: peers choose how deep they nest.
    while next < transaction.deletedTypes.count {
      deleteContents(of: transaction.deletedTypes[next])
      next += 1
    }
  }

  private mutating func collectDeletedTypes(in range: UnitRange) {
    var found = GrowableBuffer<TypeIndex>()
    forEachRun(in: range) { run, clocks in
      guard run.kind == .type else { return }
      for clock in clocks { found.append(history(range.unit.client).pointee.cell(of: clock, in: run).type) }
    }
    for index in 0..<found.count where !types[Int(found[index])].isDeleted {
      types[Int(found[index])].isDeleted = true
      transaction.deletedTypes.append(found[index])
    }
  }

  private mutating func deleteContents(of type: TypeIndex) {
    var sequences = GrowableBuffer<SequenceIndex>()
    forEachSequence(of: type) { sequences.append($0) }
    for index in 0..<sequences.count { deleteAll(sequences[index]) }
  }

  /// Deletes every unit of a sequence.
  private mutating func deleteAll(_ sequence: SequenceIndex) {
    var index = sequences[Int(sequence)].first
    while index >= 0 {
      var span = 0
      while span < leaf(index).count {
        let here = leaf(index)
        let length = here.lengths[span]
        if length > 0 {
          let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
          focus(sequence, index, span)
          cursor.isPositioned = false
          markChanged(sequence)
          transaction.recordDeleted(unit, count: length.magnitude)
          hideUnits(index, span, offset: 0, count: length)
          collectDeletedTypes(in: UnitRange(unit: unit, count: length.magnitude))
          span = cursor.span
        } else if isMark(here, span) {
          focus(sequence, index, span)
          cursor.isPositioned = false
          deleteMark(index, span)
          span = cursor.span
        }
        span += 1
      }
      index = leaf(index).next
    }
  }

  // MARK: Garbage

  /// Gives up the content that the transaction deleted. Clocks, origins and places remain: they still order what others
  /// write. Below a deleted type only the clocks remain.
  mutating func collectGarbage() {
    if collectsGarbage { giveUpDeleted() }
    if phase.tracksUndo { spreadKept() }
  }

  private mutating func giveUpDeleted() {
    for index in 0..<transaction.deleted.count {
      let range = transaction.deleted[index]
      if history(range.unit.client).pointee.hasUndoMarks { giveUpUnkept(range) } else { giveUpContent(range) }
    }
    for index in 0..<transaction.deletedTypes.count {
      let type = transaction.deletedTypes[index]
      let item = types[Int(type)].item
      if !history(item.client).pointee.has(.kept, item.clock) { collect(type) }
    }
  }

  private func giveUpContent(_ range: UnitRange) {
    let history = history(range.unit.client)
    if history.pointee.isTextOnly { return history.pointee.freeText(range.clocks) }
    forEachRun(in: range) { run, clocks in
      if run.kind == .string { history.pointee.freeText(clocks) } else { history.pointee.freeCells(clocks, in: run) }
    }
  }

  /// Gives up content but for what an undo may want back, which is retained.
  private func giveUpUnkept(_ range: UnitRange) {
    let history = history(range.unit.client)
    var rest = range.clocks
    while !rest.isEmpty {
      let (clocks, isKept) = history.pointee.firstStretch(of: .kept, in: rest)
      if isKept {
        history.pointee.set(.retained, clocks, to: true)
      } else {
        giveUpContent(UnitRange(client: range.unit.client, clocks: clocks))
      }
      rest = clocks.upperBound..<rest.upperBound
    }
  }

  /// Gives up all below a type, kept or not: types inside it may have been deleted, and kept, before.
  private mutating func collect(_ type: TypeIndex) {
    // Types are worked off from a list, not by recursion: peers choose how deep they nest.
    var types = GrowableBuffer<TypeIndex>()
    types.append(type)
    while !types.isEmpty {
      let type = types.removeLast()
      if self.types[Int(type)].isCollected { continue }
      self.types[Int(type)].isCollected = true
      var collected = GrowableBuffer<SequenceIndex>()
      forEachSequence(of: type) { collected.append($0) }
      for index in 0..<collected.count { collect(sequence: collected[index], nestedTypes: &types) }
    }
  }

  private mutating func collect(sequence: SequenceIndex, nestedTypes: inout GrowableBuffer<TypeIndex>) {
    if cursor.sequence == sequence { cursor = Cursor() }
    if formatCache.sequence == sequence { formatCache = FormatCache() }
    var index = sequences[Int(sequence)].first
    while index >= 0 {
      let here = leaf(index)
      for span in 0..<here.count {
        let range = UnitRange(
          unit: UnitID(client: here.clients[span], clock: here.clocks[span]), count: here.units(span))
        let history = history(range.unit.client)
        if history.pointee.hasUndoMarks { giveUpRetained(range) }
        history.pointee.assignLeaf(Leaf.none, to: range.unit.clock, count: range.count)
        var run = history.pointee.runIndex(of: range.unit.clock)
        while run < history.pointee.runs.count && history.pointee.runs[run].clock < range.clocks.upperBound {
          if history.pointee.runs[run].kind == .type {
            for clock in history.pointee.runs[run].clock..<history.pointee.endOfRun(run) {
              nestedTypes.append(history.pointee.cell(of: clock, in: history.pointee.runs[run]).type)
            }
          }
          history.pointee.runs[run].kind = .collected
          history.pointee.runs[run].sequence = -1
          run += 1
        }
      }
      let next = here.next
      freeLeaf(index)
      index = next
    }
    sequences[Int(sequence)].first = Leaf.none
    sequences[Int(sequence)].last = Leaf.none
    sequences[Int(sequence)].root = -1
    sequences[Int(sequence)].visible = 0
  }

  /// Gives up what was retained of units of which only the clocks are to be left.
  private func giveUpRetained(_ range: UnitRange) {
    let history = history(range.unit.client)
    var rest = range.clocks
    while !rest.isEmpty {
      let (clocks, isRetained) = history.pointee.firstStretch(of: .retained, in: rest)
      if isRetained { giveUpContent(UnitRange(client: range.unit.client, clocks: clocks)) }
      rest = clocks.upperBound..<rest.upperBound
    }
    history.pointee.set(.kept, range.clocks, to: false)
    history.pointee.set(.retained, range.clocks, to: false)
    history.pointee.redone.remove(range.clocks)
  }
}
