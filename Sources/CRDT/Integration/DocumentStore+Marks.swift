/// Formatting marks: invisible units of a text that say which format begins or ends where they stand.
///
/// A mark is a span of its own. The inner nodes know below which children marks may stand, so that those before a place
/// are found without a look at all that is between them.
extension DocumentStore {
  /// The format that the mark at `unit` sets.
  mutating func format(of unit: UnitID) -> (name: NameIndex, value: FormatValue) {
    history(unit.client).pointee.cell(of: unit.clock).withBytes { bytes in
      var reader = ByteReader(bytes)
      // The bytes were checked when they came in.
      let name = names.intern(try! reader.readVarString())
      return (name, FormatValue(json: [UInt8](try! reader.readVarString())))
    }
  }

  /// Puts a mark of the own client at a place, and returns the place behind it.
  mutating func insertMark(
    _ sequence: SequenceIndex, at place: Place, _ name: NameIndex, _ value: FormatValue
  ) -> Place {
    precondition(hasRoom(for: 1), "the document has no room for more than 2^31 − 1 units")
    var writer = ByteWriter(capacity: 32)
    writer.writeVarBytes(names.bytes(of: name))
    value.json.withUnsafeBytes { writer.writeVarBytes($0) }
    focus(sequence, place.leaf, place.span)
    let cell = addCell(writer.withBytes { Cell(copying: $0) })
    insertOwn(sequence, offset: place.offset, kind: .format, cell: cell, count: 1)
    return Place(leaf: cursor.leaf, span: cursor.span &+ 1, offset: 0)
  }

  /// Notes that a mark has come to stand at the cursor.
  mutating func countMark() {
    markCount += 1
    let index = cursor.leaf
    noteMarkChange(in: cursor.sequence, index, cursor.span)
    var child = index
    var parent = leaf(index).parent
    while parent >= 0 {
      let node = inner(parent)
      let bit: UInt32 = 1 &<< UInt32(node.position(of: child))
      if node.marks & bit != 0 { return }
      node.marks |= bit
      child = parent
      parent = node.parent
    }
  }

  /// Calls `body` with each mark that is not deleted, in document order, from one place of a sequence, or its start, to
  /// another, or its end.
  ///
  /// - Complexity: O(*m* + *l* log *n*) for *m* spans in the *l* leaves between in which marks may stand.
  mutating func forEachMark(
    of sequence: SequenceIndex, from start: Place? = nil, before end: Place? = nil,
    _ body: (inout DocumentStore, UnitID) -> Void
  ) {
    guard markCount > 0 else { return }
    var next = start?.leaf ?? firstLeafWithMarks(of: sequence)
    while next >= 0 {
      let index = next
      let isLast = end.map { $0.leaf == index } ?? false
      if let end, !isLast, !isLeaf(index, before: end.leaf) { return }
      let here = leaf(index)
      let first = start.map { $0.leaf == index ? $0.span : 0 } ?? 0
      let stop = isLast ? min(end!.span, here.count) : here.count
      var span = first
      while span < stop {
        if isMark(here, span) { body(&self, UnitID(client: here.clients[span], clock: here.clocks[span])) }
        span += 1
      }
      if isLast { return }
      next = leafWithMarks(after: index)
    }
  }

  private mutating func firstLeafWithMarks(of sequence: SequenceIndex) -> LeafIndex {
    guard sequence >= 0 else { return Leaf.none }
    let record = sequences[Int(sequence)]
    guard record.root >= 0 else { return record.first }
    return inner(record.root).marks == 0 ? Leaf.none : firstLeafWithMarks(below: record.root)
  }

  private mutating func firstLeafWithMarks(below index: InnerIndex) -> LeafIndex {
    var index = index
    while true {
      let node = inner(index)
      let child = node.children[node.marks.trailingZeroBitCount]
      if node.level == 0 { return child }
      index = child
    }
  }

  private mutating func leafWithMarks(after index: LeafIndex) -> LeafIndex {
    var child = index
    var parent = leaf(index).parent
    while parent >= 0 {
      let node = inner(parent)
      let following = node.marks & (UInt32.max &<< UInt32(node.position(of: child) &+ 1))
      if following != 0 {
        let next = node.children[following.trailingZeroBitCount]
        return node.level == 0 ? next : firstLeafWithMarks(below: next)
      }
      child = parent
      parent = node.parent
    }
    return Leaf.none
  }

  // MARK: Formats in force

  /// The formats in force at a place.
  ///
  /// - Complexity: That of ``forEachMark(of:from:before:_:)`` from the place that was asked for last, if it is to the left,
  ///   else from the start.
  mutating func formats(of sequence: SequenceIndex, at place: Place) -> Formats {
    guard markCount > 0 else { return Formats() }
    let anchor = unit(before: place)
    var formats = Formats()
    var start: Place?
    if formatCache.sequence == sequence {
      if formatCache.anchor == anchor { return formatCache.formats }
      let known = self.place(behind: formatCache.anchor, in: sequence)
      if isPlace(known, before: place) {
        start = known
        formats = formatCache.formats
      }
    }
    forEachMark(of: sequence, from: start, before: place) { store, unit in
      let mark = store.format(of: unit)
      formats.update(mark.name, mark.value)
    }
    formatCache = FormatCache(sequence: sequence, anchor: anchor, formats: formats)
    return formats
  }

  /// Forgets what is known of formats behind a mark that comes or goes.
  mutating func noteMarkChange(in sequence: SequenceIndex, _ index: LeafIndex, _ span: Int) {
    guard formatCache.sequence == sequence, !formatCache.anchor.isNone else { return }
    let known = place(behind: formatCache.anchor, in: sequence)
    if isPlace(Place(leaf: index, span: span, offset: 0), before: known) { formatCache = FormatCache() }
  }

  /// Whether one place is to the left of another of the same sequence.
  private mutating func isPlace(_ left: Place, before right: Place) -> Bool {
    guard left.leaf == right.leaf else { return isLeaf(left.leaf, before: right.leaf) }
    return (left.span, left.offset) < (right.span, right.offset)
  }
}

/// The formats in force at the place of a text that was asked for last: the next one is often a little behind it.
struct FormatCache {
  /// −1 when nothing is known.
  var sequence: SequenceIndex = -1
  /// The unit before the place, or none for the start.
  var anchor = UnitID.none
  var formats = Formats()
}
