/// A document that merges by itself: shared text, arrays and maps that replicas change independently, and that come out
/// equal wherever the same updates have been applied, in whatever order.
///
/// ```swift
/// let document = Document()
/// document.transact(origin: "editor") {
///   document.text("body").insert("Hello", at: 0)
///   document.map("meta").set("Greeting", forKey: "title")
/// }
/// let update = document.encodeUpdate(since: peer.stateVector)
/// ```
/// Updates, state vectors and delete sets have the format of Yjs 13 (V1), byte for byte.
///
/// A document belongs to one owner at a time: it is not safe to use from several threads at once, and not `Sendable`.
public final class Document {
  /// How a document is kept.
  public struct Options: Sendable {
    /// Whether deleted content is given up at the end of each transaction, as Yjs does by default. Without it, nothing
    /// that was ever written can get lost, and documents grow.
    public var collectsGarbage = true
    /// Names the document wherever it is; made at random when it is nil.
    public var guid: String?
    /// What an application wants to know of a subdocument before it loads it.
    public var meta: Value?
    /// Whether every replica loads the document as soon as it meets it as a subdocument.
    public var loadsAutomatically = false
    /// Whether the contents of the document are wanted here.
    public var shouldLoad = true

    /// The options of Yjs.
    public init() {}
  }

  /// Names the document wherever it is, as a subdocument or as a room.
  public var guid: String { options.guid! }
  /// What an application wants to know of a subdocument before it loads it.
  public var meta: Value? { options.meta }
  /// Whether the contents of the document are wanted here; see ``load()``.
  public internal(set) var shouldLoad: Bool

  let options: Options
  /// The document around this one, which lets go of this one before it is given up.
  var container: Unmanaged<Document>?
  /// The unit of the document around this one that holds this one.
  var place = UnitID.none

  // State lives behind constant pointers: entering it costs no exclusivity check and no reference count.
  let store: UnsafeMutablePointer<DocumentStore>
  let observers: UnsafeMutablePointer<Observers>

  /// An empty document that writes as `clientID`.
  ///
  /// - Parameters:
  ///   - clientID: Must be new: two documents that write under one identifier corrupt each other.
  ///   - options: How the document is kept.
  public init(clientID: ClientID = .random(), options: Options = Options()) {
    var generator = SystemRandomNumberGenerator()
    var options = options
    if options.guid == nil { options.guid = Self.randomGUID(using: &generator) }
    self.options = options
    shouldLoad = options.shouldLoad
    store = .allocate(capacity: 1)
    store.initialize(
      to: DocumentStore(client: clientID, collectsGarbage: options.collectsGarbage, seed: generator.next()))
    observers = .allocate(capacity: 1)
    observers.initialize(to: Observers())
  }

  deinit {
    releaseSubdocuments()
    store.deinitialize(count: 1)
    store.deallocate()
    observers.deinitialize(count: 1)
    observers.deallocate()
  }

  /// Whom local changes are written as. It changes when an update shows that somebody else writes under it.
  public var clientID: ClientID { ClientID(rawValue: store.pointee.history(store.pointee.own).pointee.client) }

