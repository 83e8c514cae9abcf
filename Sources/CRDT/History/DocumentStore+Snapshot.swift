/// A snapshot with the replica's own numbers of clients, so that units can be looked up in it quickly.
struct ResolvedSnapshot {
  /// By client: the clock before which units were known, and the ranges deleted.
  private var clients: [(clock: UInt32, deleted: [Range<Clock>])] = []

  init(_ snapshot: Snapshot, in store: borrowing DocumentStore) {
    for client in 0..<store.clientCount {
      let id = ClientID(rawValue: store.clients[client].client)
      clients.append((UInt32(clamping: snapshot.stateVector[id]), snapshot.deleteSet.ranges(of: id)))
    }
  }

  /// The clock before which a client's units were known.
  func clock(of client: ClientIndex) -> UInt32 { clients[Int(client)].clock }

  /// Whether a unit was known and not deleted, and the clock up to which that is so for the units behind it, at most
  /// `end`.
  func visibility(of unit: UnitID, before end: UInt32) -> (isVisible: Bool, end: UInt32) {
    let (known, deleted) = clients[Int(unit.client)]
    if unit.clock >= known { return (false, end) }
    let index = SortedRanges.firstIndex(in: deleted, endingAfter: Clock(unit.clock))
    let limit = min(end, known)
    guard index < deleted.count else { return (true, limit) }
    if deleted[index].lowerBound <= Clock(unit.clock) {
      return (false, min(end, UInt32(clamping: deleted[index].upperBound)))
    }
    return (true, min(limit, UInt32(clamping: deleted[index].lowerBound)))
  }
}

/// Whether something is there at two moments.
public enum SnapshotChange: Equatable, Sendable {
  /// It was there at both moments.
  case unchanged
  /// It was not there before. The client wrote it.
  case added(author: ClientID)
  /// It is no longer there. The client had written it; who deleted it is not known.
  case removed(author: ClientID)
}

extension DocumentStore {
  /// Calls `body` with the units that a sequence holds at one of two moments, in document order: with a stretch of one
  /// run, and whether it is there at the one and at the other.
  ///
  /// Content that was given up is left out, and so are formatting marks unless they are asked for.
  func forEachStretch(
    of sequence: SequenceIndex, at first: ResolvedSnapshot, and second: ResolvedSnapshot, withMarks: Bool = false,
    _ body: (_ range: UnitRange, _ kind: ContentKind, _ isInFirst: Bool, _ isInSecond: Bool) -> Void
  ) {
    guard sequence >= 0 else { return }
    var index = sequences[Int(sequence)].first
    while index >= 0 {
      let here = leaf(index)
      for span in 0..<here.count {
        let units = UnitRange(client: here.clients[span], clocks: here.clocks[span]..<here.end(span))
        forEachRun(in: units) { run, clocks in
          guard run.kind.isCountable || (withMarks && run.kind == .format) else { return }
          var clock = clocks.lowerBound
          while clock < clocks.upperBound {
            let unit = UnitID(client: units.unit.client, clock: clock)
            let history = history(unit.client)
            let isHidden = history.pointee.isHidden(clock, run.kind, collectsGarbage: collectsGarbage)
            var end = history.pointee.endOfState(
              history.pointee.isDeleted(clock), from: clock, before: clocks.upperBound)
            if history.pointee.hasUndoMarks { end = history.pointee.endOfUndoMarks(from: clock, before: end) }
            let inFirst = first.visibility(of: unit, before: end)
            let inSecond = second.visibility(of: unit, before: min(end, inFirst.end))
            end = inSecond.end
            if !isHidden && (inFirst.isVisible || inSecond.isVisible) {
              body(
                UnitRange(client: unit.client, clocks: clock..<end), run.kind, inFirst.isVisible, inSecond.isVisible)
            }
            clock = end
          }
        }
      }
      index = here.next
    }
  }

  /// The value that a key had at a moment: the last unit of its chain that was known, unless it was deleted.
  func value(ofChain chain: SequenceIndex, at snapshot: ResolvedSnapshot) -> UnitID? {
    var index = sequences[Int(chain)].last
    while index >= 0 {
      let here = leaf(index)
      for span in stride(from: here.count - 1, through: 0, by: -1) {
        let end = min(here.end(span), snapshot.clock(of: here.clients[span]))
        if end <= here.clocks[span] { continue }
        let unit = UnitID(client: here.clients[span], clock: end - 1)
        let kind = history(unit.client).pointee.run(of: unit.clock).kind
        let isHidden = history(unit.client).pointee.isHidden(unit.clock, kind, collectsGarbage: collectsGarbage)
        return !isHidden && snapshot.visibility(of: unit, before: end).isVisible ? unit : nil
      }
      index = here.previous
    }
    return nil
  }
}
