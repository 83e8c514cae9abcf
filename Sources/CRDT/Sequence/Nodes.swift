/// A leaf's place in its slab: the number of its first slot of 64 bytes.
typealias LeafIndex = Int32
/// An inner node's number.
typealias InnerIndex = Int32

/// Spans in document order: stretches of one client's consecutive units that stand side by side.
///
/// ```
/// byte 0   parent   Int32    an inner node, or −(sequence + 1) when this is the only leaf
///      4   count    UInt16   spans in use
///      6   capacity UInt16
///      8   next     Int32    the neighbours in document order, or −1
///     12   previous Int32
///     16   lengths  Int32  × capacity   units; negative when they are invisible
///          clocks   UInt32 × capacity   the first unit's clock
///          clients  UInt32 × capacity
/// ```
/// A view of memory in a slab: it is invalid once a leaf is added.
struct Leaf {
  /// Stands for "no leaf".
  static var none: LeafIndex { -1 }

  /// Bytes in a slot.
  static var slotSize: Int { 64 }
  /// Small leaves keep documents of many small maps and arrays small; the last size is the one that splits.
  #if CRDT_INVARIANT_CHECKS
    static var sizes: (small: Size, medium: Size, large: Size) {
      (Size(slots: 1, spans: 2), Size(slots: 2, spans: 4), Size(slots: 3, spans: 6))
    }
  #else
    static var sizes: (small: Size, medium: Size, large: Size) {
      (Size(slots: 1, spans: 4), Size(slots: 4, spans: 20), Size(slots: 10, spans: 52))
    }
  #endif

  struct Size {
    let slots: Int
    let spans: Int
  }

  let base: UnsafeMutableRawPointer

  @inline(__always) private func header(_ offset: Int) -> UnsafeMutablePointer<Int32> {
    (base + offset).assumingMemoryBound(to: Int32.self)
  }

  var parent: Int32 {
    @inline(__always) get { header(0).pointee }
    @inline(__always) nonmutating set { header(0).pointee = newValue }
  }
  var count: Int {
    @inline(__always) get { Int((base + 4).assumingMemoryBound(to: UInt16.self).pointee) }
    @inline(__always) nonmutating set {
      (base + 4).assumingMemoryBound(to: UInt16.self).pointee = UInt16(truncatingIfNeeded: newValue)
    }
  }
  var capacity: Int {
    @inline(__always) get { Int((base + 6).assumingMemoryBound(to: UInt16.self).pointee) }
    @inline(__always) nonmutating set {
      (base + 6).assumingMemoryBound(to: UInt16.self).pointee = UInt16(truncatingIfNeeded: newValue)
    }
  }
  var next: LeafIndex {
    @inline(__always) get { header(8).pointee }
    @inline(__always) nonmutating set { header(8).pointee = newValue }
  }
  var previous: LeafIndex {
    @inline(__always) get { header(12).pointee }
    @inline(__always) nonmutating set { header(12).pointee = newValue }
  }
  var lengths: UnsafeMutablePointer<Int32> { @inline(__always) get { header(16) } }
  var clocks: UnsafeMutablePointer<UInt32> {
    @inline(__always) get { (base + (16 &+ 4 &* capacity)).assumingMemoryBound(to: UInt32.self) }
  }
  var clients: UnsafeMutablePointer<ClientIndex> {
    @inline(__always) get { (base + (16 &+ 8 &* capacity)).assumingMemoryBound(to: ClientIndex.self) }
  }

  /// Opens `width` slots before span `index`.
  ///
  /// - Precondition: the leaf has room.
  @inline(__always)
  func open(_ index: Int, _ width: Int) {
    let moved = count &- index
    if moved > 0 {
      let (lengths, clocks, clients) = (lengths + index, clocks + index, clients + index)
      (lengths + width).update(from: lengths, count: moved)
      (clocks + width).update(from: clocks, count: moved)
      (clients + width).update(from: clients, count: moved)
    }
    count &+= width
  }

  /// Removes `width` spans from `index` on.
  @inline(__always)
  func close(_ index: Int, _ width: Int) {
    let moved = count &- index &- width
    if moved > 0 {
      let (lengths, clocks, clients) = (lengths + index, clocks + index, clients + index)
      lengths.update(from: lengths + width, count: moved)
      clocks.update(from: clocks + width, count: moved)
      clients.update(from: clients + width, count: moved)
    }
    count &-= width
  }

  /// Copies `width` spans from `index` on into another leaf that is empty.
  func copy(_ index: Int, _ width: Int, to other: Leaf) {
    other.lengths.update(from: lengths + index, count: width)
    other.clocks.update(from: clocks + index, count: width)
    other.clients.update(from: clients + index, count: width)
    other.count = width
  }

