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

  func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

  /// Waits until what was received contains `part`, and returns it as text.
  func text(until part: String) async throws -> String {
    try await eventually("the peer's answer \(part)") {
      let text = String(decoding: self.inbox.received.withLock { $0 }, as: UTF8.self)
      return text.contains(part) ? text : nil
    }
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
    for eventLoop in node.configuration.eventLoopGroup.makeIterator() {
      try await node.group(of: eventLoop).closeAll(.goingAway, "a test").get()
    }
  }
}
