extension Document {
  /// All that lists hold, in bytes that two documents share when they hold the same. Every root is read in every way:
  /// forged updates mix lists and keys.
  ///
  /// The order within a list and which value of a key is the last are left out. Structs that no replica could have written
  /// (between neighbours that it cannot have seen in this order) have no order but that in which they arrive, in Yjs too.
  var fingerprint: [UInt8] {
    var writer = ByteWriter()
    for root in roots.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      // A root that was only asked for does not travel.
      guard !isEmpty(root.type) else { continue }
      writer.writeVarString(root.name)
      write(root.type, depth: 0, to: &writer)
    }
    return writer.bytes()
  }

  private func isEmpty(_ type: TypeIndex) -> Bool {
    count(ofListOf: type) == 0 && SharedMap(document: self, type: type).count == 0
  }

  /// Nothing below is compared.
  private static var depthMax: Int { 64 }

  private func write(_ type: TypeIndex, depth: Int, to writer: inout ByteWriter) {
    guard depth < Self.depthMax else { return }
    for unit in SharedText(document: self, type: type).string.utf16.sorted() { writer.writeVarUInt(UInt64(unit)) }
    let elements = SharedArray(document: self, type: type).values.map { element in
      var writer = ByteWriter()
      write(element, depth: depth, to: &writer)
      return writer.bytes()
    }
    writer.writeVarUInt(UInt64(elements.count))
    for element in elements.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      element.withUnsafeBytes { writer.writeVarBytes($0) }
    }
  }

  private func write(_ content: Content, depth: Int, to writer: inout ByteWriter) {
    switch content {
    case .value(let value): return ValueCodec.write(value, to: &writer)
    case .document(let document): return writer.writeVarString(document.guid)
    default: break
    }
    // All other content is a type.
    let type = content.sharedType!.type
    let record = store.pointee.types[Int(type)]
    writer.writeByte(record.kind.rawValue)
    if record.name != NameTable.none { writer.writeVarBytes(store.pointee.names.bytes(of: record.name)) }
    write(type, depth: depth + 1, to: &writer)
  }
}
