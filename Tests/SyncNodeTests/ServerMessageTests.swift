import CRDT
import Testing

@testable import SyncNode

/// What clients read of a server's messages.
@Suite struct ServerMessageTests {
  private static let address = Array("notes".utf8)

  private static func message(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    address.withUnsafeBytes { writer.writeVarBytes($0) }
    write(&writer)
    return writer.bytes()
  }

  private static let presence = AwarenessUpdate([AwarenessEntry(client: 7, clock: 3, state: Array("{}".utf8))])

  /// What the node writes, and what is read of it.
  private static let messages: [(bytes: [UInt8], read: [ServerMessage])] = [
    (message { MultiplexedMessage.writeAuthenticated(.write, to: &$0) }, [.authenticated(mayWrite: true)]),
    (message { MultiplexedMessage.writeAuthenticated(.comment, to: &$0) }, [.authenticated(mayWrite: false)]),
    (message { MultiplexedMessage.writePermissionDenied("no", to: &$0) }, [.denied("no")]),
    (message { MultiplexedMessage.writeSyncStatus(isStored: true, to: &$0) }, [.status(isStored: true)]),
    (message { MultiplexedMessage.writeSyncStatus(isStored: false, to: &$0) }, [.status(isStored: false)]),
    (message { MultiplexedMessage.writeStateless("hello", to: &$0) }, [.stateless("hello")]),
    (message { MultiplexedMessage.writeClose("gone", to: &$0) }, [.closed("gone")]),
    (
      message {
        $0.writeUpdateMessage([0, 0])
        $0.writeSyncStep2([1, 2])
        $0.writeSyncStep1(StateVector())
        $0.writeAwarenessMessage(presence)
      },
      [.update([0, 0], isAnswer: false), .update([1, 2], isAnswer: true), .question, .presence(presence)]
    ),
  ]

  private static func decode(_ bytes: [UInt8], of address: [UInt8] = address) throws -> [ServerMessage] {
    try bytes.withUnsafeBytes { try ServerMessage.decode($0, of: address) }
  }

  @Test("What a server says is read as it was written, and nothing of it for another document")
  func reading() throws {
    for (bytes, read) in Self.messages {
      #expect(try Self.decode(bytes) == read)
      #expect(try Self.decode(bytes, of: Array("note".utf8)) == [])
    }
    #expect(try Self.decode(Self.message { $0.writeVarUInt(99) }) == [], "a kind that came later")
  }

  @Test("Messages that are cut anywhere are refused, or say less")
  func truncation() {
    for (bytes, read) in Self.messages {
      for count in 0..<bytes.count {
        let part = try? Self.decode(Array(bytes.prefix(count)))
        #expect(part == nil || read.starts(with: part ?? []), "\(count) of \(bytes)")
      }
    }
  }
}
