import CRDT

/// What a server says of one document, on a socket with many (Hocuspocus): see ``MultiplexedMessage`` for the bytes.
enum ServerMessage: Equatable {
  /// The token was accepted.
  case authenticated(mayWrite: Bool)
  /// The document cannot be opened, or no longer.
  case denied(String)
  /// What a client lacks, and whether it is the end of what it asked for.
  case update([UInt8], isAnswer: Bool)
  /// What a client has is asked for.
  case question
  case presence(AwarenessUpdate)
  case stateless(String)
  /// Whether one update of the client was stored.
  case status(isStored: Bool)
  /// The document is closed.
  case closed(String)

  /// Reads a message.
  ///
  /// - Returns: What is said; several things may come together. Nothing when it is of another document, or of a kind that
  ///   came later.
  /// - Throws: When the bytes are not what their kind says.
  static func decode(_ bytes: UnsafeRawBufferPointer, of address: [UInt8]) throws(UpdateError) -> [ServerMessage] {
    var reader = ByteReader(bytes)
    guard try reader.readVarString().elementsEqual(address) else { return [] }
    let offset = reader.byteOffset
    switch try reader.readVarUInt() {
    case 0, 1, 3: return try documentMessages(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
    case 2:
      switch try reader.readVarUInt() {
      case 1: return [.denied(try readString(&reader))]
      case 2: return [.authenticated(mayWrite: try readString(&reader) != "readonly")]
      default: return []
      }
    case 5: return [.stateless(try readString(&reader))]
    case 7: return [.closed(try readString(&reader))]
    case 8: return [.status(isStored: try reader.readVarUInt() == 1)]
    default: return []
    }
  }

  private static func readString(_ reader: inout ByteReader) throws(UpdateError) -> String {
    String(decoding: try reader.readVarString(), as: UTF8.self)
  }

  private static func documentMessages(_ bytes: UnsafeRawBufferPointer) throws(UpdateError) -> [ServerMessage] {
    var reader = ProtocolMessageReader(bytes)
    var messages: [ServerMessage] = []
    while let message = try reader.next() {
      let payload = UnsafeRawBufferPointer(rebasing: bytes[message.payload])
      switch message.kind {
      case .syncStep1: messages.append(.question)
      case .syncStep2: messages.append(.update([UInt8](payload), isAnswer: true))
      case .update: messages.append(.update([UInt8](payload), isAnswer: false))
      case .awareness: messages.append(.presence(try AwarenessUpdate(decoding: payload)))
      case .authentication, .queryAwareness: break
      }
    }
    return messages
  }
}
