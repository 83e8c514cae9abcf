/// A whole number of any size, not negative: what exact conversion between decimal and binary fractions needs.
struct NaturalNumber {
  /// 32 bits each, least significant first; the last is not zero.
  private var limbs: [UInt32]

  init(_ value: UInt64) {
    limbs = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
    normalize()
  }

  private mutating func normalize() {
    while let last = limbs.last, last == 0 { limbs.removeLast() }
  }

  var isZero: Bool { limbs.isEmpty }

  /// Bits up to the highest one that is set.
  var bitWidth: Int {
    guard let last = limbs.last else { return 0 }
    return limbs.count * 32 - last.leadingZeroBitCount
  }

  /// Multiplies by `factor` and adds `term`.
  mutating func multiply(by factor: UInt32, adding term: UInt32 = 0) {
    var carry = UInt64(term)
    for index in limbs.indices {
      carry += UInt64(limbs[index]) * UInt64(factor)
      limbs[index] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    if carry > 0 { limbs.append(UInt32(truncatingIfNeeded: carry)) }
    if factor == 0 { normalize() }
  }

  /// Multiplies by 10 to the power of `exponent`.
  mutating func multiply(byPowerOfTen exponent: Int) {
    var rest = exponent
    while rest >= 9 {
      multiply(by: 1_000_000_000)
      rest -= 9
    }
    for _ in 0..<rest { multiply(by: 10) }
  }

  /// Multiplies by 2 to the power of `bits`.
  mutating func shiftLeft(_ bits: Int) {
    guard !limbs.isEmpty, bits > 0 else { return }
    let shift = UInt32(bits % 32)
    if shift > 0 {
      var carry: UInt32 = 0
      for index in limbs.indices {
        let limb = limbs[index]
        limbs[index] = limb << shift | carry
        carry = limb >> (32 - shift)
      }
      if carry > 0 { limbs.append(carry) }
    }
    if bits >= 32 { limbs.insert(contentsOf: [UInt32](repeating: 0, count: bits / 32), at: 0) }
  }

  /// - Precondition: `other` is not larger.
  mutating func subtract(_ other: NaturalNumber) {
    var borrow: Int64 = 0
    for index in limbs.indices {
      if index >= other.limbs.count && borrow == 0 { break }
      borrow += Int64(limbs[index])
      if index < other.limbs.count { borrow -= Int64(other.limbs[index]) }
      limbs[index] = UInt32(truncatingIfNeeded: borrow)
      borrow >>= 32
    }
    precondition(borrow == 0, "a natural number would become negative")
    normalize()
  }

  /// Below 0, 0 or above 0, as this is smaller than, equal to or larger than `other`.
  func compare(_ other: NaturalNumber) -> Int {
    if limbs.count != other.limbs.count { return limbs.count - other.limbs.count }
    for index in limbs.indices.reversed() where limbs[index] != other.limbs[index] {
      return limbs[index] < other.limbs[index] ? -1 : 1
    }
    return 0
  }

  /// Below 0, 0 or above 0, as this and `other` together are smaller than, equal to or larger than `limit`.
  func compare(adding other: NaturalNumber, to limit: NaturalNumber) -> Int {
    let count = max(limbs.count, other.limbs.count, limit.limbs.count)
    // What the limit is ahead by, in units of the limb that comes next.
    var ahead: UInt64 = 0
    for index in stride(from: count - 1, through: 0, by: -1) {
      let sum =
        UInt64(index < limbs.count ? limbs[index] : 0)
        + UInt64(index < other.limbs.count ? other.limbs[index] : 0)
      let bound = UInt64(index < limit.limbs.count ? limit.limbs[index] : 0) + ahead
      if sum > bound { return 1 }
      // The limbs below add up to less than two of these units.
      if bound - sum > 1 { return -1 }
      ahead = (bound - sum) << 32
    }
    return ahead == 0 ? 0 : -1
  }
}
