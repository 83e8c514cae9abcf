/// A struct of an update as it stands in the bytes: checked, but not yet related to any document.
///
/// The pointers lead into the update's bytes and are valid as long as those are.
struct ParsedStruct {
  /// Stands for "no client", where there is no origin.
  static var noClient: UInt64 { .max }

  /// The first unit's clock.
  var clock: UInt32
  /// Units, at least 1.
  var count: UInt32
  var originClient: UInt64 = noClient
  var rightClient: UInt64 = noClient
  var originClock: UInt32 = 0
  var rightClock: UInt32 = 0
  /// The struct's first byte.
  var start: UnsafePointer<UInt8>
  /// Where the parent is named, if it is: only when there is neither origin.
  var parent: UnsafePointer<UInt8>?
  /// The content's first byte, after the length of lists.
  var content: UnsafePointer<UInt8>
  /// Bytes of content; for text without its length.
  var contentBytes: UInt32
  var kind: ContentKind
  /// A stretch that the update leaves out; such a struct is skipped.
  var isSkip = false
  /// A key follows the parent's name.
  var hasKey = false
  /// The units are a key's values.
  var isInChain = false

  var end: UInt32 { clock &+ count }
  var hasOrigin: Bool { @inline(__always) get { originClient != Self.noClient } }
  var hasRight: Bool { @inline(__always) get { rightClient != Self.noClient } }

  /// The item that holds the struct's parent, where the struct names one.
  var parentItem: (client: UInt64, clock: UInt32)? {
    guard let parent else { return nil }
    var reader = ByteReader(UnsafeRawBufferPointer(start: parent, count: content - parent))
    // The bytes were checked when they were parsed.
    guard try! reader.readVarUInt() == 0 else { return nil }
    return (try! reader.readVarUInt(), UInt32(try! reader.readVarUInt()))
  }
}

/// Consecutive structs of one client.
struct ParsedSection {
  var client: UInt64
  /// The clock of the first struct.
  var clock: UInt32
  /// The clock after the last struct.
  var end: UInt32
  var firstStruct: Int32
  /// The struct after the last one.
  var endStruct: Int32
  /// The byte after the last struct.
  var bytesEnd: UnsafePointer<UInt8>

  var structCount: Int32 { endStruct &- firstStruct }
}

/// A range of the delete set.
struct ParsedDeletion {
  var client: UInt64
  var clock: UInt32
  var count: UInt32

  var end: UInt32 { clock &+ count }
}

/// An update in parts, read and checked as a whole before anything is done with it. Reused from update to update.
struct ParsedUpdate: ~Copyable {
  var sections = GrowableBuffer<ParsedSection>()
  var structs = GrowableBuffer<ParsedStruct>()
  var deletions = GrowableBuffer<ParsedDeletion>()
  /// The sum of the sections' end clocks: no document grows by more units.
  private(set) var unitsMax: UInt64 = 0

  mutating func removeAll() {
    unitsMax = 0
    sections.removeAll(keepingCapacity: 64)
    structs.removeAll(keepingCapacity: 256)
    deletions.removeAll(keepingCapacity: 256)
  }

  /// Reads an update in format V1.
  ///
  /// - Throws: Any ``UpdateError`` but `tooLarge`.
  /// - Complexity: O(*n*) in the bytes.
  mutating func readV1(_ reader: inout ByteReader) throws(UpdateError) {
    let clients = try reader.readVarUInt()
    for _ in 0..<clients { try readSection(&reader) }
    try readDeleteSet(&reader)
    guard reader.isAtEnd else { throw reader.failure(.trailingBytes, at: reader.position) }
  }

  @inline(__always)
  private mutating func readSection(_ reader: inout ByteReader) throws(UpdateError) {
    let count = try reader.readVarUInt()
    let client = try reader.readVarUInt()
    let start = try Self.readClock(&reader)
    if count == 0 { return }
    try readStructs(count, client: client, from: start, &reader)
  }

  /// Reads `count` structs of one client, the first of them at clock `start`.
  mutating func readStructs(
    _ count: UInt64, client: UInt64, from start: UInt32, _ reader: inout ByteReader
  ) throws(UpdateError) {
    let first = structs.count
    var clock = start
    // A struct takes two bytes or more; what is claimed beyond ends in an error, where the bytes end.
    structs.reserve(first + Int(min(count, UInt64(reader.remaining) / 2)))
    for _ in 0..<count {
      let parsed = structs.appendUninitialized()
      try StructParser.read(&reader, client: client, clock: clock, into: &parsed.pointee)
      guard parsed.pointee.count > 0 else { throw reader.failure(.emptyStruct, at: parsed.pointee.start) }
      let (end, overflow) = clock.addingReportingOverflow(parsed.pointee.count)
      guard !overflow else { throw reader.failure(.integerOutOfRange, at: parsed.pointee.start) }
      clock = end
    }
    unitsMax &+= UInt64(clock)
    sections.append(
      ParsedSection(
        client: client, clock: start, end: clock, firstStruct: Int32(first), endStruct: Int32(structs.count),
        bytesEnd: reader.position))
  }

  /// Reads a delete set in format V1.
  mutating func readDeleteSet(_ reader: inout ByteReader) throws(UpdateError) {
    let clients = try reader.readVarUInt()
    for _ in 0..<clients {
      let client = try reader.readVarUInt()
      let count = try reader.readVarUInt()
      for _ in 0..<count {
        let field = reader.position
        let clock = try Self.readClock(&reader)
        let length = try Self.readClock(&reader)
        guard !clock.addingReportingOverflow(length).overflow else {
          throw reader.failure(.integerOutOfRange, at: field)
        }
        if length > 0 { deletions.append(ParsedDeletion(client: client, clock: clock, count: length)) }
      }
    }
  }

  /// A clock or a length in units.
  @inline(__always)
  static func readClock(_ reader: inout ByteReader) throws(UpdateError) -> UInt32 {
    let field = reader.position
    let value = try reader.readVarUInt()
    guard value <= UInt64(UInt32.max) else { throw reader.failure(.integerOutOfRange, at: field) }
    return UInt32(truncatingIfNeeded: value)
  }
}
