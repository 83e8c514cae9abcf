/// Random numbers that a seed repeats exactly, on every platform: SplitMix64 (Steele, Lea and Flood, 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that gives the same numbers for the same seed; neighbouring seeds give unrelated numbers.
  public init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

extension RandomNumberGenerator {
  /// A number from 0 up to and without `bound`.
  ///
  /// - Precondition: `bound` > 0.
  public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// True once in `count` times on average.
  public mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  /// 32 random bits.
  public mutating func bits32() -> UInt32 { UInt32(truncatingIfNeeded: next()) }

  /// One of the elements.
  ///
  /// - Precondition: there is one.
  public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
