/// A bit for each unit at which the document does not go on from the unit before it: the span starts that no span ends at.
///
/// One walk over all leaves finds them; with them an encoder can go through a client's units in the order of their clocks
/// without looking into the position tree.
struct SpanBreaks: ~Copyable {
  /// For each client and page a bitmap, nil where no bit is set.
  private var pages: [[UnsafeMutablePointer<UInt64>?]] = []
  private static var wordsPerPage: Int { max(1, Page.size / 64) }

  init(_ store: inout DocumentStore) {
    for client in 0..<store.clientCount {
      pages.append([UnsafeMutablePointer<UInt64>?](repeating: nil, count: store.clients[client].pages.count))
    }
    for sequence in 0..<store.sequences.count { collect(&store, store.sequences[sequence].first) }
  }

  deinit {
    for client in pages { for page in client { page?.deallocate() } }
  }

  private mutating func collect(_ store: inout DocumentStore, _ first: LeafIndex) {
    var index = first
    var expected = UnitID.none
    while index >= 0 {
      let here = store.leaf(index)
      let (lengths, clocks, clients) = (here.lengths, here.clocks, here.clients)
      for span in 0..<here.count {
        let unit = UnitID(client: clients[span], clock: clocks[span])
        if unit != expected { set(unit) }
        expected = UnitID(client: unit.client, clock: unit.clock &+ lengths[span].magnitude)
      }
      index = here.next
    }
  }

  @inline(__always)
  private mutating func set(_ unit: UnitID) {
    let page = Int(unit.clock >> Page.shift)
    let bits = pages[Int(unit.client)][page] ?? addPage(unit.client, page)
    bits[Int((unit.clock & Page.mask) >> 6)] |= 1 &<< UInt64(unit.clock & 63)
  }

  private mutating func addPage(_ client: ClientIndex, _ page: Int) -> UnsafeMutablePointer<UInt64> {
    let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.wordsPerPage)
    bits.initialize(repeating: 0, count: Self.wordsPerPage)
    pages[Int(client)][page] = bits
    return bits
  }

  /// The first break behind `clock` and before `end`; `end` if there is none.
  @inline(__always)
  func first(of client: ClientIndex, after clock: UInt32, before end: UInt32) -> UInt32 {
    var clock = clock &+ 1
    while clock < end {
      guard let bits = pages[Int(client)][Int(clock >> Page.shift)] else {
        clock = (clock | Page.mask) &+ 1
        continue
      }
      let word = bits[Int((clock & Page.mask) >> 6)] & (UInt64.max &<< UInt64(clock & 63))
      if word != 0 { return min(end, clock & ~63 &+ UInt32(truncatingIfNeeded: word.trailingZeroBitCount)) }
      clock = (clock | 63) &+ 1
    }
    return end
  }
}

extension DocumentStore {
  /// The same as ``SpanBreaks/first(of:after:before:)`` by looking into the position tree.
  mutating func firstBreak(_ client: ClientIndex, after clock: UInt32, before end: UInt32) -> UInt32 {
    var clock = clock
    while true {
      let index = history(client).pointee.leaf(of: clock)
      let here = leaf(index)
      let span = here.find(UnitID(client: client, clock: clock))
      let spanEnd = here.end(span)
      if spanEnd >= end { return end }
      if firstUnit(index, span &+ 1).unit != UnitID(client: client, clock: spanEnd) { return spanEnd }
      clock = spanEnd
    }
  }
}
