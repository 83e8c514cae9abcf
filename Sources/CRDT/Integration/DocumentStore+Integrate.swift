/// Integration of a struct that came from a peer: finding its place among concurrent ones as Yjs does.
///
/// The algorithm is YATA (Nicolaescu, Jahns, Derntl, Klamma: "Near Real-Time Peer-to-Peer Shared Editing on Extensible
/// Data Types", 2016) with the rules of Yjs 13.
extension DocumentStore {
  /// A place in a sequence: before a span, or some units into it.
  struct Place {
    var leaf: LeafIndex
    var span: Int
    var offset: Int32
  }

  /// Integrates a struct, or the part of it that is not known yet.
  ///
  /// - Precondition: All that `candidate` depends on is known, and the client's next clock is one of its clocks.
  @inline(__always)
  mutating func integrate(_ client: ClientIndex, _ candidate: UnsafePointer<ParsedStruct>) {
    if !integrateTyping(client, candidate) { integrateAnywhere(client, candidate) }
  }

  /// Typing goes on at the cursor, and nothing came between: the span there grows.
  @inline(__always)
  private mutating func integrateTyping(_ client: ClientIndex, _ candidate: UnsafePointer<ParsedStruct>) -> Bool {
    let history = history(client)
    guard
      candidate.pointee.kind == .string && candidate.pointee.clock == history.pointee.next
        && candidate.pointee.originClock &+ 1 == candidate.pointee.clock
        && candidate.pointee.originClient == history.pointee.client
        && cursor.leaf >= 0
    else { return false }
    let here = leaf(cursor.leaf)
    guard canProlongCursorSpan(client, here) && !sequences[Int(cursor.sequence)].isChain else { return false }
    let right = firstUnit(cursor.leaf, cursor.span &+ 1).unit
    guard
      candidate.pointee.hasRight
        ? !right.isNone && candidate.pointee.rightClock == right.clock
          && candidate.pointee.rightClient == self.history(right.client).pointee.client
        : right.isNone
    else { return false }
    transaction.countChange()
    let utf8 = UnsafeRawBufferPointer(
      start: candidate.pointee.content, count: Int(candidate.pointee.contentBytes))
    prolongCursorSpan(client, here, utf8, units: candidate.pointee.count, before: right)
    return true
  }

  @inline(never)
  private mutating func integrateAnywhere(_ client: ClientIndex, _ candidate: UnsafePointer<ParsedStruct>) {
    let parsed = candidate.pointee
    let next = history(client).pointee.next
    let known = next &- parsed.clock
    let count = parsed.count &- known
    touch(client)
    transaction.countChange()
    unitCount &+= Int(count)
    if parsed.kind == .collected { return integrateCollected(client, count: count) }

    var origin = UnitID.none
    if known > 0 {
      origin = UnitID(client: client, clock: next &- 1)
    } else if parsed.hasOrigin {
      origin = UnitID(client: clientIndex(parsed.originClient), clock: parsed.originClock)
    }
    var right = UnitID.none
    if parsed.hasRight { right = UnitID(client: clientIndex(parsed.rightClient), clock: parsed.rightClock) }
    if phase.tracksUndo { partItems(around: parsed) }

    guard let place = findPlace(client, parsed, origin: origin, right: right) else {
      return integrateCollected(client, count: count)
    }
    let sequence = cursor.sequence
    let cell = storeContent(client, parsed, skipping: known)
    let history = history(client)
    history.pointee.appendRun(
      Run(clock: next, origin: origin, rightOrigin: right, sequence: sequence, cell: cell, kind: parsed.kind),
      client: client)
    history.pointee.advance(by: count)
    markChanged(sequence)
    let unit = UnitID(client: client, clock: next)
    if parsed.kind == .deleted { transaction.recordDeleted(unit, count: count) }
    insertSpan(
      place.leaf, place.span, offset: place.offset, unit: unit,
      length: parsed.kind.isCountable ? Int32(bitPattern: count) : 0 &- Int32(bitPattern: count),
      merges: parsed.kind != .format)
    if parsed.kind == .format { countMark() }
    let record = sequences[Int(sequence)]
    if record.isChain { settleChain(at: unit) }
    if types[Int(record.type)].isDeleted { deleteIntegrated(unit) }
  }

