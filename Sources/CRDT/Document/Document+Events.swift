/// Making events: what the open transaction did to each type that somebody observes.
extension Document {
  /// A type that the transaction changed, with the sequences in which it did.
  private struct ChangedType {
    var type: TypeIndex
    var list: SequenceIndex?
    var chains: [SequenceIndex] = []
  }

  /// What the open transaction has to tell. To be called while deleted content is still there.
  func makeNotifications(origin: Origin?, isLocal: Bool) -> TypeNotifications {
    // Indices are read from the tree, and deletions are searched.
    store.pointee.flushCursor()
    store.pointee.sortDeletions()
    var notifications = TypeNotifications()
    var deep = DeepEvents()
    let observesDeep = observers.pointee.types.values.contains { !$0.deep.isEmpty }
    var enclosing = EnclosingTypes { [observers] in observers.pointee.types[$0]?.deep.isEmpty == false }
    let marks = store.pointee.changedMarks().sequences
    for changed in changedTypes() {
      let handlers = observers.pointee.types[changed.type] ?? TypeHandlers()
      let observing = observesDeep ? typesObservingDeep(changed.type, &enclosing) : []
      if handlers.isEmpty && observing.isEmpty { continue }
      for (type, _) in observing { deep.open(type) }
      let changesFormats = changed.list.map { marks.contains($0) } ?? false
      let maker = EventMaker(
        document: self, type: changed.type, changesFormats: changesFormats, origin: origin, isLocal: isLocal)
      let kind = store.pointee.types[Int(changed.type)].kind
      let keys = changed.chains.isEmpty ? [] : makeKeyChanges(changed.chains)
      var own: TypeEvent?
      for candidate in [TypeEvent.Kind.text, .array, .map, .xml] {
        let isOwn = candidate == TypeEvent.Kind(kind)
        guard (isOwn && !observing.isEmpty) || handlers.observes(candidate) else { continue }
        guard let event = maker.make(candidate, list: changed.list, keys: keys) else { continue }
        if handlers.observes(candidate) { notifications.events.append((changed.type, event)) }
        if isOwn { own = event }
      }
      guard let own else { continue }
      for (type, depth) in observing {
        let event = DeepEvent(event: own, depth: depth, document: self, observed: type, changed: changed.type)
        deep.append(event, for: type)
      }
    }
    notifications.deep = deep.sorted()
    return notifications
  }

  /// The changed types in the order in which they were first changed. A type that is new, or gone, did not change: it is
  /// in what its parent tells.
  private func changedTypes() -> [ChangedType] {
    var changed: [ChangedType] = []
    var places: [TypeIndex: Int] = [:]
    for index in 0..<store.pointee.transaction.changed.count {
      let sequence = store.pointee.transaction.changed[index]
      let record = store.pointee.sequences[Int(sequence)]
      guard store.pointee.isOld(record.type) else { continue }
      let place = places[record.type] ?? changed.count
      if place == changed.count {
        places[record.type] = place
        changed.append(ChangedType(type: record.type))
      }
      if record.isChain { changed[place].chains.append(sequence) } else { changed[place].list = sequence }
    }
    return changed
  }

  /// A type and those that it is in, as far as somebody observes what is inside them, and how deep it is in each.
  private func typesObservingDeep(
    _ type: TypeIndex, _ enclosing: inout EnclosingTypes
  ) -> [(type: TypeIndex, depth: Int)] {
    var found: [(type: TypeIndex, depth: Int)] = []
    var next: TypeIndex? = type
    var depth = 0
    guard store.pointee.types[Int(type)].kind != .unknown else { return [] }
    while let type = next, let place = enclosing.nearest(to: type, in: store.pointee) {
      depth += place.steps
      found.append((place.type, depth))
      depth += 1
      next = parent(of: place.type)
    }
    return found
  }

  /// What happened to the keys whose chains changed. A key that was set and deleted again did not change.
  private func makeKeyChanges(_ chains: [SequenceIndex]) -> KeyChanges {
    var changes: KeyChanges = []
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

/// Events by the type that is observed with all inside it.
private struct DeepEvents {
  /// In the order in which something changed inside the types, be it to be seen or not: that of Yjs.
  private var events: [(type: TypeIndex, events: [DeepEvent])] = []
  private var places: [TypeIndex: Int] = [:]

  /// Gives a type its place.
  mutating func open(_ type: TypeIndex) {
    if places[type] != nil { return }
    places[type] = events.count
    events.append((type, []))
  }

  mutating func append(_ event: DeepEvent, for type: TypeIndex) { events[places[type]!].events.append(event) }

  /// Those with a short way come first; the order of those with equally long ways stays.
  func sorted() -> [(type: TypeIndex, events: [DeepEvent])] {
    events.filter { !$0.events.isEmpty }.map { type, events in
      let sorted = events.enumerated().sorted {
        ($0.element.depth, $0.offset) < ($1.element.depth, $1.offset)
      }
      return (type, sorted.map { $0.element })
    }
  }
}

extension DocumentStore {
  /// Whether a type was there before the open transaction, and still is.
  func isOld(_ type: TypeIndex) -> Bool {
    let record = types[Int(type)]
    return !record.isDeleted && (record.isRoot || !isAdded(record.item))
  }
}

extension TypeEvent {
  /// The kinds of events.
  enum Kind: Equatable {
    case text, array, map, xml

    /// The kind of the events of a type; nil when nobody has said yet what the type is.
    init?(_ kind: TypeKind) {
      switch kind {
      case .text, .xmlText: self = .text
      case .array: self = .array
      case .map, .xmlHook: self = .map
      case .xmlElement, .xmlFragment: self = .xml
      case .unknown: return nil
      }
    }
  }
}

extension TypeHandlers {
  /// Whether somebody waits for events of a kind.
  func observes(_ kind: TypeEvent.Kind) -> Bool {
    switch kind {
    case .text: !text.isEmpty
    case .array: !array.isEmpty
    case .map: !map.isEmpty
    case .xml: !xml.isEmpty
    }
  }
}

/// Makes events of one type.
private struct EventMaker {
  let document: Document
  let type: TypeIndex
  /// Whether marks of formats were added or deleted.
  let changesFormats: Bool
  let origin: Origin?
  let isLocal: Bool

  /// The event of the given kind; nil when nothing changed that one could see.
  func make(_ kind: TypeEvent.Kind, list: SequenceIndex?, keys: KeyChanges) -> TypeEvent? {
    switch kind {
    case .text:
      let delta = list.map { document.makeTextDelta($0, changesFormats: changesFormats) } ?? TextDelta()
      if delta.isEmpty && keys.isEmpty { return nil }
      let target = SharedText(document: document, type: type)
      return .text(
        TextEvent(target: target, delta: delta, attributes: keys, origin: origin, isLocal: isLocal))
    case .array:
      let delta = list.map { document.makeListDelta($0) } ?? []
      if delta.isEmpty { return nil }
      let target = SharedArray(document: document, type: type)
      return .array(ArrayEvent(target: target, delta: delta, origin: origin, isLocal: isLocal))
    case .map:
      if keys.isEmpty { return nil }
      let target = SharedMap(document: document, type: type)
      return .map(MapEvent(target: target, keys: keys, origin: origin, isLocal: isLocal))
    case .xml:
      let delta = list.map { document.makeListDelta($0) } ?? []
      if delta.isEmpty && keys.isEmpty { return nil }
      return .xml(
        XMLEvent(
          target: document.content(ofType: type), delta: delta, attributes: keys, origin: origin, isLocal: isLocal))
    }
  }
}
