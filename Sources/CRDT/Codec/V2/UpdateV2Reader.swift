/// Reads an update in format V2, checking every field, and writes the same update in format V1.
///
/// V2 keeps each field of the structs in a column of its own, V1 struct by struct; structs, their order and their
/// boundaries are the same. What JSON is in V1 is a value in V2, and becomes what `JSON.stringify` makes of it.
struct UpdateV2Reader: ~Copyable {
  /// Structs of an update of `bytes` bytes at most, and elements of arrays from before version 13. They may take no bytes
  /// at all when they are like those before them, so that a few bytes can stand for any number.
  static func structsMax(bytes: Int) -> UInt64 { 1 << 20 + 8 * UInt64(bytes) }
  /// Bytes in format V1 that an update of `bytes` bytes may become. A key can be given by the number of one before it,
  /// however long that was.
  static func expandedBytesMax(bytes: Int) -> Int { 1 << 26 + 16 * min(bytes, 1 << 26) }

  var columns: UpdateV2Columns
  /// The keys so far, each with its length before it, and where each ends.
  private var keys = ByteWriter(capacity: 64)
  private var keyEnds = GrowableBuffer<Int>()
  private var structsLeft: UInt64
  let outputMax: Int
  var output: ByteWriter
  /// Where the length of the last struct stands.
  private(set) var lengthField: UnsafePointer<UInt8>

  init(_ columns: UpdateV2Columns, bytes: Int) {
    self.columns = columns
    structsLeft = Self.structsMax(bytes: bytes)
    outputMax = Self.expandedBytesMax(bytes: bytes)
    output = ByteWriter(capacity: bytes * 2)
    lengthField = columns.rest.position
  }

  /// The update in format V1.
  ///
  /// - Throws: Any ``UpdateError`` but `unknownMessage`, with its offset in `bytes`.
  /// - Complexity: O(*n*) in the bytes of both formats, and in memory.
  static func convertToV1(_ bytes: UnsafeRawBufferPointer) throws(UpdateError) -> ByteWriter {
    var reader = UpdateV2Reader(try UpdateV2Columns(ByteReader(bytes)), bytes: bytes.count)
    try reader.readUpdate()
    return reader.takeOutput()
  }

  private func failure(_ code: UpdateError.Code, at field: UnsafePointer<UInt8>? = nil) -> UpdateError {
    columns.rest.failure(code, at: field ?? columns.rest.position)
  }

  private consuming func takeOutput() -> ByteWriter { output }

  private mutating func readUpdate() throws(UpdateError) {
    let sections = try columns.rest.readVarUInt()
    output.reserve(10)
    let head = output.openCount()
    var written: UInt64 = 0
    for _ in 0..<sections {
      if try readSection() { written += 1 }
    }
    output.closeCount(at: head, written)
    try readDeleteSet()
    guard columns.rest.isAtEnd else { throw failure(.trailingBytes) }
  }

  // MARK: Structs

  /// - Returns: Whether the client has any structs.
  private mutating func readSection() throws(UpdateError) -> Bool {
    var (count, client, clock) = try readSectionHead()
    guard count > 0 else { return false }
    output.writeVarUInt(count)
    output.writeVarUInt(client)
    output.writeVarUInt(UInt64(clock))
    for _ in 0..<count {
      clock = try readStruct(client: client, from: clock)
      guard output.count <= outputMax else { throw failure(.tooLarge, at: lengthField) }
    }
    return true
  }

  /// The number of a client's structs, the client, and the first clock.
  mutating func readSectionHead() throws(UpdateError) -> (count: UInt64, client: UInt64, clock: UInt32) {
    let field = columns.rest.position
    let count = try columns.rest.readVarUInt()
    guard count <= structsLeft else { throw failure(.tooLarge, at: field) }
    structsLeft -= count
    let client = try columns.clients.next()
    return (count, client, try ParsedUpdate.readClock(&columns.rest))
  }

  /// Writes the next struct, which starts at a clock, to the output.
  ///
  /// - Returns: The clock behind the struct.
  mutating func readStruct(client: UInt64, from clock: UInt32) throws(UpdateError) -> UInt32 {
    let units = try readStruct(client: client, clock: clock)
    guard units > 0 else { throw failure(.emptyStruct, at: lengthField) }
    guard units <= UInt64(UInt32.max - clock) else { throw failure(.integerOutOfRange, at: lengthField) }
    return clock + UInt32(units)
  }

  /// - Returns: The struct's units.
  private mutating func readStruct(client: UInt64, clock: UInt32) throws(UpdateError) -> UInt64 {
    let info = try columns.infos.next()
    let reference = info & StructBits.content
    if info == StructBits.skip {
      lengthField = columns.rest.position
      let units = UInt64(try ParsedUpdate.readClock(&columns.rest))
      output.writeByte(info)
      output.writeVarUInt(units)
      return units
    }
    if reference == 0 {
      output.writeByte(0)
      return try copyLength()
    }
    guard let kind = ContentKind(rawValue: reference) else {
      throw failure(.unknownContent, at: columns.infos.field)
    }
    output.writeByte(info)
    if info & StructBits.origin != 0 {
      try copyID(clock: try columns.leftClocks.nextClock(), before: clock, of: client)
    }
    if info & StructBits.rightOrigin != 0 {
      try copyID(clock: try columns.rightClocks.nextClock(), before: clock, of: client)
    }
    if info & (StructBits.origin | StructBits.rightOrigin) == 0 {
      try copyParent(before: clock, of: client)
      if info & StructBits.key != 0 { _ = try columns.strings.copyNext(to: &output) }
    }
    return try copyContent(kind)
  }

