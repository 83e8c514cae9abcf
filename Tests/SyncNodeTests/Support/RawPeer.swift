import CRDT
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import SyncNode

/// A TCP connection to a node's listener for nodes, for what no node sends.
final class RawPeer: Sendable {
  private let channel: any Channel
  private let inbox: Inbox

  private init(channel: any Channel, inbox: Inbox) {
    self.channel = channel
    self.inbox = inbox
  }

  static func connect(port: Int) async throws -> RawPeer {
    let inbox = Inbox()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox) }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return RawPeer(channel: channel, inbox: inbox)
  }

  /// A request for a WebSocket of `room`, with more headers.
  static func upgrade(_ room: String, _ headers: String...) -> [UInt8] {
    let lines =
      ["GET /\(room) HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade", "Upgrade: websocket"] + headers
      + ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

  /// All that was received so far.
  var received: [UInt8] { inbox.received.withLock { $0 } }

  /// Whether neither side has closed the connection.
  var isConnected: Bool { channel.isActive }

  func disconnect() async throws { try await channel.close().get() }

  /// Waits until what was received contains `part`, and returns it as text.
  func text(until part: String) async throws -> String {
    try await eventually("the peer's answer \(part)") {
      let text = String(decoding: self.inbox.received.withLock { $0 }, as: UTF8.self)
      return text.contains(part) ? text : nil
    }
  }

  /// Sends a message behind its length and the address of a room.
  func send(_ address: String, _ write: (inout ByteWriter) -> Void) async throws {
    let frame = Framing(transport: .tcp, address: Array(address.utf8)).frame(write)
    try await send([UInt8](frame.readableBytesView))
  }

  /// The messages received so far.
  var messages: [PeerMessage] {
    var rest = ByteBuffer(bytes: inbox.received.withLock { $0 })
    var messages: [PeerMessage] = []
    while let count = rest.getInteger(at: rest.readerIndex, as: UInt32.self),
      rest.readableBytes >= 4 + Int(count)
    {
      rest.moveReaderIndex(forwardBy: 4)
      guard let message = rest.readSlice(length: Int(count)) else { break }
      if let read = try? message.withUnsafeReadableBytes({ try PeerMessage.decode($0).1 }) { messages.append(read) }
    }
    return messages
  }

  private final class Inbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let received = Mutex<[UInt8]>([])

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      received.withLock { $0 += bytes.readableBytesView }
    }
  }
}

extension TestServer {
  /// Closes all connections of the node, which goes on to listen.
  func closeConnections() async throws {
    try await inTime("the end of all connections") { [node] in
      for eventLoop in node.configuration.eventLoopGroup.makeIterator() {
        try await node.group(of: eventLoop).drainAll().get()
      }
    }
  }
}