  @inline(__always)
  func set(_ index: Int, length: Int32, clock: UInt32, client: ClientIndex) {
    lengths[index] = length
    clocks[index] = clock
    clients[index] = client
  }

  /// Units in span `index`, visible or not.
  @inline(__always)
  func units(_ index: Int) -> UInt32 { lengths[index].magnitude }

  /// The clock after span `index`.
  @inline(__always)
  func end(_ index: Int) -> UInt32 { clocks[index] &+ units(index) }

  /// The span that holds a unit which is known to stand here.
  @inline(__always)
  func find(_ unit: UnitID) -> Int {
    let (lengths, clocks, clients) = (lengths, clocks, clients)
    var index = 0
    while true {
      #if CRDT_INVARIANT_CHECKS
        precondition(index < count, "a unit does not stand in the leaf that the clock map names")
      #endif
      if unit.clock &- clocks[index] < lengths[index].magnitude && clients[index] == unit.client { return index }
      index &+= 1
    }
  }
}

/// A node above leaves or other inner nodes, with the visible units below each child.
///
/// A view of memory in a slab: it is invalid once a node is added.
struct Inner {
  #if CRDT_INVARIANT_CHECKS
    static var capacity: Int { 4 }
  #else
    static var capacity: Int { 22 }
  #endif
  /// Bytes in a node, a multiple of a cache line.
  static var size: Int { 192 }

  let base: UnsafeMutableRawPointer

  @inline(__always) private func field(_ index: Int) -> UnsafeMutablePointer<Int32> {
    (base + 4 &* index).assumingMemoryBound(to: Int32.self)
  }

  /// The node above, or −(sequence + 1) for the root.
  var parent: Int32 {
    @inline(__always) get { field(0).pointee }
    @inline(__always) nonmutating set { field(0).pointee = newValue }
  }
  var count: Int {
    @inline(__always) get { Int(field(1).pointee) }
    @inline(__always) nonmutating set { field(1).pointee = Int32(truncatingIfNeeded: newValue) }
  }
  /// 0 when the children are leaves.
  var level: Int32 {
    @inline(__always) get { field(2).pointee }
    @inline(__always) nonmutating set { field(2).pointee = newValue }
  }
  /// A bit for each child below which formatting marks may stand; none stands below the others.
  var marks: UInt32 {
    @inline(__always) get { UInt32(bitPattern: field(3).pointee) }
    @inline(__always) nonmutating set { field(3).pointee = Int32(bitPattern: newValue) }
  }
  var children: UnsafeMutablePointer<Int32> { @inline(__always) get { field(4) } }
  var visible: UnsafeMutablePointer<Int32> { @inline(__always) get { field(26) } }

  /// The position of a node that is known to be a child.
  @inline(__always)
  func position(of child: Int32) -> Int {
    let children = children
    var index = 0
    while children[index] != child {
      index &+= 1
      #if CRDT_INVARIANT_CHECKS
        precondition(index < count, "a node's parent does not list it")
      #endif
    }
    return index
  }

  /// The visible units below the children from `start` on.
  func sumOfVisible(from start: Int) -> Int32 {
    var sum: Int32 = 0
    var index = start
    while index < count {
      sum &+= visible[index]
      index &+= 1
    }
    return sum
  }
}

/// Memory for nodes, addressed by number so that it can move when it grows.
///
/// The only type here that owns node memory.
struct NodeSlab: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0
  private let slotSize: Int

  init(slotSize: Int) {
    self.slotSize = slotSize
    capacity = 4
    base = .allocate(byteCount: 4 * slotSize, alignment: 64)
  }

  deinit { base.deallocate() }

  /// Bytes that the slab takes, used or not.
  var byteCapacity: Int { capacity * slotSize }

  @inline(__always)
  func slot(_ index: Int32) -> UnsafeMutableRawPointer { base + Int(index) &* slotSize }

  /// The number of the first of `slots` new slots in a row.
  mutating func allocate(_ slots: Int) -> Int32 {
    if count + slots > capacity {
      let larger = max(capacity + (capacity < 1024 ? capacity : capacity / 2), count + slots)
      let grown = UnsafeMutableRawPointer.allocate(byteCount: larger * slotSize, alignment: 64)
      grown.copyMemory(from: base, byteCount: count * slotSize)
      base.deallocate()
      base = grown
      capacity = larger
    }
    defer { count += slots }
    return Int32(count)
  }
}
