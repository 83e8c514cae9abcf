/// Writes an update that was read in format V1 in format V2, byte for byte as Yjs does.
///
/// Structs, their order and their boundaries stay. What is JSON in V1 is written as the value that `JSON.parse` makes of
/// it. Keys are never written as references to earlier ones: nobody else writes those either.
struct UpdateV2Writer: ~Copyable {
  private var rest = ByteWriter()
  private var keyClocks = DifferenceRunWriter()
  private var keyCount: UInt64 = 0
  private var clients = IntegerRunWriter()
  private var leftClocks = DifferenceRunWriter()
  private var rightClocks = DifferenceRunWriter()
  private var infos = ByteRunWriter()
  private var strings = StringColumnWriter()
  private var parentInfos = ByteRunWriter()
  private var typeReferences = IntegerRunWriter()
  private var lengths = IntegerRunWriter()
  /// Whether a struct says that it is a key's value also where no key follows: documents of Yjs do, its tools do not.
  private let keepsKeyBits: Bool

  private init(keepsKeyBits: Bool) { self.keepsKeyBits = keepsKeyBits }

  /// The update `bytes` of format V1 in format V2.
  ///
  /// - Throws: Any ``UpdateError`` but `unknownMessage` and `tooLarge`.
  /// - Complexity: O(*n*) in the bytes; O(*m* log *m*) for *m* deletions out of order.
  static func convertFromV1(_ bytes: UnsafeRawBufferPointer) throws(UpdateError) -> [UInt8] {
    var reader = ByteReader(bytes)
    var parsed = ParsedUpdate()
    try parsed.readV1(&reader)
    return encode(parsed, keepsKeyBits: true)
  }

  /// What was read in format V1, in format V2.
  static func encode(_ parsed: borrowing ParsedUpdate, keepsKeyBits: Bool) -> [UInt8] {
    var writer = UpdateV2Writer(keepsKeyBits: keepsKeyBits)
    writer.writeStructs(of: parsed)
    IDSet(parsed.deletions).write(to: &writer.rest, format: .v2)
    return writer.finish()
  }

  private consuming func finish() -> [UInt8] {
    var output = ByteWriter(capacity: rest.count * 2 + 256)
    output.writeVarUInt(0)
    keyClocks.finish(to: &output)
    clients.finish(to: &output)
    leftClocks.finish(to: &output)
    rightClocks.finish(to: &output)
    infos.finish(to: &output)
    strings.finish(to: &output)
    parentInfos.finish(to: &output)
    typeReferences.finish(to: &output)
    lengths.finish(to: &output)
    rest.withBytes { output.writeBytes($0) }
    return output.bytes()
  }

  // MARK: Structs

  private mutating func writeStructs(of parsed: borrowing ParsedUpdate) {
    var count: UInt64 = 0
    for index in 0..<parsed.sections.count where parsed.sections[index].structCount > 0 { count += 1 }
    rest.writeVarUInt(count)
    for index in 0..<parsed.sections.count where parsed.sections[index].structCount > 0 {
      let section = parsed.sections[index]
      rest.writeVarUInt(UInt64(section.structCount))
      clients.write(section.client)
      rest.writeVarUInt(UInt64(section.clock))
      for position in section.firstStruct..<section.endStruct { write(parsed.structs[Int(position)]) }
    }
  }

  private mutating func write(_ parsed: ParsedStruct) {
    if parsed.isSkip {
      infos.write(StructBits.skip)
      rest.writeVarUInt(UInt64(parsed.count))
      return
    }
    if parsed.kind == .collected {
      infos.write(0)
      lengths.write(UInt64(parsed.count))
      return
    }
    let info = parsed.start.pointee
    infos.write(keepsKeyBits || parsed.hasKey ? info : info & ~StructBits.key)
    if parsed.hasOrigin {
      clients.write(parsed.originClient)
      leftClocks.write(UInt64(parsed.originClock))
    }
    if parsed.hasRight {
      clients.write(parsed.rightClient)
      rightClocks.write(UInt64(parsed.rightClock))
    }
    if let parent = parsed.parent { writeParent(parent, parsed) }
    writeContent(parsed)
  }

  private mutating func writeParent(_ parent: UnsafePointer<UInt8>, _ parsed: ParsedStruct) {
    var reader = ByteReader(UnsafeRawBufferPointer(start: parent, count: parsed.content - parent))
    // The bytes were checked when they were parsed.
    let isRoot = try! reader.readVarUInt() == 1
    parentInfos.write(isRoot ? 1 : 0)
    if isRoot {
      writeString(try! reader.readVarBytes())
    } else {
      clients.write(try! reader.readVarUInt())
      leftClocks.write(try! reader.readVarUInt())
    }
    if parsed.hasKey { writeString(try! reader.readVarBytes()) }
  }

  private mutating func writeString(_ utf8: UnsafeRawBufferPointer) {
    strings.write(utf8, units: UInt64(UTF8Text.lengthUTF16(utf8)!))
  }

  private mutating func writeKey(_ utf8: UnsafeRawBufferPointer) {
    keyClocks.write(keyCount)
    keyCount += 1
    writeString(utf8)
  }

  // MARK: Content

  private mutating func writeContent(_ parsed: ParsedStruct) {
    let content = UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes))
    // The bytes were checked when they were parsed.
    var reader = ByteReader(content)
    switch parsed.kind {
    case .string: strings.write(content, units: UInt64(parsed.count))
    case .deleted: lengths.write(UInt64(parsed.count))
    case .json:
      lengths.write(UInt64(parsed.count))
      for _ in 0..<parsed.count { writeLegacyJSON(try! reader.readVarBytes()) }
    case .any:
      lengths.write(UInt64(parsed.count))
      writeAny(parsed.count, content)
    case .binary: rest.writeBytes(content)
    case .embed: writeJSON(try! reader.readVarBytes())
    case .format:
      writeKey(try! reader.readVarBytes())
      writeJSON(try! reader.readVarBytes())
    case .type:
      let (kind, name) = try! StructParser.readType(&reader)
      typeReferences.write(UInt64(kind.rawValue))
      if let name { writeKey(name) }
    case .document:
      writeString(try! reader.readVarBytes())
      rest.writeBytes(UnsafeRawBufferPointer(start: reader.position, count: reader.remaining))
    case .collected: break
    }
  }

  /// Values as they are, but for numbers, which are written as Yjs writes them.
  private mutating func writeAny(_ count: UInt32, _ content: UnsafeRawBufferPointer) {
    var reader = ByteReader(content)
    for _ in 0..<count {
      let start = reader.position
      if try! ValueCodec.skip(&reader) {
        rest.writeBytes(UnsafeRawBufferPointer(start: start, count: reader.position - start))
      } else {
        var again = ByteReader(part: UnsafeRawBufferPointer(start: start, count: reader.position - start), of: reader)
        ValueCodec.write(try! ValueCodec.read(&again), to: &rest)
      }
    }
  }

  private mutating func writeJSON(_ text: UnsafeRawBufferPointer) {
    let value = JSONText.value(text)
    // What is no JSON is null, which others can read.
    if case .undefined = value {
      ValueCodec.write(.null, to: &rest)
    } else {
      ValueCodec.write(value.inPropertyOrder, to: &rest)
    }
  }

  /// Arrays from before version 13 are JSON text in both formats; Yjs reads and writes it.
  private mutating func writeLegacyJSON(_ text: UnsafeRawBufferPointer) {
    var canonical = ByteWriter(capacity: text.count + 8)
    JSONText.writeElement(text, to: &canonical)
    canonical.withBytes { writeString($0) }
  }
}
