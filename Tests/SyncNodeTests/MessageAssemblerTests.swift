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

  @Test("Fragments become one message, with control frames between them")
  func fragments() {
    var assembler = MessageAssembler(messageBytesMax: 8)
    #expect(assembler.receive(frame(.binary, [1, 2], fin: false)) == .none)
    #expect(assembler.receive(frame(.ping, [9])) == .ping(ByteBuffer(bytes: [9])))
    #expect(assembler.receive(frame(.continuation, [3], fin: false)) == .none)
    #expect(assembler.receive(frame(.continuation, [4])) == .message(ByteBuffer(bytes: [1, 2, 3, 4])))
    #expect(assembler.receive(frame(.binary, [5])) == .message(ByteBuffer(bytes: [5])))
  }

  @Test("A mask is taken off whatever a frame's length")
  func mask() {
    for count in 0...40 {
      var assembler = MessageAssembler(messageBytesMax: 100)
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(assembler.receive(frame(.binary, bytes)) == .message(ByteBuffer(bytes: bytes)))
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
