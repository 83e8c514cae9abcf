// Text. A type is its document's address and its number in it; places are in UTF-16 units.

private func text(_ address: UnsafeRawPointer, _ type: UInt32) -> SharedText {
  SharedText(document: DocumentBox.at(address).document, type: type)
}

extension SharedText {
  /// Whether a stretch lies in the text. In a deleted text, to which edits do nothing, all do.
  fileprivate func contains(_ index: Int32, _ length: Int32) -> Bool {
    if isDeleted { return index >= 0 && length >= 0 }
    let count = Int32(truncatingIfNeeded: self.count)
    return index >= 0 && length >= 0 && index <= count && length <= count - index
  }

  /// What keeps an insertion at `index` from being made, if anything.
  fileprivate func obstacle(_ index: Int32, adding count: Int) -> Int32 {
    if !contains(index, 0) { return Status.outOfRange }
    return document.store.pointee.hasRoom(for: count) ? Status.done : Status.noRoom
  }
}

/// Inserts text in the formats of what it is typed behind.
///
/// This is what typing calls: no string is made of the bytes.
@_expose(wasm, "text_insert") @_cdecl("crdt_text_insert")
public func insertText(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ utf8: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  DocumentBox.withDocument(address) { document in
    document.edit { store in
      if store.types[Int(type)].isDeleted { return Status.done }
      let list = store.list(of: type)
      guard index >= 0, index <= store.sequences[Int(list)].visible else { return Status.outOfRange }
      let bytes = bytes(utf8, count)
      // JavaScript encodes nothing that is not well formed.
      guard let units = UTF8Text.lengthUTF16(bytes) else { return Status.outOfRange }
      if units == 0 { return Status.done }
      guard store.hasRoom(for: units) else { return Status.noRoom }
      store.insertText(list, at: index, bytes, units: Int32(truncatingIfNeeded: units))
      return Status.done
    }
  }
}

/// Inserts text with exactly the given formats.
@_expose(wasm, "text_insert_formatted") @_cdecl("crdt_text_insert_formatted")
public func insertFormattedText(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ utf8: UnsafeRawPointer?, _ count: Int32,
  _ formats: UnsafeRawPointer?, _ formatsCount: Int32
) -> Int32 {
  do throws(UpdateError) {
    let attributes = try attributes(formats, formatsCount)
    let text = text(address, type)
    // Each format takes two marks at most, as many again where others are to end.
    let obstacle = text.obstacle(index, adding: Int(count) + 64 + 4 * attributes.count)
    if obstacle == Status.done { text.insert(string(utf8, count), at: Int(index), attributes) }
    return obstacle
  } catch {
    return refuse(error)
  }
}

/// Deletes units.
@_expose(wasm, "text_delete") @_cdecl("crdt_text_delete")
public func deleteText(_ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ count: Int32) -> Int32 {
  DocumentBox.withDocument(address) { document in
    document.edit { store in
      if store.types[Int(type)].isDeleted { return Status.done }
      let list = store.list(of: type)
      let visible = store.sequences[Int(list)].visible
      guard index >= 0, count >= 0, index <= visible, count <= visible &- index else { return Status.outOfRange }
      if count > 0 { store.deleteText(list, at: index, count: count) }
      return Status.done
    }
  }
}

/// Gives units formats; null takes one away.
@_expose(wasm, "text_format") @_cdecl("crdt_text_format")
public func formatText(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ count: Int32, _ formats: UnsafeRawPointer?,
  _ formatsCount: Int32
) -> Int32 {
  do throws(UpdateError) {
    let attributes = try attributes(formats, formatsCount)
    let text = text(address, type)
    guard text.contains(index, count) else { return Status.outOfRange }
    guard text.document.store.pointee.hasRoom(for: 64 + 4 * attributes.count) else { return Status.noRoom }
    if text.isDeleted { return Status.done }
    text.format(at: Int(index), count: Int(count), attributes)
    return Status.done
  } catch {
    return refuse(error)
  }
}

/// Inserts a value that counts one unit.
@_expose(wasm, "text_embed") @_cdecl("crdt_text_embed")
public func embedValue(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ embedded: UnsafeRawPointer?, _ count: Int32,
  _ formats: UnsafeRawPointer?, _ formatsCount: Int32
) -> Int32 {
  do throws(UpdateError) {
    let value = try value(embedded, count)
    let attributes = try attributes(formats, formatsCount)
    let text = text(address, type)
    let obstacle = text.obstacle(index, adding: 65 + 4 * attributes.count)
    if obstacle == Status.done { text.insertEmbed(value, at: Int(index), attributes) }
    return obstacle
  } catch {
    return refuse(error)
  }
}

