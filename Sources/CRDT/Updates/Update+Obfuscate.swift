extension Update {
  /// The same update with other content: to share a document whose structure shows an error, but not what it says.
  ///
  /// Structs, identifiers, lengths, kinds of content, names of roots and deletions stay. Text becomes a digit repeated,
  /// values become numbers, embeds empty objects; keys, node names and formats become others, the same ones for the same
  /// ones; bytes become a single one, subdocuments lose their options. `obfuscateUpdate` of Yjs 13.6 has the same purpose;
  /// its bytes need not be equal.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n*) in the bytes.
  public static func obfuscate(_ update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> [UInt8] {
    try withParsed(update, format: format) { parsed in
      encode(format) { writer in
        var structs = StructWriter(writer: writer)
        var obfuscator = Obfuscator()
        for index in 0..<parsed.sections.count where parsed.sections[index].structCount > 0 {
          let section = parsed.sections[index]
          structs.beginSection(client: section.client, clock: section.clock)
          for position in section.firstStruct..<section.endStruct {
            obfuscator.write(parsed.structs[Int(position)], to: &structs)
          }
        }
        return structs.finish(deletions: IDSet(parsed.deletions))
      }
    }
  }
}

/// Replaces the content of structs by the number of the struct.
private struct Obfuscator: ~Copyable {
  /// Items so far: all structs but collected ones and gaps.
  private var number: UInt64 = 0
  private var keys: [[UInt8]: [UInt8]] = [:]
  private var nodeNames: [[UInt8]: [UInt8]] = [:]
  private var formatKeys: [[UInt8]: [UInt8]] = [:]
  /// By a format's value as JSON.
  private var formatValues: [[UInt8]: [UInt8]] = [:]

  mutating func write(_ parsed: ParsedStruct, to structs: inout StructWriter) {
    guard !parsed.isSkip, parsed.kind != .collected else { return structs.write(parsed) }
    var content = ByteWriter()
    writeContent(of: parsed, to: &content)
    var parent = ByteWriter()
    if let bytes = parsed.parentBytes { writeParent(bytes, hasKey: parsed.hasKey, to: &parent) }
    number += 1
    parent.withBytes { parent in content.withBytes { structs.write(parsed, parent: parent, content: $0) } }
  }

  private mutating func writeParent(_ bytes: UnsafeRawBufferPointer, hasKey: Bool, to writer: inout ByteWriter) {
    guard hasKey else { return writer.writeBytes(bytes) }
    var reader = ByteReader(bytes)
    // The bytes were checked when they were parsed.
    if try! reader.readVarUInt() == 1 {
      _ = try! reader.readVarBytes()
    } else {
      _ = try! reader.readVarUInt()
      _ = try! reader.readVarUInt()
    }
    writer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<reader.byteOffset]))
    let key = [UInt8](try! reader.readVarBytes())
    // Yjs takes an empty key for none.
    let replacement = key.isEmpty ? key : Self.replacement(of: key, in: &keys, or: decimal)
    replacement.withUnsafeBytes { writer.writeVarBytes($0) }
  }

  private mutating func writeContent(of parsed: ParsedStruct, to writer: inout ByteWriter) {
    let content = UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes))
    var reader = ByteReader(content)
    switch parsed.kind {
    case .collected: break
    case .deleted: writer.writeVarUInt(UInt64(parsed.count))
    case .json:
      writer.writeVarUInt(UInt64(parsed.count))
      for _ in 0..<parsed.count { decimal.withUnsafeBytes { writer.writeVarBytes($0) } }
    case .any:
      writer.writeVarUInt(UInt64(parsed.count))
      for _ in 0..<parsed.count { ValueCodec.write(.number(Double(number)), to: &writer) }
    case .binary:
      writer.writeByte(1)
      writer.writeByte(UInt8(truncatingIfNeeded: number))
    case .string:
      writer.writeVarUInt(UInt64(parsed.count))
      for _ in 0..<parsed.count { writer.writeByte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)) }
    case .embed: writer.writeVarString("{}")
    case .format:
      let key = Self.replacement(of: [UInt8](try! reader.readVarBytes()), in: &formatKeys, or: decimal)
      key.withUnsafeBytes { writer.writeVarBytes($0) }
      let value = formatValue(try! reader.readVarBytes())
      value.withUnsafeBytes { writer.writeVarBytes($0) }
    case .type: writeType(&reader, to: &writer)
    case .document:
      decimal.withUnsafeBytes { writer.writeVarBytes($0) }
      ValueCodec.write(.object([]), to: &writer)
    }
  }

  private mutating func writeType(_ reader: inout ByteReader, to writer: inout ByteWriter) {
    let (kind, name) = try! StructParser.readType(&reader)
    writer.writeVarUInt(UInt64(kind.rawValue))
    guard let name else { return }
    let prefix: [UInt8] = kind == .xmlHook ? Array("hook-".utf8) : Array("node-".utf8)
    let replacement = Self.replacement(of: [UInt8](name), in: &nodeNames, or: prefix + decimal)
    replacement.withUnsafeBytes { writer.writeVarBytes($0) }
  }

  /// A format's value as JSON. None ends a format, which must stay so; objects are each its own.
  private mutating func formatValue(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    let fresh = Array("{\"i\":".utf8) + decimal + Array("}".utf8)
    let value = JSONText.value(text)
    switch value {
    case .null: return Array("null".utf8)
    case .array, .object: return fresh
    default:
      return Self.replacement(of: JSONText.text(of: value), in: &formatValues, or: fresh)
    }
  }

  private var decimal: [UInt8] {
    var writer = ByteWriter(capacity: 20)
    NumberText.write(number, to: &writer)
    return writer.bytes()
  }

  private static func replacement(
    of name: [UInt8], in table: inout [[UInt8]: [UInt8]], or fresh: [UInt8]
  ) -> [UInt8] {
    if let known = table[name] { return known }
    table[name] = fresh
    return fresh
  }
}
