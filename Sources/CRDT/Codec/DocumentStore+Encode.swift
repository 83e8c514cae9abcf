/// Updates of a document: everything, what a peer lacks, or what the open transaction did.
extension DocumentStore {
  private struct SectionStart {
    var id: UInt64
    /// None when all that is known of the client is pending.
    var client: ClientIndex?
    var start: UInt32
  }

  /// What a peer with the given state vector lacks, with the whole delete set, in format V1. Structs and deletions that
  /// wait for missing updates are part of it.
  ///
  /// - Complexity: O(*n*) in the document's spans; O(*k* log *n*) when only *k* units are new.
  mutating func encodeUpdate(since vector: StateVector) -> [UInt8] {
    var sections: [SectionStart] = []
    var units = 0
    var contents = 0
    for client in 0..<clientCount {
      let id = clients[client].client
      let start = UInt32(clamping: vector.isEmpty ? 0 : vector[ClientID(rawValue: id)])
      guard clients[client].next > start || hasPending(of: id, from: start) else { continue }
      let new = Int(clients[client].next) - Int(min(start, clients[client].next))
      units += new
      // Only what has content takes bytes by the unit: a few bytes from a peer can stand for a billion tombstones.
      contents += min(new, clients[client].contentCount)
      sections.append(SectionStart(id: id, client: ClientIndex(client), start: start))
    }
    if !pending.isEmpty {
      for id in pending.clients where findClient(id) == nil {
        let start = UInt32(clamping: vector[ClientID(rawValue: id)])
        if hasPending(of: id, from: start) { sections.append(SectionStart(id: id, client: nil, start: start)) }
      }
    }
    sections.sort { $0.id > $1.id }
    let isWorthWalk = units > 1024 && units > unitCount / 8
    return ByteWriter.bytes(capacity: 64 + contents * 3 / 2) { writer in
      var encoder = UpdateEncoder(writer: writer, breaks: isWorthWalk ? SpanBreaks(&self) : nil)
      encoder.writer.writeVarUInt(UInt64(sections.count))
      for section in sections {
        let waiting = pending.isEmpty ? [] : pending.sections(of: section.id)
        if let client = section.client, clients[Int(client)].next > section.start {
          encoder.writeSection(&self, client: client, from: section.start, pending: waiting)
        } else {
          encoder.writeSection(pending: waiting, client: section.id, from: section.start)
        }
      }
      writeDeleteSet(to: &encoder.writer)
      return encoder.takeWriter()
    }
  }

  private mutating func hasPending(of id: UInt64, from start: UInt32) -> Bool {
    !pending.isEmpty && pending.sections(of: id).contains { $0.clocks.upperBound > start }
  }

  // MARK: Delete set

  /// Writes all tombstones, and the deletions of units that are not known yet.
  private mutating func writeDeleteSet(to writer: inout ByteWriter) {
    var ids: [(id: UInt64, client: ClientIndex?)] = []
    for client in 0..<clientCount {
      let next = clients[client].next
      let waits = !pending.isEmpty && !pending.deletions(of: clients[client].client).isEmpty
      if waits || (next > 0 && clients[client].endOfState(false, from: 0, before: next) < next) {
        ids.append((clients[client].client, ClientIndex(client)))
      }
    }
    if !pending.isEmpty { for id in pending.deletionClients where findClient(id) == nil { ids.append((id, nil)) } }
    ids.sort { $0.id > $1.id }
    writer.writeVarUInt(UInt64(ids.count))
    for (id, client) in ids { writeDeletions(of: id, client, to: &writer) }
  }

  /// Bytes that the head of a client's deletions takes at most, its count not included but for one byte.
  private static var deletionsHeadMax: Int { 11 }
  /// Bytes that one range takes at most.
  private static var deletionMax: Int { 10 }

