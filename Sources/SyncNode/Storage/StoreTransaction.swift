import CRDT
import Foundation
import GRDB

/// Changes of rooms in a store at rest, which are made together or not at all.
public struct StoreTransaction {
  /// What a change has done to a room.
  public struct Change: Equatable, Sendable {
    /// Whether the room was not there before.
    public let isNewRoom: Bool
    /// Bytes that came to the room's log; 0 when all was there already.
    public let bytes: Int
    /// Whether something in the room waits for updates that are not there.
    public let isPending: Bool
  }

  fileprivate let database: Database
  fileprivate let writer: StoreWriter

  /// Merges an update into a room, which is made when there is none. Nodes that replicate the room get it when they are
  /// connected.
  ///
  /// - Parameters:
  ///   - update: In format V1. What the room has already is not stored again.
  ///   - author: Who is said to have written it.
  /// - Throws: ``UpdateError`` when it cannot be read; ``StoreError``: `outdated` when it is of a document that was there
  ///   before the room was recreated, `damaged` when the room cannot be read.
  /// - Complexity: O(*n*) in the bytes of the room and of the update.
  @discardableResult
  public func merge(_ update: [UInt8], into room: String, author: Author) throws -> Change {
    try change(room, author: author) { document in
      let (_, retired) = try StoreSchema.epoch(of: room, in: database)
      if !retired.isEmpty, try retired.haveWritten(update, besides: document.stateVector) {
        throw StoreError(.outdated, path: writer.path, detail: "room \(room)")
      }
      try document.apply(update)
      return update
    }
  }

  /// Changes the document of a room, which is made when there is none.
  ///
  /// - Parameters:
  ///   - author: Who is said to have done it.
  ///   - body: Makes edits. Nothing is changed when it throws, and nothing of the transaction.
  /// - Throws: ``StoreError`` (`damaged`), or what `body` throws.
  /// - Complexity: O(*n*) in the bytes of the room.
  @discardableResult
  public func edit(_ room: String, author: Author, _ body: (Document) throws -> Void) throws -> Change {
    try change(room, author: author) { document in
      try document.transact { try body(document) }
      return nil
    }
  }

  /// - Parameter body: Changes the document, and returns what did if something of it may have to wait.
  private func change(_ room: String, author: Author, _ body: (Document) throws -> [UInt8]?) throws -> Change {
    let stored = try writer.wholeDocument(of: room, in: database)
    let document = try writer.document(stored ?? StoredDocument(), of: room)
    let pending = document.pending
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    defer { subscription.cancel() }
    // What waits is in no event.
    if let update = try body(document), document.pending != nil, document.pending != pending || !updates.isEmpty {
      updates = [update]
    }
    // A room is there once something is stored of it.
    if updates.isEmpty, stored == nil { updates = [[0, 0]] }
    var sequence = stored?.lastSequence ?? 0
    let time = Int64(Date().timeIntervalSince1970 * 1000)
    for update in updates {
      sequence += 1
      let record = UpdateRecord(
        name: room, sequence: sequence, source: author.source, subject: author.subject, bytes: update)
      guard try SQLiteStore.append(record, time: time, to: database) else {
        throw StoreError(.damaged, path: writer.path, detail: "room \(room): its log has other numbers")
      }
    }
    return Change(
      isNewRoom: stored == nil, bytes: updates.reduce(0) { $0 + $1.count }, isPending: document.pending != nil)
  }
}

extension StoreWriter {
  /// Makes changes of rooms in one transaction: all of them, or none when `body` throws or the process ends.
  ///
  /// - Throws: ``StoreError``, or what `body` throws.
  public func transaction<Result>(_ body: (StoreTransaction) throws -> Result) throws -> Result {
    do {
      return try store.database.write { try body(StoreTransaction(database: $0, writer: self)) }
    } catch let error as DatabaseError {
      throw StoreError(error, path: path)
    }
  }
}
