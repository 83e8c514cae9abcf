extension Document {
  /// All values, in bytes that two documents share when they hold the same. Every root is read in every way: forged
  /// updates mix lists and keys.
  ///
  /// - Parameter isOrdered: Whether the order within lists counts, and which value of a key is the last.
  func fingerprint(isOrdered: Bool) -> [UInt8] {
    var writer = ByteWriter()
    for root in roots.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      // A root that was only asked for does not travel.
      guard !isEmpty(root.type) else { continue }
      writer.writeVarString(root.name)
      write(root.type, isOrdered, depth: 0, to: &writer)
    }
    return writer.bytes()
  }

  private func isEmpty(_ type: TypeIndex) -> Bool {
    count(ofListOf: type) == 0 && SharedMap(document: self, type: type).count == 0
  }

  /// Nothing below is compared.
  private static var depthMax: Int { 64 }

  private func write(_ type: TypeIndex, _ isOrdered: Bool, depth: Int, to writer: inout ByteWriter) {
    guard depth < Self.depthMax else { return }
    let units = Array(SharedText(document: self, type: type).string.utf16)
    for unit in isOrdered ? units : units.sorted() { writer.writeVarUInt(UInt64(unit)) }
    let elements = SharedArray(document: self, type: type).values.map { element in
      var writer = ByteWriter()
      write(element, isOrdered, depth: depth, to: &writer)
      return writer.bytes()
    }
    writer.writeVarUInt(UInt64(elements.count))
    for element in isOrdered ? elements : elements.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      element.withUnsafeBytes { writer.writeVarBytes($0) }
    }
    guard isOrdered else { return }
    let entries = SharedMap(document: self, type: type).entries
    writer.writeVarUInt(UInt64(entries.count))
    for entry in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      writer.writeVarString(entry.key)
      write(entry.value, isOrdered, depth: depth, to: &writer)
    }
  }

  private func write(_ content: Content, _ isOrdered: Bool, depth: Int, to writer: inout ByteWriter) {
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
    write(type, isOrdered, depth: depth + 1, to: &writer)
  }
}
