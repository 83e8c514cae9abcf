import CRDT
import Testing

@Suite("Protocol messages")
struct ProtocolMessageTests {
  @Test("The bytes of y-protocols are read and written as they are")
  func fixtures() throws {
    var vector = StateVector()
    vector[1] = 1
    #expect(Message.syncStep1(vector) == [0, 0, 3, 1, 1, 1])
    let update: [UInt8] = [1, 1, 1, 0, 4, 1, 1, 0x74, 1, 0x61, 0]
    #expect(Message.syncStep2(update) == [0, 1, 0x0B] + update)
    #expect(Message.update(update) == [0, 2, 0x0B] + update)
    let message = try #require(try Message.parse(Message.syncStep2(update)).first)
    #expect(message.kind == .syncStep2)
    #expect(message.payload == 3..<14)
    #expect(message.range == 0..<14)
  }

  @Test("One WebSocket message may hold several protocol messages")
  func severalMessages() throws {
    let bytes =
      Message.syncStep1() + Message.queryAwareness + [2, 0, 2, 0x6E, 0x6F] + [2, 1] + Message.update([0, 0])
    let messages = try Message.parse(bytes)
    #expect(messages.map(\.kind) == [.syncStep1, .queryAwareness, .authentication, .authentication, .update])
    #expect(messages[2].payload.count == 2)
    #expect(messages.last?.range.upperBound == bytes.count)
  }

  @Test(
    "What is not a message is refused, with its place",
    arguments: [
      ([0x04], UpdateError(.unknownMessage, at: 0)),
      ([0x00, 0x03, 0x00], UpdateError(.unknownMessage, at: 1)),
      ([0x03, 0x00, 0x02, 0x05, 0x00], UpdateError(.truncated, at: 3)),
      ([0x00], UpdateError(.truncated, at: 1)),
    ] as [([UInt8], UpdateError)])
  func refusals(bytes: [UInt8], error: UpdateError) {
    #expect(throws: error) { try Message.parse(bytes) }
  }

  @Test("An awareness update is read and written as it is")
  func awarenessFixture() throws {
    let bytes: [UInt8] = [1, 1, 1, 7, 0x7B, 0x22, 0x6E, 0x22, 0x3A, 0x31, 0x7D]
    let update = try bytes.withUnsafeBytes { try AwarenessUpdate(decoding: $0) }
    #expect(update == AwarenessUpdate([AwarenessEntry(1, 1, "{\"n\":1}")]))
    #expect(update.encode() == bytes)
  }

  @Test("A false count of awareness entries reserves nothing")
  func falseCount() {
    let bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 1, 0]
    #expect(throws: UpdateError(.truncated, at: 0)) {
      try bytes.withUnsafeBytes { try AwarenessUpdate(decoding: $0) }
    }
  }

  @Test("Any bytes are either messages or refused; none trap", arguments: 0..<50 as Range<UInt64>)
  func randomBytes(seed: UInt64) {
    var generator = Xorshift(seed: seed)
    for _ in 0..<200 {
      let count = Int(generator.next() % 24)
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() % 5 * 51) }
      _ = try? Message.parse(bytes)
      _ = try? bytes.withUnsafeBytes { try AwarenessUpdate(decoding: $0) }
    }
  }
}

/// A small generator whose numbers are the same in every run.
struct Xorshift {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
