import CRDT
import NIOCore

/// How a room's messages are put into WebSocket messages.
enum Framing: Hashable, Sendable {
  /// As they are: the socket has one room (y-websocket).
  case single
  /// Behind an address, a count and as many bytes, since the socket has many documents (Hocuspocus).
  case multiplexed(address: [UInt8])

  /// A whole server frame with one protocol message.
  func frame(_ message: UnsafeRawBufferPointer) -> ByteBuffer {
    switch self {
    case .single:
      return ServerFrame.binary(message)
    case .multiplexed(let address):
      return address.withUnsafeBytes { address in
        var prefix = ByteWriter(capacity: address.count + 10)
        prefix.writeVarBytes(address)
        return prefix.withBytes { ServerFrame.binary($0, message) }
      }
    }
  }

  /// A whole server frame with the protocol message that `write` writes.
  func frame(_ write: (inout ByteWriter) -> Void) -> ByteBuffer {
    var message = ByteWriter()
    write(&message)
    return message.withBytes { frame($0) }
  }
}

/// One protocol message on its way to any number of members, framed once for each way of framing.
struct Broadcast {
  private let message: UnsafeRawBufferPointer
  private var frames: [Framing: ByteBuffer] = [:]

  /// - Parameter message: Must outlive the broadcast.
  init(_ message: UnsafeRawBufferPointer) { self.message = message }

  /// The message in `framing`.
  mutating func frame(_ framing: Framing) -> ByteBuffer {
    if let frame = frames[framing] { return frame }
    let frame = framing.frame(message)
    frames[framing] = frame
    return frame
  }
}
