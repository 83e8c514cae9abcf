/// Applying updates: structs in an order in which each finds what it depends on, then deletions. What depends on updates
/// that have not come is kept until they do.
extension DocumentStore {
  /// Reads an update in format V1 and integrates what can be.
  ///
  /// - Throws: Any ``UpdateError``; nothing has changed then.
  mutating func apply(_ bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    var reader = ByteReader(bytes)
    parsed.removeAll()
    try parsed.readV1(&reader)
    try checkGrowth()
    if parsed.sections.count == 1 {
      if let blocked = integrateAll(ofSection: 0) { keepPending(section: 0, from: blocked) }
    } else if parsed.sections.count > 1 {
      sortSections()
      integrateSections()
    }
    applyDeletions()
    if !pending.isEmpty { retryPending() }
    // A whole document takes several times its own memory in parts; most updates are small enough to keep theirs.
    if parsed.structs.count > Self.parsedStructsKept || parsed.deletions.count > Self.parsedStructsKept {
      parsed.removeAll()
    }
  }

  private static var parsedStructsKept: Int { 1024 }

  /// Units that updates may fill a document with. Half of what fits is left to local edits, which nothing that a peer
  /// sends may make impossible.
  private static var appliedUnitsMax: UInt64 { 1 << 30 }

  /// Refuses updates with which the document would hold more units than allowed.
  @inline(__always)
  private mutating func checkGrowth() throws(UpdateError) {
    // Most documents are so far from it that nothing has to be known of the update's clients.
    if UInt64(unitCount) &+ pending.unitCount &+ parsed.unitsMax > Self.appliedUnitsMax { try checkGrowthExactly() }
  }

  @inline(never)
  private mutating func checkGrowthExactly() throws(UpdateError) {
    var units = UInt64(unitCount) &+ pending.unitCount
    for index in 0..<parsed.sections.count {
      let section = parsed.sections[index]
      let next = nextClock(of: section.client)
      if section.end > next { units &+= UInt64(section.end &- next) }
    }
    guard units <= Self.appliedUnitsMax else { throw UpdateError(.tooLarge, at: 0) }
  }

  // MARK: Structs

  typealias Dependency = PendingStore.Dependency

  /// Integrates a section's structs until one has to wait.
  ///
  /// - Returns: The struct that has to wait, and for what.
  @inline(__always)
  private mutating func integrateAll(ofSection index: Int) -> (at: Int32, for: Dependency)? {
    let section = parsed.sections[index]
    var position = section.firstStruct
    if let dependency = dependencyOfStranger(section) { return (position, dependency) }
    let client = clientIndex(section.client)
    while position < section.endStruct {
      let candidate = UnsafePointer(parsed.structs.base + Int(position))
      if let dependency = dependency(of: candidate.pointee, client: client) { return (position, dependency) }
      integrateUnlessKnown(client, candidate)
      position &+= 1
    }
    return nil
  }

  /// Puts the largest clients first, which is the order of the wire and of Yjs' integration. In the opposite order each
  /// of many concurrent units would have to pass all of those before it.
  private mutating func sortSections() {
    for index in 1..<parsed.sections.count where parsed.sections[index].client > parsed.sections[index - 1].client {
      return parsed.sections.sort { left, right in
        left.client == right.client ? left.clock < right.clock : left.client > right.client
      }
    }
  }

  @inline(__always)
  private mutating func integrateUnlessKnown(_ client: ClientIndex, _ candidate: UnsafePointer<ParsedStruct>) {
    if candidate.pointee.isSkip { return }
    if candidate.pointee.end > history(client).pointee.next {
      integrate(client, candidate)
    } else if phase.tracksUndo {
      partItems(around: candidate.pointee)
    }
  }

  /// What a struct has to wait for, if anything.
  @inline(__always)
  private mutating func dependency(of candidate: ParsedStruct, client: ClientIndex) -> Dependency? {
    if candidate.isSkip { return nil }
    let history = history(client)
    let identifier = history.pointee.client
    let next = history.pointee.next
    if candidate.end <= next { return nil }
    if candidate.clock > next { return Dependency(client: identifier, clock: candidate.clock &- 1) }
    if candidate.hasOrigin && candidate.originClient != identifier
      && candidate.originClock >= nextClock(of: candidate.originClient)
    {
      return Dependency(client: candidate.originClient, clock: candidate.originClock)
    }
    if candidate.hasRight && candidate.rightClient != identifier
      && candidate.rightClock >= nextClock(of: candidate.rightClient)
    {
      return Dependency(client: candidate.rightClient, clock: candidate.rightClock)
    }
    return candidate.parent == nil ? nil : dependencyOnParent(candidate)
  }

