import CRDT

extension Operation {
  /// The whole document to one update.
  static let encode = Operation(
    name: "encode", title: "encode the whole document (V1)", unit: .milliseconds, applies: { _ in true }
  ) { workload in
    let document = Document(clientID: ClientID(99))
    try document.apply(workload.encoded)
    var encoded: [UInt8] = []
    let time = Measurement.milliseconds { encoded = document.encodeUpdate() }
    guard encoded == workload.encoded else {
      throw WrongResult(description: "\(workload.name): the encoded document differs from that of Yjs")
    }
    return time
  }

  /// The whole document to one update V2.
  static let encodeV2 = Operation(
    name: "encodeV2", title: "encode the whole document (V2)", unit: .milliseconds, applies: { _ in true }
  ) { workload in
    let document = Document(clientID: ClientID(99))
    try document.apply(workload.encoded)
    var encoded: [UInt8] = []
    let time = Measurement.milliseconds { encoded = document.encodeUpdate(format: .v2) }
    let copy = Document(clientID: ClientID(98))
    try copy.apply(encoded, format: .v2)
    try WrongResult.checkEncoding(copy, workload)
    return time
  }

  /// All updates that Yjs emitted, merged without a document. Peers do not end within a minute.
  static let merge = Operation(
    name: "merge", title: "merge all updates without a document", unit: .milliseconds, applies: { $0.updates != nil }
  ) { workload in
    let updates = (workload.updates ?? Updates()).arrays
    var merged: [UInt8] = []
    let time = try Measurement.milliseconds { () throws(UpdateError) in merged = try Update.merge(updates) }
    let document = Document(clientID: ClientID(99))
    try document.apply(merged)
    try WrongResult.check(document, workload)
    return time
  }
}
