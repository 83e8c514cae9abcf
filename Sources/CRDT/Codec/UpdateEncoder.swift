/// Writes a document, or what is new in it, in update format V1, with exactly the struct boundaries that Yjs has.
///
/// Yjs merges two neighbours when the second continues the first: contiguous clocks, the first's last unit as its origin,
/// the same right origin, side by side in the document, both deleted or neither, and content of a kind that merges.
/// Runs hold the first three, clock order and the position tree the others.
struct UpdateEncoder: ~Copyable {
  var writer: ByteWriter
  /// Where spans of the document do not continue the one before them; nil to look each up in the position tree, which is
  /// quicker for a few units.
  private let breaks: SpanBreaks?

  init(writer: consuming ByteWriter, breaks: consuming SpanBreaks?) {
    self.writer = writer
    self.breaks = breaks
  }

  /// Gives the writer back for another update.
  consuming func takeWriter() -> ByteWriter { writer }

  /// Bytes that the largest fixed part of a struct takes: info, two identifiers with clocks, a length.
  private static var structHeadMax: Int { 64 }

  // MARK: Sections

  /// Writes a client's structs from `start` on, then what is pending of it.
  mutating func writeSection(
    _ store: inout DocumentStore, client: ClientIndex, from start: UInt32, pending: borrowing [PendingSection]
  ) {
    let history = store.history(client)
    let next = history.pointee.next
    let head = openSection(client: history.pointee.client, start: start)
    var count = writeStructs(&store, client: client, from: start).count
    if !pending.isEmpty {
      count += writePending(pending, client: history.pointee.client, from: max(start, next), after: count > 0)
    }
    writer.closeCount(at: head, count)
  }

  /// Writes a client's structs before `end`.
  ///
  /// - Precondition: They are known.
  mutating func writeSection(_ store: inout DocumentStore, client: ClientIndex, before end: UInt32) {
    let head = openSection(client: store.history(client).pointee.client, start: 0)
    writer.closeCount(at: head, writeStructs(&store, client: client, from: 0, before: end).count)
  }

  /// Writes what is pending of a client of which nothing else is written.
  mutating func writeSection(pending: borrowing [PendingSection], client: UInt64, from start: UInt32) {
    let first = pending.first { $0.clocks.upperBound > start }!
    let head = openSection(client: client, start: max(start, first.clocks.lowerBound))
    let count = writePending(pending, client: client, from: start, after: false)
    writer.closeCount(at: head, count)
  }

  /// Writes a section's head; the number of its structs is left open.
  @inline(__always)
  private mutating func openSection(client: UInt64, start: UInt32) -> Int {
    writer.reserve(Self.sectionHeadMax)
    let head = writer.openCount()
    writer.uncheckedVarUInt(client)
    writer.uncheckedVarUInt(UInt64(start))
    return head
  }

  /// Bytes that a section's head takes at most, its count not included but for one byte.
  private static var sectionHeadMax: Int { 21 }

  // MARK: Structs

  /// Writes a client's structs, but no section around them, until the writer has about `byteLimit` bytes: the last one is
  /// cut there if its content can be.
  ///
  /// - Returns: The number of structs written, one or more, and the clock after the last.
  mutating func writeStructs(
    _ store: inout DocumentStore, client: ClientIndex, from start: UInt32, before limit: UInt32, upTo byteLimit: Int
  ) -> (count: UInt64, end: UInt32) {
    writeStructs(&store, client: client, from: start, before: limit, byteLimit: byteLimit)
  }

  /// - Returns: The number of structs written, and the clock after the last.
  @inline(__always)
  private mutating func writeStructs(
    _ store: inout DocumentStore, client: ClientIndex, from start: UInt32, before limit: UInt32 = .max,
    byteLimit: Int = .max
  ) -> (count: UInt64, end: UInt32) {
    let history = store.history(client)
    let next = min(history.pointee.next, limit)
    var count: UInt64 = 0
    var clock = start
    if clock >= next { return (0, clock) }
    var index = history.pointee.runIndex(of: clock)
    while clock < next && (count == 0 || writer.count < byteLimit) {
      count &+= 1
      let run = history.pointee.runs[index]
      writer.reserve(Self.structHeadMax)
      var end: UInt32
      if run.kind == .collected {
        (end, index) = Self.endOfCollected(history, from: index)
        end = min(end, next)
        writer.uncheckedByte(0)
        writer.uncheckedVarUInt(UInt64(end &- clock))
      } else {
        let isHidden = history.pointee.isHidden(clock, run.kind, collectsGarbage: store.collectsGarbage)
        let runEnd = min(history.pointee.endOfRun(index), next)
        end = endOfStruct(&store, client, run, from: clock, before: runEnd)
        if isHidden && end == runEnd && end < next {
          let extended = endOfTombstones(&store, client, run, after: index)
          writeHead(&store, history, client, run, at: clock, reference: ContentKind.deleted.rawValue)
          writer.uncheckedVarUInt(UInt64(min(extended.end, next) &- clock))
          (clock, index) = extended
          continue
        }
        let kind = isHidden ? .deleted : run.kind
        if byteLimit < .max && kind.merges && kind != .deleted {
          end = history.pointee.endOfContent(from: clock, before: end, in: run, byteCount: byteLimit &- writer.count)
        }
        writeHead(&store, history, client, run, at: clock, reference: kind.rawValue)
        writeContent(&store, history, run, kind, clock..<end)
        if end == runEnd { index &+= 1 }
      }
      clock = end
    }
    // Tombstones may have gone on behind the limit.
    return (count, min(clock, next))
  }

