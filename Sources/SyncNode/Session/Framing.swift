import CRDT
import NIOCore

/// How a room's messages are put into frames.
struct Framing: Hashable, Sendable {
  let transport: Transport
  /// What stands before a message, since the connection has many documents (Hocuspocus); nil where it has one
  /// (y-websocket).
  let address: [UInt8]?

  var isMultiplexed: Bool { address != nil }

  /// A whole frame with one protocol message.
  func frame(_ message: UnsafeRawBufferPointer) -> ByteBuffer {
    guard let address else { return transport.message(message) }
    return address.withUnsafeBytes { address in
      var prefix = ByteWriter(capacity: address.count + 10)
      prefix.writeVarBytes(address)
      return prefix.withBytes { transport.message($0, message) }
    }
  }

  /// A whole frame with the protocol message that `write` writes.
  func frame(_ write: (inout ByteWriter) -> Void) -> ByteBuffer {
    var message = ByteWriter()
    write(&message)
    return message.withBytes { frame($0) }
  }
}

/// One protocol message on its way to any number of members, framed once for each way of framing.
struct Broadcast {
  /// When it came here, or was made; nil when it is not measured how long it takes.
  let arrival: NIODeadline?
  private let message: UnsafeRawBufferPointer
  private var frames: [Framing: ByteBuffer] = [:]

  /// - Parameters:
  ///   - message: Must outlive the broadcast.
  ///   - arrival: When it came here, or was made; nil when it is not measured how long it takes.
  init(_ message: UnsafeRawBufferPointer, since arrival: NIODeadline? = nil) {
    self.message = message
    self.arrival = arrival
  }

  /// The message in `framing`.
  mutating func frame(_ framing: Framing) -> ByteBuffer {
    if let frame = frames[framing] { return frame }
    let frame = framing.frame(message)
    frames[framing] = frame
    return frame
  }
}
