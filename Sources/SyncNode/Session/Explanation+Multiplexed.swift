import CRDT

extension Explanation {
  /// Explains one message of a socket with many documents: of Hocuspocus' protocol in either direction, or of that between
  /// nodes. Of a token only its length is told.
  ///
  /// - Parameter visit: Gets the parts in the order in which they are read.
  /// - Throws: ``Damage``, when all before it is explained.
  public static func explainMultiplexed(_ bytes: [UInt8], _ visit: (Part) -> Void) throws(Damage) {
    try bytes.span.bytes.withUnsafeBytes { bytes throws(Damage) in
      if bytes.count == 1, bytes[0] == MultiplexedMessage.ping[0] || bytes[0] == MultiplexedMessage.pong[0] {
        let name = bytes[0] == MultiplexedMessage.ping[0] ? "ping" : "pong"
        return visit(Part(depth: 0, bytes: 0..<1, .message(name, details: [])))
      }
      var reader = Reader(bytes)
      let address = try reader.readString("address")
      var message = MultiplexedExplanation(address: address)
      try message.explain(&reader, visit)
      guard reader.isAtEnd else { throw reader.damage(.trailingBytes, at: reader.byteOffset, field: "end") }
    }
  }
}

/// A message of a socket with many documents, on its way to be explained.
private struct MultiplexedExplanation {
  private var details: [Value.Member]

  init(address: String) {
    let parts = address.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
    details = [Value.Member("document", .string(String(parts[0])))]
    if parts.count > 1 { details.append(Value.Member("session", .string(String(parts[1])))) }
  }

  private mutating func note(_ name: String, _ value: Value) { details.append(Value.Member(name, value)) }

  private mutating func note(_ name: String, _ number: UInt64) { note(name, .number(Double(number))) }

  private func content(_ name: String) -> Explanation.Content { .message(name, details: details) }

  private func tell(_ name: String, _ reader: borrowing Explanation.Reader, _ visit: (Explanation.Part) -> Void) {
    visit(Explanation.Part(depth: reader.depth, bytes: 0..<reader.byteOffset, content(name)))
  }

  /// Explains what follows the address.
  mutating func explain(
    _ reader: inout Explanation.Reader, _ visit: (Explanation.Part) -> Void
  ) throws(Explanation.Damage) {
    let start = reader.byteOffset
    switch try reader.readVarUInt("type of message") {
    case 0: try Explanation.explainSync(&reader, from: 0, details: details, visit)
    case 4:
      note("isReply", .bool(true))
      try Explanation.explainSync(&reader, from: 0, details: details, visit)
    case 1: try reader.explainNested("awareness update", as: .awareness, of: content("awareness"), from: 0, visit)
    case 2: try explainAuthentication(&reader, visit)
    case 3: tell("query for awareness", reader, visit)
    case 5, 6:
      note("payload", .string(try reader.readString("payload")))
      tell("stateless message", reader, visit)
    case 7:
      if !reader.isAtEnd { note("reason", .string(try reader.readString("reason"))) }
      if !reader.isAtEnd { note("code", try reader.readVarUInt("code")) }
      tell("close", reader, visit)
    case 8:
      note("isStored", .bool(try reader.readVarUInt("status") != 0))
      tell("sync status", reader, visit)
    case PeerMessage.Kind.hello: try explainHello(&reader, visit)
    case PeerMessage.Kind.state: try explainState(&reader, visit)
    case PeerMessage.Kind.delta: try explainDelta(&reader, visit)
    case PeerMessage.Kind.acknowledgement:
      for field in ["received", "stored", "ownStored"] { note(field, try reader.readVarUInt(field)) }
      tell("acknowledgement", reader, visit)
    case PeerMessage.Kind.epoch:
      try readEpoch(&reader)
      let count = try reader.readVarUInt("number of retired clients")
      var clients: [Value] = []
      for _ in 0..<count { clients.append(.number(Double(try reader.readClient("retired client").rawValue))) }
      note("retiredClients", .array(clients))
      tell("epoch", reader, visit)
    default: throw reader.damage(.unknownMessage, at: start, field: "type of message")
    }
  }

