/// One message of y-protocols, as a description of where its parts lie in the bytes it was read from.
///
/// ```
///  00 00 vb  sync step 1, a state vector        01 vb     awareness update
///  00 01 vb  sync step 2, an update             02 …      authentication
///  00 02 vb  an update                          03        query for all awareness states
/// ```
/// `vb` is a variable-length count and as many bytes. Ranges instead of copies let a relay pass the original bytes on.
public struct ProtocolMessage: Equatable, Sendable {
  /// What a message asks or says.
  public enum Kind: Equatable, Sendable {
    /// "This is the state vector of what I have: send what I lack."
    case syncStep1
    /// "This is what you lacked", the answer to step 1.
    case syncStep2
    /// "This has just been written."
    case update
    /// "These clients are present", or no longer.
    case awareness
    /// Permission denied (with a reason) or granted.
    case authentication
    /// "Who is present?"
    case queryAwareness
  }

  /// What the message asks or says.
  public let kind: Kind
  /// Where the whole message lies, with its type, in bytes from the start of the input.
  public let range: Range<Int>
  /// Where its content lies, without type and length: a state vector, an update, an awareness update or a reason.
  public let payload: Range<Int>
}

/// Splits the content of one WebSocket message into the protocol messages it holds, one or more, back to back.
public struct ProtocolMessageReader {
  private var reader: ByteReader

  /// A reader at the first message in `bytes`, which must outlive it.
  public init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

  /// The next message, or nil at the end of the input. Payloads are not looked into.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `unknownMessage`, `invalidUTF8`.
  public mutating func next() throws(UpdateError) -> ProtocolMessage? {
    guard !reader.isAtEnd else { return nil }
    let start = reader.byteOffset
    switch try reader.readVarUInt() {
    case 0:
      let kind = try readSyncKind()
      let payload = try reader.readVarBytes()
      return message(kind, from: start, payloadCount: payload.count)
    case 1:
      let payload = try reader.readVarBytes()
      return message(.awareness, from: start, payloadCount: payload.count)
    case 2:
      let isDenied = try reader.readVarUInt() == 0
      let reason = isDenied ? try reader.readVarString().count : 0
      return message(.authentication, from: start, payloadCount: reason)
    case 3:
      return message(.queryAwareness, from: start, payloadCount: 0)
    default:
      throw UpdateError(.unknownMessage, at: start)
    }
  }

  private mutating func readSyncKind() throws(UpdateError) -> ProtocolMessage.Kind {
    let field = reader.byteOffset
    switch try reader.readVarUInt() {
    case 0: return .syncStep1
    case 1: return .syncStep2
    case 2: return .update
    default: throw UpdateError(.unknownMessage, at: field)
    }
  }

  private func message(_ kind: ProtocolMessage.Kind, from start: Int, payloadCount: Int) -> ProtocolMessage {
    let end = reader.byteOffset
    return ProtocolMessage(kind: kind, range: start..<end, payload: end - payloadCount..<end)
  }
}

extension ByteWriter {
  /// Appends a sync step 1: asks the peer for all that `stateVector` does not cover.
  public mutating func writeSyncStep1(_ stateVector: StateVector) {
    writeByte(0)
    writeByte(0)
    writeVarBytes(stateVector.encode())
  }

  /// Appends a sync step 2: `update` is what a peer asked for.
  public mutating func writeSyncStep2(_ update: [UInt8]) {
    writeByte(0)
    writeByte(1)
    writeVarBytes(update)
  }

  /// Appends `update` as something just written.
  public mutating func writeUpdateMessage(_ update: [UInt8]) {
    writeByte(0)
    writeByte(2)
    writeVarBytes(update)
  }

  /// Appends an awareness message with the states of `update`.
  public mutating func writeAwarenessMessage(_ update: AwarenessUpdate) {
    writeByte(1)
    writeVarBytes(update.encode())
  }

  private mutating func writeVarBytes(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { writeVarBytes($0) }
  }
}
