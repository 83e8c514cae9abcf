/// A part of what a peer lacks: as many structs as fit, each behind what it depends on.
extension DocumentStore {
  /// Structs of one client, as they stand in the writer.
  private struct Stretch {
    let client: ClientIndex
    let clock: UInt32
    var count: UInt64
    var bytes: Range<Int>
  }

  /// Writes structs from `positions` on, which are moved behind them. A struct that depends on one of another client's
  /// that comes behind its position has it written first.
  ///
  /// - Parameters:
  ///   - positions: For each client the first unit to be written.
  ///   - byteCount: What the part is to have. It ends with the struct that reaches it.
  ///   - writer: Gets the sections of an update with their number before them.
  /// - Returns: Whether all structs are written.
  /// - Complexity: O(*k*) in the bytes written, and O(*n* log *n*) in the clients that have something to be written.
  mutating func encodePart(from positions: inout [UInt32], byteCount: Int, to writer: inout ByteWriter) -> Bool {
    var clients: [ClientIndex] = []
    for client in 0..<clientCount where self.clients[client].next > positions[client] {
      clients.append(ClientIndex(client))
    }
    clients.sort { [all = self.clients] in all[Int($0)].client > all[Int($1)].client }
    var encoder = UpdateEncoder(writer: ByteWriter(), breaks: nil)
    var stretches: [Stretch] = []
    let isLast = writeStretches(of: clients, from: &positions, byteCount: byteCount, &stretches, &encoder)
    write(stretches, of: encoder.takeWriter(), to: &writer)
    return isLast
  }

  /// - Returns: Whether all structs are written.
  private mutating func writeStretches(
    of clients: [ClientIndex], from positions: inout [UInt32], byteCount: Int, _ stretches: inout [Stretch],
    _ encoder: inout UpdateEncoder
  ) -> Bool {
    // Clients that wait for units of others, those others above them: worked off from a list, since peers choose how long
    // such chains are.
    var waiting: [(client: ClientIndex, until: UInt32)] = []
    var isWaiting = [Bool](repeating: false, count: clientCount)
    for client in clients {
      waiting.append((client, .max))
      isWaiting[Int(client)] = true
      while let (top, goal) = waiting.last {
        let position = positions[Int(top)]
        guard position < history(top).pointee.next, position <= goal else {
          isWaiting[Int(top)] = false
          waiting.removeLast()
          continue
        }
        if encoder.writer.count >= byteCount && !stretches.isEmpty { return false }
        let (end, needed) = endOfReady(top, from: position, upTo: goal, positions)
        if let needed, end == position {
          precondition(!isWaiting[Int(needed.client)], "units of a document depend on each other in a circle")
          isWaiting[Int(needed.client)] = true
          waiting.append((needed.client, needed.clock))
          continue
        }
        let start = encoder.writer.count
        let written = encoder.writeStructs(&self, client: top, from: position, before: end, upTo: byteCount)
        positions[Int(top)] = written.end
        let bytes = start..<encoder.writer.count
        if let last = stretches.indices.last, stretches[last].client == top {
          stretches[last].count += written.count
          stretches[last].bytes = stretches[last].bytes.lowerBound..<bytes.upperBound
        } else {
          stretches.append(Stretch(client: top, clock: position, count: written.count, bytes: bytes))
        }
      }
    }
    return true
  }

  /// Runs that are looked at before any of them is written.
  private static var runsAtOnce: Int { 1024 }

  /// How far a client's units from `clock` on depend on nothing but what is written.
  ///
  /// - Returns: The clock where that ends, and what the unit there depends on.
  private mutating func endOfReady(
    _ client: ClientIndex, from clock: UInt32, upTo goal: UInt32, _ positions: [UInt32]
  ) -> (end: UInt32, needed: UnitID?) {
    let history = history(client)
    let first = history.pointee.runIndex(of: clock)
    var index = first
    while index < history.pointee.runs.count && index < first + Self.runsAtOnce {
      let run = history.pointee.runs[index]
      // The others of its units depend on the ones before them.
      if run.clock > goal { return (run.clock, nil) }
      if run.clock >= clock, let needed = needed(by: run, of: client, positions) { return (run.clock, needed) }
      index += 1
    }
    return (history.pointee.endOfRun(index - 1), nil)
  }

  /// A unit of another client that a run depends on and that is not written yet.
  private mutating func needed(by run: Run, of client: ClientIndex, _ positions: [UInt32]) -> UnitID? {
    if run.kind == .collected { return nil }
    func isMissing(_ unit: UnitID) -> Bool {
      !unit.isNone && unit.client != client && unit.clock >= positions[Int(unit.client)]
    }
    if isMissing(run.origin) { return run.origin }
    if isMissing(run.rightOrigin) { return run.rightOrigin }
    // Whoever has an origin has its parent.
    guard run.origin.isNone, run.rightOrigin.isNone else { return nil }
    let parent = types[Int(sequences[Int(run.sequence)].type)].item
    return isMissing(parent) ? parent : nil
  }

  /// Puts stretches together to one section for each client, the largest clients first.
  private func write(_ stretches: [Stretch], of source: consuming ByteWriter, to writer: inout ByteWriter) {
    var byClient: [ClientIndex: [Stretch]] = [:]
    for stretch in stretches { byClient[stretch.client, default: []].append(stretch) }
    let sections = byClient.sorted { [clients] in clients[Int($0.key)].client > clients[Int($1.key)].client }
    writer.reserve(source.count)
    writer.writeVarUInt(UInt64(sections.count))
    for (client, stretches) in sections {
      writer.writeVarUInt(stretches.reduce(0) { $0 + $1.count })
      writer.writeVarUInt(clients[Int(client)].client)
      writer.writeVarUInt(UInt64(stretches[0].clock))
      for stretch in stretches {
        source.withBytes { writer.writeBytes(UnsafeRawBufferPointer(rebasing: $0[stretch.bytes])) }
      }
    }
  }
}

extension ClientHistory {
  /// Where content of a run from `clock` on is to be cut so that it takes about `byteCount` bytes, at `end` at the latest.
  /// Not inside of a surrogate pair.
  func endOfContent(from clock: UInt32, before end: UInt32, in run: Run, byteCount: Int) -> UInt32 {
    let byteCount = max(byteCount, 1)
    if end &- clock == 1 { return end }
    if run.kind == .string {
      guard Int(end &- clock) > byteCount else { return end }
      let place = clock &+ UInt32(byteCount)
      let isInPair = unit(at: place &- 1) & 0xFC00 == 0xD800 && unit(at: place) & 0xFC00 == 0xDC00
      return isInPair ? place &+ 1 : place
    }
    var place = clock
    var bytes = 0
    while place < end && bytes < byteCount {
      bytes += cell(of: place, in: run).withBytes { $0.count }
      place &+= 1
    }
    return place
  }
}