  private mutating func explainAuthentication(
    _ reader: inout Explanation.Reader, _ visit: (Explanation.Part) -> Void
  ) throws(Explanation.Damage) {
    let start = reader.byteOffset
    switch try reader.readVarUInt("type of authentication") {
    case 0:
      // Without a token a server asks for one.
      guard !reader.isAtEnd else { return tell("request for a token", reader, visit) }
      note("tokenBytes", UInt64(try reader.readString("token").utf8.count))
      if !reader.isAtEnd { note("version", .string(try reader.readString("version"))) }
      tell("token", reader, visit)
    case 1:
      note("reason", .string(try reader.readString("reason")))
      tell("permission denied", reader, visit)
    case 2:
      note("scope", .string(try reader.readString("scope")))
      tell("permission granted", reader, visit)
    default: throw reader.damage(.unknownMessage, at: start, field: "type of authentication")
    }
  }

  // MARK: Between nodes

  private mutating func explainHello(
    _ reader: inout Explanation.Reader, _ visit: (Explanation.Part) -> Void
  ) throws(Explanation.Damage) {
    note("version", try reader.readVarUInt("version"))
    note("node", .string(hexadecimal(try reader.readVarBytes("node's identifier"))))
    note("isReadOnly", .bool(try reader.readVarUInt("flags") & PeerMessage.Flags.readOnly != 0))
    let start = reader.byteOffset
    let selection = try reader.readVarUInt("choice of rooms")
    guard selection <= 2 else { throw reader.damage(.unknownMessage, at: start, field: "choice of rooms") }
    note("rooms", .string(["all", "matching", "in-use"][Int(selection)]))
    let count = try reader.readVarUInt("number of patterns")
    var patterns: [Value] = []
    for _ in 0..<count { patterns.append(.string(try reader.readString("pattern"))) }
    note("patterns", .array(patterns))
    note("tokenBytes", UInt64(try reader.readString("token").utf8.count))
    // Later versions say more.
    let left = reader.skipRest()
    if left > 0 { note("unknownBytes", UInt64(left)) }
    tell("hello", reader, visit)
  }

  private mutating func explainState(
    _ reader: inout Explanation.Reader, _ visit: (Explanation.Part) -> Void
  ) throws(Explanation.Damage) {
    try reader.explainNested("state vector", as: .stateVector, of: content("state"), from: 0, visit)
    let start = reader.byteOffset
    details = []
    var digest: [UInt8] = []
    for _ in 0..<8 { digest.append(try reader.readByte("digest of deletions")) }
    note("deletionDigest", .string(digest.withUnsafeBytes { hexadecimal($0) }))
    let flags = try reader.readVarUInt("flags")
    note("wantsAnswer", .bool(flags & PeerMessage.Flags.wantsAnswer != 0))
    note("isInUse", .bool(flags & PeerMessage.Flags.inUse != 0))
    note("takesNothing", .bool(flags & PeerMessage.Flags.takesNothing != 0))
    if flags & PeerMessage.Flags.epoch != 0 { try readEpoch(&reader) }
    visit(Explanation.Part(depth: reader.depth + 1, bytes: start..<reader.byteOffset, content("rest of the state")))
  }

  private mutating func explainDelta(
    _ reader: inout Explanation.Reader, _ visit: (Explanation.Part) -> Void
  ) throws(Explanation.Damage) {
    note("number", try reader.readVarUInt("number"))
    let flags = try reader.readVarUInt("flags")
    note("isStart", .bool(flags & PeerMessage.Flags.start != 0))
    note("isEnd", .bool(flags & PeerMessage.Flags.end != 0))
    if flags & PeerMessage.Flags.epoch != 0 { try readEpoch(&reader) }
    try reader.explainNested("update", as: .update, of: content("delta"), from: 0, visit)
  }

  private mutating func readEpoch(_ reader: inout Explanation.Reader) throws(Explanation.Damage) {
    note("epoch", try reader.readVarUInt("epoch"))
    note("epochIdentifier", try reader.readVarUInt("epoch's identifier"))
  }

  private func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