  /// 128 random bits in the form of a UUID of version 4.
  private static func randomGUID(using generator: inout SystemRandomNumberGenerator) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var high = generator.next()
    var low = generator.next()
    // The version, and the variant of RFC 9562.
    high = high & ~0xF000 | 0x4000
    low = low & ~(0xC << 60) | 0x8 << 60
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for index in 0..<32 {
      if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
      let bits = index < 16 ? high : low
      text.append(digits[Int(bits >> UInt64(60 - index % 16 * 4) & 0xF)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// How much of each client's history is known.
  public var stateVector: StateVector { store.pointee.stateVector }

  // MARK: Roots

  /// The root text of the given name; it exists in every replica without being made.
  public func text(_ name: String) -> SharedText { SharedText(document: self, type: root(name, .text)) }

  /// The root array of the given name; it exists in every replica without being made.
  public func array(_ name: String) -> SharedArray { SharedArray(document: self, type: root(name, .array)) }

  /// The root map of the given name; it exists in every replica without being made.
  public func map(_ name: String) -> SharedMap { SharedMap(document: self, type: root(name, .map)) }

  /// The root XML fragment of the given name; it exists in every replica without being made.
  public func xmlFragment(_ name: String) -> SharedXMLFragment {
    SharedXMLFragment(document: self, type: root(name, .xmlFragment))
  }

  /// The root XML element of the given name; it exists in every replica without being made.
  public func xmlElement(_ name: String) -> SharedXMLElement {
    SharedXMLElement(document: self, type: root(name, .xmlElement))
  }

  /// The root text of XML of the given name; it exists in every replica without being made.
  public func xmlText(_ name: String) -> SharedXMLText {
    SharedXMLText(document: self, type: root(name, .xmlText))
  }

  private func root(_ name: String, _ kind: TypeKind) -> TypeIndex {
    var name = name
    let type = name.withUTF8 { store.pointee.rootType(UnsafeRawBufferPointer($0)) }
    if store.pointee.types[Int(type)].kind == .unknown { store.pointee.types[Int(type)].kind = kind }
    return type
  }

  /// The document's roots, in the order in which they came up here.
  public var roots: [Root] {
    (0..<TypeIndex(store.pointee.types.count)).compactMap { type in
      let record = store.pointee.types[Int(type)]
      guard record.isRoot else { return nil }
      return Root(document: self, type: type, name: store.pointee.names.string(record.name), kind: record.kind)
    }
  }

  // MARK: Transactions

  /// Runs `body` and makes all its changes one: observers get one event, and one update is made.
  ///
  /// A transaction inside another one is part of it. A single change outside of any makes its own.
  ///
  /// - Parameters:
  ///   - origin: Handed to observers.
  ///   - body: Makes changes. What it has changed stays when it throws.
  /// - Returns: What `body` returns.
  @inlinable  // A generic function of another module, not inlined, costs ten times an edit.
  @discardableResult
  public func transact<Result, Failure: Error>(
    origin: Origin? = nil, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if let origin { begin(origin: origin) } else { begin() }
    defer { end() }
    return try body()
  }

  @usableFromInline
  func begin() { store.pointee.phase.depth &+= 1 }

  @usableFromInline
  func begin(origin: Origin) {
    if store.pointee.phase.depth == 0 {
      observers.pointee.origin = origin
      store.pointee.phase.hasOrigin = true
    }
    begin()
  }

  @usableFromInline
  func end() {
    store.pointee.phase.depth &-= 1
    if store.pointee.phase.depth == 0 { finish() }
  }

  /// A change in a transaction of its own, or in the open one.
  @inline(__always)
  func edit<Result>(_ body: (inout DocumentStore) -> Result) -> Result {
    begin()
    let result = body(&store.pointee)
    end()
    return result
  }

  /// Closes the transaction; typing that nobody observes leaves nothing to be done.
  @inline(__always)
  private func finish() {
    if store.pointee.phase.isPlain && store.pointee.transaction.deleted.isEmpty
      && !(store.pointee.phase.isRemote && store.pointee.markCount > 0)
    {
      reset()
    } else {
      commit()
    }
  }

  /// Closes the transaction: events are made while deleted content is still there, then it is given up.
  @inline(never)
  private func commit() {
    if !store.pointee.phase.tracksUndo { return close() }
    captureForUndo()
    close()
    tellOfUndo()
  }

  private func close() {
    let phase = store.pointee.phase
    let isChanged = !store.pointee.transaction.isEmpty
    let origin = phase.hasOrigin ? takeOrigin() : nil
    var notifications = TypeNotifications()
    if phase.observesTypes && isChanged {
      notifications = makeNotifications(origin: origin, isLocal: !phase.isRemote)
    }
    var subdocuments: SubdocumentsEvent?
    if phase.holdsSubdocuments {
      subdocuments = makeSubdocumentsEvent(origin: origin, isLocal: !phase.isRemote)
    }
    let texts = phase.isRemote ? store.pointee.textsWithChangedMarks() : []
    if phase.tracksUndo || !store.pointee.transaction.deleted.isEmpty { store.pointee.collectGarbage() }
    guard phase.observesUpdates && isChanged else {
      reset()
      if !notifications.isEmpty { deliver(notifications, nil, origin: origin, isLocal: !phase.isRemote) }
      if let subdocuments { deliver(subdocuments) }
      for text in texts { cleanFormats(of: text) }
      return
    }
    // Kept out of the store until observers are told: a transaction that one of them makes is written elsewhere.
    let update = store.pointee.encodeTransaction()
    reset()
    update.withBytes { deliver(notifications, $0, origin: origin, isLocal: !phase.isRemote) }
    store.pointee.giveBackWriter(update)
    if let subdocuments { deliver(subdocuments) }
    for text in texts { cleanFormats(of: text) }
  }

  /// Removes marks from a text that say nothing any more since others changed it at the same time, as Yjs does.
  private func cleanFormats(of text: TypeIndex) { edit { $0.cleanFormats(of: $0.list(of: text)) } }

  /// Forgets the transaction, so that another can begin.
  @inline(__always)
  private func reset() {
    store.pointee.transaction.reset()
    store.pointee.phase.isRemote = false
    if store.pointee.phase.needsNewClientID { takeNewClientID() }
    checkInvariants()
  }

  private func takeOrigin() -> Origin? {
    defer {
      observers.pointee.origin = nil
      store.pointee.phase.hasOrigin = false
    }
    return observers.pointee.origin
  }

  // MARK: Updates

  /// What a peer that knows `vector` lacks, as an update in format V1. An empty vector means everything.
  ///
  /// Every update carries the whole delete set, as in Yjs, and what waits for missing updates.
  ///
  /// - Complexity: O(*n*) in the document's items; less when little is new.
  public func encodeUpdate(since vector: StateVector = StateVector()) -> [UInt8] {
    store.pointee.encodeUpdate(since: vector)
  }

  /// Merges an update in format V1 into the document.
  ///
  /// Updates may come in any order and more than once. What depends on updates that have not come is kept and merged when
  /// they do.
  ///
  /// - Returns: Whether the document changed, and whether it waits for something.
  /// - Throws: ``UpdateError`` when the bytes are no update; the document is unchanged then.
  @discardableResult
  public func apply(_ update: [UInt8], origin: Origin? = nil) throws(UpdateError) -> ApplyResult {
    try update.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in try apply(bytes, origin: origin) }
  }

  /// Merges an update in format V1 into the document.
  ///
  /// - Returns: Whether the document changed, and whether it waits for something.
  /// - Throws: ``UpdateError`` when the bytes are no update; the document is unchanged then.
  @discardableResult
  public func apply(_ update: UnsafeRawBufferPointer, origin: Origin? = nil) throws(UpdateError) -> ApplyResult {
    if store.pointee.phase.depth == 0 { store.pointee.phase.isRemote = true }
    if let origin { begin(origin: origin) } else { begin() }
    defer { end() }
    let ownClock = store.pointee.ownClock
    let changes = store.pointee.transaction.changeCount
    let pendingChanges = store.pointee.pending.changeCount
    try store.pointee.apply(update)
    if store.pointee.ownClock != ownClock { store.pointee.phase.needsNewClientID = true }
    return ApplyResult(
      changed: store.pointee.transaction.changeCount != changes, isPending: !store.pointee.pending.isEmpty,
      pendingChanged: store.pointee.pending.changeCount != pendingChanges,
      pendingByteCount: store.pointee.pending.byteCount)
  }

  /// Somebody else writes under our identifier: from now on, write under a fresh one.
  private func takeNewClientID() {
    store.pointee.phase.needsNewClientID = false
    store.pointee.own = store.pointee.clientIndex(ClientID.random().rawValue)
  }

  /// What waits for updates that have not come, or nil.
  public var pending: Pending? {
    guard !store.pointee.pending.isEmpty else { return nil }
    return Pending(
      missing: store.pointee.pending.missing, byteCount: store.pointee.pending.byteCount,
      deletedUnits: store.pointee.pending.deletedUnits)
  }

  /// Calls `handler` after each transaction that changed something, with the update that does the same elsewhere.
  public func observeUpdates(_ handler: @escaping (borrowing UpdateEvent) -> Void) -> Subscription {
    let id = observers.pointee.updates.add(handler)
    store.pointee.phase.observesUpdates = true
    return Subscription { [self] in removeUpdateHandler(id) }
  }

  func removeUpdateHandler(_ id: UInt64) {
    observers.pointee.updates.remove(id)
    store.pointee.phase.observesUpdates = !observers.pointee.updates.isEmpty
  }

  /// Counts of what the document holds.
  ///
  /// - Complexity: O(*n*) in the document's runs and tombstones.
  public var statistics: Statistics { Statistics(store.pointee) }
}
