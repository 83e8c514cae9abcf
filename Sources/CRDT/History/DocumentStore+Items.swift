/// The items of Yjs, which undoing goes by: each is copied as a whole.
///
/// Here neighbours are joined whatever they are; an item is found again by the same rule by which ``UpdateEncoder`` finds
/// where a struct ends.
extension DocumentStore {
  /// The clocks of the item that holds a unit.
  ///
  /// - Complexity: O(log *n*), and O(*k*) in the item's spans and runs.
  mutating func itemClocks(holding unit: UnitID) -> Range<UInt32> {
    let history = history(unit.client)
    let index = history.pointee.runIndex(of: unit.clock)
    let run = history.pointee.runs[index]
    let clocks = run.clock..<history.pointee.endOfRun(index)
    if run.kind == .collected { return clocks }
    let isHidden = history.pointee.isHidden(unit.clock, run.kind, collectsGarbage: collectsGarbage)
    if !isHidden && !run.kind.merges { return unit.clock..<(unit.clock + 1) }
    var item = stretch(holding: unit, in: clocks)
    if !isHidden { return item }
    // What is left of deleted content is one item over the ends of runs.
    var first = index
    while item.lowerBound == history.pointee.runs[first].clock && joins(unit.client, run: first - 1, with: first) {
      first -= 1
      let before = UnitID(client: unit.client, clock: item.lowerBound - 1)
      item =
        stretch(holding: before, in: history.pointee.runs[first].clock..<item.lowerBound).lowerBound..<item.upperBound
    }
    var last = index
    while item.upperBound == history.pointee.endOfRun(last) && joins(unit.client, run: last, with: last + 1) {
      last += 1
      let behind = UnitID(client: unit.client, clock: item.upperBound)
      item =
        item.lowerBound..<stretch(holding: behind, in: item.upperBound..<history.pointee.endOfRun(last)).upperBound
    }
    return item
  }

  /// Whether the tombstones at the end of one run and at the start of the next are one item.
  private mutating func joins(_ client: ClientIndex, run left: Int, with right: Int) -> Bool {
    let history = history(client)
    guard left >= 0, right < history.pointee.runs.count else { return false }
    let (before, behind) = (history.pointee.runs[left], history.pointee.runs[right])
    guard
      before.kind != .collected && behind.kind != .collected && behind.rightOrigin == before.rightOrigin
        && behind.origin == UnitID(client: client, clock: behind.clock - 1)
        && history.pointee.isHidden(behind.clock - 1, before.kind, collectsGarbage: collectsGarbage)
        && history.pointee.isHidden(behind.clock, behind.kind, collectsGarbage: collectsGarbage)
        && !history.pointee.redone.isBoundary(behind.clock)
    else { return false }
    return firstBreak(client, after: behind.clock - 1, before: behind.clock + 1) > behind.clock
  }

  /// The units around a unit that stand side by side with it and share its state, within `limits`.
  private mutating func stretch(holding unit: UnitID, in limits: Range<UInt32>) -> Range<UInt32> {
    let history = history(unit.client)
    let isDeleted = history.pointee.isDeleted(unit.clock)
    var start = unit.clock
    while true {
      let index = history.pointee.leaf(of: start)
      let here = leaf(index)
      let span = here.find(UnitID(client: unit.client, clock: start))
      start = max(limits.lowerBound, here.clocks[span])
      if start == limits.lowerBound { break }
      let before = lastUnit(before: index, span)
      guard before == UnitID(client: unit.client, clock: start - 1), history.pointee.isDeleted(start - 1) == isDeleted
      else { break }
      start -= 1
    }
    let limit = history.pointee.endOfState(isDeleted, from: unit.clock, before: limits.upperBound)
    var end = firstBreak(unit.client, after: unit.clock, before: limit)
    guard history.pointee.hasUndoMarks else { return start..<end }
    start = history.pointee.redone.lastBoundary(upTo: unit.clock, after: start)
    var next = history.pointee.endOfUndoMarks(from: start, before: end)
    while next <= unit.clock {
      start = next
      next = history.pointee.endOfUndoMarks(from: start, before: end)
    }
    end = next
    return start..<end
  }
}

/// Where items are parted for the length of an undo, over what their state says.
struct ItemSplits {
  private var clocks: [ClientIndex: [UInt32]] = [:]

  /// Parts the item that goes over the boundary before a unit.
  mutating func insert(before unit: UnitID) {
    var known = clocks.removeValue(forKey: unit.client) ?? []
    let index = Self.firstIndex(in: known, notBelow: unit.clock)
    if index == known.count || known[index] != unit.clock { known.insert(unit.clock, at: index) }
    clocks[unit.client] = known
  }

  private static func firstIndex(in clocks: [UInt32], notBelow clock: UInt32) -> Int {
    var low = 0
    var high = clocks.count
    while low < high {
      let middle = (low + high) / 2
      if clocks[middle] < clock { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The part of an item that holds a unit.
  func part(of item: Range<UInt32>, holding unit: UnitID) -> Range<UInt32> {
    guard let known = clocks[unit.client] else { return item }
    let behind = Self.firstIndex(in: known, notBelow: unit.clock + 1)
    let end = behind < known.count ? min(item.upperBound, known[behind]) : item.upperBound
    return (behind > 0 ? max(item.lowerBound, known[behind - 1]) : item.lowerBound)..<end
  }
}
