/// 64 clocks: which units are tombstones, and in which leaves of the position tree they stand.
///
/// A leaf field holds a leaf for 32 clocks, ``Leaf/none`` where they stand nowhere, or, from −2 downwards, the number of
/// a table with a leaf for each clock.
struct Block {
  var deleted: UInt64
  var lowLeaf: LeafIndex
  var highLeaf: LeafIndex

  // Embedded Swift has no key paths to ask for these.
  static var lowLeafOffset: Int { 8 }
  static var highLeafOffset: Int { 12 }
}

/// A stretch of a client's clocks with all that is kept by clock.
struct Page {
  #if CRDT_INVARIANT_CHECKS
    static var shift: UInt32 { 9 }
  #else
    static var shift: UInt32 { 12 }
  #endif
  /// Clocks in a page.
  static var size: Int { 1 << Int(shift) }
  static var mask: UInt32 { UInt32(size) &- 1 }

  /// Nil where all units are tombstones and stand in one leaf: ``uniformLeaf``. A few bytes from a peer can stand for
  /// millions of tombstones, so those must not cost memory by the unit.
  var blocks: UnsafeMutablePointer<Block>?
  /// UTF-16 code units, in one byte each while all are ASCII. Nil where no text is held.
  var text: UnsafeMutableRawPointer?
  var uniformLeaf: LeafIndex = Leaf.none
  /// Units of text that are not yet given up.
  var liveText: Int32 = 0
  /// Whether ``text`` has two bytes a unit.
  var isWide = false
  /// What an undo may want back, a bit a unit: first who is kept, then who is retained. Nil where nobody is.
  var undoMarks: UnsafeMutablePointer<UInt64>?

  func free() {
    blocks?.deallocate()
    text?.deallocate()
    undoMarks?.deallocate()
  }

  @inline(__always)
  var asciiText: UnsafeMutablePointer<UInt8>? { text?.assumingMemoryBound(to: UInt8.self) }

  @inline(__always)
  var wideText: UnsafeMutablePointer<UInt16>? { text?.assumingMemoryBound(to: UInt16.self) }
}

/// Tables of 32 leaves, for stretches of clocks that stand in several leaves.
struct LeafTables: ~Copyable {
  static var size: Int { 32 }
  private var entries = GrowableBuffer<LeafIndex>()
  /// The first free table, linked through their first entries; −1 for none.
  private var firstFree: Int32 = -1

  /// Bytes that the tables take.
  var byteCapacity: Int { entries.byteCapacity }

  /// A table filled with `leaf`, as a block's leaf field.
  mutating func make(filledWith leaf: LeafIndex) -> Int32 {
    let table: Int32
    if firstFree >= 0 {
      table = firstFree
      firstFree = entries[Int(table) &* Self.size]
      for index in 0..<Self.size { entries[Int(table) &* Self.size &+ index] = leaf }
    } else {
      table = Int32(entries.count / Self.size)
      for _ in 0..<Self.size { entries.append(leaf) }
    }
    return -(table &+ 2)
  }

  mutating func free(_ field: Int32) {
    let table = -(field &+ 2)
    entries[Int(table) &* Self.size] = firstFree
    firstFree = table
  }

  @inline(__always)
  func leaves(_ field: Int32) -> UnsafeMutablePointer<LeafIndex> {
    entries.base + Int(-(field &+ 2)) &* Self.size
  }
}

extension ClientHistory {
  /// The clock after the last one that has storage.
  @inline(__always)
  private var storedEnd: Int { pages.count == 0 ? 0 : (pages.count &- 1) &* Page.size &+ tailCapacity }

  /// Makes storage for `count` units from ``next`` on.
  @inline(__always)
  mutating func extend(by count: UInt32, isDeleted: Bool) {
    if Int(next) &+ Int(count) > storedEnd { growStorage(by: count, isDeleted: isDeleted) }
    if isDeleted { setDeleted(next, count: count) }
  }

  @inline(never)
  private mutating func growStorage(by count: UInt32, isDeleted: Bool) {
    let end = Int(next) + Int(count)
    while storedEnd < end {
      if pages.count > 0 && tailCapacity < Page.size {
        let missing = end - storedEnd
        growTail(to: min(Page.size, max(tailCapacity * 2, tailCapacity + missing + 63) & ~63))
        continue
      }
      var page = Page()
      if isDeleted && end - storedEnd >= Page.size {
        tailCapacity = Page.size
      } else {
        let capacity = pages.count > 0 ? Page.size : min(Page.size, (end - storedEnd + 63) & ~63)
        page.blocks = Self.makeBlocks(capacity, deleted: 0, leaf: Leaf.none)
        tailCapacity = capacity
      }
      pages.append(page)
    }
  }

  private static func makeBlocks(_ units: Int, deleted: UInt64, leaf: LeafIndex) -> UnsafeMutablePointer<Block> {
    let blocks = UnsafeMutablePointer<Block>.allocate(capacity: units / 64)
    blocks.initialize(repeating: Block(deleted: deleted, lowLeaf: leaf, highLeaf: leaf), count: units / 64)
    return blocks
  }

