extension FuzzTarget {
  static func readStateVector(_ input: Input, _ meter: Meter) throws(Violation) {
    guard let vector = meter.charge({ try? StateVector(decoding: input.bytes) }) else { return }
    let encoded = meter.charge { vector.encode() }
    try require((try? StateVector(decoding: encoded)) == vector, "a state vector changes when it is written and read")
    try require(vector.compare(vector) == .equal, "a state vector differs from itself")
    var document = Document(clientID: 5)
    document.text("t").insert("text", at: 0)
    _ = meter.charge { document.encodeUpdate(since: vector) }
    document = Document(clientID: 1)
    document.text("t").insert("te\u{1F600}xt", at: 0)
    document.text("t").delete(at: 1, count: 1)
    let difference = meter.charge { document.encodeUpdate(since: vector) }
    let copy = Document(clientID: 6)
    try require((try? copy.apply(difference)) != nil, "a difference to a state vector is refused")
  }

  static func readAwarenessUpdate(_ input: Input, _ meter: Meter) throws(Violation) {
    guard let update = meter.charge({ try? AwarenessUpdate(decoding: input.bytes) }) else { return }
    let encoded = meter.charge { update.encode() }
    try require(read(encoded) == update, "an awareness update changes when it is written and read")
    var limits = Awareness.Limits()
    limits.clientsMax = 4
    limits.stateBytesMax = 64
    var awareness = Awareness(ownClient: 1, limits: limits)
    meter.charge {
      _ = awareness.setState(Array("{}".utf8), now: 0)
      for round in 0..<3 as Range<UInt64> {
        _ = awareness.apply(update, now: round * Awareness.checkMilliseconds)
        _ = awareness.renew(now: round * Awareness.renewalMilliseconds)
      }
    }
    try require(awareness.count <= limits.clientsMax, "more clients are present than the limit")
    try require(read(awareness.states.encode()) == awareness.states, "the states present cannot be read")
    _ = awareness.removeOutdated(now: 1_000 * Awareness.timeoutMilliseconds)
    try require(awareness.count <= 1, "others are still present after a long silence")
  }

  static func readProtocolMessages(_ input: Input, _ meter: Meter) throws(Violation) {
    var reader = ProtocolMessageReader(input.bytes)
    let document = input.document(clientID: 5)
    var end = 0
    while let message = meter.charge({ try? reader.next() }) {
      try require(message.range.lowerBound == end && message.range.upperBound > end, "messages leave gaps or overlap")
      end = message.range.upperBound
      try require(
        message.payload.lowerBound >= message.range.lowerBound && message.payload.upperBound <= end,
        "a payload is outside of its message")
      let payload = UnsafeRawBufferPointer(rebasing: input.bytes[message.payload])
      meter.charge {
        switch message.kind {
        case .syncStep1:
          if let vector = try? StateVector(decoding: payload) { _ = document.encodeUpdate(since: vector) }
        case .syncStep2, .update: _ = try? document.apply(payload)
        case .awareness: _ = try? AwarenessUpdate(decoding: payload)
        case .authentication, .queryAwareness: break
        }
      }
      meter.allow(units: document.statistics.units)
    }
    try require(end <= input.bytes.count, "a message goes on after the end of the input")
  }

  private static func read(_ update: [UInt8]) -> AwarenessUpdate? {
    update.withUnsafeBytes { try? AwarenessUpdate(decoding: $0) }
  }
}
