/// From units to indices, and back.
extension DocumentStore {
  /// How many visible units stand before a unit in its sequence.
  ///
  /// - Precondition: The unit stands in a sequence.
  /// - Complexity: O(log *n*).
  mutating func visibleIndex(of unit: UnitID) -> Int32 {
    flushCursor()
    var child = history(unit.client).pointee.leaf(of: unit.clock)
    let here = leaf(child)
    let span = here.find(unit)
    var index: Int32 = here.lengths[span] > 0 ? Int32(bitPattern: unit.clock &- here.clocks[span]) : 0
    for before in 0..<span { index &+= max(0, here.lengths[before]) }
    var parent = here.parent
    while parent >= 0 {
      let node = inner(parent)
      for before in 0..<node.position(of: child) { index &+= node.visible[before] }
      child = parent
      parent = node.parent
    }
    return index
  }

  /// The visible unit at an index.
  ///
  /// - Precondition: 0 ≤ `index` < the sequence's visible units.
  /// - Complexity: O(1) near the last change, else O(log *n*).
  mutating func visibleUnit(_ sequence: SequenceIndex, at index: Int32) -> UnitID {
    let offset = locate(sequence, index)
    let here = leaf(cursor.leaf)
    return UnitID(
      client: here.clients[cursor.span], clock: here.clocks[cursor.span] &+ UInt32(bitPattern: offset))
  }

  /// A unit by its name outside of this replica, or nil when it is not known.
  func findUnit(_ id: ItemID) -> UnitID? {
    guard let client = findClient(id.client.rawValue), id.clock < Clock(history(client).pointee.next) else {
      return nil
    }
    return UnitID(client: client, clock: UInt32(truncatingIfNeeded: id.clock))
  }

  /// Whether only the unit's clock is left.
  func isCollected(_ unit: UnitID) -> Bool { history(unit.client).pointee.run(of: unit.clock).kind == .collected }

  /// The type in which a unit stands.
  ///
  /// - Precondition: The unit stands in a sequence.
  func parent(of unit: UnitID) -> TypeIndex {
    sequences[Int(history(unit.client).pointee.run(of: unit.clock).sequence)].type
  }
}
