/// From 64-bit keys to 32-bit indices, by open addressing.
///
/// Keys are chosen by peers, so the probe starts at a place that depends on a secret seed: nobody can prepare keys that
/// collide. Entries are never removed.
struct HashIndex: ~Copyable {
  /// What ``find(_:)`` answers when there is no entry.
  static var none: UInt32 { .max }

  private struct Entry {
    var key: UInt64
    var value: UInt32
  }

  private var entries: UnsafeMutablePointer<Entry>
  private var mask: Int
  private var count = 0
  private let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
    mask = 7
    entries = Self.emptyEntries(8)
  }

  deinit { entries.deallocate() }

  private static func emptyEntries(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
    entries.initialize(repeating: Entry(key: 0, value: none), count: capacity)
    return entries
  }

  /// Spreads every bit of `key` and the seed over the result (the finalizer of MurmurHash3, by Austin Appleby).
  @inline(__always)
  static func mix(_ key: UInt64) -> UInt64 {
    var hash = key
    hash ^= hash >> 33
    hash &*= 0xFF51_AFD7_ED55_8CCD
    hash ^= hash >> 33
    hash &*= 0xC4CE_B9FE_1A85_EC53
    hash ^= hash >> 33
    return hash
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: Self.mix(key ^ seed)) & mask
    while entries[slot].value != Self.none && entries[slot].key != key { slot = (slot &+ 1) & mask }
    return slot
  }

  /// The index of `key`, or ``none``.
  ///
  /// - Complexity: O(1) expected.
  @inline(__always)
  func find(_ key: UInt64) -> UInt32 { entries[slot(of: key)].value }

  /// Adds an entry for a key that has none.
  mutating func insert(_ key: UInt64, _ value: UInt32) {
    if (count &+ 1) &* 4 > (mask &+ 1) &* 3 { grow() }
    entries[slot(of: key)] = Entry(key: key, value: value)
    count &+= 1
  }

  private mutating func grow() {
    let old = entries
    let oldCapacity = mask + 1
    entries = Self.emptyEntries(oldCapacity * 2)
    mask = oldCapacity * 2 - 1
    for index in 0..<oldCapacity where old[index].value != Self.none {
      entries[slot(of: old[index].key)] = old[index]
    }
    old.deallocate()
  }
}
