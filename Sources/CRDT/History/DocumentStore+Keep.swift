/// Keeping content that an undo may want back.
extension DocumentStore {
  /// Keeps the units of a range that stand in `scope`, or does so no longer, and with them the items of the types around
  /// them, up to the first that is kept as it should be already.
  mutating func setKept(_ isKept: Bool, _ range: UnitRange, below scope: inout EnclosingTypes) {
    let history = history(range.unit.client)
    var rest = range.clocks
    while !rest.isEmpty {
      let index = history.pointee.runIndex(of: rest.lowerBound)
      let run = history.pointee.runs[index]
      let clocks = rest.lowerBound..<min(rest.upperBound, history.pointee.endOfRun(index))
      rest = clocks.upperBound..<rest.upperBound
      guard run.kind != .collected else { continue }
      let type = sequences[Int(run.sequence)].type
      let isAsWanted = history.pointee.end(of: .kept, isKept, from: clocks.lowerBound, before: clocks.upperBound)
      if isAsWanted == clocks.upperBound || scope.nearest(to: type, in: self) == nil { continue }
      history.pointee.set(.kept, clocks, to: isKept)
      setKept(isKept, itemsAround: type)
    }
    if !isKept { unkept.append(range) }
  }

  /// Keeps the items that hold a type and those around it, or does so no longer.
  func setKept(_ isKept: Bool, itemsAround type: TypeIndex) {
    var type = type
    while true {
      let item = types[Int(type)].item
      if item.isNone || history(item.client).pointee.has(.kept, item.clock) == isKept || isCollected(item) { return }
      history(item.client).pointee.set(.kept, item.clock..<(item.clock + 1), to: isKept)
      type = parent(of: item)
    }
  }

  /// Keeps all of each item of which a part is kept: Yjs keeps items, and joins them at the end of a transaction.
  mutating func spreadKept() {
    for index in 0..<transaction.touched.count {
      let client = transaction.touched[index]
      let history = history(client)
      if history.pointee.hasUndoMarks {
        spreadKept(over: UnitRange(client: client, clocks: history.pointee.clockBefore..<history.pointee.next))
      }
    }
    for index in 0..<transaction.deleted.count { spreadKept(over: transaction.deleted[index]) }
    for index in 0..<unkept.count { spreadKept(over: unkept[index]) }
    unkept.removeAll()
  }

  private mutating func spreadKept(over range: UnitRange) {
    let history = history(range.unit.client)
    guard history.pointee.hasUndoMarks else { return }
    var clock = range.clocks.lowerBound
    while clock < range.clocks.upperBound {
      let item = itemClocks(holding: UnitID(client: range.unit.client, clock: clock))
      clock = item.upperBound
      let isKept = history.pointee.has(.kept, item.lowerBound)
      if history.pointee.end(of: .kept, isKept, from: item.lowerBound, before: item.upperBound) < item.upperBound {
        history.pointee.set(.kept, item, to: true)
      }
    }
  }
}
