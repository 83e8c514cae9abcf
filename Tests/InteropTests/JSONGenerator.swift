import CRDT
import TestSupport

/// Makes values, and JSON texts of them in as many notations as JSON has.
struct JSONGenerator {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// A value that JSON can say.
  mutating func value(depth: Int = 0) -> Value {
    switch random.below(depth < 4 ? 9 : 6) {
    case 0: return .null
    case 1: return .bool(random.oneIn(2))
    case 2, 3: return .number(number())
    case 4, 5: return .string(string())
    case 6: return .array((0..<random.below(5)).map { _ in value(depth: depth + 1) })
    default: return .object((0..<random.below(5)).map { _ in Value.Member(name(), value(depth: depth + 1)) })
    }
  }

  private mutating func number() -> Double {
    switch random.below(6) {
    case 0: return Double(random.below(1000) - 500)
    case 1: return Double(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
    case 2: return Double(random.below(100_000)) / 1000
    case 3:
      return random.pick([
        0, -0.0, 1e21, 1e-7, 123_456_789_012_345_683_968, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, 1e20,
      ])
    default:
      let number = Double(bitPattern: random.next())
      return number.isFinite ? number : 1
    }
  }

  private mutating func string() -> String {
    let pieces = [
      "a", "B", " ", "é", "e\u{301}", "€", "😀", "\"", "\\", "/", "\n", "\t", "\r", "\u{8}", "\u{C}", "\u{1}", "\u{7F}",
    ]
    return (0..<random.below(8)).map { _ in random.pick(pieces + ["\u{2028}", "\u{FFFD}", "0"]) }.joined()
  }

  /// Names of which some are the same, and some whole numbers, which JavaScript puts first.
  private mutating func name() -> String {
    random.oneIn(3)
      ? string() : random.pick(["a", "b", "10", "9", "0", "01", "-1", "4294967295", "4294967294", "é", ""])
  }

  /// The value in JSON, with white space and notations by chance.
  mutating func text(of value: Value) -> String {
    space() + bareText(of: value) + space()
  }

  private mutating func bareText(of value: Value) -> String {
    switch value {
    case .bool(let bool): return bool ? "true" : "false"
    case .number(let number): return text(of: number)
    case .string(let string): return text(of: string)
    case .array(let elements):
      return "[" + (elements.isEmpty ? space() : elements.map { text(of: $0) }.joined(separator: ",")) + "]"
    case .object(let members):
      let texts = members.map { space() + text(of: $0.name) + space() + ":" + text(of: $0.value) }
      return "{" + (texts.isEmpty ? space() : texts.joined(separator: ",")) + "}"
    default: return "null"
    }
  }

  private mutating func space() -> String {
    random.oneIn(3) ? (0..<random.below(3)).map { _ in random.pick([" ", "\n", "\t", "\r"]) }.joined() : ""
  }

  private mutating func text(of number: Double) -> String {
    let whole = Int64(exactly: number).map(String.init)
    switch random.below(4) {
    case 0: return (whole ?? "\(number)") + (whole == nil ? "" : random.pick([".0", "e0", "E+0", ".00e-0", ""]))
    case 1: return "\(number)".replacing("e", with: random.pick(["e", "E"]))
    default: return number.magnitude < 1e15 ? (whole ?? "\(number)") : "\(number)"
    }
  }

  private mutating func text(of string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      let isRisky = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if isRisky || random.oneIn(5) {
        text += escape(scalar)
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  private mutating func escape(_ scalar: Unicode.Scalar) -> String {
    let short: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\u{8}": "\\b", "\u{C}": "\\f",
    ]
    if let escape = short[scalar], random.oneIn(2) { return escape }
    return UTF16.encode(scalar)!.map { unit in
      let digits = String(unit, radix: 16, uppercase: random.oneIn(2))
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }

  /// The text with a few changes that mostly make it no JSON any more.
  mutating func damaged(_ text: String) -> String {
    var scalars = Array(text.unicodeScalars)
    for _ in 0...random.below(2) {
      let pieces: [Unicode.Scalar] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "u", "d", "8", "0", "1", "-", "+", ".", "e", " ", "\u{B}", "\u{A0}",
        "n",
      ]
      let index = random.below(scalars.count + 1)
      switch random.below(4) {
      case 0 where index < scalars.count: scalars.remove(at: index)
      case 1 where index < scalars.count: scalars[index] = random.pick(pieces)
      case 2: scalars.removeSubrange(index...)
      default: scalars.insert(random.pick(pieces), at: index)
      }
    }
    var damaged = ""
    damaged.unicodeScalars.append(contentsOf: scalars)
    return damaged
  }
}
