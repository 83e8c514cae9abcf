extension Update {
  /// Cuts an update into parts of about `byteCount` bytes that can be applied one after the other: no struct depends on
  /// one in a later part, so that nothing waits where the update as a whole would not have waited.
  ///
  /// For a document that is too large for one message. Each part is an update by itself; deletions come last. A struct is
  /// never cut: one that is larger makes a part that is larger.
  ///
  /// - Parameter byteCount: Bytes in format V1, at least 1.
  /// - Returns: One part or more. An update that is small enough comes back as it is.
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public static func parts(
    of update: [UInt8], ofAbout byteCount: Int, format: UpdateFormat = .v1
  ) throws(UpdateError) -> [[UInt8]] {
    precondition(byteCount > 0, "a part has a byte or more")
    return try withParsedBytes(update, format: format) { parsed, bytes in
      if bytes.count <= byteCount { return [update] }
      var cutter = UpdateCutter(parsed, byteCount: byteCount)
      return cutter.cut(parsed).map { part in
        encode(format) { writer in
          var structs = StructWriter(writer: writer)
          structs.write(part.structs, of: parsed)
          return structs.finish(deletions: part.deletions)
        }
      }
    }
  }
}

/// One part of an update: the numbers of its structs by section, and what it deletes.
private struct UpdatePart {
  var structs: [Int: Range<Int32>] = [:]
  var deletions = IDSet()
}

/// Puts the structs of an update into an order in which each comes behind what it depends on, and cuts that into parts.
private struct UpdateCutter {
  private let byteCount: Int
  /// The sections of each client in the order of their clocks.
  private var sectionsByClient: [UInt64: [Int]] = [:]
  /// The next struct of each section.
  private var positions: [Int32] = []
  private var parts: [UpdatePart] = []
  private var part = UpdatePart()
  private var partBytes = 0

  init(_ parsed: borrowing ParsedUpdate, byteCount: Int) {
    self.byteCount = byteCount
    for index in 0..<parsed.sections.count {
      positions.append(parsed.sections[index].firstStruct)
      sectionsByClient[parsed.sections[index].client, default: []].append(index)
    }
    for (client, sections) in sectionsByClient where sections.count > 1 {
      let clocks = sections.map { parsed.sections[$0].clock }
      sectionsByClient[client] = zip(clocks, sections).sorted { $0.0 < $1.0 }.map { $0.1 }
    }
  }

  mutating func cut(_ parsed: borrowing ParsedUpdate) -> [UpdatePart] {
    var isOpen = [Bool](repeating: false, count: parsed.sections.count)
    // Sections that wait for units of others, those others above them: worked off from a list, since a peer chooses how
    // long such chains are.
    var waiting: [(section: Int, until: UInt32)] = []
    for index in 0..<parsed.sections.count {
      waiting.append((index, .max))
      isOpen[index] = true
      while let (section, goal) = waiting.last {
        let position = positions[section]
        guard position < parsed.sections[section].endStruct, parsed.structs[Int(position)].clock <= goal else {
          isOpen[section] = false
          waiting.removeLast()
          continue
        }
        // One that is open waits itself: such a circle ends nowhere, in parts or as a whole.
        if let needed = firstNeeded(by: position, in: section, parsed), !isOpen[needed.section] {
          isOpen[needed.section] = true
          waiting.append(needed)
          continue
        }
        take(position, of: section, parsed)
      }
    }
    takeDeletions(IDSet(parsed.deletions))
    endPart()
    return parts
  }

  /// A section that has a unit which a struct depends on and which is in no part yet.
  private func firstNeeded(
    by position: Int32, in section: Int, _ parsed: borrowing ParsedUpdate
  ) -> (section: Int, until: UInt32)? {
    let candidate = parsed.structs[Int(position)]
    if candidate.isSkip { return nil }
    let client = parsed.sections[section].client
    // What is before it in another section of its client comes first.
    if candidate.clock > 0, let needed = needed(client, candidate.clock - 1, parsed), needed.section != section {
      return needed
    }
    if candidate.hasOrigin, candidate.originClient != client,
      let needed = needed(candidate.originClient, candidate.originClock, parsed)
    {
      return needed
    }
    if candidate.hasRight, candidate.rightClient != client,
      let needed = needed(candidate.rightClient, candidate.rightClock, parsed)
    {
      return needed
    }
    guard let parent = candidate.parentItem, parent.client != client else { return nil }
    return needed(parent.client, parent.clock, parsed)
  }

  private func needed(
    _ client: UInt64, _ clock: UInt32, _ parsed: borrowing ParsedUpdate
  ) -> (section: Int, until: UInt32)? {
    guard let sections = sectionsByClient[client] else { return nil }
    // The last one that does not start behind the unit. Updates have one for each client, but need not.
    var (low, high) = (0, sections.count)
    while low < high {
      let middle = (low + high) / 2
      if parsed.sections[sections[middle]].clock <= clock { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let section = sections[low - 1]
    let position = positions[section]
    guard position < parsed.sections[section].endStruct, parsed.structs[Int(position)].clock <= clock,
      clock < parsed.sections[section].end
    else { return nil }
    return (section, clock)
  }

  private mutating func take(_ position: Int32, of section: Int, _ parsed: borrowing ParsedUpdate) {
    let end =
      position + 1 < parsed.sections[section].endStruct
      ? parsed.structs[Int(position) + 1].start : parsed.sections[section].bytesEnd
    let bytes = end - parsed.structs[Int(position)].start
    if partBytes + bytes > byteCount && partBytes > 0 { endPart() }
    let first = part.structs[section]?.lowerBound ?? position
    part.structs[section] = first..<(position + 1)
    partBytes += bytes
    positions[section] = position + 1
  }

  private mutating func takeDeletions(_ deletions: IDSet) {
    for (client, clocks) in deletions {
      if partBytes + Self.deletionBytes > byteCount && partBytes > 0 { endPart() }
      part.deletions.insert(clocks, of: client)
      partBytes += Self.deletionBytes
    }
  }

  /// Bytes that a deleted range takes at most, its client not included.
  private static var deletionBytes: Int { 10 }

  private mutating func endPart() {
    parts.append(part)
    part = UpdatePart()
    partBytes = 0
  }
}

extension StructWriter {
  /// Writes stretches of an update's sections, the largest clients first.
  fileprivate mutating func write(_ stretches: [Int: Range<Int32>], of parsed: borrowing ParsedUpdate) {
    var sections = stretches.map { (client: parsed.sections[$0.key].client, section: $0.key, structs: $0.value) }
    sections.sort { ($0.client, $1.structs.lowerBound) > ($1.client, $0.structs.lowerBound) }
    for (client, _, structs) in sections {
      // What the update leaves out at the start of a stretch goes without saying.
      guard let first = structs.first(where: { !parsed.structs[Int($0)].isSkip }) else { continue }
      beginSection(client: client, clock: parsed.structs[Int(first)].clock)
      for position in first..<structs.upperBound { write(parsed.structs[Int(position)]) }
    }
  }
}
