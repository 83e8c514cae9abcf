import CRDT

/// Where rooms keep their documents.
///
/// A store is shared by all rooms and threads; completions run on a thread of the store's own.
protocol UpdateStore: Sendable {
  /// Whether documents outlive the process, so that an idle room may be unloaded.
  var isPersistent: Bool { get }

  /// Tells the node that the store belongs to from all others.
  var nodeID: PeerID { get }

  /// Whether appends succeed. Once one has failed, all fail until this tells of the recovery.
  var writability: Writability { get }

  /// Reads all that is stored of the document `name`: whatever was appended and completed before, at least.
  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void)

  /// Appends an update to a document's log. Appends of a document complete in their order.
  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// Replaces the log of a document by a snapshot that holds at least as much. Comes after all earlier appends.
  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// Notes up to where a peer has stored a document's log.
  func acknowledge(_ record: AcknowledgementRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// Puts a document's log aside and begins another, or notes who wrote in earlier epochs. Comes after all that was asked
  /// for before.
  func begin(_ record: EpochRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// Adds entries of a feed to the index of activity. Comes after all that was appended before; nothing else depends on it.
  func index(_ record: ActivityIndexRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

  /// What was put aside of a document, the oldest first.
  func copies(of name: String, completion: @escaping @Sendable (Result<[DocumentCopy], StoreError>) -> Void)

  /// The names of the documents whose log a peer is not known to have stored to its end, in order.
  func unacknowledged(by peer: PeerID, completion: @escaping @Sendable ([String]) -> Void)

  /// What nodes that have ever acknowledged anything are not known to have stored, by room and node.
  func queues(completion: @escaping @Sendable (Result<[PeerQueue], StoreError>) -> Void)

  /// Completes what was asked for, then closes. No call may follow.
  func close() async
}

extension UpdateStore {
  /// Without documents that outlive the process there is no index.
  func index(_ record: ActivityIndexRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    completion(.success(()))
  }
}

/// What a store has of one document.
struct StoredDocument: Equatable, Sendable {
  /// The whole document at some time, as an update; nil when it was never compacted.
  var snapshot: [UInt8]?
  /// Updates since then, oldest first.
  var updates: [[UInt8]] = []
  /// The number of the last update stored; 0 when there is none.
  var lastSequence: Int64 = 0
  /// Up to where each peer is known to have stored the log.
  var acknowledgedSequences: [PeerID: Int64] = [:]
  /// Which life of the document this is.
  var epoch = Epoch.first
  /// Who wrote in earlier ones.
  var retired = RetiredClients()
  /// Up to which update it is in the index of activity; nil when it is not.
  var indexedSequence: Int64?

  /// Bytes of the snapshot and the updates.
  var byteCount: Int { updates.reduce(snapshot?.count ?? 0) { $0 + $1.count } }
}

/// The beginning of a document's epoch.
struct EpochRecord: Equatable, Sendable {
  /// The document's name.
  let name: String
  /// The epoch.
  let epoch: Epoch
  /// All who wrote in earlier epochs.
  let retired: RetiredClients
  /// The number of the marker, an empty update, that the new log begins with; nil when only ``retired`` has grown.
  let sequence: Int64?
  /// The whole document of the epoch before, as an update V1; nil when it was empty.
  let copy: [UInt8]?
}

/// A document that was put aside when another of its name took its place.
public struct DocumentCopy: Equatable, Sendable {
  /// Counts the copies of a store, from 1.
  public let number: Int64
  /// When it was put aside, in milliseconds since 1970.
  public let milliseconds: Int64
  /// The whole document, as an update V1.
  public let update: [UInt8]

  /// A copy that was read elsewhere.
  public init(number: Int64, milliseconds: Int64, update: [UInt8]) {
    self.number = number
    self.milliseconds = milliseconds
    self.update = update
  }
}

/// Up to where a peer has stored a document's log.
struct AcknowledgementRecord: Equatable, Sendable {
  /// The document's name.
  let name: String
  /// The peer.
  let peer: PeerID
  /// The number of the last update that it has, with all before it.
  let sequence: Int64
}

/// One update in a document's log.
struct UpdateRecord: Equatable, Sendable {
  /// The document's name.
  let name: String
  /// The update's number in its document, one more than that before it.
  let sequence: Int64
  /// Where the update came from: a peer's address, or `local`.
  let source: String
  /// Whom the grant of its sender is for; nil when that is not known.
  var subject: String?
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

extension Document {
  /// A document with all that is `stored`.
  ///
  /// - Throws: The error of the first snapshot or update that cannot be read.
  convenience init(_ stored: StoredDocument) throws(UpdateError) {
    self.init()
    try apply(stored)
  }

  /// Applies all that is `stored`.
  ///
  /// - Throws: The error of the first snapshot or update that cannot be read.
  func apply(_ stored: StoredDocument) throws(UpdateError) {
    if let snapshot = stored.snapshot { try apply(snapshot) }
    for update in stored.updates { try apply(update) }
  }
}