  private mutating func writeDeletions(of id: UInt64, _ client: ClientIndex?, to writer: inout ByteWriter) {
    writer.reserve(Self.deletionsHeadMax)
    writer.uncheckedVarUInt(id)
    let head = writer.openCount()
    var waiting = pending.isEmpty ? [] : pending.deletions(of: id)
    var count: UInt64 = 0
    func write(_ start: UInt32, _ end: UInt32) {
      writer.reserve(Self.deletionMax)
      writer.uncheckedVarUInt(UInt64(start))
      writer.uncheckedVarUInt(UInt64(end &- start))
      count &+= 1
    }
    if let client {
      let history = history(client)
      let next = history.pointee.next
      var clock = history.pointee.endOfState(false, from: 0, before: next)
      while clock < next {
        var end = history.pointee.endOfState(true, from: clock, before: next)
        let following = end < next ? history.pointee.endOfState(false, from: end, before: next) : next
        if end == next, let first = waiting.first, first.clock == next {
          end = first.end
          waiting.removeFirst()
        }
        write(clock, end)
        clock = following
      }
    }
    for deletion in waiting { write(deletion.clock, deletion.end) }
    writer.closeCount(at: head, count)
  }

  // MARK: Transactions

  /// What the open transaction did, in format V1. To be called when its garbage is collected.
  ///
  /// - Returns: A writer with the update, to be given back by ``giveBackWriter(_:)``.
  /// - Complexity: O(*k* log *n*) for *k* new units and deletions.
  mutating func encodeTransaction() -> ByteWriter {
    if transaction.touched.count > 1 {
      transaction.touched.sort { [clients] in clients[Int($0)].client > clients[Int($1)].client }
    }
    var units = 0
    for index in 0..<transaction.touched.count {
      let history = history(transaction.touched[index])
      units &+= Int(history.pointee.next &- history.pointee.clockBefore)
    }
    let isWorthWalk = units > 1024 && units > unitCount / 8
    var encoder = UpdateEncoder(writer: takeWriter(), breaks: isWorthWalk ? SpanBreaks(&self) : nil)
    encoder.writer.reserve(10)
    encoder.writer.uncheckedVarUInt(UInt64(truncatingIfNeeded: transaction.touched.count))
    for index in 0..<transaction.touched.count {
      let client = transaction.touched[index]
      encoder.writeSection(&self, client: client, from: history(client).pointee.clockBefore, pending: [])
    }
    writeTransactionDeletions(to: &encoder.writer)
    return encoder.takeWriter()
  }

  /// Keeps an update's writer for the next transaction, unless the update was a large one.
  @inline(__always)
  mutating func giveBackWriter(_ writer: consuming ByteWriter) {
    if writer.count < 1 << 16 { spareWriter = consume writer }
  }

  @inline(__always)
  private mutating func takeWriter() -> ByteWriter {
    guard var writer = spareWriter.take() else { return ByteWriter() }
    writer.truncate(to: 0)
    return writer
  }

  private mutating func writeTransactionDeletions(to writer: inout ByteWriter) {
    if transaction.deleted.isEmpty { return writer.writeByte(0) }
    if transaction.deleted.count > 1 {
      transaction.deleted.sort { [clients] left, right in
        left.unit.client == right.unit.client
          ? left.unit.clock < right.unit.clock
          : clients[Int(left.unit.client)].client > clients[Int(right.unit.client)].client
      }
    }
    var clientsWritten: UInt64 = 0
    for index in 0..<transaction.deleted.count
    where index == 0 || transaction.deleted[index].unit.client != transaction.deleted[index - 1].unit.client {
      clientsWritten += 1
    }
    writer.reserve(10)
    writer.uncheckedVarUInt(clientsWritten)
    var index = 0
    while index < transaction.deleted.count {
      let client = transaction.deleted[index].unit.client
      writer.reserve(Self.deletionsHeadMax)
      writer.uncheckedVarUInt(history(client).pointee.client)
      let head = writer.openCount()
      var count: UInt64 = 0
      while index < transaction.deleted.count && transaction.deleted[index].unit.client == client {
        let start = transaction.deleted[index].unit.clock
        var end = transaction.deleted[index].clocks.upperBound
        index += 1
        while index < transaction.deleted.count && transaction.deleted[index].unit == UnitID(client: client, clock: end)
        {
          end = transaction.deleted[index].clocks.upperBound
          index += 1
        }
        writer.reserve(Self.deletionMax)
        writer.uncheckedVarUInt(UInt64(start))
        writer.uncheckedVarUInt(UInt64(end &- start))
        count &+= 1
      }
      writer.closeCount(at: head, count)
    }
  }
}
