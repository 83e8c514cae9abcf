// What all shared types have, and lists and keys. A type is its document's address and its number in it.

/// Whether a type was deleted, by itself or with one that it is in.
@_expose(wasm, "type_is_deleted") @_cdecl("crdt_type_is_deleted")
public func typeIsDeleted(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  map(address, type).isDeleted ? 1 : 0
}

/// The type that a type is in; 0 for none.
@_expose(wasm, "type_parent") @_cdecl("crdt_type_parent")
public func typeParent(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  guard let parent = map(address, type).parent else { return Status.none }
  var writer = ByteWriter(capacity: 16)
  writer.write(parent)
  return give(writer)
}

/// The way from the root to a type; 0 for a deleted one.
@_expose(wasm, "type_path") @_cdecl("crdt_type_path")
public func typePath(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  guard let path = map(address, type).path else { return Status.none }
  var writer = ByteWriter(capacity: 64)
  writer.write(path)
  return give(writer)
}

/// The name of an element or a hook.
@_expose(wasm, "type_name") @_cdecl("crdt_type_name")
public func typeName(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  let document = DocumentBox.at(address).document
  return give([UInt8](SharedXMLElement(document: document, type: type).name.utf8))
}

/// The units of a type, deleted ones among them, behind a unit or from the start on; no client means the start.
@_expose(wasm, "type_units") @_cdecl("crdt_type_units")
public func typeUnits(
  _ address: UnsafeRawPointer, _ type: UInt32, _ number: Double, _ clock: UInt32, _ limit: Int32
) -> Int32 {
  let last = client(number).map { ItemID(client: $0, clock: Clock(clock)) }
  var writer = ByteWriter()
  writer.write(map(address, type).unitRuns(after: last, limit: Int(limit)))
  return give(writer)
}

/// Any type as a map: all handles are a document and a number.
private func map(_ address: UnsafeRawPointer, _ type: UInt32) -> SharedMap {
  SharedMap(document: DocumentBox.at(address).document, type: type)
}

extension SharedType {
  /// The type's number as it is returned.
  var number: Int32 { Int32(bitPattern: id.type) }
}

// MARK: Lists

/// The units of a text, an array or an XML node.
@_expose(wasm, "list_count") @_cdecl("crdt_list_count")
public func listCount(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  Int32(truncatingIfNeeded: DocumentBox.at(address).document.count(ofListOf: type))
}

/// What stands at an index; 0 when nothing does.
@_expose(wasm, "list_get") @_cdecl("crdt_list_get")
public func listContent(_ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32) -> Int32 {
  let document = DocumentBox.at(address).document
  guard index >= 0, Int(index) < document.count(ofListOf: type) else { return Status.none }
  var writer = ByteWriter()
  writer.write(document.content(inListOf: type, at: Int(index)))
  return give(writer)
}

/// All that a list holds, as a count and contents.
@_expose(wasm, "list_contents") @_cdecl("crdt_list_contents")
public func listContents(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  var writer = ByteWriter()
  writer.write(DocumentBox.at(address).document.contents(ofListOf: type))
  return give(writer)
}

/// Where to insert, if a list has that index and a document the room; −1 means the end, behind tombstones too.
private func position(
  _ document: Document, _ type: TypeIndex, _ index: Int32, adding count: Int
) -> (position: ListPosition, status: Int32) {
  guard document.store.pointee.hasRoom(for: count) else { return (.end, Status.noRoom) }
  if index == -1 { return (.end, Status.done) }
  // In a deleted list nothing is inserted, wherever it be.
  let isDeleted = document.store.pointee.types[Int(type)].isDeleted
  guard index >= 0, isDeleted || Int(index) <= document.count(ofListOf: type) else { return (.end, Status.outOfRange) }
  return (.index(Int(index)), Status.done)
}

/// Inserts values, which come as an array.
@_expose(wasm, "list_insert") @_cdecl("crdt_list_insert")
public func insertValues(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ values: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  do throws(UpdateError) {
    guard case .array(let elements) = try value(values, count) else { return Status.outOfRange }
    let document = DocumentBox.at(address).document
    let (position, status) = position(document, type, index, adding: elements.count)
    if status == Status.done { document.insert(elements, intoListOf: type, at: position) }
    return status
  } catch {
    return refuse(error)
  }
}

