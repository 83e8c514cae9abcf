extension Value {
  /// How Yjs stores the value: bytes have a content type of their own.
  var contentKind: ContentKind { if case .bytes = self { .binary } else { .any } }
}

extension Cell {
  /// A cell with a value as it is encoded for its kind.
  init(encoding value: Value) {
    var writer = ByteWriter(capacity: 32)
    if case .bytes(let bytes) = value {
      bytes.withUnsafeBytes { writer.writeVarBytes($0) }
    } else {
      ValueCodec.write(value, to: &writer)
    }
    self = writer.withBytes { Cell(copying: $0) }
  }

  /// A cell with a value in Yjs' encoding, given in another one. What Yjs reads it writes again in its own form.
  init(reencoding bytes: UnsafeRawBufferPointer) {
    var reader = ByteReader(bytes)
    // The bytes were checked when they came in.
    self.init(encoding: try! ValueCodec.read(&reader))
  }
}
