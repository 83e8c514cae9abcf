extension Document {
  /// All values, in bytes that two documents share when they hold the same. Every root is read in every way: forged
  /// updates mix lists and keys.
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
    writer.writeVarString(SharedText(document: self, type: type).string)
    let elements = SharedArray(document: self, type: type).values
    writer.writeVarUInt(UInt64(elements.count))
    for element in elements { write(element, depth: depth, to: &writer) }
    let entries = SharedMap(document: self, type: type).entries
    writer.writeVarUInt(UInt64(entries.count))
    for entry in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      writer.writeVarString(entry.key)
      write(entry.value, depth: depth, to: &writer)
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