  /// What a section has to wait for that starts behind the first unit of a client of whom nothing is known. Such a client
  /// gets no history until there is something to be in it.
  @inline(__always)
  private mutating func dependencyOfStranger(_ section: ParsedSection) -> Dependency? {
    if section.clock == 0 || section.client == lastClient.id || findClient(section.client) != nil { return nil }
    if parsed.structs[Int(section.firstStruct)].isSkip { return nil }
    return Dependency(client: section.client, clock: section.clock &- 1)
  }

  private mutating func dependencyOnParent(_ candidate: ParsedStruct) -> Dependency? {
    guard let (client, clock) = candidate.parentItem else { return nil }
    return clock >= nextClock(of: client) ? Dependency(client: client, clock: clock) : nil
  }

  /// Integrates several clients' structs. One that depends on another section's has that section integrated first, as
  /// far as it is needed.
  @inline(never)
  private mutating func integrateSections() {
    var sectionOfClient: [UInt64: Int] = [:]
    var positions: [Int32] = []
    // 0 is open, 1 is on the stack, 2 cannot go on in this update.
    var states = [UInt8](repeating: 0, count: parsed.sections.count)
    for index in 0..<parsed.sections.count {
      positions.append(parsed.sections[index].firstStruct)
      sectionOfClient[parsed.sections[index].client] = index
    }
    var stack: [(section: Int, until: UInt32)] = []
    for index in 0..<parsed.sections.count where states[index] == 0 {
      stack.append((index, .max))
      states[index] = 1
      while let (top, goal) = stack.last {
        let section = parsed.sections[top]
        var blocker = dependencyOfStranger(section)
        if blocker == nil {
          let client = clientIndex(section.client)
          while positions[top] < section.endStruct && history(client).pointee.next <= goal {
            let candidate = UnsafePointer(parsed.structs.base + Int(positions[top]))
            blocker = dependency(of: candidate.pointee, client: client)
            if blocker != nil { break }
            integrateUnlessKnown(client, candidate)
            positions[top] &+= 1
          }
        }
        guard let blocker else {
          states[top] = 0
          stack.removeLast()
          continue
        }
        if let needed = sectionOfClient[blocker.client], states[needed] == 0,
          positions[needed] < parsed.sections[needed].endStruct
        {
          states[needed] = 1
          stack.append((needed, blocker.clock))
          continue
        }
        states[top] = 2
        keepPending(section: top, from: (positions[top], blocker))
        positions[top] = section.endStruct
        stack.removeLast()
      }
    }
  }

  /// Keeps the rest of a section until what it waits for is there.
  @inline(never)
  private mutating func keepPending(section index: Int, from blocked: (at: Int32, for: Dependency)) {
    let section = parsed.sections[index]
    var first = blocked.at
    var dependency = blocked.for
    while first < section.endStruct {
      // A stretch that the update leaves out parts what is kept.
      var last = first
      while last < section.endStruct && !parsed.structs[Int(last)].isSkip { last &+= 1 }
      if last > first {
        let start = parsed.structs[Int(first)]
        let end = last < section.endStruct ? parsed.structs[Int(last)].start : section.bytesEnd
        let bytes = UnsafeRawBufferPointer(start: start.start, count: end - start.start)
        if first != blocked.at { dependency = Dependency(client: section.client, clock: start.clock &- 1) }
        pending.insert(
          PendingSection(
            clocks: start.clock..<parsed.structs[Int(last &- 1)].end, structs: UInt64(last &- first),
            bytes: [UInt8](bytes)[...]),
          client: section.client, waitingFor: dependency)
      }
      first = last &+ 1
    }
  }

  /// Integrates what has waited for units that the transaction added.
  @inline(never)
  private mutating func retryPending() {
    var advanced: [UInt64] = []
    for index in 0..<transaction.touched.count { advanced.append(history(transaction.touched[index]).pointee.client) }
    while let client = advanced.popLast() {
      while let waiter = pending.takeWaiter(on: client, next: nextClock(of: client)) {
        let before = nextClock(of: waiter)
        integratePending(of: waiter)
        if nextClock(of: waiter) > before { advanced.append(waiter) }
      }
      while let deletion = pending.takeDeletion(of: client, next: nextClock(of: client)) { applyDeletion(deletion) }
    }
  }

