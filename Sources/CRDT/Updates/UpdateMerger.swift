/// Merges the structs of several updates: those of the largest client first, each client's by their clocks.
struct UpdateMerger: ~Copyable {
  /// The structs of one update that are not merged yet.
  private struct Source {
    var position: Int32
    let end: Int32
    /// The section that `position` is in.
    var section: Int32
    /// Among sources that are at the same unit, the one that moved last goes on: the order that Yjs keeps by sorting
    /// them again after each step.
    var rank: Int64
  }

  /// A struct that may yet be extended, or have to be cut.
  private struct Current {
    var parsed: ParsedStruct
    var client: UInt64
    /// Units at its beginning that are left out.
    var skipped: UInt32 = 0

    var clock: UInt32 { parsed.clock + skipped }
    var end: UInt32 { parsed.end }
  }

  private var parsed = ParsedUpdate()
  /// A heap: the source to go on with is the first.
  private var sources: [Source] = []
  private var addedCount: Int64 = 0
  private var moveCount: Int64 = 0

  /// Adds an update of format V1, whose bytes must stay where they are until all is merged.
  mutating func add(_ bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    var reader = ByteReader(bytes)
    let first = parsed.sections.count
    try parsed.readV1(&reader)
    let end = parsed.sections.count
    let isInOrder = (first..<end).dropFirst().allSatisfy {
      parsed.sections[$0 - 1].client > parsed.sections[$0].client
    }
    if isInOrder {
      addSource(first..<end)
    } else {
      for section in first..<end { addSource(section..<(section + 1)) }
    }
  }

  private mutating func addSource(_ sections: Range<Int>) {
    guard let first = sections.first else { return }
    var source = Source(
      position: parsed.sections[first].firstStruct, end: parsed.sections[sections.upperBound - 1].endStruct,
      section: Int32(first), rank: -addedCount)
    addedCount += 1
    settle(&source)
    if source.position < source.end { sources.append(source) }
  }

  /// Moves a source over stretches that its update leaves out, and into the section that it is in then.
  @inline(__always)
  private func settle(_ source: inout Source) {
    while source.position < source.end && parsed.structs[Int(source.position)].isSkip { source.position += 1 }
    guard source.position < source.end else { return }
    while parsed.sections[Int(source.section)].endStruct <= source.position { source.section += 1 }
  }

  // MARK: Heap

  @inline(__always)
  private func client(_ source: Source) -> UInt64 { parsed.sections[Int(source.section)].client }

  private func precedes(_ left: Source, _ right: Source) -> Bool {
    let (leftClient, rightClient) = (client(left), client(right))
    if leftClient != rightClient { return leftClient > rightClient }
    let (leftClock, rightClock) = (
      parsed.structs[Int(left.position)].clock, parsed.structs[Int(right.position)].clock
    )
    return leftClock == rightClock ? left.rank > right.rank : leftClock < rightClock
  }

  private mutating func siftDown(from start: Int) {
    let moving = sources[start]
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < sources.count else { break }
      if child + 1 < sources.count && precedes(sources[child + 1], sources[child]) { child += 1 }
      guard precedes(sources[child], moving) else { break }
      sources[place] = sources[child]
      place = child
    }
    sources[place] = moving
  }

  /// Puts the first source, which has moved, where it belongs now.
  private mutating func replaceFirst(_ source: Source) {
    if source.position < source.end {
      sources[0] = source
      moveCount += 1
      sources[0].rank = moveCount
    } else {
      let last = sources.removeLast()
      if sources.isEmpty { return }
      sources[0] = last
    }
    siftDown(from: 0)
  }

  // MARK: Merging

  /// Writes the merged update.
  mutating func merge(into writer: consuming ByteWriter) -> ByteWriter {
    for index in (0..<(sources.count / 2)).reversed() { siftDown(from: index) }
    var output = StructWriter(writer: writer)
    var current: Current?
    while var source = sources.first {
      step(&source, &current, &output)
      replaceFirst(source)
    }
    if let current { output.write(current.parsed, of: current.client, skipping: current.skipped) }
    return output.finish(deletions: IDSet(parsed.deletions))
  }

  /// Goes on with the first source until another one may have the next unit.
  private func step(_ source: inout Source, _ current: inout Current?, _ output: inout StructWriter) {
    let client = client(source)
    guard let last = current else {
      current = next(of: &source)
      return goOn(&source, client, &current, &output)
    }
    // What is written already.
    var hasMoved = false
    while source.position < source.end && self.client(source) >= last.client
      && parsed.structs[Int(source.position)].end <= last.end
    {
      advance(&source)
      hasMoved = true
    }
    guard source.position < source.end, self.client(source) == client else { return }
    let candidate = parsed.structs[Int(source.position)]
    if client != last.client {
      output.write(last.parsed, of: last.client, skipping: last.skipped)
      current = next(of: &source)
    } else if last.end < candidate.clock {
      // Another source may have what is missing.
      if hasMoved { return }
      output.write(last.parsed, of: last.client, skipping: last.skipped)
      current = gap(from: last.end, to: candidate.clock, client: client)
    } else if last.parsed.kind == .collected && !last.parsed.isSkip && candidate.kind == .collected {
      current!.parsed.count = candidate.end - last.parsed.clock
    } else {
      output.write(last.parsed, of: last.client, skipping: last.skipped)
      current = next(of: &source)
      current!.skipped = last.end - candidate.clock
    }
    goOn(&source, client, &current, &output)
  }

  /// Takes structs as long as each follows the one before.
  private func goOn(_ source: inout Source, _ client: UInt64, _ current: inout Current?, _ output: inout StructWriter) {
    while source.position < source.end, self.client(source) == client, let last = current,
      parsed.structs[Int(source.position)].clock == last.end
    {
      output.write(last.parsed, of: last.client, skipping: last.skipped)
      current = next(of: &source)
    }
  }

  private func next(of source: inout Source) -> Current {
    let current = Current(parsed: parsed.structs[Int(source.position)], client: client(source))
    advance(&source)
    return current
  }

  @inline(__always)
  private func advance(_ source: inout Source) {
    source.position += 1
    settle(&source)
  }

  private func gap(from start: UInt32, to end: UInt32, client: UInt64) -> Current {
    let anywhere = parsed.structs[0].start
    var skip = ParsedStruct(
      clock: start, count: end - start, start: anywhere, content: anywhere, contentBytes: 0, kind: .collected)
    skip.isSkip = true
    return Current(parsed: skip, client: client)
  }
}
