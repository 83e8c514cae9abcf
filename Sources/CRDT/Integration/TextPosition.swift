/// A place in a text, and the formats in force there.
struct TextPosition {
  var sequence: SequenceIndex
  var place: DocumentStore.Place
  var formats: Formats
}

/// Walking through a text from unit to unit, deleted ones and formatting marks among them.
extension DocumentStore {
  /// The place right behind the visible unit before `index`: before any tombstones and marks that follow it.
  ///
  /// - Precondition: 0 ≤ `index` ≤ the visible units.
  mutating func textPosition(_ sequence: SequenceIndex, at index: Int32) -> TextPosition {
    let offset = locateBehind(sequence, index)
    let place = Place(leaf: cursor.leaf, span: cursor.span, offset: offset)
    return TextPosition(sequence: sequence, place: place, formats: formats(of: sequence, at: place))
  }

  /// The leaf and span that a place is in front of or inside; nil at the end of the sequence.
  @inline(__always)
  mutating func span(at place: Place) -> (leaf: LeafIndex, span: Int)? {
    var (index, span) = (place.leaf, place.span)
    while span >= leaf(index).count {
      index = leaf(index).next
      if index < 0 { return nil }
      span = 0
    }
    return (index, span)
  }

  /// The place behind a unit that stands in its sequence, or the start of the sequence.
  mutating func place(behind unit: UnitID, in sequence: SequenceIndex) -> Place {
    if unit.isNone { return Place(leaf: sequences[Int(sequence)].first, span: 0, offset: 0) }
    return place(behind: unit, inLeaf: history(unit.client).pointee.leaf(of: unit.clock))
  }

  /// The last unit before a place; none at the start of the sequence.
  mutating func unit(before place: Place) -> UnitID {
    if place.offset == 0 { return lastUnit(before: place.leaf, place.span) }
    let here = leaf(place.leaf)
    return UnitID(
      client: here.clients[place.span], clock: here.clocks[place.span] &+ UInt32(bitPattern: place.offset) &- 1)
  }

  /// Goes on over tombstones, and over marks that say what `formats` says anyway.
  mutating func skipMarks(_ position: inout TextPosition, setting formats: Formats) {
    while let (index, span) = span(at: position.place) {
      let here = leaf(index)
      if here.lengths[span] > 0 { return }
      if isMark(here, span) {
        let mark = format(of: UnitID(client: here.clients[span], clock: here.clocks[span]))
        guard formats.value(mark.name) == mark.value else { return }
        position.formats.update(mark.name, mark.value)
      }
      position.place = Place(leaf: index, span: span &+ 1, offset: 0)
    }
  }
}
