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
}
