/// Removing marks that say nothing: in the gap that a deletion leaves, and after what others wrote at the same time.
///
/// The rules are those of Yjs 13.5, which every replica may apply or not: a removed mark changes no format.
extension DocumentStore {
  private struct MarkInGap {
    var unit: UnitID
    var name: NameIndex
    var value: FormatValue
    /// The mark stands before the place up to which formats are counted.
    var isCounted: Bool
  }

  /// Removes marks between a unit and the next visible unit behind `last` that are overruled by a later mark there, or
  /// repeat what is in force before.
  ///
  /// - Parameters:
  ///   - before: The unit to the left of the gap, or none.
  ///   - formatsBefore: What is in force there.
  ///   - last: The unit up to which `formats` counts.
  ///   - formats: What is in force behind `last`; without the marks removed afterwards.
  mutating func cleanFormats(
    of sequence: SequenceIndex, between before: UnitID, _ formatsBefore: Formats, and last: UnitID,
    _ formats: inout Formats
  ) {
    let end = place(behind: last, in: sequence)
    var formatsBehind = formats
    let marks = marksInGap(of: sequence, from: place(behind: before, in: sequence), countedUpTo: end)
    for mark in marks where !mark.isCounted { formatsBehind.update(mark.name, mark.value) }
    for mark in marks {
      let isOverruled = formatsBehind.value(mark.name) != mark.value
      let isRepeated = formatsBefore.value(mark.name) == mark.value
      guard isOverruled || isRepeated else { continue }
      removeMark(mark.unit, of: sequence)
      if mark.isCounted && formats.value(mark.name) == mark.value && !isRepeated { formats[mark.name] = nil }
    }
  }

  /// The marks from a place on, as far as no visible unit stands behind `end`.
  private mutating func marksInGap(
    of sequence: SequenceIndex, from start: Place, countedUpTo end: Place
  ) -> [MarkInGap] {
    var marks: [MarkInGap] = []
    var place = start
    var isCounted = true
    let stop = span(at: end)
    while let (index, span) = span(at: place) {
      if let stop, index == stop.leaf && span >= stop.span { isCounted = false }
      let here = leaf(index)
      if here.lengths[span] > 0 && !isCounted { break }
      if isMark(here, span) {
        let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
        let mark = format(of: unit)
        marks.append(MarkInGap(unit: unit, name: mark.name, value: mark.value, isCounted: isCounted))
      }
      place = Place(leaf: index, span: span &+ 1, offset: 0)
    }
    return marks
  }

  private mutating func removeMark(_ unit: UnitID, of sequence: SequenceIndex) {
    let index = history(unit.client).pointee.leaf(of: unit.clock)
    let span = leaf(index).find(unit)
    focus(sequence, index, span)
    cursor.isPositioned = false
    deleteMark(index, span)
  }

  // MARK: After a remote transaction

  /// The texts in which the open transaction may have left marks that say nothing: all that it changed if it added a mark
  /// anywhere, else those in which it deleted one.
  func textsWithChangedMarks() -> [TypeIndex] {
    guard markCount > 0 else { return [] }
    let marks = changedMarks()
    if !marks.isAdded && marks.sequences.isEmpty { return [] }
    var texts: [TypeIndex] = []
    var found: Set<TypeIndex> = []
    for index in 0..<transaction.changed.count {
      let type = sequences[Int(transaction.changed[index])].type
      let record = types[Int(type)]
      guard record.kind == .text || record.kind == .xmlText, record.list >= 0, isOld(type),
        marks.isAdded || marks.sequences.contains(record.list), found.insert(type).inserted
      else { continue }
      texts.append(type)
    }
    return texts
  }

  /// The sequences in which the open transaction added or deleted marks, and whether one that it added is left.
  func changedMarks() -> (sequences: Set<SequenceIndex>, isAdded: Bool) {
    var sequences: Set<SequenceIndex> = []
    var isAdded = false
    for index in 0..<transaction.touched.count {
      let client = transaction.touched[index]
      let history = history(client)
      if history.pointee.isTextOnly { continue }
      let start = history.pointee.clockBefore
      let range = UnitRange(unit: UnitID(client: client, clock: start), count: history.pointee.next &- start)
      forEachRun(in: range) { run, clocks in
        guard run.kind == .format else { return }
        sequences.insert(run.sequence)
        if !isAdded {
          isAdded =
            history.pointee.endOfState(true, from: clocks.lowerBound, before: clocks.upperBound) < clocks.upperBound
        }
      }
    }
    for index in 0..<transaction.deleted.count {
      let range = transaction.deleted[index]
      if history(range.unit.client).pointee.isTextOnly { continue }
      forEachRun(in: range) { run, _ in if run.kind == .format { sequences.insert(run.sequence) } }
    }
    return (sequences, isAdded)
  }

  /// Removes needless marks from all of a text but what follows its last visible unit.
  ///
  /// - Complexity: O(*n*) in the spans between marks and the visible units before and behind them.
  mutating func cleanFormats(of sequence: SequenceIndex) {
    var formats = Formats()
    var formatsBefore = Formats()
    var gap: [MarkInGap] = []
    var needless: [UnitID] = []
    forEachMark(of: sequence) { store, unit in
      if let last = gap.last, store.isVisible(between: last.unit, and: unit) {
        Self.collectNeedless(gap, formatsBefore, formats, &needless)
        formatsBefore = formats
        gap = []
      }
      let mark = store.format(of: unit)
      formats.update(mark.name, mark.value)
      gap.append(MarkInGap(unit: unit, name: mark.name, value: mark.value, isCounted: true))
    }
    if let last = gap.last, isVisible(between: last.unit, and: .none) {
      Self.collectNeedless(gap, formatsBefore, formats, &needless)
    }
    for unit in needless { removeMark(unit, of: sequence) }
  }

  private static func collectNeedless(
    _ gap: [MarkInGap], _ formatsBefore: Formats, _ formats: Formats, _ needless: inout [UnitID]
  ) {
    for mark in gap {
      let isOverruled = formats.value(mark.name) != mark.value
      if isOverruled || formatsBefore.value(mark.name) == mark.value { needless.append(mark.unit) }
    }
  }

  /// Whether a visible unit stands behind a mark and before another one, or the end of the sequence.
  private mutating func isVisible(between mark: UnitID, and other: UnitID) -> Bool {
    var place = place(behind: mark, inLeaf: history(mark.client).pointee.leaf(of: mark.clock))
    while let (index, span) = span(at: place) {
      let here = leaf(index)
      if here.lengths[span] > 0 { return true }
      if here.clients[span] == other.client && here.clocks[span] == other.clock { return false }
      place = Place(leaf: index, span: span &+ 1, offset: 0)
    }
    return false
  }
}
