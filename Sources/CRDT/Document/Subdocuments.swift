/// Documents inside a document: each is synchronised on its own, when an application asks for it.
///
/// The document around it only holds who it is, its ``Document/guid`` and a few options. What it contains travels under
/// its own name, usually a room of that name.
public struct SubdocumentsEvent {
  /// Subdocuments that came into the document.
  public let added: [Document]
  /// Subdocuments that were deleted; they are destroyed once all observers are told.
  public let removed: [Document]
  /// Subdocuments that somebody wants the contents of.
  public let loaded: [Document]
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool

  var isEmpty: Bool { added.isEmpty && removed.isEmpty && loaded.isEmpty }
}

/// What a document knows of those inside it.
struct Subdocuments {
  /// Those that are not deleted, by the unit that holds them.
  var live: [UnitID: Document] = [:]
  /// Those whose contents were asked for in the open transaction.
  var loaded: [Document] = []
  var handlers = Handlers<SubdocumentsEvent>()
}

extension Document: Equatable {
  /// Whether both are the same object: two replicas of one document are not equal.
  public static func == (left: Document, right: Document) -> Bool { left === right }
}

extension Document {
  /// The document that this one is inside of, if any.
  public var parent: Document? { container?.takeUnretainedValue() }

  /// The documents inside this one, in the order of their units.
  ///
  /// - Complexity: O(*n* log *n*) for *n* subdocuments.
  public var subdocuments: [Document] {
    observers.pointee.subdocuments.live.sorted { ($0.key.client, $0.key.clock) < ($1.key.client, $1.key.clock) }
      .map { $0.value }
  }

  /// Calls `handler` after each transaction in which subdocuments came, went, or were asked for.
  public func observeSubdocuments(_ handler: @escaping (SubdocumentsEvent) -> Void) -> Subscription {
    let id = observers.pointee.subdocuments.handlers.add(handler)
    return Subscription { [self] in observers.pointee.subdocuments.handlers.remove(id) }
  }

  /// Asks for the contents of a subdocument: the document around it tells so those who fetch them. Does nothing when they
  /// were asked for already, and for a document that is in no other.
  public func load() {
    guard !shouldLoad else { return }
    shouldLoad = true
    guard let parent else { return }
    parent.transact {
      parent.observers.pointee.subdocuments.loaded.append(self)
      parent.store.pointee.phase.holdsSubdocuments = true
    }
  }

  /// Ends the use of a document: those inside it are destroyed, and nobody is told of changes any more.
  ///
  /// A subdocument that is still in its parent is replaced there by a fresh one that is not loaded.
  public func destroy() {
    for subdocument in subdocuments { subdocument.destroy() }
    if let parent {
      let unit = place
      leaveParent()
      parent.replaceDestroyed(self, at: unit)
    }
    observers.pointee.updates = UpdateHandlers()
    observers.pointee.types = [:]
    observers.pointee.subdocuments.handlers = Handlers()
    store.pointee.phase.observesUpdates = false
    store.pointee.phase.observesTypes = false
  }

  private func replaceDestroyed(_ subdocument: Document, at unit: UnitID) {
    guard observers.pointee.subdocuments.live[unit] === subdocument else { return }
    var options = subdocument.options
    options.shouldLoad = false
    let fresh = Document(options: options)
    fresh.enter(self, at: unit)
    observers.pointee.subdocuments.live[unit] = fresh
    observers.pointee.subdocuments.handlers.call(
      SubdocumentsEvent(added: [fresh], removed: [subdocument], loaded: [], origin: nil, isLocal: true))
  }

  private func enter(_ parent: Document, at unit: UnitID) {
    container = Unmanaged.passUnretained(parent)
    place = unit
    // Nothing was written yet, so the identifier can still change.
    if store.pointee.unitCount == 0 { store.pointee.own = store.pointee.clientIndex(parent.clientID.rawValue) }
  }

  private func leaveParent() {
    container = nil
    place = .none
  }

  /// Lets those that a document holds go, as it is given up.
  func releaseSubdocuments() {
    for subdocument in observers.pointee.subdocuments.live.values { subdocument.leaveParent() }
  }

  // MARK: Content

  /// A cell that holds this document, which becomes part of `parent` at its own client's next unit.
  func makeCell(in parent: Document, _ store: inout DocumentStore) -> Cell {
    precondition(container == nil, "a document that is inside another one can't be put into a second one")
    let unit = UnitID(client: store.own, clock: store.ownClock)
    enter(parent, at: unit)
    parent.observers.pointee.subdocuments.live[unit] = self
    store.phase.holdsSubdocuments = true
    return Cell(subdocument: options)
  }

  /// The document that a unit holds.
  func subdocument(at unit: UnitID, _ cell: Cell) -> Document {
    if let known = observers.pointee.subdocuments.live[unit] { return known }
    let document = Document(options: cell.subdocumentOptions)
    document.enter(self, at: unit)
    observers.pointee.subdocuments.live[unit] = document
    return document
  }

