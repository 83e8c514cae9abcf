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

  /// Notes that a mark has come to stand in a leaf.
  mutating func countMark(in index: LeafIndex) {
    markCount += 1
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

  /// Calls `body` with each mark that is not deleted, in document order, from the start of a sequence to a place.
  ///
  /// - Complexity: O(*m* + *l* log *n*) for *m* spans in the *l* leaves before the place in which marks may stand.
  mutating func forEachMark(
    of sequence: SequenceIndex, before place: Place? = nil, _ body: (inout DocumentStore, UnitID) -> Void
  ) {
    guard markCount > 0 else { return }
    var next = firstLeafWithMarks(of: sequence)
    while next >= 0 {
      let index = next
      let isLast = place.map { $0.leaf == index } ?? false
      if let place, !isLast, !isLeaf(index, before: place.leaf) { return }
      let here = leaf(index)
      let end = isLast ? min(place!.span, here.count) : here.count
      for span in 0..<end where isMark(here, span) {
        body(&self, UnitID(client: here.clients[span], clock: here.clocks[span]))
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

  /// The formats in force at a place.
  mutating func formats(of sequence: SequenceIndex, at place: Place) -> Formats {
    var formats = Formats()
    forEachMark(of: sequence, before: place) { store, unit in
      let mark = store.format(of: unit)
      formats.update(mark.name, mark.value)
    }
    return formats
  }
}