  /// Copies a unit's name; one of the struct's own client must come before the struct.
  private mutating func copyID(clock named: UInt32, before clock: UInt32, of client: UInt64) throws(UpdateError) {
    let other = try columns.clients.next()
    guard other != client || named < clock else {
      throw failure(.invalidReference, at: columns.clients.field)
    }
    output.writeVarUInt(other)
    output.writeVarUInt(UInt64(named))
  }

  private mutating func copyParent(before clock: UInt32, of client: UInt64) throws(UpdateError) {
    let isRoot = try columns.parentInfos.next()
    guard isRoot <= 1 else { throw failure(.unknownContent, at: columns.parentInfos.field) }
    output.writeByte(isRoot)
    if isRoot == 1 {
      _ = try columns.strings.copyNext(to: &output)
    } else {
      try copyID(clock: try columns.leftClocks.nextClock(), before: clock, of: client)
    }
  }

  // MARK: Content

  private mutating func copyLength() throws(UpdateError) -> UInt64 {
    let length = try columns.lengths.next()
    lengthField = columns.lengths.field
    guard length <= UInt64(UInt32.max) else { throw failure(.integerOutOfRange, at: lengthField) }
    output.writeVarUInt(length)
    return length
  }

  /// - Returns: The content's units.
  private mutating func copyContent(_ kind: ContentKind) throws(UpdateError) -> UInt64 {
    switch kind {
    case .string:
      let units = try columns.strings.copyNext(to: &output)
      lengthField = columns.strings.lengths.field
      return units
    case .deleted: return try copyLength()
    case .json, .any: return try copyValues(kind)
    case .binary: output.writeVarBytes(try columns.rest.readVarBytes())
    case .embed: try copyJSON()
    case .format:
      try copyKey()
      try copyJSON()
    case .type: try copyType()
    case .document:
      _ = try columns.strings.copyNext(to: &output)
      try copyAny()
    case .collected: break
    }
    return 1
  }

  private mutating func copyValues(_ kind: ContentKind) throws(UpdateError) -> UInt64 {
    let count = try copyLength()
    if kind == .any {
      // Every value takes a byte or more.
      guard count <= UInt64(columns.rest.remaining) else { throw failure(.truncated, at: lengthField) }
      for _ in 0..<count { try copyAny() }
    } else {
      // A string may take none when it is as long as those before it.
      guard count <= structsLeft else { throw failure(.tooLarge, at: lengthField) }
      structsLeft -= count
      for _ in 0..<count { _ = try columns.strings.copyNext(to: &output) }
    }
    return count
  }

  private mutating func copyAny() throws(UpdateError) {
    let start = columns.rest.position
    try ValueCodec.skip(&columns.rest)
    output.writeBytes(UnsafeRawBufferPointer(start: start, count: columns.rest.position - start))
  }

  private mutating func copyJSON() throws(UpdateError) {
    let value = try ValueCodec.read(&columns.rest)
    output.reserve(10)
    let head = output.openCount()
    let start = output.count
    JSONText.write(value, to: &output)
    output.closeCount(at: head, UInt64(output.count - start))
  }

  /// A key is the number of one that was read before, or else the next string.
  private mutating func copyKey() throws(UpdateError) {
    let number = try columns.keyClocks.next()
    guard number >= 0 else { throw failure(.integerOutOfRange, at: columns.keyClocks.field) }
    if number >= keyEnds.count {
      _ = try columns.strings.copyNext(to: &keys)
      keyEnds.append(keys.count)
    }
    let index = Int(min(number, Int64(keyEnds.count - 1)))
    let start = index == 0 ? 0 : keyEnds[index - 1]
    let end = keyEnds[index]
    keys.withBytes { output.writeBytes(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }

  private mutating func copyType() throws(UpdateError) {
    let reference = try columns.typeReferences.next()
    guard reference <= UInt64(TypeKind.xmlText.rawValue), let kind = TypeKind(rawValue: UInt8(reference)) else {
      throw failure(.unknownContent, at: columns.typeReferences.field)
    }
    output.writeVarUInt(reference)
    if kind.isNamed { try copyKey() }
  }

  // MARK: Deletions

  private mutating func readDeleteSet() throws(UpdateError) {
    let clients = try columns.rest.readVarUInt()
    output.writeVarUInt(clients)
    for _ in 0..<clients {
      output.writeVarUInt(try columns.rest.readVarUInt())
      let count = try columns.rest.readVarUInt()
      output.writeVarUInt(count)
      var end: UInt64 = 0
      for _ in 0..<count {
        let field = columns.rest.position
        let clock = end + (try columns.rest.readVarUInt())
        let length = try columns.rest.readVarUInt() + 1
        end = clock + length
        guard end <= UInt64(UInt32.max) else { throw failure(.integerOutOfRange, at: field) }
        output.writeVarUInt(clock)
        output.writeVarUInt(length)
      }
    }
  }
}
