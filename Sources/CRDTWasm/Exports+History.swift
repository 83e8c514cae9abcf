// Undo managers, relative positions and snapshots.

/// An undo manager that JavaScript holds by its address.
private final class UndoBox {
  let manager: SharedUndoManager
  private let subscription: Subscription

  init(_ box: DocumentBox, _ scope: [Content], _ options: SharedUndoManager.Options) {
    let manager = SharedUndoManager(scope, options: options)
    self.manager = manager
    var address: UnsafeRawPointer?
    let told = { () -> UnsafeRawPointer? in address }
    // The box lives as long as the subscription.
    subscription = manager.observe { event in
      if let address = told() { box.post(event, of: address) }
    }
    address = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { subscription.cancel() }

  static func at(_ address: UnsafeRawPointer) -> SharedUndoManager {
    Unmanaged<UndoBox>.fromOpaque(address).takeUnretainedValue().manager
  }
}

/// Milliseconds from any start, of JavaScript's clock.
@_extern(wasm, module: "env", name: "now")
@_extern(c, "crdt_now")
func now() -> Double

/// An undo manager.
///
/// - Parameters:
///   - settings: A count and the numbers of the types that it tracks; a count and the names of the origins that it tracks,
///     empty for changes without one; the name of its own origin.
///   - captureTimeout: Milliseconds within which changes become part of the step before them.
///   - ignoresRemoteMapChanges: 1 to set keys back even where somebody else has set them since.
@_expose(wasm, "undo_create") @_cdecl("crdt_undo_create")
public func createUndoManager(
  _ address: UnsafeRawPointer, _ settings: UnsafeRawPointer?, _ count: Int32, _ captureTimeout: Double,
  _ ignoresRemoteMapChanges: Int32
) -> UnsafeMutableRawPointer? {
  let box = DocumentBox.at(address)
  var options = SharedUndoManager.Options { UInt64(max(0, now())) }
  options.captureTimeout = UInt64(min(max(0, captureTimeout), 0x1F_FFFF_FFFF_FFFF))
  options.ignoresRemoteMapChanges = ignoresRemoteMapChanges != 0
  options.trackedOrigins = []
  var scope: [Content] = []
  var reader = ByteReader(bytes(settings, count))
  do throws(UpdateError) {
    for _ in 0..<(try reader.readVarUInt()) {
      scope.append(box.document.content(ofType: TypeIndex(try reader.readVarUInt())))
    }
    for _ in 0..<(try reader.readVarUInt()) {
      let name = try reader.readVarString()
      options.trackedOrigins.insert(name.isEmpty ? nil : Origin(String(decoding: name, as: UTF8.self)))
    }
    options.origin = Origin(String(decoding: try reader.readVarString(), as: UTF8.self))
  } catch {
    return nil
  }
  return Unmanaged.passRetained(UndoBox(box, scope, options)).toOpaque()
}

/// Ends an undo manager.
@_expose(wasm, "undo_destroy") @_cdecl("crdt_undo_destroy")
public func destroyUndoManager(_ address: UnsafeRawPointer) { Unmanaged<UndoBox>.fromOpaque(address).release() }

/// Undoes (0) or redoes (1) a step.
///
/// - Returns: 1 when there was one.
@_expose(wasm, "undo_pop") @_cdecl("crdt_undo_pop")
public func popUndo(_ address: UnsafeRawPointer, _ isRedo: Int32) -> Int32 {
  let manager = UndoBox.at(address)
  return (isRedo == 0 ? manager.undo() : manager.redo()) == nil ? 0 : 1
}

/// Begins a new step with the next change.
@_expose(wasm, "undo_stop") @_cdecl("crdt_undo_stop")
public func stopCapturing(_ address: UnsafeRawPointer) { UndoBox.at(address).stopCapturing() }

/// Gives up the steps to undo (1), those to redo (2), or both (3).
@_expose(wasm, "undo_clear") @_cdecl("crdt_undo_clear")
public func clearUndo(_ address: UnsafeRawPointer, _ stacks: Int32) {
  UndoBox.at(address).clear(undo: stacks & 1 != 0, redo: stacks & 2 != 0)
}

/// How many steps can be undone (0) or redone (1).
@_expose(wasm, "undo_count") @_cdecl("crdt_undo_count")
public func undoCount(_ address: UnsafeRawPointer, _ isRedo: Int32) -> Int32 {
  let manager = UndoBox.at(address)
  return Int32(truncatingIfNeeded: (isRedo == 0 ? manager.undoStack : manager.redoStack).count)
}

/// Tracks one more type.
@_expose(wasm, "undo_track") @_cdecl("crdt_undo_track")
public func trackType(_ address: UnsafeRawPointer, _ type: UInt32) {
  let manager = UndoBox.at(address)
  manager.track(manager.document.content(ofType: type))
}

/// Tracks one more origin (1), or no longer (0).
@_expose(wasm, "undo_track_origin") @_cdecl("crdt_undo_track_origin")
public func trackOrigin(_ address: UnsafeRawPointer, _ name: UnsafeRawPointer?, _ count: Int32, _ isOn: Int32) {
  let manager = UndoBox.at(address)
  if isOn != 0 {
    manager.options.trackedOrigins.insert(origin(name, count))
  } else {
    manager.options.trackedOrigins.remove(origin(name, count))
  }
}

// MARK: Relative positions

/// The position at an index, as the value that Yjs puts into JSON.
///
/// - Parameter association: Negative for a position that stays with the unit before it.
@_expose(wasm, "position_create") @_cdecl("crdt_position_create")
public func createPosition(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ association: Int32
) -> Int32 {
  let document = DocumentBox.at(address).document
  guard index >= 0, Int(index) <= document.count(ofListOf: type) else { return Status.outOfRange }
  let record = document.store.pointee.types[Int(type)]
  // What was made in a deleted type has no name that others know.
  if !record.isRoot && record.item.clock == .max { return Status.none }
  let position = document.relativePosition(
    inListOf: type, at: Int(index), association: association < 0 ? .previous : .next)
  return give(position)
}

private func give(_ position: RelativePosition) -> Int32 {
  var writer = ByteWriter(capacity: 96)
  ValueCodec.write(position.jsonValue, to: &writer)
  return give(writer)
}

/// A position's bytes, from its value; 0 when the value is none.
@_expose(wasm, "position_encode") @_cdecl("crdt_position_encode")
public func encodePosition(_ json: UnsafeRawPointer?, _ count: Int32) -> Int32 {
  position(json, count).map { give($0.encode()) } ?? Status.none
}

private func position(_ json: UnsafeRawPointer?, _ count: Int32) -> RelativePosition? {
  do throws(UpdateError) {
    return RelativePosition(jsonValue: try value(json, count))
  } catch {
    return nil
  }
}

/// A position's value, from its bytes.
@_expose(wasm, "position_decode") @_cdecl("crdt_position_decode")
public func decodePosition(_ position: UnsafeRawPointer?, _ count: Int32) -> Int32 {
  do throws(UpdateError) {
    return give(try RelativePosition(decoding: bytes(position, count)))
  } catch {
    return refuse(error)
  }
}

/// Where a position is now, as an index, 1 if it stays with the unit before it, and its type; 0 when it is nowhere.
@_expose(wasm, "position_resolve") @_cdecl("crdt_position_resolve")
public func resolvePosition(_ address: UnsafeRawPointer, _ json: UnsafeRawPointer?, _ count: Int32) -> Int32 {
  guard let position = position(json, count), let place = DocumentBox.at(address).document.resolve(position) else {
    return Status.none
  }
  var writer = ByteWriter(capacity: 16)
  writer.write(place.index)
  writer.writeByte(place.association == .previous ? 1 : 0)
  writer.write(place.target)
  return give(writer)
}

// MARK: Snapshots

/// This moment of a document.
@_expose(wasm, "snapshot_create") @_cdecl("crdt_snapshot_create")
public func createSnapshot(_ address: UnsafeRawPointer) -> Int32 {
  give(DocumentBox.at(address).document.snapshot.encode())
}

extension SnapshotError {
  fileprivate var status: Int32 { self == .collectsGarbage ? Status.collectsGarbage : Status.notKnown }
}

/// A document as another one was at a moment; or why there is none.
///
/// - Returns: Its address.
@_expose(wasm, "snapshot_open") @_cdecl("crdt_snapshot_open")
public func openSnapshot(_ address: UnsafeRawPointer, _ snapshot: UnsafeRawPointer?, _ count: Int32) -> Int32 {
  do throws(UpdateError) {
    let snapshot = try Snapshot(decoding: bytes(snapshot, count))
    do throws(SnapshotError) {
      let past = try DocumentBox.at(address).document.restored(at: snapshot)
      return Int32(truncatingIfNeeded: Int(bitPattern: box(past)))
    } catch {
      return error.status
    }
  } catch {
    return refuse(error)
  }
}

/// Makes all roots hold what they held at a moment, by a new change.
@_expose(wasm, "snapshot_restore") @_cdecl("crdt_snapshot_restore")
public func restoreSnapshot(
  _ address: UnsafeRawPointer, _ snapshot: UnsafeRawPointer?, _ count: Int32, _ name: UnsafeRawPointer?,
  _ nameCount: Int32
) -> Int32 {
  do throws(UpdateError) {
    let snapshot = try Snapshot(decoding: bytes(snapshot, count))
    do throws(SnapshotError) {
      try DocumentBox.at(address).document.restore(snapshot, origin: origin(name, nameCount))
      return Status.done
    } catch {
      return error.status
    }
  } catch {
    return refuse(error)
  }
}
