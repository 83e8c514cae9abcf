import CRDT

extension Case {
  /// Makes the edits once.
  ///
  /// - Returns: Milliseconds, and what the document holds at the end.
  func sample(_ replicas: [[Edit]]) throws -> (milliseconds: Double, contents: String) {
    switch form {
    case .alone: return alone(replicas[0])
    case .followed: return try followed(replicas[0])
    case .merged: return try merged(replicas[0], replicas[1])
    case .gathered: return try gathered(replicas)
    }
  }

  private func alone(_ edits: [Edit]) -> (Double, String) {
    let document = Document(clientID: 1)
    let roots = Roots(document)
    let time = Measurement.milliseconds { replay(edits, on: roots, of: document) }
    return (time, roots.contents)
  }

  private func followed(_ edits: [Edit]) throws -> (Double, String) {
    let document = Document(clientID: 1)
    let follower = Document(clientID: 2)
    let subscription = document.observeUpdates { event in
      // A refused update shows in the contents.
      _ = try? event.withUnsafeBytes { bytes throws(UpdateError) in try follower.apply(bytes) }
    }
    defer { subscription.cancel() }
    let roots = Roots(document)
    let time = Measurement.milliseconds { replay(edits, on: roots, of: document) }
    try checkEqual(roots, Roots(follower))
    return (time, roots.contents)
  }

  private func merged(_ edits: [Edit], _ others: [Edit]) throws -> (Double, String) {
    let (first, second) = (Document(clientID: 1), Document(clientID: 2))
    let (roots, otherRoots) = (Roots(first), Roots(second))
    roots.text.insert(Self.commonText, at: 0)
    try second.apply(first.encodeUpdate())
    var updates: [[UInt8]] = []
    let subscriptions = [first, second].map { document in
      document.observeUpdates { if $0.isLocal { updates.append($0.update) } }
    }
    defer { for subscription in subscriptions { subscription.cancel() } }
    let time = try Measurement.milliseconds { () throws(UpdateError) in
      first.transact { for edit in edits { roots.perform(edit) } }
      second.transact { for edit in others { otherRoots.perform(edit) } }
      try first.apply(updates[1])
      try second.apply(updates[0])
    }
    try checkEqual(roots, otherRoots)
    return (time, roots.contents)
  }

  private func gathered(_ replicas: [[Edit]]) throws -> (Double, String) {
    var updates = Updates()
    for (index, edits) in replicas.enumerated() {
      let document = Document(clientID: ClientID(rawValue: UInt64(index + 1)))
      let roots = Roots(document)
      document.transact { for edit in edits { roots.perform(edit) } }
      updates.append(document.encodeUpdate())
    }
    let document = Document(clientID: 1_000_000)
    let time = try Measurement.milliseconds { () throws(UpdateError) in
      try updates.forEach { update throws(UpdateError) in _ = try document.apply(update) }
    }
    return (time, Roots(document).contents)
  }

  private func replay(_ edits: [Edit], on roots: Roots, of document: Document) {
    if editsPerTransaction == 1 {
      for edit in edits { document.transact { roots.perform(edit) } }
      return
    }
    for start in stride(from: 0, to: edits.count, by: editsPerTransaction) {
      document.transact {
        for edit in edits[start..<min(start + editsPerTransaction, edits.count)] { roots.perform(edit) }
      }
    }
  }

  private func checkEqual(_ one: Roots, _ other: Roots) throws(WrongResult) {
    guard one.contents == other.contents else { throw WrongResult(description: "\(name): the replicas differ") }
  }
}