  /// What the open transaction did to subdocuments. To be called while deleted content is still there.
  func makeSubdocumentsEvent(origin: Origin?, isLocal: Bool) -> SubdocumentsEvent {
    var added: [Document] = []
    var removed: [Document] = []
    var loaded = observers.pointee.subdocuments.loaded
    observers.pointee.subdocuments.loaded = []
    for index in 0..<store.pointee.transaction.touched.count {
      let client = store.pointee.transaction.touched[index]
      let history = store.pointee.history(client)
      let start = UnitID(client: client, clock: history.pointee.clockBefore)
      forEachSubdocument(in: UnitRange(unit: start, count: history.pointee.next &- start.clock)) { unit, cell in
        guard !history.pointee.isDeleted(unit.clock) else { return }
        let document = subdocument(at: unit, cell)
        added.append(document)
        if document.shouldLoad && !loaded.contains(document) { loaded.append(document) }
      }
    }
    for index in 0..<store.pointee.transaction.deleted.count {
      forEachSubdocument(in: store.pointee.transaction.deleted[index]) { unit, cell in
        // One that came and went in this transaction was never seen.
        if store.pointee.isAdded(unit) {
          observers.pointee.subdocuments.live.removeValue(forKey: unit)?.leaveParent()
        } else {
          removed.append(subdocument(at: unit, cell))
        }
      }
    }
    for document in removed {
      observers.pointee.subdocuments.live[document.place] = nil
      document.leaveParent()
    }
    return SubdocumentsEvent(added: added, removed: removed, loaded: loaded, origin: origin, isLocal: isLocal)
  }

  private func forEachSubdocument(in range: UnitRange, _ body: (UnitID, Cell) -> Void) {
    if range.count == 0 { return }
    let history = store.pointee.history(range.unit.client)
    store.pointee.forEachRun(in: range) { run, clocks in
      guard run.kind == .document else { return }
      for clock in clocks {
        body(UnitID(client: range.unit.client, clock: clock), history.pointee.cell(of: clock, in: run))
      }
    }
  }

  /// Tells of subdocuments, then destroys those that are gone.
  func deliver(_ event: SubdocumentsEvent) {
    if event.isEmpty { return }
    observers.pointee.subdocuments.handlers.call(event)
    for document in event.removed { document.destroy() }
  }
}

extension Cell {
  /// A cell with a subdocument's identifier and options, as Yjs writes them.
  init(subdocument options: Document.Options) {
    var writer = ByteWriter(capacity: 64)
    writer.writeVarString(options.guid ?? "")
    var members: [Value.Member] = []
    if !options.collectsGarbage { members.append(Value.Member("gc", false)) }
    if options.loadsAutomatically { members.append(Value.Member("autoLoad", true)) }
    if let meta = options.meta { members.append(Value.Member("meta", meta)) }
    ValueCodec.write(.object(members), to: &writer)
    self = writer.withBytes { Cell(copying: $0) }
  }

  /// The same for content from elsewhere, which may have other options; what Yjs does not know it does not keep.
  init(reencodingSubdocument bytes: UnsafeRawBufferPointer) {
    let received = Cell(copying: bytes)
    self.init(subdocument: received.subdocumentOptions)
    received.free()
  }

  /// The options of the document in a subdocument's cell.
  var subdocumentOptions: Document.Options {
    withBytes { bytes in
      var options = Document.Options()
      var reader = ByteReader(bytes)
      // The bytes were checked when they came in; content that was given up has none.
      if bytes.isEmpty { return options }
      options.guid = String(decoding: try! reader.readVarString(), as: UTF8.self)
      let given = try! ValueCodec.read(&reader)
      if case .undefined = given["gc"] {} else { options.collectsGarbage = given["gc"].isTruthy }
      options.loadsAutomatically = given["autoLoad"].isTruthy
      options.shouldLoad = options.loadsAutomatically || given["shouldLoad"].isTruthy
      switch given["meta"] {
      case .undefined, .null: break
      case let meta: options.meta = meta
      }
      return options
    }
  }
}

extension Value {
  /// Whether JavaScript takes the value for true.
  fileprivate var isTruthy: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let bool): bool
    case .number(let number): number != 0 && !number.isNaN
    case .bigInt(let integer): integer != 0
    case .string(let string): !string.isEmpty
    case .bytes, .array, .object: true
    }
  }
}

extension SharedMap {
  /// Gives a key a document of its own, which is synchronised apart from this one.
  ///
  /// - Precondition: `document` is in no other document.
  public func set(_ document: Document, forKey key: String) {
    let parent = self.document
    parent.set(in: type, forKey: key) { store in
      (.document, store.addCell(document.makeCell(in: parent, &store)))
    }
  }
}

extension SharedArray {
  /// Inserts a document of its own, which is synchronised apart from this one.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``; `document` is in no other document.
  public func insert(_ document: Document, at index: Int) {
    let parent = self.document
    parent.edit { store in
      guard let list = store.listToEdit(of: type, .index(index), adding: 1) else { return }
      let offset = store.focus(list, .index(index))
      let cell = store.addCell(document.makeCell(in: parent, &store))
      store.insertOwn(list, offset: offset, kind: .document, cell: cell, count: 1)
    }
  }
}
