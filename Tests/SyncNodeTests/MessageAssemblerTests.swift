import NIOCore
import NIOWebSocket
import Testing

@testable import SyncNode

@Suite("Messages from frames")
struct MessageAssemblerTests {
  private func frame(
    _ opcode: WebSocketOpcode, _ bytes: [UInt8], fin: Bool = true, masked: Bool = true
  ) -> WebSocketFrame {
    var data = ByteBuffer(bytes: bytes)
    let key: WebSocketMaskingKey? = masked ? [1, 2, 3, 4] : nil
    if let key { data.webSocketMask(key) }
    return WebSocketFrame(fin: fin, opcode: opcode, maskKey: key, data: data)
  }

  private func code(_ event: MessageAssembler.Event) -> CloseCode? {
    if case .violation(let refusal, _) = event { refusal.code } else { nil }
  }

  /// What a complete message holds.
  private func content(_ event: MessageAssembler.Event) -> [UInt8]? {
    if case .message(let message) = event { [UInt8](message.content.readableBytesView) } else { nil }
  }

  @Test("Fragments become one message, with control frames between them")
  func fragments() {
    var assembler = MessageAssembler(messageBytesMax: 8)
    #expect(assembler.receive(frame(.binary, [1, 2], fin: false)) == .none)
    #expect(assembler.receive(frame(.ping, [9])) == .ping(ByteBuffer(bytes: [9])))
    #expect(assembler.receive(frame(.continuation, [3], fin: false)) == .none)
    #expect(content(assembler.receive(frame(.continuation, [4]))) == [1, 2, 3, 4])
    #expect(content(assembler.receive(frame(.binary, [5]))) == [5])
  }

  @Test("A mask is taken off whatever a frame's length")
  func mask() {
    for count in 0...40 {
      var assembler = MessageAssembler(messageBytesMax: 100)
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(content(assembler.receive(frame(.binary, bytes))) == bytes)
    }
  }

  @Test("Fragments of any sizes become one message")
  func fragmentSizes() {
    let large = 64 << 10
    for counts in [
      [0, large, 0], [3, large], [large, 3, 5, large + 1, large, 0, 7], [1, 2, 3], [0, 0], [large - 1, 1],
    ] {
      var assembler = MessageAssembler(messageBytesMax: 1 << 20)
      var expected: [UInt8] = []
      for (index, count) in counts.enumerated() {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ index) }
        expected += bytes
        let isLast = index == counts.count - 1
        let event = assembler.receive(frame(index == 0 ? .binary : .continuation, bytes, fin: isLast))
        #expect(isLast ? content(event) == expected : event == .none)
      }
    }
  }

  @Test("A message is bounded over all its fragments")
  func bound() {
    var assembler = MessageAssembler(messageBytesMax: 3)
    #expect(assembler.receive(frame(.binary, [1, 2], fin: false)) == .none)
    #expect(code(assembler.receive(frame(.continuation, [3, 4]))) == .tooLarge)
    #expect(code(assembler.receive(frame(.binary, [1, 2, 3, 4]))) == .tooLarge)
  }

  @Test("What breaks the rules of WebSocket is a violation")
  func violations() {
    var assembler = MessageAssembler(messageBytesMax: 300)
    #expect(code(assembler.receive(frame(.binary, [1], masked: false))) == .protocolError)
    #expect(code(assembler.receive(frame(.text, [0x61]))) == .unsupportedData)
    #expect(code(assembler.receive(frame(.continuation, [1]))) == .protocolError)
    #expect(code(assembler.receive(frame(.ping, [1], fin: false))) == .protocolError)
    #expect(code(assembler.receive(frame(.ping, [UInt8](repeating: 0, count: 126)))) == .protocolError)
    #expect(code(assembler.receive(frame(.connectionClose, [3]))) == .protocolError)
    #expect(code(assembler.receive(frame(.connectionClose, [0x03, 0xED]))) == .protocolError)
    #expect(code(assembler.receive(frame(.connectionClose, [0x03, 0xE8, 0xFF]))) == .invalidContent)
    _ = assembler.receive(frame(.binary, [1], fin: false))
    #expect(code(assembler.receive(frame(.binary, [1]))) == .protocolError)
  }

  @Test("A close reason is cut to what a control frame holds, between characters")
  func closeReason() {
    let frame = Transport.webSocketServer.close(.invalidContent, String(repeating: "é", count: 100))
    #expect(frame.readableBytes == 2 + 2 + 122)
  }
}
