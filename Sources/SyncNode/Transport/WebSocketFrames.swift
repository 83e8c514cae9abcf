import NIOCore

/// Whole server frames, ready for the socket. A server does not mask, so one buffer serves any number of connections.
enum ServerFrame {
  private static let finalBinary: UInt8 = 0x82
  private static let finalClose: UInt8 = 0x88
  private static let finalPing: UInt8 = 0x89
  private static let finalPong: UInt8 = 0x8A

  /// What an idle connection is asked.
  static let ping = ByteBuffer(bytes: [finalPing, 0])

  /// A binary message in one frame, of `payloads` one after the other.
  static func binary(_ payloads: UnsafeRawBufferPointer...) -> ByteBuffer { frame(finalBinary, payloads) }

  /// The answer to a ping with `payload`, at most 125 bytes.
  static func pong(_ payload: ByteBuffer) -> ByteBuffer {
    payload.withUnsafeReadableBytes { frame(finalPong, [$0]) }
  }

  /// The end of the conversation, with as much of `reason` as fits into a control frame.
  static func close(_ code: CloseCode, _ reason: String) -> ByteBuffer {
    var content = ByteBuffer(integer: code.rawValue)
    content.writeString(prefix(of: reason, byteCount: 123))
    return content.withUnsafeReadableBytes { frame(finalClose, [$0]) }
  }

  /// The answer to a peer's close frame: its own content.
  static func closeReply(_ payload: ByteBuffer) -> ByteBuffer {
    payload.withUnsafeReadableBytes { frame(finalClose, [$0]) }
  }

  private static func frame(_ firstByte: UInt8, _ payloads: [UnsafeRawBufferPointer]) -> ByteBuffer {
    let byteCount = payloads.reduce(0) { $0 + $1.count }
    var frame = ByteBufferAllocator().buffer(capacity: byteCount + 10)
    frame.writeInteger(firstByte)
    switch byteCount {
    case ..<126:
      frame.writeInteger(UInt8(byteCount))
    case ..<65_536:
      frame.writeInteger(126 as UInt8)
      frame.writeInteger(UInt16(byteCount))
    default:
      frame.writeInteger(127 as UInt8)
      frame.writeInteger(UInt64(byteCount))
    }
    for payload in payloads { frame.writeBytes(payload) }
    return frame
  }

  /// As many whole characters of `text` as fit into `byteCount` bytes of UTF-8.
  private static func prefix(of text: String, byteCount: Int) -> String {
    var kept = text
    while kept.utf8.count > byteCount { kept.removeLast() }
    return kept
  }
}

/// Why a WebSocket ends (RFC 6455, section 7.4).
struct CloseCode: RawRepresentable, Equatable, Sendable {
  let rawValue: UInt16

  /// The server stops.
  static let goingAway = CloseCode(rawValue: 1001)
  /// The peer broke WebSocket's rules.
  static let protocolError = CloseCode(rawValue: 1002)
  /// The peer sent text; all messages are binary.
  static let unsupportedData = CloseCode(rawValue: 1003)
  /// A message's content cannot be read.
  static let invalidContent = CloseCode(rawValue: 1007)
  /// A message is longer than the limit.
  static let tooLarge = CloseCode(rawValue: 1009)
  /// The server cannot do what it should; trying again may help.
  static let internalError = CloseCode(rawValue: 1011)
  /// The peer reads too slowly; it should connect again.
  static let tryAgainLater = CloseCode(rawValue: 1013)
}
