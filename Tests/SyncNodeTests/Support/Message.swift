import CRDT

/// Protocol messages and updates, as bytes.
enum Message {
  static func update(_ update: [UInt8]) -> [UInt8] { written { $0.writeUpdateMessage(update) } }
  static func syncStep2(_ update: [UInt8]) -> [UInt8] { written { $0.writeSyncStep2(update) } }
  static func syncStep1(_ vector: StateVector = StateVector()) -> [UInt8] { written { $0.writeSyncStep1(vector) } }
  static func awareness(_ entries: AwarenessEntry...) -> [UInt8] {
    written { $0.writeAwarenessMessage(AwarenessUpdate(entries)) }
  }
  static let queryAwareness: [UInt8] = [3]

  /// A message of a document on a multiplexed socket.
  static func addressed(_ address: String, _ message: [UInt8]) -> [UInt8] {
    [UInt8(address.utf8.count)] + Array(address.utf8) + message
  }
  /// What is behind an address when a client shows its token.
  static func token(_ text: String) -> [UInt8] { written { $0.writeFields(2, 0, string: text) } }
  /// What is behind an address when the token was taken: `read-write` or `readonly`.
  static func authenticated(_ scope: String) -> [UInt8] { written { $0.writeFields(2, 2, string: scope) } }
  /// What is behind an address when it was not, or the document is lost.
  static func permissionDenied(_ reason: String) -> [UInt8] { written { $0.writeFields(2, 1, string: reason) } }
  /// What is behind an address when a client says something to the application.
  static func stateless(_ payload: String) -> [UInt8] { written { $0.writeFields(5, string: payload) } }

  private static func written(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    write(&writer)
    return writer.bytes()
  }

  /// The payload of the first protocol message of `kind` in what was received.
  static func payload(_ kind: ProtocolMessage.Kind, of received: TestClient.Received) -> [UInt8]? {
    guard case .message(let bytes) = received else { return nil }
    return (try? parse(bytes))?.first { $0.kind == kind }.map { Array(bytes[$0.payload]) }
  }

  /// All protocol messages in `bytes`.
  static func parse(_ bytes: [UInt8]) throws -> [ProtocolMessage] {
    try bytes.withUnsafeBytes { buffer in
      var reader = ProtocolMessageReader(buffer)
      var messages: [ProtocolMessage] = []
      while let message = try reader.next() { messages.append(message) }
      return messages
    }
  }
}

/// Updates that insert at the start of the text `t`, each by a client of its own, so that their order is free.
enum Insertion {
  /// An update V1 in which `client` inserts `text`, ASCII of fewer than 128 characters, at `clock`.
  ///
  /// With a clock above 0 the client's earlier units are missing.
  static func update(_ text: String, client: UInt8, clock: UInt8 = 0) -> [UInt8] {
    precondition(text.utf8.count < 128 && client < 128 && clock < 128, "one byte each")
    return [1, 1, client, clock, 4, 1, 1, 0x74, UInt8(text.utf8.count)] + Array(text.utf8) + [0]
  }
}

extension AwarenessEntry {
  init(_ client: UInt64, _ clock: UInt64, _ json: String) {
    self.init(client: ClientID(rawValue: client), clock: clock, state: Array(json.utf8))
  }
}

extension Document {
  /// The text `t` of the document that `updates` make.
  static func text(of updates: [UInt8]...) throws -> String {
    let document = Document()
    for update in updates { try document.apply(update) }
    return document.text("t").string
  }
}

extension ByteWriter {
  /// Writes numbers, and a string behind them.
  fileprivate mutating func writeFields(_ kinds: UInt64..., string: String) {
    for kind in kinds { writeVarUInt(kind) }
    writeVarString(string)
  }
}

extension TestClient {
  /// Asks for a document on a multiplexed socket.
  func open(_ address: String, token: String) async throws {
    try await send(Message.addressed(address, Message.token(token)))
  }
}
