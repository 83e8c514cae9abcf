/// Writes structs of other updates as an update of format V1, client after client.
struct StructWriter: ~Copyable {
  private var writer: ByteWriter
  /// Bytes of the sections so far, without their number, which comes first and is known last.
  private var sectionCount: UInt64 = 0
  private let head: Int
  /// The section that is open: its client, where its number of structs stands, and that number.
  private var client: UInt64?
  private var sectionHead = 0
  private var structCount: UInt64 = 0

  init(writer: consuming ByteWriter) {
    self.writer = writer
    self.writer.reserve(10)
    head = self.writer.openCount()
  }

  /// Ends the structs and writes the delete set.
  consuming func finish(deletions: IDSet) -> ByteWriter {
    endSection()
    writer.closeCount(at: head, sectionCount)
    deletions.write(to: &writer)
    return takeWriter()
  }

  private consuming func takeWriter() -> ByteWriter { writer }

  // MARK: Sections

  /// Structs that are written from now on are of `client` and start at `clock`.
  mutating func beginSection(client: UInt64, clock: UInt32) {
    endSection()
    self.client = client
    sectionCount += 1
    writer.reserve(21)
    sectionHead = writer.openCount()
    writer.uncheckedVarUInt(client)
    writer.uncheckedVarUInt(UInt64(clock))
  }

  private mutating func endSection() {
    guard client != nil else { return }
    writer.closeCount(at: sectionHead, structCount)
    structCount = 0
    client = nil
  }

  /// Writes everything but the delete set.
  mutating func writeAll(of update: borrowing ParsedUpdate) {
    for index in 0..<update.sections.count where update.sections[index].structCount > 0 {
      let section = update.sections[index]
      beginSection(client: section.client, clock: section.clock)
      for position in section.firstStruct..<section.endStruct { write(update.structs[Int(position)]) }
    }
  }

  /// Writes what is new since `vector`: from each client's first new unit on everything, a stretch that is left out never
  /// first.
  mutating func writeDifference(of update: borrowing ParsedUpdate, since vector: StateVector) {
    for index in 0..<update.sections.count {
      let section = update.sections[index]
      let known = vector[ClientID(rawValue: section.client)]
      var position = section.firstStruct
      while position < section.endStruct {
        let candidate = update.structs[Int(position)]
        if !candidate.isSkip && Clock(candidate.end) > known { break }
        position += 1
      }
      guard position < section.endStruct else { continue }
      let first = update.structs[Int(position)]
      // Less than the struct's end, so it fits.
      let start = max(first.clock, UInt32(truncatingIfNeeded: min(known, Clock(UInt32.max))))
      beginSection(client: section.client, clock: start)
      write(first, skipping: start - first.clock)
      for position in (position + 1)..<section.endStruct { write(update.structs[Int(position)]) }
    }
  }

  // MARK: Structs

  /// Bytes that the largest fixed part of a struct takes: its first byte, two names, a length.
  private static var headMax: Int { 64 }

  /// Writes a stretch of `count` units that the update leaves out.
  mutating func writeSkip(_ count: UInt32) {
    structCount += 1
    writer.writeByte(StructBits.skip)
    writer.writeVarUInt(UInt64(count))
  }

  /// Writes a struct of `client` without its first `known` units, in a section of its own when the one before is of another
  /// client.
  mutating func write(_ parsed: ParsedStruct, of client: UInt64, skipping known: UInt32) {
    if self.client != client { beginSection(client: client, clock: parsed.clock + known) }
    write(parsed, skipping: known)
  }

  /// Writes a struct without its first `known` units.
  ///
  /// - Precondition: fewer than it has.
  mutating func write(_ parsed: ParsedStruct, skipping known: UInt32 = 0) {
    if parsed.isSkip { return writeSkip(parsed.count - known) }
    structCount += 1
    if parsed.kind == .collected {
      writer.writeByte(0)
      writer.writeVarUInt(UInt64(parsed.count - known))
      return
    }
    writeHead(parsed, skipping: known)
    writeContent(parsed, skipping: known)
  }