  /// Notes units of which nothing but the clocks is left.
  @inline(never)
  private mutating func integrateCollected(_ client: ClientIndex, count: UInt32) {
    let history = history(client)
    let clock = history.pointee.next
    history.pointee.extend(by: count, isDeleted: true)
    history.pointee.appendCollectedRun(at: clock)
    history.pointee.advance(by: count)
    history.pointee.assignLeaf(Leaf.none, to: clock, count: count)
  }

  /// Deletes units that were written into a type which is gone.
  @inline(never)
  mutating func deleteIntegrated(_ unit: UnitID) {
    guard !history(unit.client).pointee.isDeleted(unit.clock) else { return }
    let here = leaf(cursor.leaf)
    let span = here.find(unit)
    focus(cursor.sequence, cursor.leaf, span)
    cursor.isPositioned = false
    if isMark(here, span) { return deleteMark(cursor.leaf, span) }
    let offset = Int32(bitPattern: unit.clock &- here.clocks[span])
    deleteUnits(cursor.leaf, span, offset: offset, count: here.lengths[span] &- offset)
  }

  // MARK: Place

  /// The place of a struct's first unknown unit; the cursor is there afterwards. Nil when what it was written next to,
  /// or into, is gone.
  @inline(__always)
  private mutating func findPlace(
    _ client: ClientIndex, _ parsed: ParsedStruct, origin: UnitID, right: UnitID
  ) -> Place? {
    var place: Place
    let sequence: SequenceIndex
    if origin.isNone {
      guard let found = findSequence(parsed, right: right) else { return nil }
      sequence = found
      if sequences[Int(sequence)].first < 0 { focusStart(sequence) }
      place = Place(leaf: sequences[Int(sequence)].first, span: 0, offset: 0)
    } else if isAtCursor(origin) {
      sequence = cursor.sequence
      place = Place(leaf: cursor.leaf, span: cursor.span &+ 1, offset: 0)
    } else {
      let index = history(origin.client).pointee.leaf(of: origin.clock)
      guard index >= 0 else { return nil }
      sequence = history(origin.client).pointee.run(of: origin.clock).sequence
      place = self.place(behind: origin, inLeaf: index)
    }
    if following(place) != right {
      if !right.isNone && history(right.client).pointee.leaf(of: right.clock) < 0 { return nil }
      resolveConflicts(client, origin: origin, right: right, from: &place)
    }
    openPlace(sequence, place)
    return place
  }

  /// Moves the cursor to a place, where a surrogate pair is split for good.
  @inline(__always)
  mutating func openPlace(_ sequence: SequenceIndex, _ place: Place) {
    if place.offset > 0 {
      let here = leaf(place.leaf)
      history(here.clients[place.span]).pointee.splitSurrogatePair(
        before: here.clocks[place.span] &+ UInt32(bitPattern: place.offset))
    } else {
      splitSurrogatePair(at: place)
    }
    focusPlace(sequence, place)
  }

  /// Whether a unit is the last one of the cursor's span.
  @inline(__always)
  private func isAtCursor(_ unit: UnitID) -> Bool {
    guard cursor.leaf >= 0 else { return false }
    let here = leaf(cursor.leaf)
    return cursor.span < here.count && here.clients[cursor.span] == unit.client
      && here.end(cursor.span) &- 1 == unit.clock
  }

  /// Moves the cursor to a place, keeping what it knows of its index when the place is right behind its span.
  @inline(__always)
  private mutating func focusPlace(_ sequence: SequenceIndex, _ place: Place) {
    if cursor.isPositioned && cursor.sequence == sequence && cursor.leaf == place.leaf {
      if place.span == cursor.span { return }
      if place.span == cursor.span &+ 1 {
        cursor.spanStart &+= max(0, leaf(place.leaf).lengths[cursor.span])
        cursor.span = place.span
        return
      }
    }
    focus(sequence, place.leaf, place.span)
  }

