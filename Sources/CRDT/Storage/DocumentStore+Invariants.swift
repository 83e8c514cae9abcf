/// What must hold between transactions. Checked in debug builds only: it costs more than what it checks.
extension Document {
  @inline(__always)
  func checkInvariants() {
    #if CRDT_INVARIANT_CHECKS
      store.pointee.checkInvariants()
    #endif
  }
}

#if CRDT_INVARIANT_CHECKS
  extension DocumentStore {
    /// Documents larger than this are checked only now and then: a check walks all of the document.
    private static var unitsCheckedEachTime: Int { 2_000 }

    mutating func checkInvariants() {
      guard unitCount < Self.unitsCheckedEachTime || transaction.number % 1_024 == 0 else { return }
      var standing = [Int](repeating: 0, count: clientCount)
      for sequence in 0..<SequenceIndex(sequences.count) { check(sequence, &standing) }
      var units = 0
      for client in 0..<clientCount {
        units += Int(clients[client].next)
        check(ClientIndex(client), standing: standing[client])
        checkUndoMarks(ClientIndex(client))
      }
      precondition(units == unitCount, "the document's units are counted wrongly")
      checkCursor()
    }

    private func check(_ sequence: SequenceIndex, _ standing: inout [Int]) {
      let record = sequences[Int(sequence)]
      var visible: Int32 = 0
      var index = record.first
      var previous = Leaf.none
      while index >= 0 {
        let here = leaf(index)
        precondition(here.previous == previous, "a leaf's link to the left is wrong")
        precondition(here.count > 0 || here.parent < 0, "a leaf is empty")
        precondition(here.count <= here.capacity, "a leaf has more spans than room")
        visible += check(sequence, index, &standing)
        previous = index
        index = here.next
      }
      precondition(record.last == previous, "a sequence's last leaf is wrong")
      precondition(record.visible == visible, "a sequence's visible units are counted wrongly")
      if record.root >= 0 {
        precondition(inner(record.root).parent == -(sequence + 1), "a root does not name its sequence")
        let pending = cursor.sequence == sequence ? cursor.pending : 0
        precondition(checkCounts(record.root) + pending == visible, "a tree's visible units are counted wrongly")
      } else {
        precondition(record.first == record.last, "a sequence of several leaves has no root")
      }
    }

    private func check(_ sequence: SequenceIndex, _ index: LeafIndex, _ standing: inout [Int]) -> Int32 {
      let here = leaf(index)
      var visible: Int32 = 0
      for span in 0..<here.count {
        let client = here.clients[span]
        precondition(here.lengths[span] != 0, "a span is empty")
        visible += max(0, here.lengths[span])
        standing[Int(client)] += Int(here.units(span))
        for clock in here.clocks[span]..<here.end(span) {
          let history = history(client)
          precondition(history.pointee.leaf(of: clock) == index, "a unit's leaf is wrong")
          precondition(history.pointee.run(of: clock).sequence == sequence, "a unit's sequence is wrong")
          let isVisible = !history.pointee.isDeleted(clock) && history.pointee.run(of: clock).kind != .format
          precondition(isVisible == (here.lengths[span] > 0), "a unit's tombstone bit is wrong")
        }
      }
      precondition(
        storedVisible(index) + (index == cursor.leaf && here.parent >= 0 ? cursor.pending : 0) == visible,
        "a leaf's visible units are counted wrongly")
      return visible
    }

    /// The visible units that an inner node counts.
    private func checkCounts(_ index: InnerIndex) -> Int32 {
      let node = inner(index)
      for position in 0..<node.count where node.marks &>> UInt32(position) & 1 == 0 {
        precondition(!holdsMarks(node.children[position], level: node.level - 1), "marks stand where none are noted")
      }
      precondition(node.marks &>> UInt32(node.count) == 0, "marks are noted below a child that is not there")
      for position in 0..<node.count where node.level > 0 {
        let child = inner(node.children[position])
        precondition(child.parent == index, "an inner node's parent is wrong")
        precondition(checkCounts(node.children[position]) == node.visible[position], "an inner node counts wrongly")
      }
      return node.sumOfVisible(from: 0)
    }

    private func holdsMarks(_ index: Int32, level: Int32) -> Bool {
      if level >= 0 { return inner(index).marks != 0 }
      let here = leaf(index)
      return (0..<here.count).contains { isMark(here, $0) }
    }

    private func check(_ client: ClientIndex, standing: Int) {
      var collected = 0
      let history = history(client)
      for run in 0..<history.pointee.runs.count {
        precondition(
          history.pointee.runs[run].clock < history.pointee.endOfRun(run), "a run is empty")
        if history.pointee.runs[run].kind == .collected {
          collected += Int(history.pointee.endOfRun(run) - history.pointee.runs[run].clock)
        }
      }
      precondition(standing + collected == Int(history.pointee.next), "a client's units are not all in their places")
    }

    /// What an undo may want back, and what it brought back.
    private mutating func checkUndoMarks(_ client: ClientIndex) {
      let history = history(client)
      guard history.pointee.hasUndoMarks else { return }
      var end: UInt32 = 0
      for entry in history.pointee.redone.all {
        precondition(entry.clock >= end && entry.count > 0, "what was brought back overlaps")
        end = entry.end
        precondition(end <= history.pointee.next, "what was brought back is not known")
        let copies = self.history(entry.copy.client).pointee.next
        precondition(entry.copy.clock + entry.count <= copies, "a copy is not known")
        precondition(history.pointee.isDeleted(entry.clock), "what was brought back was not deleted")
      }
      var clock: UInt32 = 0
      while clock < history.pointee.next {
        if history.pointee.has(.retained, clock) {
          precondition(history.pointee.isDeleted(clock), "what is not deleted is retained")
        }
        let item = itemClocks(holding: UnitID(client: client, clock: clock))
        precondition(item.contains(clock), "an item does not hold its unit")
        let kind = history.pointee.run(of: clock).kind
        if kind != .collected && !history.pointee.isHidden(clock, kind, collectsGarbage: collectsGarbage) {
          let isKept = history.pointee.has(.kept, clock)
          let end = history.pointee.end(of: .kept, isKept, from: clock, before: item.upperBound)
          precondition(end == item.upperBound, "a part of an item is kept")
        }
        clock = item.upperBound
      }
    }

    private func checkCursor() {
      guard cursor.leaf >= 0, cursor.isPositioned else { return }
      var visible: Int32 = 0
      var index = sequences[Int(cursor.sequence)].first
      while index != cursor.leaf {
        let here = leaf(index)
        for span in 0..<here.count { visible += max(0, here.lengths[span]) }
        index = here.next
      }
      precondition(visible == cursor.start, "the cursor's leaf starts elsewhere")
      let here = leaf(index)
      for span in 0..<here.count {
        if span == cursor.span { precondition(visible == cursor.spanStart, "the cursor's span starts elsewhere") }
        visible += max(0, here.lengths[span])
      }
      precondition(visible - cursor.start == cursor.visible, "the cursor's leaf has other visible units")
    }
  }
#endif