  /// Writes a struct with another parent, where it names one, and with other content of the same kind and length.
  mutating func write(_ parsed: ParsedStruct, parent: UnsafeRawBufferPointer, content: UnsafeRawBufferPointer) {
    structCount += 1
    writeNames(parsed, skipping: 0)
    writer.writeBytes(parent)
    writer.writeBytes(content)
  }

  private mutating func writeHead(_ parsed: ParsedStruct, skipping known: UInt32) {
    writeNames(parsed, skipping: known)
    if known == 0, let parent = parsed.parentBytes { writer.writeBytes(parent) }
  }

  /// Writes a struct's first byte and its origins.
  private mutating func writeNames(_ parsed: ParsedStruct, skipping known: UInt32) {
    writer.reserve(Self.headMax)
    var info = parsed.kind.rawValue
    if parsed.hasOrigin || known > 0 { info |= StructBits.origin }
    if parsed.hasRight { info |= StructBits.rightOrigin }
    if parsed.hasKey { info |= StructBits.key }
    writer.uncheckedByte(info)
    if known > 0 {
      writer.uncheckedVarUInt(client!)
      writer.uncheckedVarUInt(UInt64(parsed.clock + known - 1))
    } else if parsed.hasOrigin {
      writer.uncheckedVarUInt(parsed.originClient)
      writer.uncheckedVarUInt(UInt64(parsed.originClock))
    }
    if parsed.hasRight {
      writer.uncheckedVarUInt(parsed.rightClient)
      writer.uncheckedVarUInt(UInt64(parsed.rightClock))
    }
  }

  private mutating func writeContent(_ parsed: ParsedStruct, skipping known: UInt32) {
    let content = UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes))
    // The bytes were checked when they were parsed.
    var reader = ByteReader(content)
    switch parsed.kind {
    case .string: if known == 0 { writer.writeVarBytes(content) } else { writer.writeText(content, skipping: known) }
    case .deleted: writer.writeVarUInt(UInt64(parsed.count - known))
    case .json, .any:
      writer.writeVarUInt(UInt64(parsed.count - known))
      for _ in 0..<known { try! StructParser.skipUnit(&reader, kind: parsed.kind) }
      for _ in known..<parsed.count {
        if parsed.kind == .any { writeAny(&reader) } else { writeJSON(&reader, isElement: true) }
      }
    case .embed: writeJSON(&reader)
    case .format:
      writer.writeVarBytes(try! reader.readVarBytes())
      writeJSON(&reader)
    case .binary, .type, .document, .collected: writer.writeBytes(content)
    }
  }

  /// Copies a value, its numbers as Yjs writes them.
  private mutating func writeAny(_ reader: inout ByteReader) {
    let start = reader.position
    let isCanonical = try! ValueCodec.skip(&reader)
    let bytes = UnsafeRawBufferPointer(start: start, count: reader.position - start)
    if isCanonical { return writer.writeBytes(bytes) }
    var again = ByteReader(bytes)
    ValueCodec.write(try! ValueCodec.read(&again), to: &writer)
  }

  /// Copies a text as `JSON.stringify` writes what it says.
  private mutating func writeJSON(_ reader: inout ByteReader, isElement: Bool = false) {
    let text = try! reader.readVarBytes()
    if JSONText.isPlainWord(text) { return writer.writeVarBytes(text) }
    writer.reserve(10)
    let head = writer.openCount()
    let start = writer.count
    if isElement {
      JSONText.writeElement(text, to: &writer)
    } else {
      JSONText.write(JSONText.value(text), to: &writer)
    }
    writer.closeCount(at: head, UInt64(writer.count - start))
  }
}

extension ParsedStruct {
  /// The parent's name and the key behind it, as they stand in the update.
  var parentBytes: UnsafeRawBufferPointer? {
    guard let parent else { return nil }
    var reader = ByteReader(UnsafeRawBufferPointer(start: parent, count: content - parent))
    // The bytes were checked when they were parsed.
    if try! reader.readVarUInt() == 1 {
      _ = try! reader.readVarBytes()
    } else {
      _ = try! reader.readVarUInt()
      _ = try! reader.readVarUInt()
    }
    if hasKey { _ = try! reader.readVarBytes() }
    return UnsafeRawBufferPointer(start: parent, count: reader.byteOffset)
  }
}
