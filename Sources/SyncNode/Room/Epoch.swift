import CRDT

/// Which of its lives a document is in: it begins anew when it is recreated on purpose.
///
/// Documents that nodes create independently of each other under one name are all in the first epoch and merge, as in Yjs.
/// Of two later epochs the higher one holds, on all nodes; whoever holds another puts it aside.
struct Epoch: Comparable, Hashable, Sendable {
  /// How often the document was recreated.
  let generation: UInt64
  /// Tells two recreations apart that did not know of each other; 0 in the first epoch.
  let id: UInt64

  /// That of a document that was never recreated.
  static let first = Epoch(generation: 0, id: 0)

  /// The epoch after this one.
  func next(using generator: inout some RandomNumberGenerator) -> Epoch {
    // 53 bits, so that JavaScript can hold it.
    Epoch(generation: generation + 1, id: UInt64.random(in: 1..<1 << 53, using: &generator))
  }

  static func < (left: Epoch, right: Epoch) -> Bool { (left.generation, left.id) < (right.generation, right.id) }
}

/// The clients that wrote in earlier epochs of a document: whatever is theirs has no place in it any more.
///
/// Only grows, so nodes agree by exchanging it. Some in it may have written to the present document, too, and brought that
/// to a node that still had the one before: who is in the present document is not meant.
struct RetiredClients: Equatable, Sendable {
  private(set) var clients: Set<ClientID> = []

  var isEmpty: Bool { clients.isEmpty }

  mutating func formUnion(_ other: RetiredClients) { clients.formUnion(other.clients) }

  /// Adds all who have written to `document` or are waited for there.
  mutating func insert(writersOf document: Document) {
    clients.formUnion(document.stateVector.clocks.keys)
    if let pending = document.pending { clients.formUnion(pending.missing.clocks.keys) }
  }

  /// Whether an update has anything of theirs, or refers to it.
  ///
  /// - Parameter present: What is in the present document.
  /// - Throws: What cannot be read.
  /// - Complexity: O(*n*) in the bytes of the update.
  func haveWritten(_ update: [UInt8], besides present: StateVector) throws(UpdateError) -> Bool {
    func isRetired(_ client: ClientID?) -> Bool { client.map { contains($0, besides: present) } ?? false }
    let inspection = try Update.inspect(update)
    for item in inspection.structs {
      if isRetired(item.id.client) || isRetired(item.origin?.client) || isRetired(item.rightOrigin?.client) {
        return true
      }
      if case .item(let parent)? = item.parent, isRetired(parent.client) { return true }
    }
    return inspection.deletions.contains { isRetired($0.client) }
  }

  /// Whether a replica with this state has anything of theirs.
  ///
  /// - Parameter present: What is in the present document.
  func haveWritten(_ vector: StateVector, besides present: StateVector) -> Bool {
    !clients.isEmpty && vector.clocks.keys.contains { contains($0, besides: present) }
  }

  private func contains(_ client: ClientID, besides present: StateVector) -> Bool {
    clients.contains(client) && present[client] == 0
  }
}

// MARK: Bytes

extension RetiredClients {
  /// Writes a count and the clients in ascending order.
  func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(UInt64(clients.count))
    for client in clients.sorted() { writer.writeVarUInt(client.rawValue) }
  }

  /// Reads what ``write(to:)`` has written.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`.
  init(reading reader: inout ByteReader) throws(UpdateError) {
    let count = try reader.readVarUInt()
    guard count <= UInt64(reader.remaining) else { throw UpdateError(.truncated, at: reader.byteOffset) }
    for _ in 0..<count {
      let offset = reader.byteOffset
      let client = try reader.readVarUInt()
      guard client <= ClientID.max.rawValue else { throw UpdateError(.integerOutOfRange, at: offset) }
      clients.insert(ClientID(rawValue: client))
    }
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    write(to: &writer)
    return writer.bytes()
  }

  /// - Throws: As ``init(reading:)``.
  init(bytes: [UInt8]) throws(UpdateError) {
    var result = RetiredClients()
    if !bytes.isEmpty {
      result = try bytes.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
        var reader = ByteReader(bytes)
        return try RetiredClients(reading: &reader)
      }
    }
    self = result
  }
}
