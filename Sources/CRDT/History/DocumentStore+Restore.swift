/// Going back to an earlier moment by a new change: what has gone since is written again in its old place, and what has
/// come since is deleted. Nothing that others have is rewritten.
extension DocumentStore {
  /// Makes all roots, or all but one, hold what they held at `past`.
  ///
  /// - Parameter now: The present moment.
  mutating func restore(_ past: Snapshot, now: Snapshot, except root: TypeIndex?) {
    let (past, now) = (ResolvedSnapshot(past, in: self), ResolvedSnapshot(now, in: self))
    // Types are worked off from a list, not by recursion: peers choose how deep they nest.
    var types: [(old: TypeIndex, new: TypeIndex)] = []
    for type in 0..<TypeIndex(self.types.count) where self.types[Int(type)].isRoot && type != root {
      types.append((type, type))
    }
    while let (old, new) = types.popLast() {
      restoreList(of: old, in: new, past: past, now: now, nested: &types)
      restoreChains(of: old, in: new, past: past, now: now, nested: &types)
    }
  }

  /// The type that a unit holds, if it holds one.
  private func typeHeld(by unit: UnitID) -> TypeIndex? {
    let run = history(unit.client).pointee.run(of: unit.clock)
    return run.kind == .type ? history(unit.client).pointee.cell(of: unit.clock, in: run).type : nil
  }

  private mutating func restoreList(
    of old: TypeIndex, in new: TypeIndex, past: ResolvedSnapshot, now: ResolvedSnapshot,
    nested: inout [(old: TypeIndex, new: TypeIndex)]
  ) {
    var stretches: [(range: UnitRange, wasThere: Bool, isThere: Bool)] = []
    forEachStretch(of: types[Int(old)].list, at: past, and: now, withMarks: true) { range, kind, wasThere, isThere in
      if kind.merges {
        stretches.append((range, wasThere, isThere))
      } else {
        for clock in range.clocks {
          let unit = UnitRange(client: range.unit.client, clocks: clock..<(clock + 1))
          stretches.append((unit, wasThere, isThere))
        }
      }
    }
    if stretches.isEmpty { return }
    let list = list(of: new)
    for (range, wasThere, isThere) in stretches {
      if wasThere && (!isThere || old != new) {
        let (origin, right) = old == new ? surroundings(behind: range) : (lastUnit(of: list), .none)
        let copy = copyUnits(range, into: list, origin: origin, right: right)
        if let source = typeHeld(by: range.unit), let type = typeHeld(by: copy) { nested.append((source, type)) }
      } else if wasThere {
        if let type = typeHeld(by: range.unit) { nested.append((type, type)) }
      } else if old == new {
        deleteLive(range.unit.client, range.clocks)
      }
    }
  }

  /// The last unit of a range, and the one behind it.
  private mutating func surroundings(behind range: UnitRange) -> (origin: UnitID, right: UnitID) {
    let last = UnitID(client: range.unit.client, clock: range.clocks.upperBound - 1)
    return (last, following(place(behind: last, inLeaf: history(last.client).pointee.leaf(of: last.clock))))
  }

  /// The last unit of a sequence, tombstones included; none when it is empty.
  private func lastUnit(of sequence: SequenceIndex) -> UnitID {
    let last = sequences[Int(sequence)].last
    return last < 0 ? .none : lastUnit(before: last, leaf(last).count)
  }

  private mutating func restoreChains(
    of old: TypeIndex, in new: TypeIndex, past: ResolvedSnapshot, now: ResolvedSnapshot,
    nested: inout [(old: TypeIndex, new: TypeIndex)]
  ) {
    var chain = types[Int(old)].firstChain
    while chain >= 0 {
      let record = sequences[Int(chain)]
      let before = value(ofChain: chain, at: past)
      let present = old == new ? value(ofChain: chain, at: now) : nil
      if let before, before != present {
        let target = self.chain(of: new, key: record.key)
        let unit = UnitRange(client: before.client, clocks: before.clock..<(before.clock + 1))
        let copy = copyUnits(unit, into: target, origin: lastUnit(of: target), right: .none)
        if let source = typeHeld(by: before), let type = typeHeld(by: copy) { nested.append((source, type)) }
      } else if let before {
        if let type = typeHeld(by: before) { nested.append((type, type)) }
      } else if present != nil {
        deleteValue(ofChain: chain)
      }
      chain = record.nextChain
    }
  }
}
