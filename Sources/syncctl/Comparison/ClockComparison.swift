import CRDT

/// How far two replicas of a document are, by what they know and not by what it shows.
struct ClockComparison: Encodable, Equatable {
  /// How the left replica relates to the right one.
  enum Ordering: String, Encodable {
    case equal, behind, ahead, concurrent
  }

  /// What the two have of one client.
  struct Client: Encodable, Equatable {
    let client: UInt64
    /// The clocks up to which they know the client's units.
    let left: UInt64
    let right: UInt64
    /// Units that only this one has deleted, among those that both know.
    let deletedOnlyLeft: UInt64
    let deletedOnlyRight: UInt64
  }

  let ordering: Ordering
  /// Clients that the two differ in, by number.
  let clients: [Client]

  init(_ left: Snapshot, _ right: Snapshot) {
    let (mine, theirs) = (left.stateVector, right.stateVector)
    let onlyLeft = left.deleteSet.subtracting(right.deleteSet)
    let onlyRight = right.deleteSet.subtracting(left.deleteSet)
    let known = Set(mine.clocks.keys).union(theirs.clocks.keys)
    clients =
      known
      .map { client in
        let common = min(mine[client], theirs[client])
        func count(_ deletions: IDSet) -> UInt64 {
          deletions.ranges(of: client).reduce(0) { sum, range in
            sum + (max(min(range.upperBound, common), range.lowerBound) - range.lowerBound)
          }
        }
        return Client(
          client: client.rawValue, left: mine[client], right: theirs[client], deletedOnlyLeft: count(onlyLeft),
          deletedOnlyRight: count(onlyRight))
      }
      .filter { $0.left != $0.right || $0.deletedOnlyLeft + $0.deletedOnlyRight > 0 }
      .sorted { $0.client < $1.client }
    let isAhead = clients.contains { $0.left > $0.right || $0.deletedOnlyLeft > 0 }
    let isBehind = clients.contains { $0.left < $0.right || $0.deletedOnlyRight > 0 }
    ordering =
      switch (isAhead, isBehind) {
      case (false, false): .equal
      case (true, false): .ahead
      case (false, true): .behind
      case (true, true): .concurrent
      }
  }
}