/// Inserts an empty type; an element or hook has a name.
///
/// - Returns: The type's number.
@_expose(wasm, "list_insert_type") @_cdecl("crdt_list_insert_type")
public func insertType(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ kind: Int32, _ name: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  let document = DocumentBox.at(address).document
  let (position, status) = position(document, type, index, adding: 1)
  guard status == Status.done else { return status }
  let kind = TypeKind(rawValue: UInt8(truncatingIfNeeded: kind)) ?? .map
  let name = kind.hasName ? string(name, count) : nil
  return Int32(bitPattern: document.insertType(kind, name: name, intoListOf: type, at: position))
}

extension TypeKind {
  /// Whether types of the kind are made with a name.
  fileprivate var hasName: Bool { self == .xmlElement || self == .xmlHook }
}

/// Deletes units of a list that is no text.
@_expose(wasm, "list_delete") @_cdecl("crdt_list_delete")
public func deleteContents(_ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ count: Int32) -> Int32 {
  let document = DocumentBox.at(address).document
  let length = document.count(ofListOf: type)
  if document.store.pointee.types[Int(type)].isDeleted { return Status.done }
  guard index >= 0, count >= 0, Int(index) <= length, Int(count) <= length - Int(index) else {
    return Status.outOfRange
  }
  document.delete(fromListOf: type, at: Int(index), count: Int(count))
  return Status.done
}

// MARK: Keys

/// Gives a key a value.
@_expose(wasm, "map_set") @_cdecl("crdt_map_set")
public func setValue(
  _ address: UnsafeRawPointer, _ type: UInt32, _ key: UnsafeRawPointer?, _ keyCount: Int32,
  _ content: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  do throws(UpdateError) {
    let value = try value(content, count)
    let map = map(address, type)
    guard map.document.store.pointee.hasRoom(for: 1) else { return Status.noRoom }
    map.set(value, forKey: string(key, keyCount))
    return Status.done
  } catch {
    return refuse(error)
  }
}

/// Gives a key an empty type; an element or hook has a name.
///
/// - Returns: The type's number.
@_expose(wasm, "map_set_type") @_cdecl("crdt_map_set_type")
public func setType(
  _ address: UnsafeRawPointer, _ type: UInt32, _ key: UnsafeRawPointer?, _ keyCount: Int32, _ kind: Int32,
  _ name: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  let document = DocumentBox.at(address).document
  guard document.store.pointee.hasRoom(for: 1) else { return Status.noRoom }
  let kind = TypeKind(rawValue: UInt8(truncatingIfNeeded: kind)) ?? .map
  let name = kind.hasName ? string(name, count) : nil
  return Int32(bitPattern: document.setType(kind, name: name, in: type, forKey: string(key, keyCount)))
}

/// A key's value; 0 when it has none.
@_expose(wasm, "map_get") @_cdecl("crdt_map_get")
public func mapContent(
  _ address: UnsafeRawPointer, _ type: UInt32, _ key: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  guard let content = map(address, type)[string(key, count)] else { return Status.none }
  var writer = ByteWriter()
  writer.write(content)
  return give(writer)
}

/// Takes a key's value away.
@_expose(wasm, "map_delete") @_cdecl("crdt_map_delete")
public func deleteValue(_ address: UnsafeRawPointer, _ type: UInt32, _ key: UnsafeRawPointer?, _ count: Int32) {
  map(address, type).removeValue(forKey: string(key, count))
}

/// How many keys have values.
@_expose(wasm, "map_count") @_cdecl("crdt_map_count")
public func mapCount(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  Int32(truncatingIfNeeded: map(address, type).count)
}

/// All keys with their values: a count, then key and content each.
@_expose(wasm, "map_entries") @_cdecl("crdt_map_entries")
public func mapEntries(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  let entries = map(address, type).entries
  var writer = ByteWriter()
  writer.write(entries.count)
  for (key, content) in entries {
    writer.writeVarString(key)
    writer.write(content)
  }
  return give(writer)
}
