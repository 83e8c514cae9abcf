// Documents: their life, transactions, updates and observers.

/// An empty document.
///
/// - Parameters:
///   - number: Whom it writes as; 0 for a client drawn at random.
///   - collectsGarbage: 1 to give up deleted content.
/// - Returns: Its address, to be given to all other calls and at last to ``destroyDocument(_:)``.
@_expose(wasm, "document_create") @_cdecl("crdt_document_create")
public func createDocument(
  _ number: Double, _ collectsGarbage: Int32, _ guid: UnsafeRawPointer?, _ guidCount: Int32
) -> UnsafeMutableRawPointer {
  var options = Document.Options()
  options.collectsGarbage = collectsGarbage != 0
  if guidCount > 0 { options.guid = string(guid, guidCount) }
  let writer = number == 0 ? nil : client(number)
  return box(Document(clientID: writer ?? .random(), options: options))
}

/// Puts a document where JavaScript can hold it.
func box(_ document: Document) -> UnsafeMutableRawPointer { Unmanaged.passRetained(DocumentBox(document)).toOpaque() }

/// Gives a document's memory back. Undo managers keep it alive until they are destroyed, too.
@_expose(wasm, "document_destroy") @_cdecl("crdt_document_destroy")
public func destroyDocument(_ address: UnsafeRawPointer) { Unmanaged<DocumentBox>.fromOpaque(address).release() }

/// Whom a document writes as.
@_expose(wasm, "document_client") @_cdecl("crdt_document_client")
public func documentClient(_ address: UnsafeRawPointer) -> Double {
  Double(DocumentBox.at(address).document.clientID.rawValue)
}

/// How many units a document has written as the client that it writes as.
@_expose(wasm, "document_own_clock") @_cdecl("crdt_document_own_clock")
public func documentOwnClock(_ address: UnsafeRawPointer) -> Double {
  Double(DocumentBox.at(address).document.store.pointee.ownClock)
}

/// A document's name wherever it is.
@_expose(wasm, "document_guid") @_cdecl("crdt_document_guid")
public func documentGUID(_ address: UnsafeRawPointer) -> Int32 {
  give([UInt8](DocumentBox.at(address).document.guid.utf8))
}

/// About how many bytes a document takes.
@_expose(wasm, "document_memory") @_cdecl("crdt_document_memory")
public func documentMemory(_ address: UnsafeRawPointer) -> Int32 {
  Int32(truncatingIfNeeded: DocumentBox.at(address).document.memoryBytes)
}

// MARK: Transactions

/// Opens a transaction, or one inside the open one.
@_expose(wasm, "document_begin") @_cdecl("crdt_document_begin")
public func beginTransaction(_ address: UnsafeRawPointer, _ name: UnsafeRawPointer?, _ count: Int32) {
  DocumentBox.withDocument(address) { document in
    if let origin = origin(name, count) { document.begin(origin: origin) } else { document.begin() }
  }
}

/// Closes what ``beginTransaction(_:_:_:)`` opened.
@_expose(wasm, "document_end") @_cdecl("crdt_document_end")
public func endTransaction(_ address: UnsafeRawPointer) { DocumentBox.withDocument(address) { $0.end() } }

// MARK: Updates

/// The format that JavaScript means by a number.
func format(_ number: Int32) -> UpdateFormat { number == 2 ? .v2 : .v1 }

/// Merges an update.
///
/// - Returns: 1 when the document changed, 2 when something waits for missing updates, 4 when more or less waits than before;
///   their sum. Or that it was refused.
@_expose(wasm, "document_apply") @_cdecl("crdt_document_apply")
public func applyUpdate(
  _ address: UnsafeRawPointer, _ update: UnsafeRawPointer?, _ count: Int32, _ number: Int32,
  _ name: UnsafeRawPointer?, _ nameCount: Int32
) -> Int32 {
  do throws(UpdateError) {
    let result = try DocumentBox.at(address).document.apply(
      bytes(update, count), format: format(number), origin: origin(name, nameCount))
    return (result.changed ? 1 : 0) | (result.isPending ? 2 : 0) | (result.pendingChanged ? 4 : 0)
  } catch {
    return refuse(error)
  }
}

/// What a peer lacks that knows a state vector; all for none.
@_expose(wasm, "document_encode") @_cdecl("crdt_document_encode")
public func encodeUpdate(
  _ address: UnsafeRawPointer, _ vector: UnsafeRawPointer?, _ count: Int32, _ number: Int32
) -> Int32 {
  do throws(UpdateError) {
    let known = count == 0 ? StateVector() : try StateVector(decoding: bytes(vector, count))
    return give(DocumentBox.at(address).document.encodeUpdate(since: known, format: format(number)))
  } catch {
    return refuse(error)
  }
}

/// How much of each client's history a document knows.
@_expose(wasm, "document_state_vector") @_cdecl("crdt_document_state_vector")
public func documentStateVector(_ address: UnsafeRawPointer) -> Int32 {
  give(DocumentBox.at(address).document.stateVector.encode())
}

/// The state vector at which what waits can go on; 0 when nothing waits.
@_expose(wasm, "document_missing") @_cdecl("crdt_document_missing")
public func documentMissing(_ address: UnsafeRawPointer) -> Int32 {
  DocumentBox.at(address).document.pending.map { give($0.missing.encode()) } ?? Status.none
}

// MARK: Roots

/// The number of the root of a name, as a kind.
@_expose(wasm, "document_root") @_cdecl("crdt_document_root")
public func documentRoot(
  _ address: UnsafeRawPointer, _ kind: Int32, _ name: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  let document = DocumentBox.at(address).document
  guard let kind = TypeKind(rawValue: UInt8(truncatingIfNeeded: kind)) else { return Status.otherKind }
  let type = document.store.pointee.rootType(bytes(name, count))
  if document.store.pointee.types[Int(type)].kind == .unknown { document.store.pointee.types[Int(type)].kind = kind }
  return document.store.pointee.types[Int(type)].kind == kind ? Int32(bitPattern: type) : Status.otherKind
}

/// All roots: a count, then for each its name and its content.
@_expose(wasm, "document_roots") @_cdecl("crdt_document_roots")
public func documentRoots(_ address: UnsafeRawPointer) -> Int32 {
  let roots = DocumentBox.at(address).document.roots
  var writer = ByteWriter()
  writer.write(roots.count)
  for root in roots {
    writer.writeVarString(root.name)
    writer.write(root.content)
  }
  return give(writer)
}

// MARK: Observers

/// Begins (1) or ends (0) to note updates in a document's outbox.
@_expose(wasm, "document_observe_updates") @_cdecl("crdt_document_observe_updates")
public func observeUpdates(_ address: UnsafeRawPointer, _ isOn: Int32) {
  DocumentBox.at(address).observeUpdates(isOn != 0)
}

/// Begins (1) or ends (0) to note what happens to a type, or to it and all inside it.
@_expose(wasm, "document_observe_type") @_cdecl("crdt_document_observe_type")
public func observeType(_ address: UnsafeRawPointer, _ type: UInt32, _ isDeep: Int32, _ isOn: Int32) {
  DocumentBox.at(address).observe(type, isDeep: isDeep != 0, isOn != 0)
}

/// What was noted since the last time; 0 for nothing.
@_expose(wasm, "document_events") @_cdecl("crdt_document_events")
public func documentEvents(_ address: UnsafeRawPointer) -> Int32 { DocumentBox.at(address).giveOutbox() }
