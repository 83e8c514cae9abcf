/// What an update would leave waiting, found out before anything is changed.
extension DocumentStore {
  /// A section that waits for a unit of another's.
  private struct BlockedSection: HeapElement {
    var clock: UInt32
    var section: Int
  }

  /// Memory that the structs and deletions of an update would take that could not be integrated now.
  ///
  /// What waits already and would be set free is not looked at: the result is never too low.
  ///
  /// - Throws: Any ``UpdateError`` but `tooLarge`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  mutating func bytesToWait(of bytes: UnsafeRawBufferPointer) throws(UpdateError) -> Int {
    var reader = ByteReader(bytes)
    parsed.removeAll()
    defer { parsed.removeAll() }
    try parsed.readV1(&reader)
    // What each client would come to.
    var nexts: [UInt64: UInt32] = [:]
    // By the client that is waited for.
    var blocked: [UInt64: ClockHeap<BlockedSection>] = [:]
    var positions: [Int32] = []
    for index in 0..<parsed.sections.count { positions.append(parsed.sections[index].firstStruct) }
    for first in 0..<parsed.sections.count {
      var ready = [first]
      while let index = ready.popLast() {
        let section = parsed.sections[index]
        let before = nexts[section.client] ?? nextClock(of: section.client)
        var next = before
        var blocker: PendingStore.Dependency?
        while positions[index] < section.endStruct {
          let candidate = parsed.structs[Int(positions[index])]
          blocker = blockerOf(candidate, client: section.client, next: next, nexts)
          if blocker != nil { break }
          if !candidate.isSkip { next = max(next, candidate.end) }
          positions[index] &+= 1
        }
        if next > before { nexts[section.client] = next }
        if let blocker {
          blocked[blocker.client, default: ClockHeap()].push(BlockedSection(clock: blocker.clock, section: index))
        }
        while next > before, let freed = blocked[section.client]?.pop(before: next) { ready.append(freed.section) }
      }
    }
    var byteCount = 0
    for index in 0..<parsed.sections.count where positions[index] < parsed.sections[index].endStruct {
      var isInside = false
      for position in positions[index]..<parsed.sections[index].endStruct {
        // A stretch that the update leaves out parts what is kept.
        if !isInside && !parsed.structs[Int(position)].isSkip { byteCount += PendingStore.bytesPerSection }
        isInside = !parsed.structs[Int(position)].isSkip
      }
      byteCount += parsed.sections[index].bytesEnd - parsed.structs[Int(positions[index])].start
    }
    for index in 0..<parsed.deletions.count {
      let deletion = parsed.deletions[index]
      let next = nexts[deletion.client] ?? nextClock(of: deletion.client)
      if deletion.end > next { byteCount += PendingStore.bytesPerDeletion }
    }
    return byteCount
  }

  /// What a struct would have to wait for, if anything.
  private mutating func blockerOf(
    _ candidate: ParsedStruct, client: UInt64, next: UInt32, _ nexts: [UInt64: UInt32]
  ) -> PendingStore.Dependency? {
    if candidate.isSkip || candidate.end <= next { return nil }
    if candidate.clock > next { return .init(client: client, clock: candidate.clock &- 1) }
    if candidate.hasOrigin, isMissing(candidate.originClient, candidate.originClock, besides: client, nexts) {
      return .init(client: candidate.originClient, clock: candidate.originClock)
    }
    if candidate.hasRight, isMissing(candidate.rightClient, candidate.rightClock, besides: client, nexts) {
      return .init(client: candidate.rightClient, clock: candidate.rightClock)
    }
    guard candidate.parent != nil, let (parent, clock) = candidate.parentItem else { return nil }
    // A client's own unit counts here, as it does when the struct is integrated.
    let known = parent == client ? next : nexts[parent] ?? nextClock(of: parent)
    return clock >= known ? .init(client: parent, clock: clock) : nil
  }

  private mutating func isMissing(
    _ client: UInt64, _ clock: UInt32, besides own: UInt64, _ nexts: [UInt64: UInt32]
  ) -> Bool {
    client != own && clock >= nexts[client] ?? nextClock(of: client)
  }
}
