/// Undoes and redoes what was changed in some types of a document, as the undo manager of Yjs does: only what tracked
/// origins did, whatever others have changed around it since.
///
/// ```swift
/// let history = SharedUndoManager(.text(body))
/// body.insert("Hello", at: 0)
/// history.undo()  // empty again
/// history.redo()  // "Hello"
/// ```
/// Changes that follow each other quickly are one step. Undoing writes new changes, which other replicas get like any
/// others: what was deleted is written again in its old place. As long as a step may be undone, the content that it
/// deleted is kept, and is part of encoded updates.
public final class SharedUndoManager {
  /// How changes become steps.
  public struct Options {
    /// Changes that come sooner than this after the one before them become part of its step; in the unit of ``now``,
    /// milliseconds by default.
    public var captureTimeout: UInt64 = 500
    /// The origins whose changes can be undone. Nil stands for local transactions without an origin; updates that were
    /// applied without one are never tracked.
    public var trackedOrigins: Set<Origin?> = [nil]
    /// Whether undoing sets a map's key back even where somebody else has set it since.
    public var ignoresRemoteMapChanges = false
    /// Whether a transaction of a tracked origin is to become part of a step.
    public var capturesTransaction: (_ origin: Origin?, _ isLocal: Bool) -> Bool = { _, _ in true }
    /// Whether undoing or redoing may delete the item that starts with a unit.
    public var mayDelete: (ItemID) -> Bool = { _ in true }
    /// The origin that transactions of undo and redo have.
    public var origin: Origin = "undo"
    /// The time, from any start.
    public var now: () -> UInt64

    /// The options of Yjs, with a given clock.
    public init(now: @escaping () -> UInt64) { self.now = now }

