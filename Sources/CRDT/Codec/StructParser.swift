/// Reads one struct of an update in format V1, checking every field.
enum StructParser {
  /// Fills in `parsed`, which is memory of the caller's: a struct of this size costs more to return than to read.
  ///
  /// - Throws: Any ``UpdateError`` but `tooLarge` and `trailingBytes`.
  @inline(__always)
  static func read(
    _ reader: inout ByteReader, client: UInt64, clock: UInt32, into parsed: inout ParsedStruct
  ) throws(UpdateError) {
    let field = reader.position
    let info = try reader.readByte()
    let reference = info & StructBits.content
    parsed = ParsedStruct(clock: clock, count: 0, start: field, content: field, contentBytes: 0, kind: .collected)
    if reference == 0 || reference == StructBits.skip {
      parsed.isSkip = reference != 0
      parsed.count = try ParsedUpdate.readClock(&reader)
      return
    }
    guard let kind = ContentKind(rawValue: reference) else { throw reader.failure(.unknownContent, at: field) }
    parsed.kind = kind
    parsed.isInChain = info & StructBits.key != 0
    if info & StructBits.origin != 0 {
      (parsed.originClient, parsed.originClock) = try readID(&reader, before: clock, of: client)
    }
    if info & StructBits.rightOrigin != 0 {
      (parsed.rightClient, parsed.rightClock) = try readID(&reader, before: clock, of: client)
    }
    if !parsed.hasOrigin && !parsed.hasRight { try readParent(&reader, into: &parsed, client: client) }
    try readContent(&reader, into: &parsed)
  }

  /// A unit's name; one of the struct's own client must come before the struct.
  @inline(__always)
  private static func readID(
    _ reader: inout ByteReader, before clock: UInt32, of client: UInt64
  ) throws(UpdateError) -> (client: UInt64, clock: UInt32) {
    let field = reader.position
    let other = try reader.readVarUInt()
    let named = try ParsedUpdate.readClock(&reader)
    guard other != client || named < clock else { throw reader.failure(.invalidReference, at: field) }
    return (other, named)
  }

  @inline(never)
  private static func readParent(
    _ reader: inout ByteReader, into parsed: inout ParsedStruct, client: UInt64
  ) throws(UpdateError) {
    parsed.parent = reader.position
    let field = reader.position
    switch try reader.readVarUInt() {
    case 1: _ = try reader.readVarString()
    case 0: _ = try readID(&reader, before: parsed.clock, of: client)
    default: throw reader.failure(.unknownContent, at: field)
    }
    parsed.hasKey = parsed.isInChain
    if parsed.hasKey { _ = try reader.readVarString() }
  }

  @inline(__always)
  private static func readContent(_ reader: inout ByteReader, into parsed: inout ParsedStruct) throws(UpdateError) {
    if parsed.kind == .string {
      let field = reader.position
      let bytes = try reader.readVarBytes()
      guard let units = UTF8Text.lengthUTF16(bytes) else { throw reader.failure(.invalidUTF8, at: field) }
      guard bytes.count <= Int(Int32.max) else { throw reader.failure(.integerOutOfRange, at: field) }
      parsed.count = UInt32(truncatingIfNeeded: units)
      parsed.content = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
      parsed.contentBytes = UInt32(truncatingIfNeeded: bytes.count)
    } else if parsed.kind == .deleted {
      parsed.content = reader.position
      parsed.count = try ParsedUpdate.readClock(&reader)
    } else {
      try readOtherContent(&reader, into: &parsed)
    }
  }

  @inline(never)
  private static func readOtherContent(_ reader: inout ByteReader, into parsed: inout ParsedStruct) throws(UpdateError)
  {
    parsed.count = 1
    parsed.content = reader.position
    switch parsed.kind {
    case .json, .any:
      let field = reader.position
      let count = try reader.readVarUInt()
      // Every value takes a byte or more.
      guard count <= UInt64(reader.remaining) else { throw reader.failure(.truncated, at: field) }
      parsed.count = UInt32(truncatingIfNeeded: count)
      parsed.content = reader.position
      for _ in 0..<count { try skipUnit(&reader, kind: parsed.kind) }
    default: try skipUnit(&reader, kind: parsed.kind)
    }
    let bytes = reader.position - parsed.content
    guard bytes <= Int(Int32.max) else { throw reader.failure(.integerOutOfRange, at: parsed.content) }
    parsed.contentBytes = UInt32(truncatingIfNeeded: bytes)
  }

  /// Reads over the content of one unit, checking it.
  ///
  /// - Returns: Whether a plain value is encoded as Yjs would encode it; true for all else.
  @discardableResult
  static func skipUnit(_ reader: inout ByteReader, kind: ContentKind) throws(UpdateError) -> Bool {
    switch kind {
    case .json, .embed: _ = try reader.readVarString()
    case .binary: _ = try reader.readVarBytes()
    case .format:
      _ = try reader.readVarString()
      _ = try reader.readVarString()
    case .any: return try ValueCodec.skip(&reader)
    case .type: _ = try readType(&reader)
    case .document:
      _ = try reader.readVarString()
      try ValueCodec.skip(&reader)
    case .collected, .deleted, .string: break
    }
    return true
  }

  /// A nested type's kind, and its name where the kind has one.
  static func readType(
    _ reader: inout ByteReader
  ) throws(UpdateError) -> (kind: TypeKind, name: UnsafeRawBufferPointer?) {
    let field = reader.position
    let reference = try reader.readVarUInt()
    guard reference <= UInt64(TypeKind.xmlText.rawValue), let kind = TypeKind(rawValue: UInt8(reference)) else {
      throw reader.failure(.unknownContent, at: field)
    }
    return (kind, kind.isNamed ? try reader.readVarString() : nil)
  }
}
