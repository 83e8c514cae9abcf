import CRDT
import Testing

@testable import SyncNode

/// Somebody who writes in a room, with a document of their own.
// Sendable: one test has it.
final class Typist: @unchecked Sendable {
  let client: TestClient
  let document: Document

  /// Joins a room and gets what is in it.
  ///
  /// - Parameter room: Its name, with a token behind it.
  init(_ room: String, of server: TestServer, clientID: UInt64) async throws {
    client = try await server.connect(room)
    client.answerPings()
    document = Document(clientID: ClientID(rawValue: clientID))
    try await client.send(Message.syncStep1())
    try document.apply(try await client.payload(.syncStep2))
  }

  /// Edits the document and sends each update of that, as a stock client does.
  func edit(_ body: (Document) -> Void) async throws {
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    body(document)
    subscription.cancel()
    for update in updates { try await client.sendUpdate(update) }
  }
}
