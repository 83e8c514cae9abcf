import CRDT
import NIOCore

/// A room of this process: reads and edits its document where the room lives.
public final class RoomHandle: Sendable {
  let room: Room
  private let registry: RoomRegistry
  /// Whose presence ``setPresence(_:)`` states.
  public let clientID: ClientID

  init(room: Room, registry: RoomRegistry) {
    self.room = room
    self.registry = registry
    var generator = room.environment.randomNumbers
    clientID = .random(using: &generator)
  }

  deinit {
    let (room, client) = (room, clientID)
    room.executor.enqueue { room.setPresence(nil, of: client) }
    registry.release(room, by: .process)
  }

  /// The room's name.
  public var name: String { room.name }

  /// Lends the document to `body`, and returns when all it changed is stored. Clients see the change before that.
  ///
  /// The document must not be kept beyond `body`. When `body` throws, what it had changed until then holds.
  ///
  /// - Throws: What `body` throws, or ``RoomError`` when the room failed or the store takes no writes, ``Node/storeFailure``;
  ///   then `body` was not called.
  public func edit<Result: Sendable>(
    _ body: @escaping @Sendable (Document) throws -> Result
  ) async throws -> Result {
    try await perform { room, outcome in
      if let refusal = room.refusalOfChanges { return outcome.value = .failure(refusal) }
      room.edit { document in outcome.value = Swift.Result { try body(document) } }
    }
  }

  /// Lends the document to `body`, which must not change it or keep it.
  ///
  /// - Throws: What `body` throws, or ``RoomError`` when the room failed.
  public func read<Result: Sendable>(
    _ body: @escaping @Sendable (Document) throws -> Result
  ) async throws -> Result {
    try await perform { room, outcome in
      outcome.value = Swift.Result { try body(room.document) }
    }
  }

  /// Applies what somebody wrote elsewhere as a client's update, and returns when it is stored: ``Hooks/validate`` is asked, and
  /// limits hold, as over a connection.
  ///
  /// - Parameters:
  ///   - update: In format V1.
  ///   - origin: Who wrote it.
  /// - Returns: Whether there was anything new in it.
  /// - Throws: ``UpdateRefusal``, `UpdateError` when it cannot be read, or ``RoomError`` when the room failed or the store takes
  ///   no writes; nothing is applied then.
  public func merge(_ update: [UInt8], from origin: ChangeOrigin) async throws -> Bool {
    try await perform { room, outcome in
      outcome.value = Swift.Result { try room.merge(update, from: origin) }
    }
  }

  /// Returns when all that is in the document now is stored by every connected peer node, or by `peer`, which need not be
  /// connected yet.
  ///
  /// - Throws: ``RoomError`` when the room failed.
  public func flushed(to peer: PeerID? = nil) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      // Called once: by the room that waits, or at once when it cannot.
      let outcome = Outcome<Bool>()
      room.perform { room in
        outcome.value = .success(true)
        room.whenFlushed(to: peer) { error in
          if let error { continuation.resume(throwing: error) } else { continuation.resume() }
        }
      } completion: { error in
        if outcome.value == nil { continuation.resume(throwing: error ?? RoomError(room: self.name, reason: "gone")) }
      }
    }
  }

  /// What `body` came to, on its way from one closure that the room's executor runs to the next.
  // Sendable: only one of them runs at a time.
  private final class Outcome<Value: Sendable>: @unchecked Sendable {
    var value: Swift.Result<Value, any Error>?
  }

  private func perform<Value: Sendable>(
    _ body: @escaping @Sendable (Room, Outcome<Value>) -> Void
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let outcome = Outcome<Value>()
      room.perform { room in
        body(room, outcome)
      } completion: { error in
        if let value = outcome.value, error == nil {
          continuation.resume(with: value)
        } else {
          continuation.resume(throwing: error ?? RoomError(room: self.name, reason: "the room is gone"))
        }
      }
    }
  }
}
