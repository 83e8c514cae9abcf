// Tools for updates without a document, and the protocol's messages.

/// Merges updates, which come as a count and each with its length.
@_expose(wasm, "update_merge") @_cdecl("crdt_update_merge")
public func mergeUpdates(_ list: UnsafeRawPointer?, _ count: Int32, _ number: Int32) -> Int32 {
  do throws(UpdateError) {
    var reader = ByteReader(bytes(list, count))
    var updates: [[UInt8]] = []
    for _ in 0..<(try reader.readVarUInt()) { updates.append([UInt8](try reader.readVarBytes())) }
    return give(try Update.merge(updates, format: format(number)))
  } catch {
    return refuse(error)
  }
}

/// What a replica that knows a state vector lacks of an update.
@_expose(wasm, "update_difference") @_cdecl("crdt_update_difference")
public func updateDifference(
  _ update: UnsafeRawPointer?, _ count: Int32, _ vector: UnsafeRawPointer?, _ vectorCount: Int32, _ number: Int32
) -> Int32 {
  do throws(UpdateError) {
    let known = try StateVector(decoding: bytes(vector, vectorCount))
    return give(try Update.difference([UInt8](bytes(update, count)), since: known, format: format(number)))
  } catch {
    return refuse(error)
  }
}

/// What a replica knows that has applied nothing but an update.
@_expose(wasm, "update_state_vector") @_cdecl("crdt_update_state_vector")
public func updateStateVector(_ update: UnsafeRawPointer?, _ count: Int32, _ number: Int32) -> Int32 {
  do throws(UpdateError) {
    return give(try Update.stateVector(of: [UInt8](bytes(update, count)), format: format(number)).encode())
  } catch {
    return refuse(error)
  }
}

/// An update in another format.
@_expose(wasm, "update_convert") @_cdecl("crdt_update_convert")
public func convertUpdate(_ update: UnsafeRawPointer?, _ count: Int32, _ source: Int32, _ target: Int32) -> Int32 {
  do throws(UpdateError) {
    let update = [UInt8](bytes(update, count))
    return give(try Update.convert(update, from: format(source), to: format(target)))
  } catch {
    return refuse(error)
  }
}

/// The entries of a state vector: a count, then client and clock each, checked to be nothing else.
@_expose(wasm, "state_vector_check") @_cdecl("crdt_state_vector_check")
public func checkStateVector(_ vector: UnsafeRawPointer?, _ count: Int32) -> Int32 {
  do throws(UpdateError) {
    return give(try StateVector(decoding: bytes(vector, count)).encode())
  } catch {
    return refuse(error)
  }
}
