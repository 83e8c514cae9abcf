import NIOCore
import NIOEmbedded
import NIOWebSocket

@testable import SyncNode

/// A client's WebSocket to a node: frames come in order and none is lost, until the connection breaks.
final class SimulatedSocket {
  /// The frames in one direction.
  struct Way {
    /// When the last frame on its way arrives; none comes before it.
    var lastArrival: Int64 = 0
    /// Whether nothing gets through any more.
    var isBroken = false
  }

  let client: SimulatedClient
  let node: Int
  /// The node's end.
  let channel: EmbeddedChannel
  var toNode = Way()
  var toClient = Way()
  /// Whether the client has been told that the node's end is closed, or never will be.
  var isEndTold = false

  /// Upgrades a connection as a listener does, to what the path in `client`'s request stands for.
  init(of client: SimulatedClient, to node: Node, number: Int, on eventLoop: EmbeddedEventLoop) throws {
    self.client = client
    self.node = number
    channel = EmbeddedChannel(loop: eventLoop)
    let bytesMax = node.configuration.limits.messageBytesMax
    try channel.pipeline.syncOperations.addHandlers([
      WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: bytesMax)),
    ])
    channel.connect(to: Simulation.anyAddress, promise: nil)
    let path = client.path
    try channel.pipeline.syncOperations.addHandler(
      WebSocketHandler(node: node, transport: .webSocketServer) { connection in
        node.conversation(at: path, token: nil, over: connection)
      })
  }

  /// Whether both ends are closed.
  var isOver: Bool { !channel.isActive && client.socket !== self }
}

/// What a server sends in one frame, as a client sees it.
enum ReceivedFrame {
  case message(ByteBuffer)
  case ping(ByteBuffer)
  case close(ByteBuffer)

  /// - Parameter frame: A whole frame (RFC 6455), not masked.
  init?(_ frame: ByteBuffer) {
    var content = frame
    guard let first = content.readInteger(as: UInt8.self), let short = content.readInteger(as: UInt8.self) else {
      return nil
    }
    let count: Int?
    switch short {
    case 126: count = content.readInteger(as: UInt16.self).map { Int($0) }
    case 127: count = content.readInteger(as: UInt64.self).map { Int($0) }
    default: count = Int(short)
    }
    guard count == content.readableBytes else { return nil }
    switch first {
    case 0x82: self = .message(content.slice())
    case 0x88: self = .close(content.slice())
    case 0x89: self = .ping(content.slice())
    default: return nil
    }
  }
}
