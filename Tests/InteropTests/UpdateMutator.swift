import CRDT
import TestSupport

/// Damages valid updates in the ways that networks, disks and attackers do.
struct UpdateMutator {
  private let samples: [[UInt8]]
  private var random: SeededGenerator

  init(samples: [[UInt8]], seed: UInt64) {
    self.samples = samples
    random = SeededGenerator(seed: seed)
  }

  /// True once in `count` times on average.
  mutating func oneIn(_ count: Int) -> Bool { random.oneIn(count) }

  /// One sample with one to three things wrong; often only a number is a little off, which keeps it readable.
  mutating func next() -> [UInt8] {
    var update = random.pick(samples)
    if random.oneIn(2) {
      for _ in 0..<(1 + random.below(2)) { nudge(&update) }
      return update
    }
    for _ in 0..<(1 + random.below(3)) { damage(&update) }
    return update
  }

  private mutating func nudge(_ update: inout [UInt8]) {
    let index = random.below(update.count)
    let isLong = update[index] & 0x80
    update[index] = isLong | ((update[index] &+ UInt8(random.below(7)) &- 3) & 0x7F)
  }

  private mutating func damage(_ update: inout [UInt8]) {
    guard !update.isEmpty else {
      update = randomBytes(1 + random.below(64))
      return
    }
    let index = random.below(update.count)
    switch random.below(11) {
    case 0: update[index] ^= 1 << UInt8(random.below(8))
    case 1: update[index] = UInt8(truncatingIfNeeded: random.next())
    case 2: update.removeSubrange(index...)
    case 3: update.removeSubrange(index..<min(index + 1 + random.below(8), update.count))
    case 4: update.insert(contentsOf: randomBytes(1 + random.below(8)), at: index)
    case 5: splice(&update, at: index)
    case 6: update.replaceSubrange(index...index, with: overlongInteger(update[index]))
    case 7: update.replaceSubrange(index...index, with: largeInteger())
    case 8: update.insert(contentsOf: deepValue(), at: index)
    case 9: repeatPart(&update, from: index)
    default: update = randomBytes(random.below(200))
    }
  }

  private mutating func randomBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// The rest comes from another sample.
  private mutating func splice(_ update: inout [UInt8], at index: Int) {
    let other = random.pick(samples)
    update.replaceSubrange(index..., with: other[min(random.below(other.count), other.count)...])
  }

  private mutating func repeatPart(_ update: inout [UInt8], from index: Int) {
    let part = update[index..<min(index + 1 + random.below(16), update.count)]
    update.insert(contentsOf: part, at: index)
  }

  /// The same number in more bytes than it needs, up to more than any integer has.
  private mutating func overlongInteger(_ byte: UInt8) -> [UInt8] {
    [byte | 0x80] + Array(repeating: 0x80, count: random.below(12)) + [0]
  }

  /// Lengths and clocks at the limits: of 32 bits, of 53 bits, of 64 bits, and beyond.
  private mutating func largeInteger() -> [UInt8] {
    let limit = random.pick([7, 14, 31, 32, 53, 63])
    var writer = ByteWriter()
    writer.writeVarUInt((1 << UInt64(limit)) - UInt64(random.below(3)))
    return writer.bytes() + (random.oneIn(8) ? [0xFF, 0xFF, 0xFF, 0xFF, 0x7F] : [])
  }

  /// A plain array in an array in an array…, as the content of an item or wherever it falls.
  private mutating func deepValue() -> [UInt8] {
    let depth = random.pick([10, 100, 1000, 20_000])
    return Array(repeating: [0x75, 0x01], count: depth).flatMap { $0 } + [0x7E]
  }
}
