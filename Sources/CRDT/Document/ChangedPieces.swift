/// Consecutive units that a transaction added or deleted, and where they stand.
struct ChangedPiece {
  var unit: UnitID
  var count: UInt32
  var isInserted: Bool
  /// The visible index after the transaction.
  var index: Int32
  /// The path of child positions from the root, and the offset in the leaf: pieces are sorted by it.
  var path: UInt64
  var inLeaf: UInt64
}

extension DocumentStore {
  /// What the open transaction added to and deleted from a list, in document order. What it both added and deleted is
  /// not there.
  ///
  /// - Complexity: O(*k* log *n*) for *k* pieces.
  func changedPieces(of sequence: SequenceIndex) -> [ChangedPiece] {
    var pieces: [ChangedPiece] = []
    for index in 0..<transaction.touched.count {
      let client = transaction.touched[index]
      let history = history(client)
      let start = history.pointee.clockBefore
      let range = UnitRange(unit: UnitID(client: client, clock: start), count: history.pointee.next &- start)
      appendPieces(of: sequence, in: range, isInserted: true, to: &pieces)
    }
    for index in 0..<transaction.deleted.count {
      var range = transaction.deleted[index]
      let history = history(range.unit.client)
      if history.pointee.touchedIn == transaction.number {
        let before = max(range.unit.clock, history.pointee.clockBefore)
        range.count = min(range.count, before &- range.unit.clock)
      }
      if range.count > 0 { appendPieces(of: sequence, in: range, isInserted: false, to: &pieces) }
    }
    pieces.sort { ($0.path, $0.inLeaf) < ($1.path, $1.inLeaf) }
    return pieces
  }

  private func appendPieces(
    of sequence: SequenceIndex, in range: UnitRange, isInserted: Bool, to pieces: inout [ChangedPiece]
  ) {
    forEachRun(in: range) { run, clocks in
      guard run.sequence == sequence && run.kind.isCountable else { return }
      let history = history(range.unit.client)
      var clock = clocks.lowerBound
      while clock < clocks.upperBound {
        let unit = UnitID(client: range.unit.client, clock: clock)
        let here = leaf(history.pointee.leaf(of: clock))
        let span = here.find(unit)
        let end = min(clocks.upperBound, here.end(span))
        if isInserted == (here.lengths[span] > 0) {
          pieces.append(piece(unit, count: end - clock, isInserted: isInserted, span: span))
        }
        clock = end
      }
    }
  }

  private func piece(_ unit: UnitID, count: UInt32, isInserted: Bool, span: Int) -> ChangedPiece {
    let index = history(unit.client).pointee.leaf(of: unit.clock)
    let here = leaf(index)
    let offset = unit.clock &- here.clocks[span]
    var visible: Int32 = here.lengths[span] > 0 ? Int32(bitPattern: offset) : 0
    for before in 0..<span { visible &+= max(0, here.lengths[before]) }
    var path: UInt64 = 0
    var shift: UInt64 = 0
    var child = index
    var parent = here.parent
    while parent >= 0 {
      let node = inner(parent)
      let position = node.position(of: child)
      for before in 0..<position { visible &+= node.visible[before] }
      path |= UInt64(position) << shift
      shift += 5
      child = parent
      parent = node.parent
    }
    return ChangedPiece(
      unit: unit, count: count, isInserted: isInserted, index: visible, path: path,
      inLeaf: UInt64(span) << 32 | UInt64(offset))
  }

  /// Sorts the transaction's deletions, so that ``isDeletedByTransaction(_:)`` can search them.
  mutating func sortDeletions() {
    transaction.deleted.sort { left, right in
      (left.unit.client, left.unit.clock) < (right.unit.client, right.unit.clock)
    }
  }

  /// The value that a key had before the open transaction, if the transaction deleted it.
  ///
  /// - Precondition: The deletions are sorted.
  func deletedValue(ofChain chain: SequenceIndex) -> UnitID? {
    var index = sequences[Int(chain)].last
    while index >= 0 {
      let here = leaf(index)
      for span in stride(from: here.count - 1, through: 0, by: -1) {
        var last = UnitID(client: here.clients[span], clock: here.end(span) - 1)
        let history = history(last.client)
        if history.pointee.touchedIn == transaction.number {
          // Only what was there before the transaction counts.
          if history.pointee.clockBefore <= here.clocks[span] { continue }
          last.clock = min(last.clock, history.pointee.clockBefore - 1)
        }
        return isDeletedByTransaction(last) ? last : nil
      }
      index = here.previous
    }
    return nil
  }

  private func isDeletedByTransaction(_ unit: UnitID) -> Bool {
    let index = firstDeletion(endingBehind: unit)
    return index < transaction.deleted.count && transaction.deleted[index].unit.client == unit.client
      && transaction.deleted[index].clocks.contains(unit.clock)
  }

  /// The first range of deletions of the unit's client that ends behind the unit, or one of a later client.
  private func firstDeletion(endingBehind unit: UnitID) -> Int {
    var low = 0
    var high = transaction.deleted.count
    while low < high {
      let middle = (low + high) / 2
      let range = transaction.deleted[middle]
      if (range.unit.client, range.clocks.upperBound) <= (unit.client, unit.clock) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// Those of a client's clocks that the open transaction deleted.
  ///
  /// - Precondition: The deletions are sorted.
  func rangesDeletedByTransaction(_ client: ClientIndex, _ clocks: Range<UInt32>) -> [Range<UInt32>] {
    guard !clocks.isEmpty else { return [] }
    var ranges: [Range<UInt32>] = []
    var index = firstDeletion(endingBehind: UnitID(client: client, clock: clocks.lowerBound))
    while index < transaction.deleted.count && transaction.deleted[index].unit.client == client
      && transaction.deleted[index].unit.clock < clocks.upperBound
    {
      ranges.append(transaction.deleted[index].clocks.clamped(to: clocks))
      index += 1
    }
    return ranges
  }
}
