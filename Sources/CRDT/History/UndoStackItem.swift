/// One step of an undo: what was written and deleted between two pauses, or what an undo or redo did.
public final class UndoStackItem {
  var insertions: UndoRanges
  var deletions: UndoRanges
  private let document: Document
  private var members: [Value.Member] = []

  init(document: Document, insertions: UndoRanges, deletions: UndoRanges) {
    self.document = document
    self.insertions = insertions
    self.deletions = deletions
  }

  /// The units that the step wrote.
  public var insertedUnits: IDSet { document.store.pointee.idSet(insertions) }

  /// The units that the step deleted.
  public var deletedUnits: IDSet { document.store.pointee.idSet(deletions) }

  /// What the application wants to find again when the step is undone, such as the selection before it, by name.
  public subscript(metadata name: String) -> Value? {
    get { members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }
    set {
      members.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
      if let newValue { members.append(Value.Member(name, newValue)) }
    }
  }

  func append(insertions: UndoRanges, deletions: UndoRanges) {
    self.insertions.formUnion(insertions)
    self.deletions.formUnion(deletions)
  }
}

/// What happened to the stacks of an undo manager.
public struct UndoEvent {
  /// A stack of steps.
  public enum Stack: Equatable, Sendable {
    /// The steps that can be undone.
    case undo
    /// The steps that can be redone.
    case redo
  }

  /// What happened.
  public enum Change {
    /// A step came onto a stack.
    case added(UndoStackItem, Stack)
    /// A change became part of the latest step, since it came soon after it.
    case updated(UndoStackItem)
    /// A step was undone, when it was on the undo stack, or redone.
    case popped(UndoStackItem, Stack)
    /// Stacks were emptied.
    case cleared(undo: Bool, redo: Bool)
  }

  /// What happened.
  public let change: Change
  /// The origin of the transaction that did it, if any.
  public let origin: Origin?
}
