/// One step through a list: what stays, what comes, what goes.
public enum DeltaOperation<Inserted> {
  /// So many units are unchanged.
  case retain(Int)
  /// This is new.
  case insert(Inserted)
  /// So many units are gone.
  case delete(Int)
}

extension DeltaOperation: Equatable where Inserted: Equatable {}
extension DeltaOperation: Sendable where Inserted: Sendable {}

/// What a transaction did to a text.
public struct TextEvent {
  /// The text.
  public let target: SharedText
  /// From the text before to the text after, in UTF-16 units. What is not text counts one unit and reads as U+FFFC.
  public let delta: [DeltaOperation<String>]
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// What a transaction did to an array.
public struct ArrayEvent {
  /// The array.
  public let target: SharedArray
  /// From the elements before to the elements after.
  public let delta: [DeltaOperation<[Content]>]
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// What a transaction did to a map.
public struct MapEvent {
  /// What happened to one key.
  public enum Change {
    /// The key is new.
    case add
    /// The key has another value; this was the old one.
    case update(Content)
    /// The key is gone; this was its value.
    case delete(Content)
  }

  /// The map.
  public let target: SharedMap
  /// The keys that changed. They are told apart byte by byte, which a dictionary of strings would not do.
  public let keys: [(key: String, value: Change)]
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// An event with the type it is for.
enum TypeEvent {
  case text(TypeIndex, TextEvent)
  case array(TypeIndex, ArrayEvent)
  case map(TypeIndex, MapEvent)

  var type: TypeIndex {
    switch self {
    case .text(let type, _), .array(let type, _), .map(let type, _): type
    }
  }
}

/// Those who observe a type.
struct TypeHandlers {
  var text = Handlers<TextEvent>()
  var array = Handlers<ArrayEvent>()
  var map = Handlers<MapEvent>()

  var isEmpty: Bool { text.isEmpty && array.isEmpty && map.isEmpty }

  func call(_ event: TypeEvent) {
    switch event {
    case .text(_, let event): text.call(event)
    case .array(_, let event): array.call(event)
    case .map(_, let event): map.call(event)
    }
  }
}

extension Document {
  /// Changes a type's handlers by `add`, and by `remove` when the subscription ends.
  func observe(
    _ type: TypeIndex, add: (inout TypeHandlers) -> UInt64,
    remove: @escaping (inout TypeHandlers, UInt64) -> Void
  ) -> Subscription {
    let id = add(&observers.pointee.types[type, default: TypeHandlers()])
    store.pointee.phase.observesTypes = true
    return Subscription { [self] in
      guard var remaining = observers.pointee.types.removeValue(forKey: type) else { return }
      remove(&remaining, id)
      if !remaining.isEmpty { observers.pointee.types[type] = remaining }
      store.pointee.phase.observesTypes = !observers.pointee.types.isEmpty
    }
  }

  /// The open transaction's events for those types that are observed.
  func makeEvents(origin: Origin?, isLocal: Bool) -> [TypeEvent] {
    // Indices are read from the tree, and deletions are searched.
    store.pointee.flushCursor()
    store.pointee.sortDeletions()
    var changed: [TypeIndex] = []
    var changedChains: [TypeIndex: [SequenceIndex]] = [:]
    for index in 0..<store.pointee.transaction.changed.count {
      let sequence = store.pointee.transaction.changed[index]
      let record = store.pointee.sequences[Int(sequence)]
      guard observers.pointee.types[record.type] != nil, !store.pointee.types[Int(record.type)].isDeleted else {
        continue
      }
      if record.isChain {
        changedChains[record.type, default: []].append(sequence)
      } else {
        changed.append(record.type)
      }
    }
    var events: [TypeEvent] = []
    for type in changed {
      guard let handlers = observers.pointee.types[type] else { continue }
      let pieces = store.pointee.changedPieces(of: store.pointee.types[Int(type)].list)
      if pieces.isEmpty { continue }
      if !handlers.text.isEmpty {
        let target = SharedText(document: self, type: type)
        let delta = makeTextDelta(pieces)
        events.append(.text(type, TextEvent(target: target, delta: delta, origin: origin, isLocal: isLocal)))
      }
      if !handlers.array.isEmpty {
        let target = SharedArray(document: self, type: type)
        let delta = makeArrayDelta(pieces)
        events.append(.array(type, ArrayEvent(target: target, delta: delta, origin: origin, isLocal: isLocal)))
      }
    }
    for (type, chains) in changedChains where observers.pointee.types[type]?.map.isEmpty == false {
      let keys = makeKeyChanges(chains)
      if keys.isEmpty { continue }
      let target = SharedMap(document: self, type: type)
      events.append(.map(type, MapEvent(target: target, keys: keys, origin: origin, isLocal: isLocal)))
    }
    return events
  }

  private func makeTextDelta(_ pieces: [ChangedPiece]) -> [DeltaOperation<String>] {
    makeDelta(pieces, join: { $0 + $1 }) { store.pointee.text(of: $0.unit, count: $0.count) }
  }

  private func makeArrayDelta(_ pieces: [ChangedPiece]) -> [DeltaOperation<[Content]>] {
    makeDelta(pieces, join: { $0 + $1 }) { piece in
      (0..<piece.count).map { content(UnitID(client: piece.unit.client, clock: piece.unit.clock + $0)) }
    }
  }

  /// Goes from change to change; what lies between is retained.
  private func makeDelta<Inserted>(
    _ pieces: [ChangedPiece], join: (Inserted, Inserted) -> Inserted, _ inserted: (ChangedPiece) -> Inserted
  ) -> [DeltaOperation<Inserted>] {
    var delta: [DeltaOperation<Inserted>] = []
    var index: Int32 = 0
    for piece in pieces {
      if piece.index > index { delta.append(.retain(Int(piece.index - index))) }
      index = piece.index
      switch (piece.isInserted, delta.last) {
      case (true, .insert(let before)):
        delta[delta.count - 1] = .insert(join(before, inserted(piece)))
      case (true, _): delta.append(.insert(inserted(piece)))
      case (false, .delete(let before)): delta[delta.count - 1] = .delete(before + Int(piece.count))
      case (false, _): delta.append(.delete(Int(piece.count)))
      }
      if piece.isInserted { index += Int32(bitPattern: piece.count) }
    }
    return delta
  }

  /// What happened to the keys whose chains changed. A key that was set and deleted again did not change.
  private func makeKeyChanges(_ chains: [SequenceIndex]) -> [(key: String, value: MapEvent.Change)] {
    var changes: [(key: String, value: MapEvent.Change)] = []
    for chain in chains {
      let key = store.pointee.names.string(store.pointee.sequences[Int(chain)].key)
      let old = store.pointee.deletedValue(ofChain: chain)
      let isNew = store.pointee.value(ofChain: chain).map { store.pointee.isAdded($0) } ?? false
      switch (isNew, old) {
      case (true, let old?): changes.append((key, .update(content(old))))
      case (true, nil): changes.append((key, .add))
      case (false, let old?): changes.append((key, .delete(content(old))))
      case (false, nil): break
      }
    }
    return changes
  }
}
