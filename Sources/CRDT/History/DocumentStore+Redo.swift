/// Bringing back what was deleted: a deletion is never taken back, so its content is written again, beside the old.
extension DocumentStore {
  /// Brings an item back: writes its content again, and notes what is a copy of what.
  ///
  /// - Returns: The first unit of the copy, which is kept.
  mutating func redoItem(
    _ item: UnitRange, into sequence: SequenceIndex, origin: UnitID, right: UnitID
  ) -> UnitID {
    let copy = copyUnits(item, into: sequence, origin: origin, right: right)
    let history = history(item.unit.client)
    history.pointee.redone.insert(RedoneTable.Entry(clock: item.unit.clock, count: item.count, copy: copy))
    history.pointee.hasUndoMarks = true
    self.history(copy.client).pointee.set(.kept, copy.clock..<(copy.clock + item.count), to: true)
    setKept(true, itemsAround: sequences[Int(sequence)].type)
    return copy
  }

  /// Writes the content of units of one run again, as the own client; of a type, an empty one of the same kind.
  ///
  /// - Parameters:
  ///   - origin: The unit to the left, none for the start of the sequence.
  ///   - right: The unit to the right, none for the end.
  /// - Precondition: All of the content is there, or none. Units of a kind that does not merge come one by one.
  /// - Returns: The first unit of the copy.
  mutating func copyUnits(
    _ item: UnitRange, into sequence: SequenceIndex, origin: UnitID, right: UnitID
  ) -> UnitID {
    precondition(hasRoom(for: Int(item.count)), "the document has no room for more than 2^31 − 1 units")
    let history = history(own)
    let unit = UnitID(client: own, clock: history.pointee.next)
    touch(own)
    transaction.countChange()
    let place = findPlace(sequence, origin: origin, right: right)
    let (kind, cell) = copyContent(of: item, to: unit)
    history.pointee.appendRun(
      Run(
        clock: unit.clock, origin: origin, rightOrigin: right, sequence: sequence, cell: cell,
        kind: kind), client: own)
    history.pointee.advance(by: item.count)
    unitCount &+= Int(item.count)
    markChanged(sequence)
    if kind == .deleted { transaction.recordDeleted(unit, count: item.count) }
    let length = Int32(bitPattern: item.count)
    insertSpan(
      place.leaf, place.span, offset: place.offset, unit: unit,
      length: kind.isCountable ? length : -length, merges: kind != .format)
    if kind == .format { countMark() }
    let record = sequences[Int(sequence)]
    if record.isChain { settleChain(at: unit) }
    if types[Int(record.type)].isDeleted { deleteIntegrated(unit) }
    return unit
  }

  private mutating func findPlace(_ sequence: SequenceIndex, origin: UnitID, right: UnitID) -> Place {
    var place: Place
    if origin.isNone {
      if sequences[Int(sequence)].first < 0 { focusStart(sequence) }
      place = Place(leaf: sequences[Int(sequence)].first, span: 0, offset: 0)
    } else {
      place = self.place(behind: origin, inLeaf: history(origin.client).pointee.leaf(of: origin.clock))
    }
    if following(place) != right { resolveConflicts(own, origin: origin, right: right, from: &place) }
    openPlace(sequence, place)
    return place
  }

  private mutating func copyContent(of item: UnitRange, to unit: UnitID) -> (kind: ContentKind, cell: UInt32) {
    let source = history(item.unit.client)
    let run = source.pointee.run(of: item.unit.clock)
    let isHidden = source.pointee.isHidden(item.unit.clock, run.kind, collectsGarbage: collectsGarbage)
    let kind = isHidden ? ContentKind.deleted : run.kind
    history(own).pointee.extend(by: item.count, isDeleted: isHidden)
    if kind == .string {
      var text = ByteWriter(capacity: Int(item.count) + 8)
      source.pointee.writeUTF8(of: item.clocks, to: &text)
      text.withBytes { history(own).pointee.writeText($0, units: item.count, at: unit.clock) }
    }
    guard kind.hasCell else { return (kind, 0) }
    if kind == .type {
      let record = types[Int(source.pointee.cell(of: item.unit.clock, in: run).type)]
      let type = addType(record.kind, name: record.name, item: unit)
      return (kind, addCell(Cell(type: type)))
    }
    let first = UInt32(history(own).pointee.cells.count)
    for clock in item.clocks {
      let cell = source.pointee.cell(of: clock, in: run)
      _ = addCell(cell.withBytes { Cell(copying: $0) })
    }
    return (kind, first)
  }

  /// Parts items where a struct from elsewhere was written into their old place, even one that is known already. Yjs
  /// never joins items again that an undo brought back, nor the halves of a surrogate pair.
  @inline(never)
  mutating func partItems(around parsed: ParsedStruct) {
    if parsed.hasOrigin { partItem(of: parsed.originClient, before: UInt64(parsed.originClock) + 1) }
    if parsed.hasRight { partItem(of: parsed.rightClient, before: UInt64(parsed.rightClock)) }
  }

  private func partItem(of id: UInt64, before clock: UInt64) {
    guard let client = findClient(id), clock > 0, clock < UInt64(history(client).pointee.next) else { return }
    partItem(before: UnitID(client: client, clock: UInt32(clock)))
  }

  /// Parts what an undo brought back, and a surrogate pair, at the boundary before a unit.
  func partItem(before unit: UnitID) {
    let history = history(unit.client)
    history.pointee.redone.split(before: unit.clock)
    if history.pointee.run(of: unit.clock).kind == .string { history.pointee.splitSurrogatePair(before: unit.clock) }
  }
}