  mutating func place(behind unit: UnitID, inLeaf index: LeafIndex) -> Place {
    let here = leaf(index)
    let span = here.find(unit)
    let offset = unit.clock &- here.clocks[span] &+ 1
    return offset == here.units(span)
      ? Place(leaf: index, span: span &+ 1, offset: 0)
      : Place(leaf: index, span: span, offset: Int32(bitPattern: offset))
  }

  /// The unit at a place.
  @inline(__always)
  func following(_ place: Place) -> UnitID {
    if place.offset == 0 { return firstUnit(place.leaf, place.span).unit }
    let here = leaf(place.leaf)
    return UnitID(
      client: here.clients[place.span], clock: here.clocks[place.span] &+ UInt32(bitPattern: place.offset))
  }

  /// Neighbouring spans can hold the halves of a pair when they are in two leaves.
  @inline(__always)
  private mutating func splitSurrogatePair(at place: Place) {
    guard place.span == leaf(place.leaf).count || place.span == 0 else { return }
    _ = neighbours(place.leaf, place.span, offset: 0)
  }

  /// The sequence of a struct that has no unit to its left.
  private mutating func findSequence(_ parsed: ParsedStruct, right: UnitID) -> SequenceIndex? {
    if !right.isNone {
      guard history(right.client).pointee.leaf(of: right.clock) >= 0 else { return nil }
      return history(right.client).pointee.run(of: right.clock).sequence
    }
    guard let parent = parsed.parent else { return nil }
    // The bytes were checked when the update was read.
    var reader = ByteReader(UnsafeRawBufferPointer(start: parent, count: parsed.content - parent))
    let isRoot = try! reader.readVarUInt() == 1
    let type: TypeIndex
    if isRoot {
      type = rootType(try! reader.readVarString())
    } else {
      let client = clientIndex(try! reader.readVarUInt())
      guard let nested = nestedType(UnitID(client: client, clock: UInt32(try! reader.readVarUInt()))) else {
        return nil
      }
      type = nested
    }
    return parsed.hasKey ? chain(of: type, key: try! reader.readVarString()) : list(of: type)
  }

  /// The type that a unit holds, or nil when it holds none, or the type's content was given up.
  func nestedType(_ unit: UnitID) -> TypeIndex? {
    let run = history(unit.client).pointee.run(of: unit.clock)
    guard run.kind == .type else { return nil }
    let type = history(unit.client).pointee.cell(of: unit.clock, in: run).type
    return types[Int(type)].isCollected ? nil : type
  }

  // MARK: Conflicts

  /// Moves a place, right behind the origin, over those concurrent units that come before the new ones.
  ///
  /// Yjs keeps sets of the units passed. Here a unit is in such a set when its position is behind the set's start, which
  /// two comparisons in the tree decide, so that the cost per unit passed does not grow with their number.
  @inline(never)
  mutating func resolveConflicts(_ client: ClientIndex, origin: UnitID, right: UnitID, from place: inout Place) {
    let identifier = history(client).pointee.client
    let start = place
    var scan = place
    while true {
      if scan.span >= leaf(scan.leaf).count {
        let next = leaf(scan.leaf).next
        if next < 0 { return }
        scan = Place(leaf: next, span: 0, offset: 0)
      }
      let here = leaf(scan.leaf)
      let unit = following(scan)
      if unit == right { return }
      let other = history(unit.client)
      let index = other.pointee.runIndex(of: unit.clock)
      let run = other.pointee.runs[index]
      var end = min(here.end(scan.span), other.pointee.endOfRun(index))
      if unit.client == right.client && right.clock > unit.clock && right.clock < end { end = right.clock }

      var isPassed = false
      let otherOrigin = unit.clock == run.clock ? run.origin : UnitID(client: unit.client, clock: unit.clock &- 1)
      if otherOrigin == origin {
        if other.pointee.client < identifier { isPassed = true } else if run.rightOrigin == right { return }
      } else if otherOrigin.isNone || stands(otherOrigin, before: start) {
        return
      } else if stands(otherOrigin, before: place) {
        isPassed = true
      }

      scan.offset &+= Int32(bitPattern: end &- unit.clock)
      if UInt32(bitPattern: scan.offset) == here.units(scan.span) {
        scan.span &+= 1
        scan.offset = 0
      }
      if isPassed { place = scan }
    }
  }

