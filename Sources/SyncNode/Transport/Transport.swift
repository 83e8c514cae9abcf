import CRDT
import NIOCore

/// What carries messages between two peers, and how a message becomes a whole frame, ready for the socket.
///
/// ```
/// webSocketServer   RFC 6455, not masked: one buffer serves any number of connections
/// webSocketClient   RFC 6455, masked with a key drawn for each frame
/// tcp               a count of 4 bytes, most significant first, and as many bytes
/// ```
enum Transport: Hashable, Sendable {
  case webSocketServer, webSocketClient, tcp

  /// One binary message, of `payloads` one after the other.
  func message(_ payloads: UnsafeRawBufferPointer...) -> ByteBuffer {
    switch self {
    case .webSocketServer, .webSocketClient:
      return webSocketFrame(.binary, payloads)
    case .tcp:
      let byteCount = payloads.reduce(0) { $0 + $1.count }
      var frame = ByteBufferAllocator().buffer(capacity: byteCount + 4)
      // No message is longer: the limit on incoming ones is below it, and what we send is cut far below that.
      frame.writeInteger(UInt32(byteCount))
      for payload in payloads { frame.writeBytes(payload) }
      return frame
    }
  }

  /// One message of text, over WebSocket.
  func text(_ payload: UnsafeRawBufferPointer) -> ByteBuffer { webSocketFrame(.text, [payload]) }

  /// What an idle connection is asked.
  var ping: ByteBuffer {
    switch self {
    case .webSocketServer, .webSocketClient: webSocketFrame(.ping, [])
    case .tcp: MultiplexedMessage.ping.withUnsafeBytes { message($0) }
    }
  }

  /// The answer to a ping with `payload`, at most 125 bytes.
  func pong(_ payload: ByteBuffer) -> ByteBuffer {
    switch self {
    case .webSocketServer, .webSocketClient: payload.withUnsafeReadableBytes { webSocketFrame(.pong, [$0]) }
    case .tcp: MultiplexedMessage.pong.withUnsafeBytes { message($0) }
    }
  }

  /// The end of the conversation; over WebSocket with as much of `reason` as fits into a control frame.
  func close(_ code: CloseCode, _ reason: String) -> ByteBuffer {
    switch self {
    case .webSocketServer, .webSocketClient:
      var content = ByteBuffer(integer: code.rawValue)
      content.writeString(Transport.prefix(of: reason, byteCount: 123))
      return closeReply(content)
    case .tcp:
      // The end of a document, without a document.
      return Framing(transport: .tcp, address: []).frame {
        MultiplexedMessage.writeClose(reason, to: &$0)
        $0.writeVarUInt(UInt64(code.rawValue))
      }
    }
  }

  /// The answer to a peer's close frame: its own content.
  func closeReply(_ payload: ByteBuffer) -> ByteBuffer {
    payload.withUnsafeReadableBytes { webSocketFrame(.close, [$0]) }
  }

  /// The first byte of a frame that is a whole message.
  private enum FirstByte: UInt8 {
    case text = 0x81
    case binary = 0x82
    case close = 0x88
    case ping = 0x89
    case pong = 0x8A
  }

  private func webSocketFrame(_ firstByte: FirstByte, _ payloads: [UnsafeRawBufferPointer]) -> ByteBuffer {
    let byteCount = payloads.reduce(0) { $0 + $1.count }
    let maskBit: UInt8 = self == .webSocketClient ? 0x80 : 0
    var frame = ByteBufferAllocator().buffer(capacity: byteCount + 14)
    frame.writeInteger(firstByte.rawValue)
    switch byteCount {
    case ..<126:
      frame.writeInteger(maskBit | UInt8(byteCount))
    case ..<65_536:
      frame.writeInteger(maskBit | 126)
      frame.writeInteger(UInt16(byteCount))
    default:
      frame.writeInteger(maskBit | 127)
      frame.writeInteger(UInt64(byteCount))
    }
    guard self == .webSocketClient else {
      for payload in payloads { frame.writeBytes(payload) }
      return frame
    }
    let key = UInt32.random(in: .min ... .max)
    frame.writeInteger(key)
    let start = frame.writerIndex
    for payload in payloads { frame.writeBytes(payload) }
    frame.withUnsafeMutableReadableBytes { bytes in
      for index in start..<bytes.count {
        bytes[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(24 - (index - start) % 4 * 8))
      }
    }
    return frame
  }

  /// As many whole characters of `text` as fit into `byteCount` bytes of UTF-8.
  private static func prefix(of text: String, byteCount: Int) -> String {
    var kept = text
    while kept.utf8.count > byteCount { kept.removeLast() }
    return kept
  }
}

/// Why a connection ends (RFC 6455, section 7.4).
struct CloseCode: RawRepresentable, Equatable, Sendable {
  let rawValue: UInt16

  /// The server stops.
  static let goingAway = CloseCode(rawValue: 1001)
  /// The peer broke the protocol's rules.
  static let protocolError = CloseCode(rawValue: 1002)
  /// The peer sent text; all messages are binary.
  static let unsupportedData = CloseCode(rawValue: 1003)
  /// A message's content cannot be read.
  static let invalidContent = CloseCode(rawValue: 1007)
  /// A message is longer than the limit.
  static let tooLarge = CloseCode(rawValue: 1009)
  /// The server cannot do what it should; trying again may help.
  static let internalError = CloseCode(rawValue: 1011)
  /// This side's policy does not allow what the peer asks for.
  static let policyViolation = CloseCode(rawValue: 1008)
  /// It is not known who the peer is, or no longer: it needs another token.
  static let unauthorized = CloseCode(rawValue: 4401)
  /// The peer may not have what it asks for, or do what it did. Trying again with the same token does not help.
  static let forbidden = CloseCode(rawValue: 4403)
  /// The peer's document was recreated since: its copy has no place here any more.
  static let outdated = CloseCode(rawValue: 4409)
  /// The document has no room for what the peer wrote. Trying again does not help until something is deleted.
  static let largeDocument = CloseCode(rawValue: 4413)
  /// The peer reads too slowly; it should connect again.
  static let tryAgainLater = CloseCode(rawValue: 1013)
}
