import CRDT

extension Operation {
  /// Every patch in a transaction of its own, with nobody listening.
  static let local = Operation(
    name: "local", title: "local replay, one transaction per patch", unit: .milliseconds,
    applies: { $0.patches != nil }
  ) { workload in
    let patches = workload.patches ?? []
    let document = Document(clientID: ClientID(1))
    let text = document.text(Workload.rootName)
    let time = Measurement.milliseconds { replay(patches, on: text, of: document) }
    try WrongResult.check(document, workload)
    try WrongResult.checkEncoding(document, workload)
    return time
  }

  /// The same, with an update emitted for each transaction.
  static let localEmitting = Operation(
    name: "localEmitting", title: "local replay, an update emitted for each", unit: .milliseconds,
    applies: { $0.patches != nil }
  ) { workload in
    let patches = workload.patches ?? []
    let document = Document(clientID: ClientID(1))
    let text = document.text(Workload.rootName)
    // A variable that a closure keeps would be checked for exclusive access at each update.
    let emittedBytes = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    defer { emittedBytes.deallocate() }
    emittedBytes.pointee = 0
    let subscription = document.observeUpdates { emittedBytes.pointee += $0.byteCount }
    let time = Measurement.milliseconds { replay(patches, on: text, of: document) }
    subscription.cancel()
    try WrongResult.check(document, workload)
    let emitted = emittedUpdates(patches)
    guard emittedBytes.pointee == emitted.bytes.count, emitted == workload.updates else {
      throw WrongResult(description: "\(workload.name): the emitted updates differ from those of Yjs")
    }
    return time
  }

  /// Every update that a replay emits, for comparison and not for measurement.
  private static func emittedUpdates(_ patches: [Patch]) -> Updates {
    let document = Document(clientID: ClientID(1))
    var emitted = Updates()
    let subscription = document.observeUpdates { emitted.append($0.update) }
    replay(patches, on: document.text(Workload.rootName), of: document)
    subscription.cancel()
    return emitted
  }

  private static func replay(_ patches: [Patch], on text: SharedText, of document: Document) {
    for patch in patches {
      document.transact {
        if patch.deleted > 0 { text.delete(at: patch.position, count: patch.deleted) }
        if !patch.inserted.isEmpty { text.insert(patch.inserted, at: patch.position) }
      }
    }
  }
}