  /// Whether a unit stands to the left of a place in the same sequence.
  private mutating func stands(_ unit: UnitID, before place: Place) -> Bool {
    let index = history(unit.client).pointee.leaf(of: unit.clock)
    guard index == place.leaf else { return isLeaf(index, before: place.leaf) }
    let here = leaf(index)
    let span = here.find(unit)
    if span != place.span { return span < place.span }
    return Int32(bitPattern: unit.clock &- here.clocks[span]) < place.offset
  }

  /// Whether one leaf comes before another of the same sequence.
  ///
  /// - Complexity: O(log *n*).
  mutating func isLeaf(_ left: LeafIndex, before right: LeafIndex) -> Bool {
    var (left, right) = (left, right)
    var (leftParent, rightParent) = (leaf(left).parent, leaf(right).parent)
    while leftParent != rightParent {
      (left, right) = (leftParent, rightParent)
      (leftParent, rightParent) = (inner(left).parent, inner(right).parent)
    }
    let node = inner(leftParent)
    return node.position(of: left) < node.position(of: right)
  }

  // MARK: Content

  /// Makes storage for the unknown units of a struct and keeps their content.
  ///
  /// - Returns: The number of the first cell, if the kind has cells.
  @inline(__always)
  private mutating func storeContent(_ client: ClientIndex, _ parsed: ParsedStruct, skipping known: UInt32) -> UInt32 {
    let history = history(client)
    let count = parsed.count &- known
    history.pointee.extend(by: count, isDeleted: parsed.kind == .deleted)
    if parsed.kind == .string {
      let utf8 = UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes))
      if known == 0 {
        history.pointee.writeText(utf8, units: count, at: history.pointee.next)
      } else {
        history.pointee.writeText(utf8, skipping: known, at: history.pointee.next)
      }
      return 0
    }
    return parsed.kind.hasCell ? storeCells(client, parsed, skipping: known) : 0
  }

  @inline(never)
  private mutating func storeCells(_ client: ClientIndex, _ parsed: ParsedStruct, skipping known: UInt32) -> UInt32 {
    let first = UInt32(history(client).pointee.cells.count)
    var reader = ByteReader(UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes)))
    for index in 0..<parsed.count {
      let start = reader.position
      if parsed.kind == .type {
        let (kind, name) = try! StructParser.readType(&reader)
        let item = UnitID(client: client, clock: parsed.clock)
        history(client).pointee.cells.append(Cell(type: addType(kind, name: name, item: item)))
        continue
      }
      let isCanonical = try! StructParser.skipUnit(&reader, kind: parsed.kind)
      if index < known { continue }
      let bytes = UnsafeRawBufferPointer(start: start, count: reader.position - start)
      if parsed.kind == .document {
        phase.holdsSubdocuments = true
        history(client).pointee.cells.append(Cell(reencodingSubdocument: bytes))
        continue
      }
      let cell =
        switch parsed.kind {
        case .embed, .format: Cell(reencodingText: bytes, isFormat: parsed.kind == .format)
        default: isCanonical ? Cell(copying: bytes) : Cell(reencoding: bytes)
        }
      history(client).pointee.cells.append(cell)
    }
    return first
  }

  /// Adds a nested type.
  mutating func addType(_ kind: TypeKind, name: UnsafeRawBufferPointer?, item: UnitID) -> TypeIndex {
    addType(kind, name: name.map { names.intern($0) } ?? NameTable.none, item: item)
  }

  mutating func addType(_ kind: TypeKind, name: NameIndex, item: UnitID) -> TypeIndex {
    hasNestedTypes = true
    let type = TypeIndex(types.count)
    types.append(TypeRecord(kind: kind, item: item, name: name))
    return type
  }

  /// A type in a deleted type: it is nowhere, and nothing can be written into it.
  mutating func addDeletedType(_ kind: TypeKind) -> TypeIndex {
    let type = addType(kind, name: nil, item: UnitID(client: own, clock: .max))
    types[Int(type)].isDeleted = true
    types[Int(type)].isCollected = true
    return type
  }
}
