import CRDT

extension Operation {
  /// The whole document as one update into an empty one.
  static let load = Operation(
    name: "load", title: "load the whole document (V1)", unit: .milliseconds, applies: { _ in true }
  ) { workload in
    let document = Document(clientID: ClientID(99))
    let time = try Measurement.milliseconds { () throws(UpdateError) in try document.apply(workload.encoded) }
    try WrongResult.check(document, workload)
    try WrongResult.checkEncoding(document, workload)
    return time
  }

  /// The whole document as one update V2 into an empty one.
  static let loadV2 = Operation(
    name: "loadV2", title: "load the whole document (V2)", unit: .milliseconds, applies: { _ in true }
  ) { workload in
    let update = try Update.convert(workload.encoded, from: .v1, to: .v2)
    let document = Document(clientID: ClientID(99))
    let time = try Measurement.milliseconds { () throws(UpdateError) in try document.apply(update, format: .v2) }
    try WrongResult.check(document, workload)
    try WrongResult.checkEncoding(document, workload)
    return time
  }

  /// Each update that Yjs emitted, one after the other.
  static let remote = Operation(
    name: "remote", title: "apply remotely, one update per transaction", unit: .milliseconds,
    applies: { $0.updates != nil }
  ) { workload in
    let updates = workload.updates ?? Updates()
    let document = Document(clientID: ClientID(99))
    let time = try Measurement.milliseconds { () throws(UpdateError) in
      try updates.forEach { update throws(UpdateError) in _ = try document.apply(update) }
    }
    try WrongResult.check(document, workload)
    try WrongResult.checkEncoding(document, workload)
    return time
  }

  /// Heap that a loaded document holds.
  static let memory = Operation(
    name: "memory", title: "heap of the loaded document", unit: .bytes, applies: { _ in true }
  ) { workload in
    let before = Measurement.heapBytes()
    let document = Document(clientID: ClientID(99))
    try document.apply(workload.encoded)
    let bytes = Measurement.heapBytes() - before
    try WrongResult.check(document, workload)
    return Double(bytes)
  }
}
