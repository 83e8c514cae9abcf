/// A document's undo managers, which keep it alive and not the other way round: one that is given up is taken out.
struct UndoManagers {
  struct Entry {
    unowned(unsafe) let manager: SharedUndoManager
  }

  var entries: [Entry] = []
}

extension Document {
  func add(_ manager: SharedUndoManager) {
    observers.pointee.undoManagers.entries.append(UndoManagers.Entry(manager: manager))
    // For good: content that was kept once is told from other content by what happens to it later.
    store.pointee.phase.tracksUndo = true
  }

  func remove(_ manager: SharedUndoManager) {
    observers.pointee.undoManagers.entries.removeAll { $0.manager === manager }
  }

  /// Lets undo managers see what the transaction did. To be called before its deletions are sorted, or their content is
  /// given up.
  func captureForUndo() {
    let managers = observers.pointee.undoManagers.entries
    if managers.isEmpty || store.pointee.transaction.isEmpty { return }
    let (insertions, deletions) = store.pointee.transactionRanges
    let isLocal = !store.pointee.phase.isRemote
    for entry in managers {
      entry.manager.capture(
        origin: observers.pointee.origin, isLocal: isLocal, insertions: insertions, deletions: deletions)
    }
  }

  /// Lets undo managers tell their observers.
  func tellOfUndo() { for entry in observers.pointee.undoManagers.entries { entry.manager.tell() } }
}

extension DocumentStore {
  /// What the open transaction wrote and deleted.
  fileprivate var transactionRanges: (insertions: UndoRanges, deletions: UndoRanges) {
    var insertions = UndoRanges()
    for index in 0..<transaction.touched.count {
      let client = transaction.touched[index]
      let clocks = history(client).pointee.clockBefore..<history(client).pointee.next
      if !clocks.isEmpty { insertions.append(UnitRange(client: client, clocks: clocks)) }
    }
    var deletions = UndoRanges()
    for index in 0..<transaction.deleted.count { deletions.append(transaction.deleted[index]) }
    deletions.joinRanges()
    return (insertions, deletions)
  }

  /// Whether the open transaction changed a type in `scope` or below. What happens inside new types, or inside deleted
  /// ones, is no change but part of theirs.
  func hasChanges(below scope: inout EnclosingTypes) -> Bool {
    for index in 0..<transaction.changed.count {
      let type = sequences[Int(transaction.changed[index])].type
      let record = types[Int(type)]
      if record.isDeleted || !(record.isRoot || !isAdded(record.item)) { continue }
      if scope.nearest(to: type, in: self) != nil { return true }
    }
    return false
  }
}
