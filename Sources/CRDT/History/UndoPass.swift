/// One undo or redo: takes back what a stack item wrote, and brings back what it deleted.
///
/// It goes item by item and in the order of Yjs, since both show in what is written: each item is copied next to itself,
/// under the next clock.
struct UndoPass {
  let store: UnsafeMutablePointer<DocumentStore>
  private var scope: EnclosingTypes
  /// Whether a map's key is set back even where somebody else has set it since.
  let ignoresRemoteMapChanges: Bool
  /// Whether a unit was deleted by what is on the stacks.
  let isDeletedByStacks: (UnitID) -> Bool
  /// Whether an item may be deleted.
  let mayDelete: (UnitID) -> Bool

  private var splits = ItemSplits()
  private var insertions = UndoRanges()
  private var itemsToRedo: [UnitID] = []
  private var isToBeRedone: [ClientIndex: Set<UInt32>] = [:]

  init(
    store: UnsafeMutablePointer<DocumentStore>, scope: EnclosingTypes, ignoresRemoteMapChanges: Bool,
    isDeletedByStacks: @escaping (UnitID) -> Bool, mayDelete: @escaping (UnitID) -> Bool
  ) {
    self.store = store
    self.scope = scope
    self.ignoresRemoteMapChanges = ignoresRemoteMapChanges
    self.isDeletedByStacks = isDeletedByStacks
    self.mayDelete = mayDelete
  }

  /// - Returns: Whether anything was changed.
  mutating func revert(insertions: UndoRanges, deletions: UndoRanges) -> Bool {
    self.insertions = insertions
    itemsToRedo = []
    isToBeRedone = [:]
    var itemsToDelete: [UnitID] = []
    forEachItem(of: insertions) { pass, unit in
      let unit = pass.currentItem(unit)
      let history = pass.store.pointee.history(unit.client)
      if !history.pointee.isDeleted(unit.clock) && pass.isInScope(unit) { itemsToDelete.append(unit) }
    }
    forEachItem(of: deletions) { pass, unit in
      // What was written and deleted in one go stays away.
      if !insertions.contains(unit) && pass.isInScope(unit) {
        pass.itemsToRedo.append(unit)
        pass.isToBeRedone[unit.client, default: []].insert(unit.clock)
      }
    }
    var isChanged = false
    for unit in itemsToRedo where redo(unit) != nil { isChanged = true }
    // From the last to the first: what is inside a type goes before the type.
    for unit in itemsToDelete.reversed() where mayDelete(unit) {
      store.pointee.deleteLive(unit.client, item(holding: unit))
      isChanged = true
    }
    return isChanged
  }

  // MARK: Items

  /// Calls `body` with the first unit of each item in the ranges, which are parted at the ranges' ends.
  private mutating func forEachItem(of ranges: UndoRanges, _ body: (inout UndoPass, UnitID) -> Void) {
    for range in ranges.ranges {
      part(before: range.unit)
      part(before: UnitID(client: range.unit.client, clock: range.clocks.upperBound))
      var clock = range.clocks.lowerBound
      while clock < range.clocks.upperBound {
        let unit = UnitID(client: range.unit.client, clock: clock)
        if !store.pointee.isCollected(unit) { body(&self, unit) }
        clock = item(holding: unit).upperBound
      }
    }
  }

  /// The clocks of the item that holds a unit.
  private func item(holding unit: UnitID) -> Range<UInt32> {
    splits.part(of: store.pointee.itemClocks(holding: unit), holding: unit)
  }

  /// Parts the item that goes over the boundary before a unit, and a surrogate pair there, for as long as Yjs does.
  private mutating func part(before unit: UnitID) {
    guard unit.clock > 0 && unit.clock < store.pointee.history(unit.client).pointee.next else { return }
    splits.insert(before: unit)
    store.pointee.partItem(before: unit)
  }

  /// The item that stands for the one at `unit` now, by its first unit.
  private mutating func currentItem(_ unit: UnitID) -> UnitID {
    let current = store.pointee.followRedone(unit)
    if current != unit { part(before: current) }
    return current
  }

  /// The copy of the item at `unit`, if it was brought back.
  private mutating func copy(of unit: UnitID) -> UnitID? {
    guard let copy = store.pointee.history(unit.client).pointee.redone.copy(of: unit.clock) else { return nil }
    part(before: copy)
    return copy
  }

  private mutating func isInScope(_ unit: UnitID) -> Bool {
    !store.pointee.isCollected(unit)
      && scope.nearest(to: store.pointee.parent(of: unit), in: store.pointee) != nil
  }

  /// The first unit of the item behind the one at `unit`; none at the end.
  private func itemBehind(_ unit: UnitID) -> UnitID {
    let last = UnitID(client: unit.client, clock: item(holding: unit).upperBound - 1)
    let place = store.pointee.place(
      behind: last, inLeaf: store.pointee.history(last.client).pointee.leaf(of: last.clock))
    return store.pointee.following(place)
  }

  /// The last unit of the item before the one at `unit`; none at the start.
  private func endOfItemBefore(_ unit: UnitID) -> UnitID {
    let index = store.pointee.history(unit.client).pointee.leaf(of: unit.clock)
    let here = store.pointee.leaf(index)
    let span = here.find(unit)
    if here.clocks[span] < unit.clock { return UnitID(client: unit.client, clock: unit.clock - 1) }
    return store.pointee.lastUnit(before: index, span)
  }