  /// The end of a stretch of collected units, which merge by their clocks alone, and the run after it.
  private static func endOfCollected(
    _ history: UnsafeMutablePointer<ClientHistory>, from index: Int
  ) -> (end: UInt32, run: Int) {
    var index = index
    while index + 1 < history.pointee.runs.count && history.pointee.runs[index + 1].kind == .collected { index += 1 }
    return (history.pointee.endOfRun(index), index + 1)
  }

  /// The clock after the struct that starts at `clock`, at most `limit`.
  @inline(__always)
  private func endOfStruct(
    _ store: inout DocumentStore, _ client: ClientIndex, _ run: Run, from clock: UInt32, before limit: UInt32
  ) -> UInt32 {
    if limit &- clock == 1 { return limit }
    let history = store.history(client)
    let isDeleted = history.pointee.isDeleted(clock)
    let isHidden = history.pointee.isHidden(clock, run.kind, collectsGarbage: store.collectsGarbage)
    if !isHidden && !run.kind.merges { return clock &+ 1 }
    // Looked for in windows that double: what ends the struct may be near while its run goes on for millions of units.
    var width = min(limit &- clock, 1 << 12)
    while true {
      let window = clock &+ width
      var end = history.pointee.endOfState(isDeleted, from: clock, before: window)
      if history.pointee.hasUndoMarks { end = history.pointee.endOfUndoMarks(from: clock, before: end) }
      end = firstBreak(&store, client, after: clock, before: end)
      if end < window || window == limit { return end }
      width = width > (limit &- clock) / 2 ? limit &- clock : width &* 2
    }
  }

  @inline(__always)
  private func firstBreak(
    _ store: inout DocumentStore, _ client: ClientIndex, after clock: UInt32, before end: UInt32
  ) -> UInt32 {
    if end &- clock == 1 { return end }
    switch breaks {
    case .some(let breaks): return breaks.first(of: client, after: clock, before: end)
    case nil: return store.firstBreak(client, after: clock, before: end)
    }
  }

  /// Tombstones merge over the end of a run, whatever they were, when the next run continues this one.
  ///
  /// - Returns: The clock after the last tombstone of the struct, and the run which that clock is in.
  private func endOfTombstones(
    _ store: inout DocumentStore, _ client: ClientIndex, _ run: Run, after index: Int
  ) -> (end: UInt32, run: Int) {
    let history = store.history(client)
    var index = index
    while true {
      let end = history.pointee.endOfRun(index)
      index += 1
      guard index < history.pointee.runs.count else { return (end, index) }
      let following = history.pointee.runs[index]
      guard
        following.kind != .collected && following.rightOrigin == run.rightOrigin
          && following.origin == UnitID(client: client, clock: end &- 1)
          && history.pointee.isHidden(end, following.kind, collectsGarbage: store.collectsGarbage)
          && !history.pointee.redone.isBoundary(end) && !isBreak(&store, client, at: end)
      else { return (end, index) }
      let limit = history.pointee.endOfRun(index)
      let stop = endOfStruct(&store, client, following, from: end, before: limit)
      if stop < limit { return (stop, index) }
    }
  }

  private func isBreak(_ store: inout DocumentStore, _ client: ClientIndex, at clock: UInt32) -> Bool {
    firstBreak(&store, client, after: clock &- 1, before: clock &+ 1) == clock
  }

  // MARK: Fields

  /// - Precondition: The writer has room for the head; names make room for themselves.
  @inline(__always)
  private mutating func writeHead(
    _ store: inout DocumentStore, _ history: UnsafeMutablePointer<ClientHistory>, _ client: ClientIndex, _ run: Run,
    at clock: UInt32, reference: UInt8
  ) {
    let origin = clock == run.clock ? run.origin : UnitID(client: client, clock: clock &- 1)
    let sequence = store.sequences[Int(run.sequence)]
    var info = reference
    if !origin.isNone { info |= StructBits.origin }
    if !run.rightOrigin.isNone { info |= StructBits.rightOrigin }
    if sequence.isChain { info |= StructBits.key }
    writer.uncheckedByte(info)
    if !origin.isNone {
      writer.uncheckedVarUInt(
        origin.client == client ? history.pointee.client : store.history(origin.client).pointee.client)
      writer.uncheckedVarUInt(UInt64(origin.clock))
    }
    if !run.rightOrigin.isNone {
      writer.uncheckedVarUInt(store.history(run.rightOrigin.client).pointee.client)
      writer.uncheckedVarUInt(UInt64(run.rightOrigin.clock))
    }
    if origin.isNone && run.rightOrigin.isNone { writeParent(&store, sequence) }
  }