  /// Integrates a client's waiting structs until one has to wait again.
  private mutating func integratePending(of client: UInt64) {
    while var section = pending.popFirst(of: client) {
      guard let blocked = integrateAll(of: &section, client: client) else { continue }
      pending.insert(section, client: client, waitingFor: blocked)
      // An overlapping section that starts earlier may close a gap.
      if pending.firstClock(of: client) == section.clock { return }
    }
  }

  /// Integrates a waiting section's structs until one has to wait, and takes them off the section.
  ///
  /// - Returns: What that one waits for.
  private mutating func integrateAll(of section: inout PendingSection, client: UInt64) -> Dependency? {
    while section.structs > 0 {
      let (blocked, done) = section.bytes.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes)
        parsed.removeAll()
        // Only a few at a time: the next may have to wait already. The bytes were checked when they came in.
        try! parsed.readStructs(
          min(section.structs, Self.structsAtOnce), client: client, from: section.clock, &reader)
        let start = parsed.structs[0].start
        guard let blocked = integrateAll(ofSection: 0) else {
          let all = parsed.sections[0]
          return (nil as Dependency?, (structs: all.structCount, clock: all.end, bytes: all.bytesEnd - start))
        }
        let first = parsed.structs[Int(blocked.at)]
        return (blocked.for, (structs: blocked.at, clock: first.clock, bytes: first.start - start))
      }
      section.structs -= UInt64(done.structs)
      section.clocks = done.clock..<section.clocks.upperBound
      section.bytes = section.bytes.dropFirst(done.bytes)
      if blocked != nil { return blocked }
    }
    return nil
  }

  private static var structsAtOnce: UInt64 { 64 }

  // MARK: Deletions

  /// Deletes what the update's delete set names; what is not known yet is kept.
  @inline(__always)
  private mutating func applyDeletions() {
    for index in 0..<parsed.deletions.count { applyDeletion(parsed.deletions[index]) }
  }

  @inline(__always)
  private mutating func applyDeletion(_ deletion: ParsedDeletion) {
    let next = nextClock(of: deletion.client)
    var end = deletion.end
    if end > next {
      let known = max(next, deletion.clock)
      pending.insert(ParsedDeletion(client: deletion.client, clock: known, count: end &- known))
      end = next
    }
    if deletion.clock >= end { return }
    deleteLive(clientIndex(deletion.client), deletion.clock..<end)
  }

  /// Deletes those of a client's units that are not deleted.
  @inline(__always)
  mutating func deleteLive(_ client: ClientIndex, _ clocks: Range<UInt32>) {
    var clock = clocks.lowerBound
    while true {
      clock = history(client).pointee.endOfState(true, from: clock, before: clocks.upperBound)
      if clock >= clocks.upperBound { return }
      clock &+= deleteKnown(UnitID(client: client, clock: clock), upTo: clocks.upperBound)
    }
  }

  /// Deletes units from a live one on, as far as its span and `end` go.
  ///
  /// - Returns: How many.
  @inline(__always)
  private mutating func deleteKnown(_ unit: UnitID, upTo end: UInt32) -> UInt32 {
    if !isInCursorSpan(unit) { focus(on: unit) }
    let here = leaf(cursor.leaf)
    let span = cursor.span
    let length = here.lengths[span]
    if length < 0 {
      deleteMark(cursor.leaf, span)
      return 1
    }
    let offset = unit.clock &- here.clocks[span]
    let count = min(end &- unit.clock, UInt32(bitPattern: length) &- offset)
    delete(cursor.leaf, span, offset: Int32(bitPattern: offset), count: Int32(bitPattern: count))
    return count
  }

  @inline(__always)
  private func isInCursorSpan(_ unit: UnitID) -> Bool {
    guard cursor.leaf >= 0 else { return false }
    let here = leaf(cursor.leaf)
    return cursor.span < here.count && here.clients[cursor.span] == unit.client
      && unit.clock &- here.clocks[cursor.span] < here.units(cursor.span)
  }

  @inline(never)
  private mutating func focus(on unit: UnitID) {
    let history = history(unit.client)
    let index = history.pointee.leaf(of: unit.clock)
    focus(history.pointee.run(of: unit.clock).sequence, index, leaf(index).find(unit))
  }
}
