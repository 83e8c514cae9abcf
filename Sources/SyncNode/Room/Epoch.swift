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
/// Only grows, so nodes agree by exchanging it.
struct RetiredClients: Equatable, Sendable {
  private(set) var clients: Set<ClientID> = []

  var isEmpty: Bool { clients.isEmpty }

  func contains(_ client: ClientID) -> Bool { clients.contains(client) }

  mutating func formUnion(_ other: RetiredClients) { clients.formUnion(other.clients) }

  /// Adds all who have written to `document` or are waited for there.
  mutating func insert(writersOf document: Document) {
    clients.formUnion(document.stateVector.clocks.keys)
    if let pending = document.pending { clients.formUnion(pending.missing.clocks.keys) }
  }

  /// Whether an update has anything of theirs, or refers to it.
  ///
  /// - Throws: What cannot be read.
  /// - Complexity: O(*n*) in the bytes of the update.
  func haveWritten(_ update: [UInt8]) throws(UpdateError) -> Bool {
    let inspection = try Update.inspect(update)
    for item in inspection.structs {
      if contains(item.id.client) { return true }
      if let origin = item.origin, contains(origin.client) { return true }
      if let origin = item.rightOrigin, contains(origin.client) { return true }
      if case .item(let parent)? = item.parent, contains(parent.client) { return true }
    }
    return inspection.deletions.contains { contains($0.client) }
  }

  /// Whether a replica with this state has anything of theirs.
  func haveWritten(_ vector: StateVector) -> Bool {
    !clients.isEmpty && vector.clocks.contains { $0.value > 0 && contains($0.key) }
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
