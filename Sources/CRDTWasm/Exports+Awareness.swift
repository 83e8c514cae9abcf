// Awareness: who is present, and what each says of itself. States are JSON text.

/// An awareness that JavaScript holds by its address.
private final class AwarenessBox {
  var awareness: Awareness

  init(_ awareness: Awareness) { self.awareness = awareness }

  static func at(_ address: UnsafeRawPointer) -> AwarenessBox {
    Unmanaged<AwarenessBox>.fromOpaque(address).takeUnretainedValue()
  }
}

/// Milliseconds as the core counts them.
private func time(_ now: Double) -> UInt64 { UInt64(min(max(0, now), 0x1F_FFFF_FFFF_FFFF)) }

/// An awareness in which nobody is present.
@_expose(wasm, "awareness_create") @_cdecl("crdt_awareness_create")
public func createAwareness(_ number: Double) -> UnsafeMutableRawPointer {
  Unmanaged.passRetained(AwarenessBox(Awareness(ownClient: client(number)))).toOpaque()
}

/// Gives an awareness's memory back.
@_expose(wasm, "awareness_destroy") @_cdecl("crdt_awareness_destroy")
public func destroyAwareness(_ address: UnsafeRawPointer) { Unmanaged<AwarenessBox>.fromOpaque(address).release() }

/// Gives what others have to hear, who came, spoke and left, and what the sender has to hear:
/// `vb update, vb update, clients, clients, clients`, where clients are a count and numbers.
private func give(_ outcome: Awareness.Outcome) -> Int32 {
  var writer = ByteWriter()
  let news = outcome.accepted + (outcome.restated.map { [$0] } ?? [])
  for entries in [news, outcome.outdated] {
    AwarenessUpdate(entries).encode().withUnsafeBytes { writer.writeVarBytes($0) }
  }
  for clients in [outcome.changes.added, outcome.changes.updated, outcome.changes.removed] {
    writer.write(clients.count)
    for client in clients { writer.writeVarUInt(client.rawValue) }
  }
  return give(writer)
}

/// States something of the own client; no bytes say that it leaves.
@_expose(wasm, "awareness_set") @_cdecl("crdt_awareness_set")
public func setAwareness(_ address: UnsafeRawPointer, _ json: UnsafeRawPointer?, _ count: Int32, _ now: Double) -> Int32
{
  let state: [UInt8]? = count == 0 ? nil : [UInt8](bytes(json, count))
  return give(AwarenessBox.at(address).awareness.stateOwn(state, now: time(now)))
}

/// Takes what others say.
@_expose(wasm, "awareness_apply") @_cdecl("crdt_awareness_apply")
public func applyAwareness(
  _ address: UnsafeRawPointer, _ update: UnsafeRawPointer?, _ count: Int32, _ now: Double
) -> Int32 {
  do throws(UpdateError) {
    let update = try AwarenessUpdate(decoding: bytes(update, count))
    return give(AwarenessBox.at(address).awareness.apply(update, now: time(now)))
  } catch {
    return refuse(error)
  }
}

/// Renews the own state and removes silent clients, as far as it is time.
@_expose(wasm, "awareness_check") @_cdecl("crdt_awareness_check")
public func checkAwareness(_ address: UnsafeRawPointer, _ now: Double) -> Int32 {
  give(AwarenessBox.at(address).awareness.check(now: time(now)))
}

/// The clients that a caller lists: a count and numbers.
private func clients(_ list: UnsafeRawPointer?, _ count: Int32) throws(UpdateError) -> [ClientID] {
  var reader = ByteReader(bytes(list, count))
  var clients: [ClientID] = []
  for _ in 0..<(try reader.readVarUInt()) { clients.append(ClientID(rawValue: try reader.readVarUInt())) }
  return clients
}

/// Removes clients, as when a connection closes.
@_expose(wasm, "awareness_remove") @_cdecl("crdt_awareness_remove")
public func removeClients(
  _ address: UnsafeRawPointer, _ list: UnsafeRawPointer?, _ count: Int32, _ now: Double
) -> Int32 {
  do throws(UpdateError) {
    let removal = AwarenessBox.at(address).awareness.remove(try clients(list, count), now: time(now))
    var outcome = Awareness.Outcome()
    outcome.accepted = removal.entries
    outcome.changes.removed = removal.entries.map { $0.client }
    return give(outcome)
  } catch {
    return refuse(error)
  }
}

/// The latest of clients, or the states of all that are present for no list, as an update.
@_expose(wasm, "awareness_encode") @_cdecl("crdt_awareness_encode")
public func encodeAwareness(_ address: UnsafeRawPointer, _ list: UnsafeRawPointer?, _ count: Int32) -> Int32 {
  let awareness = AwarenessBox.at(address)
  if count == 0 { return give(awareness.awareness.states.encode()) }
  do throws(UpdateError) {
    return give(awareness.awareness.update(of: try clients(list, count)).encode())
  } catch {
    return refuse(error)
  }
}
