/// What one client says of itself: a state that only it changes, numbered by a clock.
public struct AwarenessEntry: Equatable, Sendable {
  /// The client.
  public var client: ClientID
  /// Counts the client's states; a larger clock replaces a smaller one.
  public var clock: Clock
  /// JSON text as UTF-8, never parsed here; `null` says that the client is gone.
  public var state: [UInt8]

  /// The state `state` of `client` at `clock`.
  public init(client: ClientID, clock: Clock, state: [UInt8]) {
    self.client = client
    self.clock = clock
    self.state = state
  }

  /// The entry that says `client` is gone.
  public static func removal(of client: ClientID, clock: Clock) -> AwarenessEntry {
    AwarenessEntry(client: client, clock: clock, state: nullState)
  }

  /// Whether the entry says that the client is gone.
  public var isRemoval: Bool { state == AwarenessEntry.nullState }

  /// JSON's `null`.
  private static let nullState: [UInt8] = [0x6E, 0x75, 0x6C, 0x6C]
}

/// States of clients on their way between peers: a count, then client, clock and JSON text each.
public struct AwarenessUpdate: Equatable, Sendable {
  /// The states, in the order of the wire.
  public var entries: [AwarenessEntry]

  /// An update of `entries`.
  public init(_ entries: [AwarenessEntry] = []) { self.entries = entries }

  /// Whether the update says nothing.
  public var isEmpty: Bool { entries.isEmpty }

  /// Reads an update whose states must be UTF-8; that they are JSON is not checked.
  ///
  /// What a false count can make this reserve is bounded by the input's length.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`, `trailingBytes`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    var reader = ByteReader(bytes)
    let count = try reader.readVarUInt()
    // A client, a clock and a length take a byte each at least.
    guard count <= UInt64(reader.remaining / 3) else { throw UpdateError(.truncated, at: 0) }
    entries = []
    entries.reserveCapacity(Int(count))
    for _ in 0..<count {
      let client = ClientID(rawValue: try reader.readVarUInt())
      let clock = try reader.readVarUInt()
      entries.append(AwarenessEntry(client: client, clock: clock, state: [UInt8](try reader.readVarString())))
    }
    guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
  }

  /// The update's bytes.
  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 8 + entries.count * 64)
    writer.writeVarUInt(UInt64(entries.count))
    for entry in entries {
      writer.writeVarUInt(entry.client.rawValue)
      writer.writeVarUInt(entry.clock)
      entry.state.withUnsafeBytes { writer.writeVarBytes($0) }
    }
    return writer.bytes()
  }
}