  private mutating func growTail(to capacity: Int) {
    let tail = pages.count - 1
    if let old = pages[tail].blocks {
      let grown = Self.makeBlocks(capacity, deleted: 0, leaf: Leaf.none)
      grown.update(from: old, count: tailCapacity / 64)
      old.deallocate()
      pages[tail].blocks = grown
    }
    if let old = pages[tail].text {
      let width = pages[tail].isWide ? 2 : 1
      let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity * width, alignment: 8)
      grown.copyMemory(from: old, byteCount: tailCapacity * width)
      let added = (capacity - tailCapacity) * width
      (grown + tailCapacity * width).initializeMemory(as: UInt8.self, repeating: 0, count: added)
      old.deallocate()
      pages[tail].text = grown
    }
    tailCapacity = capacity
  }

  /// Units that the page has memory for.
  func capacity(ofPage index: Int) -> Int { index == pages.count - 1 ? tailCapacity : Page.size }

  // MARK: Tombstones

  @inline(__always)
  func isDeleted(_ clock: UInt32) -> Bool {
    guard let blocks = pages[Int(clock >> Page.shift)].blocks else { return true }
    return blocks[Int((clock & Page.mask) >> 6)].deleted &>> UInt64(clock & 63) & 1 == 1
  }

  @inline(__always)
  mutating func setDeleted(_ clock: UInt32, count: UInt32) {
    if count == 1, let blocks = pages[Int(clock >> Page.shift)].blocks {
      blocks[Int((clock & Page.mask) >> 6)].deleted |= 1 &<< UInt64(clock & 63)
      return
    }
    setManyDeleted(clock, count: count)
  }

  @inline(never)
  private mutating func setManyDeleted(_ clock: UInt32, count: UInt32) {
    var clock = Int(clock)
    let end = clock + Int(count)
    while clock < end {
      let inPage = clock & Int(Page.mask)
      guard let blocks = pages[clock >> Int(Page.shift)].blocks else {
        clock += Page.size - inPage
        continue
      }
      let bit = clock & 63
      let width = min(64 - bit, end - clock)
      let ones: UInt64 = width == 64 ? .max : (1 &<< UInt64(width)) &- 1
      blocks[inPage >> 6].deleted |= ones &<< UInt64(bit)
      clock += width
    }
  }

  /// The first clock from `clock` on whose unit is not a tombstone (or is one, when `isDeleted` is false); at most `end`.
  ///
  /// - Complexity: O(*n*/64) for the *n* clocks passed over.
  @inline(__always)
  func endOfState(_ isDeleted: Bool, from clock: UInt32, before end: UInt32) -> UInt32 {
    let flip: UInt64 = isDeleted ? .max : 0
    var clock = clock
    while clock < end {
      guard let blocks = pages[Int(clock >> Page.shift)].blocks else {
        if !isDeleted { return clock }
        let following = UInt64(clock | Page.mask) &+ 1
        if following >= UInt64(end) { return end }
        clock = UInt32(following)
        continue
      }
      let differing = (blocks[Int((clock & Page.mask) >> 6)].deleted ^ flip) & (UInt64.max &<< UInt64(clock & 63))
      if differing != 0 {
        return min(end, clock & ~63 &+ UInt32(truncatingIfNeeded: differing.trailingZeroBitCount))
      }
      clock = (clock | 63) &+ 1
    }
    return end
  }

  // MARK: Leaves

  /// The leaf in which the unit stands, or ``Leaf/none`` when its type is gone.
  @inline(__always)
  func leaf(of clock: UInt32) -> LeafIndex {
    let page = pages[Int(clock >> Page.shift)]
    guard let blocks = page.blocks else { return page.uniformLeaf }
    let block = blocks + Int((clock & Page.mask) >> 6)
    let field = clock & 32 == 0 ? block.pointee.lowLeaf : block.pointee.highLeaf
    return field >= -1 ? field : leafTables.leaves(field)[Int(clock & 31)]
  }

  /// Notes that `count` units from `clock` on stand in `leaf`.
  @inline(__always)
  mutating func assignLeaf(_ leaf: LeafIndex, to clock: UInt32, count: UInt32) {
    if count == 1, let blocks = pages[Int(clock >> Page.shift)].blocks {
      let field = leafField(blocks, clock & Page.mask)
      if field.pointee == leaf { return }
      // The first unit of a stretch that is not written yet takes all of it.
      if clock & 31 == 0 && clock &+ 1 >= next && field.pointee >= -1 {
        field.pointee = leaf
        return
      }
    }
    assignLeafToMany(leaf, clock, count)
  }

  @inline(__always)
  private func leafField(_ blocks: UnsafeMutablePointer<Block>, _ inPage: UInt32) -> UnsafeMutablePointer<LeafIndex> {
    let block = UnsafeMutableRawPointer(blocks + Int(inPage >> 6))
    let offset = inPage & 32 == 0 ? Block.lowLeafOffset : Block.highLeafOffset
    return (block + offset).assumingMemoryBound(to: LeafIndex.self)
  }

  @inline(never)
  private mutating func assignLeafToMany(_ leaf: LeafIndex, _ clock: UInt32, _ count: UInt32) {
    var clock = Int(clock)
    let end = clock + Int(count)
    while clock < end {
      let index = clock >> Int(Page.shift)
      let inPage = clock & Int(Page.mask)
      guard let blocks = pages[index].blocks else {
        let width = min(Page.size - inPage, end - clock)
        if width == Page.size || pages[index].uniformLeaf == leaf {
          pages[index].uniformLeaf = leaf
          clock += width
        } else {
          pages[index].blocks = Self.makeBlocks(Page.size, deleted: .max, leaf: pages[index].uniformLeaf)
        }
        continue
      }
      let offset = clock & 31
      let width = min(32 - offset, end - clock)
      let field = leafField(blocks, UInt32(inPage))
      if field.pointee != leaf {
        if width == 32 || (offset == 0 && end >= Int(next)) {
          if field.pointee < -1 { leafTables.free(field.pointee) }
          field.pointee = leaf
        } else {
          if field.pointee >= -1 { field.pointee = leafTables.make(filledWith: field.pointee) }
          (leafTables.leaves(field.pointee) + offset).update(repeating: leaf, count: width)
        }
      }
      clock += width
    }
  }
}
