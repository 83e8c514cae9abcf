/// An interned name: a map's key, a root's name, or an XML node's name.
typealias NameIndex = UInt32

/// Names as bytes, each stored once and compared by number from then on.
///
/// Names are equal when their UTF-8 bytes are, as in JavaScript; Swift's `String` would also take two spellings of one
/// character for equal.
struct NameTable: ~Copyable {
  /// Stands for "no name".
  static var none: NameIndex { .max }

  private var bytes = GrowableBuffer<UInt8>()
  /// Where name *i* ends; it starts where the one before it ends.
  private var ends = GrowableBuffer<Int>()
  private var slots: UnsafeMutablePointer<NameIndex>
  private var mask = 15
  private let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
    slots = .allocate(capacity: 16)
    slots.initialize(repeating: Self.none, count: 16)
  }

  deinit { slots.deallocate() }

  /// The UTF-8 bytes of a name; valid until the next name is added.
  func bytes(of name: NameIndex) -> UnsafeRawBufferPointer {
    let start = name == 0 ? 0 : ends[Int(name) - 1]
    return UnsafeRawBufferPointer(start: bytes.base + start, count: ends[Int(name)] - start)
  }

  /// The name as a string.
  func string(_ name: NameIndex) -> String { String(decoding: bytes(of: name), as: UTF8.self) }

  /// The number of a name that is known, else nil.
  func find(_ name: UnsafeRawBufferPointer) -> NameIndex? {
    let found = slots[slot(of: name)]
    return found == Self.none ? nil : found
  }

  /// The number of a name, which is stored when it is new.
  mutating func intern(_ name: UnsafeRawBufferPointer) -> NameIndex {
    let slot = slot(of: name)
    if slots[slot] != Self.none { return slots[slot] }
    let index = NameIndex(ends.count)
    bytes.reserve(bytes.count + name.count)
    for byte in name { bytes.append(byte) }
    ends.append(bytes.count)
    slots[slot] = index
    if ends.count * 4 > (mask + 1) * 3 { grow() }
    return index
  }

  private func slot(of name: UnsafeRawBufferPointer) -> Int {
    var slot = Int(truncatingIfNeeded: hash(name)) & mask
    while slots[slot] != Self.none {
      let known = bytes(of: slots[slot])
      if known.count == name.count && known.elementsEqual(name) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
    var hash = HashIndex.mix(seed ^ UInt64(name.count))
    var index = 0
    while index + 8 <= name.count {
      hash = HashIndex.mix(hash ^ name.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var tail: UInt64 = 0
    while index < name.count {
      tail = tail << 8 | UInt64(name[index])
      index += 1
    }
    return HashIndex.mix(hash ^ tail)
  }

  private mutating func grow() {
    let capacity = (mask + 1) * 2
    slots.deallocate()
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Self.none, count: capacity)
    mask = capacity - 1
    for name in 0..<NameIndex(ends.count) { slots[slot(of: bytes(of: name))] = name }
  }
}