  @inline(never)
  private mutating func writeParent(_ store: inout DocumentStore, _ sequence: SequenceRecord) {
    let type = store.types[Int(sequence.type)]
    if type.isRoot {
      writer.writeByte(1)
      writer.writeVarBytes(store.names.bytes(of: type.name))
    } else {
      writer.writeByte(0)
      writer.writeVarUInt(store.history(type.item.client).pointee.client)
      writer.writeVarUInt(UInt64(type.item.clock))
    }
    if sequence.isChain { writer.writeVarBytes(store.names.bytes(of: sequence.key)) }
    writer.reserve(Self.structHeadMax)
  }

  @inline(__always)
  private mutating func writeContent(
    _ store: inout DocumentStore, _ history: UnsafeMutablePointer<ClientHistory>, _ run: Run, _ kind: ContentKind,
    _ clocks: Range<UInt32>
  ) {
    switch kind {
    case .string: history.pointee.writeVarString(of: clocks, to: &writer)
    case .deleted: writer.uncheckedVarUInt(UInt64(clocks.upperBound &- clocks.lowerBound))
    default: writeCells(&store, history, run, kind, clocks)
    }
  }

  @inline(never)
  private mutating func writeCells(
    _ store: inout DocumentStore, _ history: UnsafeMutablePointer<ClientHistory>, _ run: Run, _ kind: ContentKind,
    _ clocks: Range<UInt32>
  ) {
    if kind.merges { writer.writeVarUInt(UInt64(clocks.upperBound &- clocks.lowerBound)) }
    for clock in clocks {
      let cell = history.pointee.cell(of: clock, in: run)
      if kind == .type {
        let type = store.types[Int(cell.type)]
        writer.writeVarUInt(UInt64(type.kind.rawValue))
        if type.name != NameTable.none { writer.writeVarBytes(store.names.bytes(of: type.name)) }
      } else {
        cell.withBytes { writer.writeBytes($0) }
      }
    }
  }

  // MARK: Pending structs

  /// Writes pending structs from a clock on, with a skip over each gap between them; before the first one only when
  /// other structs came `after` which they follow.
  private mutating func writePending(
    _ sections: borrowing [PendingSection], client: UInt64, from start: UInt32, after: Bool
  ) -> UInt64 {
    var count: UInt64 = 0
    var clock = start
    var follows = after
    for index in sections.indices where sections[index].clocks.upperBound > clock {
      if sections[index].clocks.lowerBound > clock {
        if follows {
          writer.writeByte(10)
          writer.writeVarUInt(UInt64(sections[index].clocks.lowerBound - clock))
          count += 1
        }
        clock = sections[index].clocks.lowerBound
      }
      count += writeSection(sections[index], client: client, from: clock)
      clock = sections[index].clocks.upperBound
      follows = true
    }
    return count
  }

  private mutating func writeSection(
    _ section: borrowing PendingSection, client: UInt64, from start: UInt32
  ) -> UInt64 {
    section.bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      var parsed = ParsedUpdate()
      // The bytes were checked when they came in.
      try! parsed.readStructs(section.structs, client: client, from: section.clocks.lowerBound, &reader)
      var count: UInt64 = 0
      for index in 0..<parsed.structs.count where parsed.structs[index].end > start {
        let parsedStruct = parsed.structs[index]
        let end = index + 1 < parsed.structs.count ? parsed.structs[index + 1].start : reader.position
        if start > parsedStruct.clock {
          writeRest(of: parsedStruct, client: client, from: start)
        } else {
          writer.writeBytes(UnsafeRawBufferPointer(start: parsedStruct.start, count: end - parsedStruct.start))
        }
        count += 1
      }
      return count
    }
  }

  /// Writes a struct without its first units.
  private mutating func writeRest(of parsed: ParsedStruct, client: UInt64, from start: UInt32) {
    writer.reserve(Self.structHeadMax)
    let known = start - parsed.clock
    if parsed.kind == .collected {
      writer.uncheckedByte(0)
      writer.uncheckedVarUInt(UInt64(parsed.count - known))
      return
    }
    var info = parsed.kind.rawValue | StructBits.origin
    if parsed.hasRight { info |= StructBits.rightOrigin }
    if parsed.isInChain { info |= StructBits.key }
    writer.uncheckedByte(info)
    writer.uncheckedVarUInt(client)
    writer.uncheckedVarUInt(UInt64(start - 1))
    if parsed.hasRight {
      writer.uncheckedVarUInt(parsed.rightClient)
      writer.uncheckedVarUInt(UInt64(parsed.rightClock))
    }
    let content = UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes))
    switch parsed.kind {
    case .deleted: writer.uncheckedVarUInt(UInt64(parsed.count - known))
    case .string: writer.writeText(content, skipping: known)
    default:
      // Only content that merges has more than one unit.
      writer.uncheckedVarUInt(UInt64(parsed.count - known))
      var reader = ByteReader(content)
      for _ in 0..<known { try! StructParser.skipUnit(&reader, kind: parsed.kind) }
      writer.writeBytes(UnsafeRawBufferPointer(start: reader.position, count: reader.remaining))
    }
  }
}
