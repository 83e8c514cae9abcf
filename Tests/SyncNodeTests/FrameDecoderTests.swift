import NIOCore
import NIOEmbedded
import NIOWebSocket
import TestSupport
import Testing

@testable import SyncNode

@Suite("Frames from bytes")
struct FrameDecoderTests {
  @Test("Frames of all lengths come out whole, wherever the socket cuts them", arguments: 0..<8 as Range<UInt64>)
  func cuts(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var bytes = ByteBuffer()
    var sent: [[UInt8]] = []
    for length in [0, 5, 200_000, 1, 70_000, 300_000, 300_000, 125, 126, 65_536, 3, 140_000, 0] {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ sent.count) }
      sent.append(payload)
      bytes.writeImmutableBuffer(payload.withUnsafeBytes { Transport.webSocketServer.message($0) })
    }
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(FrameDecoder(maxFrameSize: 1 << 20)))
    var received: [WebSocketFrame] = []
    while bytes.readableBytes > 0 {
      let count = min(Int.random(in: 1...100_000, using: &generator), bytes.readableBytes)
      try channel.writeInbound(ByteBuffer(bytes: bytes.readBytes(length: count)!))
      while let frame = try channel.readInbound(as: WebSocketFrame.self) { received.append(frame) }
    }
    // All of them together: what is kept of one must not be written to by a later one.
    #expect(received.map { [UInt8]($0.data.readableBytesView) } == sent)
    #expect(try channel.finish().isClean)
  }

  @Test("What comes behind a large message does not copy the room of that")
  func room() {
    var buffer = ByteBuffer(repeating: 1, count: 1 << 20)
    buffer.writeRepeatingByte(2, count: 100)
    let message = buffer.readSlice(length: 1 << 20)
    buffer.leaveLargeRoom()
    #expect(buffer == ByteBuffer(repeating: 2, count: 100))
    #expect(buffer.storageCapacity < 1 << 10)
    #expect(message == ByteBuffer(repeating: 1, count: 1 << 20))

    // Behind a small one much may be left, which is not to be copied for each.
    var messages = ByteBuffer(repeating: 1, count: 1 << 20)
    messages.moveReaderIndex(forwardBy: 10)
    messages.leaveLargeRoom()
    #expect(messages.storageCapacity == 1 << 20)
  }
}
