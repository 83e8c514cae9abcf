import CRDT

/// Where rooms keep their documents.
///
/// A store is shared by all rooms and threads; completions run on a thread of the store's own.
protocol UpdateStore: Sendable {
  /// Whether documents outlive the process, so that an idle room may be unloaded.
  var isPersistent: Bool { get }

  /// Reads all that is stored of the document `name`: whatever was appended and completed before, at least.
  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void)

  /// Appends an update to a document's log. Appends of a document complete in their order.
  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// Replaces the log of a document by a snapshot that holds at least as much. Comes after all earlier appends.
  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// Completes what was asked for, then closes. No call may follow.
  func close() async
}

/// What a store has of one document.
struct StoredDocument: Equatable, Sendable {
  /// The whole document at some time, as an update; nil when it was never compacted.
  var snapshot: [UInt8]?
  /// Updates since then, oldest first.
  var updates: [[UInt8]] = []
  /// The number of the last update stored; 0 when there is none.
  var lastSequence: Int64 = 0
}

/// One update in a document's log.
struct UpdateRecord: Equatable, Sendable {
  /// The document's name.
  let name: String
  /// The update's number in its document, one more than that before it.
  let sequence: Int64
  /// Where the update came from: a peer's address, or `local`.
  let source: String
  /// The update as it was received, V1.
  let bytes: [UInt8]
}

/// A document as one update that covers its log up to and including `sequence`.
struct SnapshotRecord: Equatable, Sendable {
  /// The document's name.
  let name: String
  /// The number of the last update that the snapshot covers.
  let sequence: Int64
  /// The whole document, V1, with what still waits for missing updates.
  let bytes: [UInt8]
}

/// Keeps nothing: documents live in their rooms and are gone with the process.
struct EphemeralStore: UpdateStore {
  var isPersistent: Bool { false }

  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void) {
    completion(.success(StoredDocument()))
  }

  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    completion(.success(()))
  }

  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    completion(.success(()))
  }

  func close() async {}
}

extension Document {
  /// A document with all that is `stored`.
  ///
  /// - Throws: The error of the first snapshot or update that cannot be read.
  convenience init(_ stored: StoredDocument) throws(UpdateError) {
    self.init()
    if let snapshot = stored.snapshot { try apply(snapshot) }
    for update in stored.updates { try apply(update) }
  }
}
