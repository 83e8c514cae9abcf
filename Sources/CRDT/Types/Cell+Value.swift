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

  /// A cell with a value as text embeds it: as JSON text.
  init(embedding value: Value) {
    var writer = ByteWriter(capacity: 32)
    JSONText.text(of: value).withUnsafeBytes { writer.writeVarBytes($0) }
    self = writer.withBytes { Cell(copying: $0) }
  }

  /// A cell with the JSON text of an embed or a format as JavaScript writes it; others write some numbers otherwise. What is
  /// no JSON stays as it is.
  init(reencodingText bytes: UnsafeRawBufferPointer, isFormat: Bool) {
    var reader = ByteReader(bytes)
    // The bytes were checked when they came in.
    if isFormat { _ = try! reader.readVarString() }
    let name = UnsafeRawBufferPointer(rebasing: bytes[..<reader.byteOffset])
    let text = try! reader.readVarString()
    if JSONText.isPlain(text) {
      self.init(copying: bytes)
      return
    }
    let value = JSONText.value(text)
    if case .undefined = value {
      self.init(copying: bytes)
      return
    }
    var writer = ByteWriter(capacity: bytes.count + 16)
    writer.writeBytes(name)
    JSONText.text(of: value).withUnsafeBytes { writer.writeVarBytes($0) }
    self = writer.withBytes { Cell(copying: $0) }
  }

  /// A cell with a value in Yjs' encoding, given in another one. What Yjs reads it writes again in its own form.
  init(reencoding bytes: UnsafeRawBufferPointer) {
    var reader = ByteReader(bytes)
    // The bytes were checked when they came in.
    self.init(encoding: try! ValueCodec.read(&reader))
  }
}
