/// What applying an update came to.
public struct ApplyResult: Equatable, Sendable {
  /// Whether the document is different from before.
  public let changed: Bool
  /// Whether something in the document, from this update or an earlier one, waits for updates that have not come.
  public let isPending: Bool
  /// Whether more waits than before, less, or other things.
  public let pendingChanged: Bool
  /// Bytes of the structs that wait, as ``Pending/byteCount``.
  public let pendingByteCount: Int
}

/// What waits for missing updates.
public struct Pending: Equatable, Sendable {
  /// The state vector at which something can go on: for each client that is waited for, the clock it has to reach.
  public let missing: StateVector
  /// Bytes of the structs that wait.
  public let byteCount: Int
  /// Units that are deleted as soon as they are known.
  public let deletedUnits: UInt64
}

/// Counts of what a document holds.
public struct Statistics: Equatable, Sendable {
  /// Clients that ever wrote.
  public let clients: Int
  /// Units of all clients: UTF-16 units of text, array elements, map entries.
  public let units: Int
  /// Units that are deleted.
  public let deletedUnits: Int
  /// Shared types, roots included, that are not deleted.
  public let types: Int

  init(_ store: borrowing DocumentStore) {
    var deleted = 0
    var writers = 0
    for index in 0..<store.clientCount {
      let history = store.history(ClientIndex(index))
      let next = history.pointee.next
      if next > 0 { writers += 1 }
      var clock = history.pointee.endOfState(false, from: 0, before: next)
      while clock < next {
        let end = history.pointee.endOfState(true, from: clock, before: next)
        deleted += Int(end - clock)
        clock = history.pointee.endOfState(false, from: end, before: next)
      }
    }
    var alive = 0
    for index in 0..<store.types.count where !store.types[index].isDeleted { alive += 1 }
    clients = writers
    units = store.unitCount
    deletedUnits = deleted
    types = alive
  }
}
