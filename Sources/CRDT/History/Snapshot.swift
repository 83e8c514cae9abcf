/// A moment in a document's history: what was known, and what of it was deleted.
///
/// It holds no content, so it is small; the content is read from a document that does not collect garbage
/// (``Document/Options/collectsGarbage``).
///
/// ```swift
/// let before = document.snapshot
/// body.insert("news", at: 0)
/// body.string(at: before)  // without the news
/// ```
public struct Snapshot: Equatable, Sendable {
  /// What was deleted.
  public let deleteSet: IDSet
  /// What was known.
  public let stateVector: StateVector

  /// The moment before anything was written.
  public init() { self.init(deleteSet: IDSet(), stateVector: StateVector()) }

  /// The moment at which the units before `stateVector` were known, and those of `deleteSet` were deleted.
  public init(deleteSet: IDSet, stateVector: StateVector) {
    self.deleteSet = deleteSet
    self.stateVector = stateVector
  }

  /// Whether a document at this moment had all that an update brings.
  ///
  /// - Throws: ``UpdateError`` when the bytes are no update.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public func contains(_ update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> Bool {
    try Update.withParsed(update, format: format) { parsed in
      for index in 0..<parsed.sections.count {
        let section = parsed.sections[index]
        let isEmpty = section.firstStruct == section.endStruct
        if !isEmpty && Clock(section.end) > stateVector[ClientID(rawValue: section.client)] { return false }
      }
      return IDSet(parsed.deletions).isSubset(of: deleteSet)
    }
  }
}

// MARK: Coding

extension Snapshot {
  /// Reads a snapshot, as Yjs writes it in the given update format.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  public init(decoding bytes: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) {
    self = try bytes.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
      try Snapshot(decoding: bytes, format: format)
    }
  }

  /// Reads a snapshot, as Yjs writes it in the given update format: a delete set in that format, then a state vector.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  public init(decoding bytes: UnsafeRawBufferPointer, format: UpdateFormat = .v1) throws(UpdateError) {
    var reader = ByteReader(bytes)
    deleteSet = try IDSet(reading: &reader, format: format)
    let start = reader.byteOffset
    do throws(UpdateError) {
      stateVector = try StateVector(decoding: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    } catch {
      throw UpdateError(error.code, at: start + error.byteOffset)
    }
  }

  /// The snapshot's bytes, clients in descending order.
  public func encode(format: UpdateFormat = .v1) -> [UInt8] {
    var writer = ByteWriter()
    deleteSet.write(to: &writer, format: format)
    stateVector.encode().withUnsafeBytes { writer.writeBytes($0) }
    return writer.bytes()
  }
}

// MARK: Documents

/// Why a document has no past to be restored.
public enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The document collects garbage: what was deleted since may be gone.
  case collectsGarbage
  /// The document does not know all that was known at that moment.
  case notKnown

  /// The reason in words.
  public var description: String {
    switch self {
    case .collectsGarbage: "the document gives up deleted content: make it with collectsGarbage set to false"
    case .notKnown: "the document lacks a part of the snapshot: apply the missing updates first"
    }
  }
}

extension Document {
  /// This moment.
  ///
  /// - Complexity: O(*n*/64) in the document's units, and O(*k*) in the ranges deleted.
  public var snapshot: Snapshot { Snapshot(deleteSet: deleteSet, stateVector: stateVector) }

  /// A document as this one was at a moment, which can be edited on its own.
  ///
  /// - Parameters:
  ///   - snapshot: A moment of this document, or of another replica.
  ///   - clientID: Whom the new document writes as; must be new.
  ///   - options: How the new document is kept.
  /// - Throws: ``SnapshotError``.
  /// - Complexity: O(*n*) in the items known at that moment.
  public func restored(
    at snapshot: Snapshot, clientID: ClientID = .random(), options: Options = Options()
  ) throws(SnapshotError) -> Document {
    guard !store.pointee.collectsGarbage else { throw .collectsGarbage }
    for (client, clock) in snapshot.stateVector.clocks where clock > stateVector[client] { throw .notKnown }
    let update = store.pointee.encodeUpdate(at: snapshot)
    let restored = Document(clientID: clientID, options: options)
    for type in 0..<TypeIndex(store.pointee.types.count) {
      let record = store.pointee.types[Int(type)]
      guard record.isRoot, record.kind != .unknown else { continue }
      let root = restored.store.pointee.rootType(store.pointee.names.bytes(of: record.name))
      restored.store.pointee.types[Int(root)].kind = record.kind
    }
    do throws(UpdateError) {
      try restored.apply(update)
    } catch {
      preconditionFailure("a document's own update is refused")
    }
    return restored
  }
}

extension Document {
  /// Makes all roots hold what they held at a moment, by a new change: what has gone since is written again, what has come
  /// since is deleted, and what others write meanwhile is merged with it.
  ///
  /// - Parameters:
  ///   - snapshot: The moment.
  ///   - root: A root array that stays as it is; nil for none.
  ///   - origin: Handed to observers.
  /// - Throws: ``SnapshotError``; the document is unchanged then.
  /// - Complexity: O(*n*) in the document's items.
  public func restore(
    _ snapshot: Snapshot, except root: SharedArray? = nil, origin: Origin? = nil
  ) throws(SnapshotError) {
    guard !store.pointee.collectsGarbage else { throw .collectsGarbage }
    let now = self.snapshot
    for (client, clock) in snapshot.stateVector.clocks where clock > now.stateVector[client] { throw .notKnown }
    transact(origin: origin) { store.pointee.restore(snapshot, now: now, except: root?.type) }
  }
}

extension DocumentStore {
  /// All that was known at a moment, and what of it was deleted, in format V1.
  ///
  /// - Precondition: All of it is known here.
  fileprivate mutating func encodeUpdate(at snapshot: Snapshot) -> [UInt8] {
    var encoder = UpdateEncoder(writer: ByteWriter(capacity: 64 + unitCount), breaks: nil)
    let clients = snapshot.stateVector.descending
    encoder.writer.writeVarUInt(UInt64(clients.count))
    for (id, clock) in clients {
      encoder.writeSection(&self, client: clientIndex(id.rawValue), before: UInt32(truncatingIfNeeded: clock))
    }
    var deleted = snapshot.deleteSet
    deleted.clamp(to: snapshot.stateVector)
    deleted.write(to: &encoder.writer)
    return encoder.writer.bytes()
  }
}