    #if !hasFeature(Embedded)
      /// The options of Yjs.
      public init() {
        let start = ContinuousClock.now
        now = {
          let (seconds, attoseconds) = start.duration(to: .now).components
          return UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000)
        }
      }
    #endif
  }

  private enum Activity {
    case none, undoing, redoing
  }

  /// The document whose changes are undone.
  public let document: Document
  /// How changes become steps.
  public var options: Options
  /// The steps that can be undone, the latest last.
  public private(set) var undoStack: [UndoStackItem] = []
  /// The steps that can be redone, the latest last.
  public private(set) var redoStack: [UndoStackItem] = []

  private var scope: [TypeIndex] = []
  private var activity = Activity.none
  private var lastChange: UInt64?
  private var handlers = Handlers<UndoEvent>()
  /// What happened in the open transaction, to be told when it is closed.
  private var untold: [UndoEvent] = []

  /// Tracks what is changed in the given types, and in all types inside them.
  ///
  /// - Precondition: There is one, all are of one document, and none is a plain value or a subdocument.
  public init(_ scope: [Content], options: Options) {
    guard let document = scope.first?.sharedType?.document else {
      preconditionFailure("an undo manager needs a type to track")
    }
    self.document = document
    self.options = options
    for content in scope { track(content) }
    document.add(self)
  }

  deinit { document.remove(self) }

  #if !hasFeature(Embedded)
    /// Tracks what is changed in a type, and in all types inside it, with the options of Yjs.
    public convenience init(_ scope: Content...) { self.init(scope, options: Options()) }
  #endif

  /// Tracks one more type, from the next transaction on.
  ///
  /// - Precondition: It is of the same document, and no plain value or subdocument.
  public func track(_ content: Content) {
    guard let (document, type) = content.sharedType, document === self.document else {
      preconditionFailure("an undo manager tracks types of one document")
    }
    if !scope.contains(type) { scope.append(type) }
  }

  // MARK: Steps

  /// Whether there is a step to undo.
  public var canUndo: Bool { !undoStack.isEmpty }

  /// Whether there is a step to redo.
  public var canRedo: Bool { !redoStack.isEmpty }

  /// Begins a new step with the next change, however soon it comes.
  public func stopCapturing() { lastChange = nil }

  /// Undoes the latest step that has anything left to undo; those without are given up.
  ///
  /// - Returns: The step, or nil when there was none.
  /// - Complexity: O(*k* log *n*) for the *k* items of the step.
  @discardableResult
  public func undo() -> UndoStackItem? { pop(.undo) }

  /// Redoes what was undone last.
  ///
  /// - Returns: The step, or nil when there was none.
  @discardableResult
  public func redo() -> UndoStackItem? { pop(.redo) }

  private func pop(_ stack: UndoEvent.Stack) -> UndoStackItem? {
    activity = stack == .undo ? .undoing : .redoing
    var popped: UndoStackItem?
    document.transact(origin: options.origin) {
      var pass = UndoPass(
        store: document.store, scope: enclosingTypes, ignoresRemoteMapChanges: options.ignoresRemoteMapChanges,
        isDeletedByStacks: { [unowned(unsafe) self] unit in
          undoStack.contains { $0.deletions.contains(unit) } || redoStack.contains { $0.deletions.contains(unit) }
        },
        mayDelete: { [options, document] in options.mayDelete(document.store.pointee.itemID($0)) })
      while popped == nil, let item = stack == .undo ? undoStack.popLast() : redoStack.popLast() {
        if pass.revert(insertions: item.insertions, deletions: item.deletions) { popped = item }
      }
      if let popped { untold.append(UndoEvent(change: .popped(popped, stack), origin: options.origin)) }
    }
    activity = .none
    tell()
    return popped
  }

  /// Gives up all steps, or those of one stack, and with them what was kept for them.
  public func clear(undo: Bool = true, redo: Bool = true) {
    document.transact { forget(undo: undo, redo: redo) }
    tell()
  }

  private func forget(undo: Bool, redo: Bool) {
    guard (undo && canUndo) || (redo && canRedo) else { return }
    var scope = enclosingTypes
    for item in (undo ? undoStack : []) + (redo ? redoStack : []) {
      for range in item.deletions.ranges { document.store.pointee.setKept(false, range, below: &scope) }
    }
    if undo { undoStack = [] }
    if redo { redoStack = [] }
    untold.append(UndoEvent(change: .cleared(undo: undo, redo: redo), origin: nil))
  }

  // MARK: Capturing

  /// Makes the open transaction a step, or a part of the latest one, if it is to be tracked. To be called while deleted
  /// content is still there.
  func capture(origin: Origin?, isLocal: Bool, insertions: UndoRanges, deletions: UndoRanges) {
    var scope = enclosingTypes
    guard isTracked(origin: origin, isLocal: isLocal), document.store.pointee.hasChanges(below: &scope) else { return }
    switch activity {
    case .undoing: stopCapturing()
    case .redoing: break
    case .none: forget(undo: false, redo: true)
    }
    let now = options.now()
    if activity == .none, let lastChange, let item = undoStack.last, now &- lastChange < options.captureTimeout {
      item.append(insertions: insertions, deletions: deletions)
      untold.append(UndoEvent(change: .updated(item), origin: origin))
    } else {
      let item = UndoStackItem(document: document, insertions: insertions, deletions: deletions)
      if activity == .undoing { redoStack.append(item) } else { undoStack.append(item) }
      let stack: UndoEvent.Stack = activity == .undoing ? .redo : .undo
      untold.append(UndoEvent(change: .added(item, stack), origin: origin))
    }
    if activity == .none { lastChange = now }
    for range in deletions.ranges { document.store.pointee.setKept(true, range, below: &scope) }
  }

  /// Finds out what is in the scope.
  private var enclosingTypes: EnclosingTypes { EnclosingTypes { [scope] in scope.contains($0) } }

  private func isTracked(origin: Origin?, isLocal: Bool) -> Bool {
    guard options.capturesTransaction(origin, isLocal) else { return false }
    if activity != .none && origin == options.origin { return true }
    return options.trackedOrigins.contains(origin) && (isLocal || origin != nil)
  }

  // MARK: Observers

  /// Calls `handler` after each transaction that changed the stacks, once for each change. A step that is undone is told
  /// of before the one that can be redone instead, so that what was noted with it can be handed over.
  public func observe(_ handler: @escaping (UndoEvent) -> Void) -> Subscription {
    let id = handlers.add(handler)
    return Subscription { [self] in handlers.remove(id) }
  }

  /// Tells observers what has happened, unless a transaction is still open.
  func tell() {
    guard document.store.pointee.phase.depth == 0 else { return }
    let events = untold
    untold = []
    for event in events { handlers.call(event) }
  }
}

extension Content {
  /// The type behind the content, if it is one.
  var sharedType: (document: Document, type: TypeIndex)? {
    switch self {
    case .text(let text): (text.document, text.type)
    case .array(let array): (array.document, array.type)
    case .map(let map): (map.document, map.type)
    case .xmlFragment(let fragment): (fragment.document, fragment.type)
    case .xmlElement(let element): (element.document, element.type)
    case .xmlText(let text): (text.document, text.type)
    case .xmlHook(let hook): (hook.document, hook.type)
    case .value, .document: nil
    }
  }
}
