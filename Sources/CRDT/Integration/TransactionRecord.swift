/// Consecutive units of one client.
struct UnitRange {
  var unit: UnitID
  var count: UInt32

  var clocks: Range<UInt32> { unit.clock..<(unit.clock &+ count) }
}

extension UnitRange {
  init(client: ClientIndex, clocks: Range<UInt32>) {
    unit = UnitID(client: client, clock: clocks.lowerBound)
    count = UInt32(clocks.count)
  }
}

/// Where a document is between and in transactions, and who wants to know. In the store, since entering a class's own
/// fields is checked for exclusivity each time.
struct TransactionPhase {
  /// Transactions that are open, one inside the other.
  var depth = 0
  /// The open transaction merges an update from elsewhere.
  var isRemote = false
  /// Somebody else writes under our identifier.
  var needsNewClientID = false
  var hasOrigin = false
  var observesUpdates = false
  var observesTypes = false
  /// There are, or were, subdocuments: those that come and go must be noticed.
  var holdsSubdocuments = false
  /// Somebody may want to undo this, or could once.
  var tracksUndo = false

  /// Nothing is to be told or done at the end but to forget what happened.
  var isPlain: Bool {
    @inline(__always) get {
      !(needsNewClientID || hasOrigin || observesUpdates || observesTypes || holdsSubdocuments || tracksUndo)
    }
  }
}

/// What the open transaction has changed so far.
struct TransactionRecord: ~Copyable {
  /// Counts transactions from 1, so that a mark of an earlier one is never taken for one of this.
  private(set) var number: UInt64 = 1
  /// Clients of whom units were added; their histories know the clock before.
  var touched = GrowableBuffer<ClientIndex>()
  /// Units that became tombstones, in the order in which they did.
  var deleted = GrowableBuffer<UnitRange>()
  /// Nested types whose items became tombstones.
  var deletedTypes = GrowableBuffer<TypeIndex>()
  /// Sequences in which units were added or deleted.
  var changed = GrowableBuffer<SequenceIndex>()

  /// Grows with each change.
  private(set) var changeCount: UInt64 = 0

  var isEmpty: Bool { touched.isEmpty && deleted.isEmpty }

  @inline(__always)
  mutating func recordDeleted(_ unit: UnitID, count: UInt32) {
    changeCount &+= 1
    let last = deleted.count &- 1
    if last >= 0 && deleted[last].unit.client == unit.client
      && deleted[last].unit.clock &+ deleted[last].count == unit.clock
    {
      deleted[last].count &+= count
    } else {
      deleted.append(UnitRange(unit: unit, count: count))
    }
  }

  @inline(__always)
  mutating func countChange() { changeCount &+= 1 }

  /// Forgets everything: the next transaction begins.
  @inline(__always)
  mutating func reset() {
    number &+= 1
    touched.removeAll()
    deleted.removeAll()
    deletedTypes.removeAll()
    changed.removeAll()
  }
}

extension DocumentStore {
  /// Notes that units of a client are about to be added.
  @inline(__always)
  mutating func touch(_ client: ClientIndex) {
    let history = history(client)
    if history.pointee.touchedIn == transaction.number { return }
    history.pointee.touchedIn = transaction.number
    history.pointee.clockBefore = history.pointee.next
    transaction.touched.append(client)
  }

  @inline(__always)
  mutating func markChanged(_ sequence: SequenceIndex) {
    if sequences[Int(sequence)].changedIn == transaction.number { return }
    sequences[Int(sequence)].changedIn = transaction.number
    transaction.changed.append(sequence)
  }

  /// Whether the open transaction added the unit.
  @inline(__always)
  func isAdded(_ unit: UnitID) -> Bool {
    let history = history(unit.client)
    return history.pointee.touchedIn == transaction.number && unit.clock >= history.pointee.clockBefore
  }
}
