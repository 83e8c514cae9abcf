import CRDT
import NIOCore

/// One message of a socket with many documents, as a description of where its parts lie (Hocuspocus 2 to 4).
///
/// ```
///  vs(address) 00 sync…      vs(address) 01 vb   awareness          vs(address) 02 …   authentication
///  vs(address) 03 query      vs(address) 05 vs   stateless          vs(address) 07     end of the document
///  vs(address) 08 n  sync status, from the server: 1 stored, 0 not
///  09 ping   0A pong, both without an address
/// ```
/// `vs` and `vb` are a count and as many bytes. Kinds 0, 1 and 3 are the messages of y-protocols behind an address. An
/// address is a document's name, or its name, a zero byte and what tells two providers of the same document apart.
struct MultiplexedMessage: Equatable {
  enum Kind: Equatable {
    /// A message of y-protocols: it starts with its own kind.
    case document
    case authentication(token: Range<Int>)
    case stateless(payload: Range<Int>)
    /// The peer leaves the document.
    case close
    case ping
    case pong
  }

  /// Of both providers' addresses, bare or with a session.
  let address: Range<Int>
  let kind: Kind
  /// Where the kind lies, in bytes from the start of the message.
  let kindOffset: Int

  private static let pingByte: UInt8 = 9
  private static let pongByte: UInt8 = 10

  /// Reads the address and the kind; for `document`, y-protocols' reader goes on from ``kindOffset``.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`, `unknownMessage`, `trailingBytes`.
  init(decoding bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    if bytes.count == 1, bytes[0] == MultiplexedMessage.pingByte || bytes[0] == MultiplexedMessage.pongByte {
      address = 0..<0
      kind = bytes[0] == MultiplexedMessage.pingByte ? .ping : .pong
      kindOffset = 0
      return
    }
    var reader = ByteReader(bytes)
    address = try MultiplexedMessage.readString(&reader)
    kindOffset = reader.byteOffset
    switch try reader.readVarUInt() {
    case 0, 1, 3:
      kind = .document
      return
    case 2:
      // Of these a client only sends its token.
      let field = reader.byteOffset
      guard try reader.readVarUInt() == 0 else { throw UpdateError(.unknownMessage, at: field) }
      kind = .authentication(token: try MultiplexedMessage.readString(&reader))
      // Newer providers tell their version.
      if !reader.isAtEnd { _ = try reader.readVarString() }
    case 5:
      kind = .stateless(payload: try MultiplexedMessage.readString(&reader))
    case 7:
      kind = .close
      return
    default:
      throw UpdateError(.unknownMessage, at: kindOffset)
    }
    guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
  }

  private static func readString(_ reader: inout ByteReader) throws(UpdateError) -> Range<Int> {
    let count = try reader.readVarString().count
    return reader.byteOffset - count..<reader.byteOffset
  }
}

// MARK: What a server says, behind the address

extension MultiplexedMessage {
  /// "Do you live?", without an address.
  static let ping = [pingByte]
  /// The answer to a ping, without an address.
  static let pong = [pongByte]

  /// The token was accepted.
  static func writeAuthenticated(_ access: Access, to writer: inout ByteWriter) {
    writer.writeVarUInt(2)
    writer.writeVarUInt(2)
    writer.writeVarString(access >= .write ? "read-write" : "readonly")
  }

  /// The document cannot be opened; the socket stays open.
  static func writePermissionDenied(_ reason: String, to writer: inout ByteWriter) {
    writer.writeVarUInt(2)
    writer.writeVarUInt(1)
    writer.writeVarString(reason)
  }

  /// Whether one update of the peer was stored.
  static func writeSyncStatus(isStored: Bool, to writer: inout ByteWriter) {
    writer.writeVarUInt(8)
    writer.writeVarUInt(isStored ? 1 : 0)
  }

  /// A message of the application, for this document's clients.
  static func writeStateless(_ payload: String, to writer: inout ByteWriter) {
    writer.writeVarUInt(5)
    writer.writeVarString(payload)
  }

  /// The document is closed; the socket stays open.
  static func writeClose(_ reason: String, to writer: inout ByteWriter) {
    writer.writeVarUInt(7)
    writer.writeVarString(reason)
  }
}
