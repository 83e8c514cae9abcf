import CRDT
import TestSupport

/// One edit, made without knowledge of the document: each replica resolves the numbers against its own present state
/// by the rule in `Drivers/PROTOCOL.md`.
struct Operation: Equatable, CustomStringConvertible {
  var target: UInt32
  var choice: UInt32
  var position: UInt32
  var count: UInt32
  /// Whether a position may fall between the two surrogates of a pair.
  var splitsPairs: Bool
  var text: String
  var key: String
  /// What to insert into an array; the first one is what a map is set to.
  var values: [Value]
  /// Formats to set, or to take away by null.
  var attributes: Attributes

  /// One line, for the listing of a program that failed.
  var description: String {
    let values = values.map(\.canonical).joined(separator: ",")
    return "\(target) \(choice) \(position) \(count) \(splitsPairs) \(text.debugDescription)"
      + " \(key.debugDescription) [\(values)] \(attributes.canonical)"
  }

  func write(to request: inout ByteWriter) {
    for number in [target, choice, position, count, splitsPairs ? 1 : 0] { request.writeVarUInt(UInt64(number)) }
    request.writeVarString(text)
    request.writeVarString(key)
    request.writeVarUInt(UInt64(values.count))
    for value in values { request.writeAny(value) }
    request.writeAny(.object(attributes.members))
  }
}

/// Which edits a program may hold, by what the other implementations can say.
struct OperationProfile {
  /// Positions between the surrogates of a pair: yrs cannot express them through pycrdt.
  var splitsPairs = true
  /// `undefined`, which Python has no word for, and −0, which yrs reads as 0.
  var hasJavaScriptValues = true
  /// Values that Yjs 13.5 reads but refuses to write at the top level of a shared type: `undefined` in an array, bigint.
  var hasUnwritableValues = true

  static let yjs = OperationProfile()
  static let yrs = OperationProfile(splitsPairs: false, hasJavaScriptValues: false)
  /// Edits that have one meaning in both implementations, down to the bytes.
  static let twin = OperationProfile(hasUnwritableValues: false)
}

/// Draws operations.
struct OperationGenerator {
  private var random: SeededGenerator
  private let profile: OperationProfile

  init(seed: UInt64, profile: OperationProfile) {
    random = SeededGenerator(seed: seed)
    self.profile = profile
  }

  /// The edits of one transaction: mostly one.
  mutating func transaction() -> [Operation] {
    (0..<(random.oneIn(4) ? 2 + random.below(4) : 1)).map { _ in operation() }
  }

  private mutating func operation() -> Operation {
    let values = (0..<(1 + random.below(3))).map { _ in value(depth: 0) }
    return Operation(
      target: random.bits32(), choice: random.bits32(), position: position(), count: random.bits32(),
      splitsPairs: profile.splitsPairs, text: text(), key: key(), values: values, attributes: attributes())
  }

  /// A few formats with a few values, so that they meet. None is an object, which JavaScript compares by identity, or
  /// false, which Yjs 13.5 takes for none.
  private mutating func attributes() -> Attributes {
    var attributes = Attributes()
    for _ in 0..<(1 + random.below(2)) {
      let name = random.pick(["bold", "color", "link"])
      attributes[name] = random.pick([true, "red", "blue", .null, .null, 7])
    }
    return attributes
  }

  /// Often one of a few numbers, so that edits meet at the same place.
  private mutating func position() -> UInt32 {
    random.oneIn(2) ? UInt32(random.below(4)) : random.bits32()
  }

  private mutating func text() -> String {
    let pieces = ["a", "b", "c", "xyz", " ", "é", "日", "😀", "👩‍👩‍👧", "e\u{301}", "\n", "the quick brown fox"]
    return (0..<(1 + random.below(3))).map { _ in random.pick(pieces) }.joined()
  }

  /// A few names, so that sets are concurrent; among them two spellings of one character.
  private mutating func key() -> String {
    random.pick(["a", "b", "key", "é", "e\u{301}", "日", "😀", ""])
  }

  private mutating func value(depth: Int) -> Value {
    switch random.below(depth < 3 ? 12 : 8) {
    case 0: return .null
    case 1: return .bool(random.oneIn(2))
    case 2: return Value(random.below(200) - 100)
    case 3: return number()
    case 4: return .string(text())
    case 5: return .bytes((0..<random.below(5)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    case 6 where profile.hasJavaScriptValues && (depth > 0 || profile.hasUnwritableValues): return .undefined
    case 7 where depth > 0 || profile.hasUnwritableValues: return bigInt()
    case 8, 9: return .array((0..<random.below(4)).map { _ in value(depth: depth + 1) })
    case 10, 11: return object(depth: depth)
    default: return .string("")
    }
  }

  private mutating func number() -> Value {
    var numbers: [Double] = [
      0, 0.5, -1.25, 0.1, 1e300, -1e-300, .infinity, -.infinity, .nan, 63, 64, -63, -64, 8191, 8192,
      2_147_483_647, 2_147_483_648, -2_147_483_647, -2_147_483_648, 1_099_511_627_776, -1_099_511_627_777,
    ]
    if profile.hasJavaScriptValues { numbers += [-0.0, 9_007_199_254_740_991, 9_007_199_254_740_992] }
    return .number(random.pick(numbers))
  }

  /// Large and odd: yrs writes whole numbers that a float holds as floats, whatever they were.
  private mutating func bigInt() -> Value {
    let magnitude = Int64(bitPattern: random.next() >> 2 | 1 << 60 | 1)
    return .bigInt(random.oneIn(2) ? magnitude : -magnitude)
  }

  /// Distinct names in any order, none of them a whole number, which JavaScript would put first.
  private mutating func object(depth: Int) -> Value {
    let names = ["z", "a", "é", "long name", ""].shuffled(using: &random).prefix(random.below(4))
    return .object(names.map { Value.Member($0, value(depth: depth + 1)) })
  }
}
