/// How much of each client's history a replica has: the vector clock of a document.
///
/// Entry `(client, clock)` says that all units of `client` below `clock` are known. A client that is not listed is at 0.
public struct StateVector: Equatable, Sendable {
  /// Known clients with their next clocks; never holds a clock of 0.
  public private(set) var clocks: [ClientID: Clock]

  /// The vector of an empty document.
  public init() { clocks = [:] }

  /// A vector of the given entries; clocks of 0 are dropped.
  public init(_ entries: [ClientID: Clock]) { clocks = entries.filter { $0.value > 0 } }

  /// The next clock expected of `client`; 0 when nothing of it is known.
  public subscript(client: ClientID) -> Clock {
    get { clocks[client] ?? 0 }
    set { clocks[client] = newValue == 0 ? nil : newValue }
  }

  /// Whether no client is known.
  public var isEmpty: Bool { clocks.isEmpty }

  /// How two histories relate. The order is partial: two replicas may each know what the other does not.
  public enum Ordering: Equatable, Sendable {
    /// Both know the same.
    case equal
    /// The first knows less than the second, and nothing that the second does not.
    case before
    /// The first knows all that the second does, and more.
    case after
    /// Each knows something that the other does not.
    case concurrent
  }

  /// How this history relates to `other`.
  ///
  /// - Complexity: O(*n* + *m*) for *n* and *m* clients.
  public func compare(_ other: StateVector) -> Ordering {
    var isBehind = false
    var isAhead = false
    for (client, clock) in clocks {
      let theirs = other[client]
      if clock < theirs { isBehind = true }
      if clock > theirs { isAhead = true }
    }
    for (client, clock) in other.clocks where self[client] < clock { isBehind = true }
    switch (isBehind, isAhead) {
    case (false, false): return .equal
    case (true, false): return .before
    case (false, true): return .after
    case (true, true): return .concurrent
    }
  }

  /// Takes the larger clock of each client: the history of a replica that has merged both.
  public mutating func formUnion(_ other: StateVector) {
    for (client, clock) in other.clocks where self[client] < clock { clocks[client] = clock }
  }

  /// Entries with the largest client first, the order of the wire.
  var descending: [(client: ClientID, clock: Clock)] {
    clocks.map { (client: $0.key, clock: $0.value) }.sorted { $0.client > $1.client }
  }
}

extension StateVector {
  /// Reads a vector in the format all Yjs versions share: a count, then client and clock each.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  public init(decoding bytes: [UInt8]) throws(UpdateError) {
    let decoded = bytes.withUnsafeBytes { buffer -> Result<StateVector, UpdateError> in
      Result { () throws(UpdateError) in try StateVector(decoding: buffer) }
    }
    self = try decoded.get()
  }

  /// Reads a vector in the format all Yjs versions share: a count, then client and clock each.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    var reader = ByteReader(bytes)
    let count = try reader.readVarUInt()
    // Each entry takes two bytes or more, which bounds what a false count can make us reserve.
    guard count <= UInt64(reader.remaining / 2) else { throw UpdateError(.truncated, at: 0) }
    clocks = [:]
    clocks.reserveCapacity(Int(count))
    for _ in 0..<count {
      let client = ClientID(rawValue: try reader.readVarUInt())
      self[client] = max(self[client], try reader.readVarUInt())
    }
    guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
  }

  /// The vector's bytes, clients in descending order.
  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 2 + clocks.count * 9)
    writer.writeVarUInt(UInt64(clocks.count))
    for (client, clock) in descending {
      writer.writeVarUInt(client.rawValue)
      writer.writeVarUInt(clock)
    }
    return writer.bytes()
  }
}
