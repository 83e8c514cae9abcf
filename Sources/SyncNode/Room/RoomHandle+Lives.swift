import CRDT

// The beginnings of a document.

extension RoomHandle {
  /// Fills a document that is empty with what it is to start with.
  ///
  /// Any number of nodes may do this with the same content, also without a connection: what they write is the same, so it
  /// is there once when they meet. Other content is other content, and both are there.
  ///
  /// - Parameter body: Must write the same each time: no dates, no random numbers.
  /// - Throws: What `body` throws, or ``RoomError`` when the room failed or `body` writes something else each time.
  public func initialise(_ body: @Sendable (Document) throws -> Void) async throws {
    guard let update = try InitialContent.update(body) else {
      throw RoomError(room: name, reason: "its initial content is another each time that it is made")
    }
    try await edit { document in
      if document.stateVector.isEmpty, document.pending == nil { try document.apply(update) }
    }
  }

  /// Puts the document aside and begins anew with an empty one, here and on all nodes that replicate it.
  ///
  /// What others have written meanwhile, or will have when they are back, does not come into the new document: nodes keep it
  /// aside, too, and tell it by ``RoomEvent/recreated(copyByteCount:)``; clients are disconnected with code 4409 for as long
  /// as they come with the old document. The room's handles are for the new one from then on.
  ///
  /// - Throws: ``RoomError`` when it could not be stored.
  public func recreate() async throws {
    let room = room
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      room.whenOpen { error in
        if let error { return continuation.resume(throwing: error) }
        room.recreate { error in
          if let error { continuation.resume(throwing: error) } else { continuation.resume() }
        }
      }
    }
  }
}

extension Node {
  /// What was put aside of a room when it was recreated, here or elsewhere, the oldest first.
  ///
  /// - Throws: ``StoreError`` when it cannot be read.
  public func copies(of room: String) async throws -> [DocumentCopy] {
    try await withCheckedThrowingContinuation { continuation in
      store.copies(of: room) { continuation.resume(with: $0) }
    }
  }
}

/// Content that is the same whoever makes it.
enum InitialContent {
  /// An update with what `body` writes, by a client that follows from the content.
  ///
  /// - Returns: Nil when `body` writes something else each time.
  static func update(_ body: (Document) throws -> Void) rethrows -> [UInt8]? {
    let content = try update(by: 1, body)
    guard try update(by: 1, body) == content else { return nil }
    // 32 bits, as Yjs draws them.
    return try update(by: ClientID(rawValue: max(1, content.fnv1a >> 32)), body)
  }

  private static func update(by client: ClientID, _ body: (Document) throws -> Void) rethrows -> [UInt8] {
    let document = Document(clientID: client)
    try document.transact { try body(document) }
    return document.encodeUpdate()
  }
}
