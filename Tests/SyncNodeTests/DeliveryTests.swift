import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import SyncNode

@Suite("What reaches a conversation, and when")
struct DeliveryTests {
  // Sendable: all of it runs on one thread.
  private final class Record: Conversation, @unchecked Sendable {
    var entries: [String] = []
    /// What runs beside the event loop, until the test runs it.
    var aside: [() -> Void] = []

    func receive(_ message: ByteBuffer) { entries.append(String(buffer: message)) }
    func reviewAccess() {}
    func end() { entries.append("end") }
  }

  private let eventLoop = EmbeddedEventLoop()
  private let record = Record()
  private let delivery: Delivery

  init() {
    delivery = Delivery(to: record, on: eventLoop, longBytes: 5) { [record] in record.aside.append($1) }
  }

  private func message(_ text: String) -> AssembledMessage {
    var message = AssembledMessage()
    message.append(WebSocketFrame(opcode: .binary, data: ByteBuffer(string: text)))
    return message
  }

  @Test("What follows a long message waits for it, the end too, behind which nothing is delivered")
  func order() {
    delivery.deliver(message("a"))
    #expect(record.entries == ["a"])
    delivery.deliver(message("long 1"))
    delivery.deliver(message("b"))
    delivery.deliver(message("long 2"))
    delivery.run { [record] in record.entries.append("closed by the peer") }
    delivery.end()
    delivery.deliver(message("c"))
    #expect(record.entries == ["a"])
    #expect(record.aside.count == 1)
    while !record.aside.isEmpty {
      record.aside.removeFirst()()
      eventLoop.run()
    }
    delivery.deliver(message("d"))
    #expect(record.entries == ["a", "long 1", "b", "long 2", "closed by the peer", "end"])
  }
}