  // MARK: Redo

  /// Brings an item back, and the types around it before.
  ///
  /// - Returns: The first unit of its copy; nil when it cannot be brought back.
  private mutating func redo(_ unit: UnitID) -> UnitID? {
    if let copy = copy(of: unit) { return copy }
    // Types are worked off from a list, not by recursion: peers choose how deep they nest.
    var missing = [unit]
    while true {
      let holder = store.pointee.types[Int(store.pointee.parent(of: missing[missing.count - 1]))].item
      guard !holder.isNone, store.pointee.history(holder.client).pointee.isDeleted(holder.clock) else { break }
      if store.pointee.history(holder.client).pointee.redone.copy(of: holder.clock) != nil { break }
      guard isToBeRedone[holder.client]?.contains(holder.clock) == true else { return nil }
      missing.append(holder)
    }
    var copy: UnitID?
    while let unit = missing.popLast() {
      copy = redoInside(unit)
      if copy == nil { return nil }
    }
    return copy
  }

  /// Brings an item back whose type is there, or was brought back.
  private mutating func redoInside(_ unit: UnitID) -> UnitID? {
    let sequence = store.pointee.history(unit.client).pointee.run(of: unit.clock).sequence
    let record = store.pointee.sequences[Int(sequence)]
    guard let type = currentType(record.type) else { return nil }
    let origin: UnitID
    var right = UnitID.none
    let target: SequenceIndex
    if record.isChain {
      guard let left = leftInChain(of: unit, key: record.key, in: type) else { return nil }
      origin = left
      target = store.pointee.chain(of: type, key: record.key)
    } else {
      let left = leftInList(of: unit, in: type)
      right = rightInList(of: unit, in: type)
      // The search to the right may have parted the item to the left.
      origin = left.isNone ? left : UnitID(client: left.client, clock: item(holding: left).upperBound - 1)
      target = store.pointee.list(of: type)
    }
    let copy = store.pointee.redoItem(
      UnitRange(client: unit.client, clocks: item(holding: unit)), into: target, origin: origin, right: right)
    splits.insert(before: copy)
    splits.insert(before: UnitID(client: copy.client, clock: store.pointee.ownClock))
    return copy
  }

  /// The type that stands for a type now; nil when nothing is left of it.
  private mutating func currentType(_ type: TypeIndex) -> TypeIndex? {
    var holder = store.pointee.types[Int(type)].item
    guard !holder.isNone, store.pointee.history(holder.client).pointee.isDeleted(holder.clock) else { return type }
    while let copy = copy(of: holder) { holder = copy }
    return store.pointee.nestedType(holder)
  }

  /// The first unit of the item to the left of an item's old place that is in `type`, or has a copy there.
  private mutating func leftInList(of unit: UnitID, in type: TypeIndex) -> UnitID {
    var left = endOfItemBefore(unit)
    while !left.isNone {
      let first = UnitID(client: left.client, clock: item(holding: left).lowerBound)
      if let found = trace(first, to: type) { return found }
      left = endOfItemBefore(first)
    }
    return .none
  }

  /// The first unit of the item at or to the right of an item's old place that is in `type`, or has a copy there.
  private mutating func rightInList(of unit: UnitID, in type: TypeIndex) -> UnitID {
    var right = unit
    while !right.isNone {
      if let found = trace(right, to: type) { return found }
      right = itemBehind(right)
    }
    return .none
  }

  /// The item at `unit`, or the first of its copies that is in `type`.
  private mutating func trace(_ unit: UnitID, to type: TypeIndex) -> UnitID? {
    var unit = unit
    while true {
      if store.pointee.isCollected(unit) { return nil }
      if store.pointee.parent(of: unit) == type { return unit }
      guard let copy = copy(of: unit) else { return nil }
      unit = copy
    }
  }

  /// The last unit of the item that a map's item is to be put behind, none when its key never had a value in `type`; nil
  /// when somebody else has set the key since.
  private mutating func leftInChain(of unit: UnitID, key: NameIndex, in type: TypeIndex) -> UnitID? {
    if !ignoresRemoteMapChanges {
      var left = unit
      var right = itemBehind(left)
      // What this undo takes back, or what was brought back or deleted by what could be undone, may be replaced.
      let isLast = right.isNone
      while !right.isNone && isReplaceable(right) {
        left = right
        while let copy = copy(of: left) { left = copy }
        right = itemBehind(left)
      }
      if !right.isNone { return nil }
      if !isLast && store.pointee.parent(of: left) == type {
        return UnitID(client: left.client, clock: item(holding: left).upperBound - 1)
      }
    }
    guard let chain = store.pointee.findChain(of: type, key: key), store.pointee.sequences[Int(chain)].last >= 0
    else { return UnitID.none }
    let last = store.pointee.sequences[Int(chain)].last
    return store.pointee.lastUnit(before: last, store.pointee.leaf(last).count)
  }

  private func isReplaceable(_ unit: UnitID) -> Bool {
    store.pointee.history(unit.client).pointee.redone.copy(of: unit.clock) != nil || insertions.contains(unit)
      || isDeletedByStacks(unit)
  }
}
