import CRDT
import TestSupport
import Testing

@testable import SyncNode

@Suite("Messages of a socket with many documents")
struct MultiplexedMessageTests {
  private func decode(_ bytes: [UInt8]) throws -> MultiplexedMessage {
    try bytes.withUnsafeBytes { try MultiplexedMessage(decoding: $0) }
  }

  @Test("An address and a kind are read, and where the rest lies")
  func kinds() throws {
    let document = try decode([2, 0x61, 0x62, 0, 0, 1, 0])
    #expect(document.address == 1..<3)
    #expect(document.kind == .document)
    #expect(document.kindOffset == 3)
    #expect(try decode([1, 0x61, 2, 0, 2, 0x74, 0x6B]).kind == .authentication(token: 5..<7))
    #expect(try decode([1, 0x61, 2, 0, 0, 5, 0x34, 0x2E, 0x35, 0x2E, 0x30]).kind == .authentication(token: 5..<5))
    #expect(try decode([1, 0x61, 5, 1, 0x78]).kind == .stateless(payload: 4..<5))
    #expect(try decode([1, 0x61, 7]).kind == .close)
    #expect(try decode([9]).kind == .ping)
    #expect(try decode([10]).kind == .pong)
  }

  @Test(
    "What only servers say, and what nobody says, is refused",
    arguments: [
      ([], 0), ([1], 0), ([1, 0x61], 2), ([1, 0x61, 4, 0, 1, 0], 2), ([1, 0x61, 6, 0], 2), ([1, 0x61, 8, 1], 2),
      ([1, 0x61, 11], 2), ([1, 0xFF, 0], 0), ([1, 0x61, 2, 2, 0], 3), ([1, 0x61, 2, 0, 9], 4),
      ([1, 0x61, 5, 1, 0xFF], 3),
      ([1, 0x61, 5, 0, 7], 4),
    ] as [([UInt8], Int)])
  func refused(bytes: [UInt8], offset: Int) throws {
    let error = try #require(throws: UpdateError.self) { try decode(bytes) }
    #expect(error.byteOffset == offset)
  }

  @Test("Any bytes are either read or refused", arguments: 0..<50 as Range<UInt64>)
  func hostile(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var bytes = (0..<random.below(20)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if random.oneIn(2), !bytes.isEmpty { bytes[0] = UInt8(random.below(4)) }
      if let message = try? decode(bytes) { #expect(message.address.upperBound <= bytes.count) }
    }
  }

  @Test("What a server says, as bytes")
  func serverMessages() {
    func written(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
      var writer = ByteWriter()
      write(&writer)
      return writer.bytes()
    }
    #expect(
      written { MultiplexedMessage.writeAuthenticated(.write, to: &$0) } == [2, 2, 10] + Array("read-write".utf8))
    #expect(written { MultiplexedMessage.writePermissionDenied("no", to: &$0) } == [2, 1, 2, 0x6E, 0x6F])
    #expect(written { MultiplexedMessage.writeSyncStatus(isStored: true, to: &$0) } == [8, 1])
    #expect(written { MultiplexedMessage.writeSyncStatus(isStored: false, to: &$0) } == [8, 0])
    #expect(written { MultiplexedMessage.writeStateless("x", to: &$0) } == [5, 1, 0x78])
    #expect(written { MultiplexedMessage.writeClose("", to: &$0) } == [7, 0])
  }
}
