/// Editing text with formats, by the rules of Yjs: a format is a mark where it begins and one where it ends.
extension DocumentStore {
  /// What is inserted into a text.
  enum TextContent {
    /// Well-formed UTF-8, and its UTF-16 units, at least 1.
    case text(UnsafeRawBufferPointer, units: UInt32)
    /// A unit with a cell.
    case unit(ContentKind, Cell)
  }

  // MARK: Inserting

  /// Inserts content so that exactly `attributes` are in force for it; those that are in force and not named end before
  /// it and go on behind it.
  ///
  /// Afterwards the position is behind the content and the marks that belong to it.
  ///
  /// - Returns: The content's first unit.
  @discardableResult
  mutating func insert(
    _ content: TextContent, at position: inout TextPosition, _ attributes: Formats
  ) -> UnitID {
    var attributes = attributes
    for entry in position.formats.entries where attributes[entry.name] == nil { attributes[entry.name] = .null }
    skipMarks(&position, setting: attributes)
    let negated = insertMarks(at: &position, attributes)
    focus(position.sequence, position.place.leaf, position.place.span)
    let unit = UnitID(client: own, clock: ownClock)
    switch content {
    case .text(let utf8, let units):
      precondition(hasRoom(for: Int(units)), "the document has no room for more than 2^31 − 1 units")
      insertOwnText(position.sequence, offset: position.place.offset, utf8, units: units)
    case .unit(let kind, let cell):
      precondition(hasRoom(for: 1), "the document has no room for more than 2^31 − 1 units")
      insertOwn(position.sequence, offset: position.place.offset, kind: kind, cell: addCell(cell), count: 1)
    }
    let offset = stepBehindInserted()
    position.place = Place(leaf: cursor.leaf, span: cursor.span, offset: offset)
    insertEndMarks(at: &position, negated)
    return unit
  }

  /// Begins those formats that are not in force yet.
  ///
  /// - Returns: What was in force instead.
  private mutating func insertMarks(at position: inout TextPosition, _ attributes: Formats) -> Formats {
    var negated = Formats()
    for entry in attributes.entries {
      let current = position.formats.value(entry.name)
      guard current != entry.value else { continue }
      negated[entry.name] = current
      insertMark(at: &position, entry.name, entry.value)
    }
    return negated
  }

  /// Restores what was in force before, where no mark behind says it already.
  private mutating func insertEndMarks(at position: inout TextPosition, _ negated: Formats) {
    if negated.isEmpty { return }
    var negated = negated
    while let (index, span) = span(at: position.place) {
      let here = leaf(index)
      if here.lengths[span] > 0 { break }
      if isMark(here, span) {
        let mark = format(of: UnitID(client: here.clients[span], clock: here.clocks[span]))
        guard negated[mark.name] == mark.value else { break }
        negated[mark.name] = nil
        position.formats.update(mark.name, mark.value)
      }
      position.place = Place(leaf: index, span: span &+ 1, offset: 0)
    }
    for entry in negated.entries { insertMark(at: &position, entry.name, entry.value) }
  }

  private mutating func insertMark(at position: inout TextPosition, _ name: NameIndex, _ value: FormatValue) {
    position.place = insertMark(position.sequence, at: position.place, name, value)
    position.formats.update(name, value)
  }

  // MARK: Formatting

  /// Gives the `count` visible units behind the position the formats `attributes`; null ends a format.
  ///
  /// Afterwards the position is behind the units. Where the text ends before them it is filled up with line feeds, as a
  /// delta of Quill assumes a line feed at the end of every text.
  mutating func format(_ count: Int32, at position: inout TextPosition, _ attributes: Formats) {
    skipMarks(&position, setting: attributes)
    var negated = insertMarks(at: &position, attributes)
    var rest = count
    while let (index, span) = span(at: position.place) {
      let here = leaf(index)
      let length = here.lengths[span]
      if rest == 0 && (negated.isEmpty || length > 0) { break }
      if length > 0 {
        let offset = position.place.leaf == index && position.place.span == span ? position.place.offset : 0
        let taken = min(rest, length &- offset)
        rest &-= taken
        position.place = Place(leaf: index, span: span, offset: offset &+ taken)
        if position.place.offset == length { position.place = Place(leaf: index, span: span &+ 1, offset: 0) }
        if rest == 0 && position.place.offset > 0 { break }
      } else if isMark(here, span) {
        guard passMark(index, span, at: &position, attributes, &negated, isBehindRange: rest == 0) else { break }
      } else {
        position.place = Place(leaf: index, span: span &+ 1, offset: 0)
      }
    }
    if rest > 0 { insertLineFeeds(rest, at: &position) }
    insertEndMarks(at: &position, negated)
  }