/// Inserts an empty text, array or map that counts one unit.
///
/// - Returns: The type's number.
@_expose(wasm, "text_insert_type") @_cdecl("crdt_text_insert_type")
public func embedType(
  _ address: UnsafeRawPointer, _ type: UInt32, _ index: Int32, _ kind: Int32, _ formats: UnsafeRawPointer?,
  _ formatsCount: Int32
) -> Int32 {
  do throws(UpdateError) {
    let attributes = try attributes(formats, formatsCount)
    let text = text(address, type)
    let obstacle = text.obstacle(index, adding: 65 + 4 * attributes.count)
    guard obstacle == Status.done else { return obstacle }
    switch TypeKind(rawValue: UInt8(truncatingIfNeeded: kind)) {
    case .text: return text.insertText(at: Int(index), attributes).number
    case .array: return text.insertArray(at: Int(index), attributes).number
    case .map: return text.insertMap(at: Int(index), attributes).number
    default: return Status.otherKind
    }
  } catch {
    return refuse(error)
  }
}

/// Changes a text step by step. The delta is one as in `ContentWriter.swift`, and its contents are values.
@_expose(wasm, "text_apply") @_cdecl("crdt_text_apply")
public func applyDelta(
  _ address: UnsafeRawPointer, _ type: UInt32, _ delta: UnsafeRawPointer?, _ count: Int32
) -> Int32 {
  do throws(UpdateError) {
    let text = text(address, type)
    var reader = ByteReader(bytes(delta, count))
    let delta = try TextDelta(reading: &reader)
    // A step adds its units and marks, or line feeds where it retains more than there is.
    var units = 64
    for operation in delta.operations {
      switch operation {
      case .insert(let text, let attributes): units += text.utf8.count + 4 * attributes.count
      case .embed(_, let attributes): units += 1 + 4 * attributes.count
      case .retain(let count, let attributes):
        guard count <= Int(Int32.max) - units else { return Status.outOfRange }
        units += count + 4 * attributes.count
      case .delete: break
      }
      guard text.document.store.pointee.hasRoom(for: units) else { return Status.noRoom }
    }
    text.apply(delta)
    return Status.done
  } catch {
    return refuse(error)
  }
}

extension TextDelta {
  fileprivate init(reading reader: inout ByteReader) throws(UpdateError) {
    self.init()
    for _ in 0..<(try reader.readVarUInt()) {
      switch try reader.readByte() {
      case 0:
        let text = String(decoding: try reader.readVarString(), as: UTF8.self)
        operations.append(.insert(text, Attributes(value: try ValueCodec.read(&reader))))
      case 1:
        let value = try ValueCodec.read(&reader)
        operations.append(.embed(.value(value), Attributes(value: try ValueCodec.read(&reader))))
      case 2:
        let count = try Self.readCount(&reader)
        operations.append(.retain(count, Attributes(value: try ValueCodec.read(&reader))))
      default: operations.append(.delete(try Self.readCount(&reader)))
      }
    }
  }

  private static func readCount(_ reader: inout ByteReader) throws(UpdateError) -> Int {
    let field = reader.byteOffset
    let count = try reader.readVarUInt()
    guard count <= UInt64(Int32.max) else { throw UpdateError(.integerOutOfRange, at: field) }
    return Int(count)
  }
}

// MARK: Reading

/// The text between two places without what is embedded in it.
@_expose(wasm, "text_string") @_cdecl("crdt_text_string")
public func textString(_ address: UnsafeRawPointer, _ type: UInt32, _ start: Int32, _ end: Int32) -> Int32 {
  let text = text(address, type)
  guard start >= 0, start <= end, Int(end) <= text.count else { return Status.outOfRange }
  let store = text.document.store
  var writer = ByteWriter(capacity: Int(end - start) + 64)
  store.pointee.forEachVisibleSpan(
    of: store.pointee.types[Int(type)].list, in: Int(start)..<Int(end)
  ) { unit, count in
    store.pointee.forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
      if run.kind == .string { store.pointee.history(unit.client).pointee.writeUTF8(of: clocks, to: &writer) }
    }
  }
  return give(writer)
}

/// The text with its formats and with what is embedded in it.
@_expose(wasm, "text_delta") @_cdecl("crdt_text_delta")
public func textDelta(_ address: UnsafeRawPointer, _ type: UInt32) -> Int32 {
  var writer = ByteWriter()
  writer.write(text(address, type).delta)
  return give(writer)
}