  /// Goes on over a mark in a range that is being formatted. One of a format that is set is deleted, and what it said is
  /// in force behind the range.
  ///
  /// - Returns: False when the mark is behind the range and has to stay.
  private mutating func passMark(
    _ index: LeafIndex, _ span: Int, at position: inout TextPosition, _ attributes: Formats,
    _ negated: inout Formats, isBehindRange: Bool
  ) -> Bool {
    let here = leaf(index)
    let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
    let mark = format(of: unit)
    if let value = attributes[mark.name] {
      if value == mark.value {
        negated[mark.name] = nil
      } else {
        if isBehindRange { return false }
        negated[mark.name] = mark.value
      }
      focus(position.sequence, index, span)
      deleteMark(index, span)
      position.place = place(behind: unit, in: position.sequence)
    } else {
      position.formats.update(mark.name, mark.value)
      position.place = Place(leaf: index, span: span &+ 1, offset: 0)
    }
    return true
  }

  private mutating func insertLineFeeds(_ count: Int32, at position: inout TextPosition) {
    precondition(hasRoom(for: Int(count)), "the document has no room for more than 2^31 − 1 units")
    let lineFeeds = [UInt8](repeating: UInt8(ascii: "\n"), count: Int(count))
    focus(position.sequence, position.place.leaf, position.place.span)
    lineFeeds.withUnsafeBytes {
      insertOwnText(position.sequence, offset: position.place.offset, $0, units: UInt32(bitPattern: count))
    }
    let offset = stepBehindInserted()
    position.place = Place(leaf: cursor.leaf, span: cursor.span, offset: offset)
  }

  // MARK: Deleting

  /// Deletes the `count` visible units from `index` on.
  @inline(__always)
  mutating func deleteText(_ sequence: SequenceIndex, at index: Int32, count: Int32) {
    if markCount == 0 {
      let offset = locate(sequence, index)
      let here = leaf(cursor.leaf)
      if history(here.clients[cursor.span]).pointee.isTextOnly && count <= here.lengths[cursor.span] &- offset {
        return delete(cursor.leaf, cursor.span, offset: offset, count: count)
      }
    }
    deleteTextAnywhere(sequence, at: index, count: count)
  }

  @inline(never)
  private mutating func deleteTextAnywhere(_ sequence: SequenceIndex, at index: Int32, count: Int32) {
    var position = textPosition(sequence, at: index)
    deleteText(count, at: &position)
  }

  /// Deletes the `count` visible units behind the position, and the marks that nothing stands between any more.
  ///
  /// Only text, embedded values and types are deleted: what another kind of type left in the list stays, as in Yjs.
  mutating func deleteText(_ count: Int32, at position: inout TextPosition) {
    let before = unit(before: position.place)
    let formatsBefore = position.formats
    var last = before
    var rest = count
    while rest > 0, let (index, span) = span(at: position.place) {
      let here = leaf(index)
      let length = here.lengths[span]
      if length > 0 {
        let offset = position.place.leaf == index && position.place.span == span ? position.place.offset : 0
        let first = UnitID(client: here.clients[span], clock: here.clocks[span] &+ UInt32(bitPattern: offset))
        let (units, isDeletable) = textUnits(from: first, limit: UInt32(bitPattern: min(rest, length &- offset)))
        last = UnitID(client: first.client, clock: first.clock &+ units &- 1)
        if isDeletable {
          focus(position.sequence, index, span)
          cursor.isPositioned = false
          deleteUnits(index, span, offset: offset, count: Int32(bitPattern: units))
          rest &-= Int32(bitPattern: units)
        }
        position.place = place(behind: last, in: position.sequence)
      } else {
        if isMark(here, span) {
          let mark = format(of: UnitID(client: here.clients[span], clock: here.clocks[span]))
          position.formats.update(mark.name, mark.value)
        }
        last = UnitID(client: here.clients[span], clock: here.end(span) &- 1)
        position.place = Place(leaf: index, span: span &+ 1, offset: 0)
      }
    }
    guard markCount > 0 else { return }
    cleanFormats(of: position.sequence, between: before, formatsBefore, and: last, &position.formats)
    position.place = place(behind: last, in: position.sequence)
  }

  /// How many units from `unit` on are all text, embedded values or types, or all something else; at most `limit`.
  private mutating func textUnits(from unit: UnitID, limit: UInt32) -> (count: UInt32, isText: Bool) {
    let history = history(unit.client)
    if history.pointee.isTextOnly { return (limit, true) }
    var isText: Bool?
    var count: UInt32 = 0
    var index = history.pointee.runIndex(of: unit.clock)
    while count < limit {
      let kind = history.pointee.runs[index].kind
      let isSame = kind == .string || kind == .embed || kind == .type
      if let isText, isText != isSame { break }
      isText = isSame
      count = min(limit, history.pointee.endOfRun(index) &- unit.clock)
      index &+= 1
    }
    return (count, isText!)
  }
}
