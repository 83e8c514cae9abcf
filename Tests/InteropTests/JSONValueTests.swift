import CRDT
import TestSupport
import Testing

/// Embeds are JSON text in updates V1 and values in V2, so converting one reads and writes JSON as JavaScript must.
@Suite("JSON and numbers, beside JavaScript")
struct JSONValueTests {
  @Test(
    "Numbers are read and written digit by digit as JavaScript does", arguments: SeedRange.chosen(default: 2, length: 1)
  )
  func numbers(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<1000).map { _ in Self.number(&random) }
        try compare("[\(texts.joined(separator: ","))]", driver, "seed \(seed)")
      }
    }
  }

  @Test("The hardest numbers are read and written as JavaScript does")
  func hardNumbers() throws {
    let driver = try Driver.yjs()
    for text in Self.hardNumbers { try compare("[\(text)]", driver, text) }
  }

  private static let hardNumbers = [
    "0", "-0", "0.0", "-0e5", "1e400", "-1e400", "1e-400", "5e-324", "2.4703282292062327e-324",
    "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072014e-308", "1.7976931348623157e308",
    "1.7976931348623158e308", "1.7976931348623159e308", "9007199254740993", "9007199254740992.5",
    "9007199254740993.00000000000000000000000000000001", "179769313486231580793728971405301e276", "1e23", "8.5e22",
    "1e21", "999999999999999999999", "123456789012345680000", "1e-6", "1e-7", "0.000001234", "1.5e-7", "4.35",
    "0.1e1", "100e-2", "1E5", "1e+5", "1e99999999999999999999", "0e99999999999999999999",
  ]

  @Test("A halfway case of 768 digits, and one beyond it, are rounded to different numbers")
  func longNumbers() throws {
    // 2^-1074 and half of it: the longest decimals there are.
    let half = Self.digitsOfHalfTheLeastNumber
    let driver = try Driver.yjs()
    for tail in ["", "0", "1", String(repeating: "0", count: 500) + "1"] {
      try compare("[0.\(String(repeating: "0", count: 323))\(half)\(tail)]", driver, "half and \(tail.count) digits")
    }
  }

  @Test("JSON is read and written as JavaScript does, and nothing else is JSON")
  func json() throws {
    let driver = try Driver.yjs()
    for text in Self.texts { try compare(text, driver, text) }
  }

  private static let texts = [
    "{}", "[]", "null", "true", "\"\"", " [ 1 , 2 ] ", "\t{\"a\" :\n1}\r",
    "{\"b\":1,\"a\":2,\"10\":3,\"9\":4,\"01\":5}",
    "{\"a\":1,\"b\":2,\"a\":3}", "{\"4294967294\":1,\"4294967295\":2,\"0\":3}",
    "\"\\u0041\\ud83d\\ude00\\n\\/\\b\\f\"",
    "\"\\u001f\\u007f\u{7f}\u{2028}é😀\"", "[[[[{\"x\":[{}]}]]]]", "\"\\\\\\\"\"",
    // None of these is JSON.
    "", " ", "01", "+1", ".5", "1.", "1.e3", "1e", "1e+", "-", "--1", "0x10", "NaN", "Infinity", "undefined", "nul",
    "[1,]",
    "[,1]", "{\"a\":1,}", "{a:1}", "'a'", "\"\\x41\"", "\"\\u12\"", "\"\u{1}\"", "[1 2]", "1 2", "\u{b}1", "\u{a0}1",
    "\"",
    "[", "{\"a\"", "truefalse",
  ]

  private func compare(_ text: String, _ driver: Driver, _ what: String) throws {
    let theirs = try driver.json(text)
    let update = Self.embedding(text)
    let converted = try Update.convert(update, from: .v1, to: .v2)
    // What is not JSON becomes null.
    let any = theirs.text == "undefined" ? [0x7E] : theirs.any
    // The value and the empty delete set end the update.
    #expect(hex(converted.suffix(any.count + 1)) == hex(any) + "00", "\(what)")
    let back = try Update.convert(converted, from: .v2, to: .v1)
    let text = theirs.text == "undefined" ? "null" : theirs.text
    #expect(hex(back) == hex(Self.embedding(text)), "\(what)")
  }

  /// An update V1 with one embed in a text.
  private static func embedding(_ text: String) -> [UInt8] {
    var writer = ByteWriter()
    for byte in [1, 1, 1, 0, 5, 1, 1, 0x74] as [UInt8] { writer.writeByte(byte) }
    writer.writeVarString(text)
    writer.writeByte(0)
    return writer.bytes()
  }

  private static func number(_ random: inout SeededGenerator) -> String {
    switch random.below(6) {
    case 0:
      // Any bits.
      let number = Double(bitPattern: random.next())
      return number.isFinite ? "\(number)" : "0.25"
    case 1:
      // Near a power of two, where the neighbours are not equally far away.
      let bits = UInt64(1 + random.below(2045)) << 52
      return "\(Double(bitPattern: bits &+ UInt64(random.below(3)) &- 1))"
    case 2: return "\(Double(Int64(bitPattern: random.next()) >> Int64(random.below(60))))"
    case 3: return "\(Double(random.below(1_000_000)) / [10, 100, 1000, 1e9][random.below(4)])"
    case 4:
      // The least numbers.
      return "\(Double(bitPattern: random.next() >> UInt64(12 + random.below(50))))"
    default:
      // More digits than a double has.
      let digits = (0..<(1 + random.below(40))).map { _ in String(random.below(10)) }.joined()
      let exponent = random.below(700) - 350
      return "\(1 + random.below(9)).\(digits)e\(exponent)"
    }
  }

  /// The digits of 2^-1075 behind its zeros: those of 5^1075.
  private static var digitsOfHalfTheLeastNumber: String {
    var digits: [UInt8] = [1]
    for _ in 0..<1075 {
      var carry = 0
      for index in digits.indices.reversed() {
        let product = Int(digits[index]) * 5 + carry
        digits[index] = UInt8(product % 10)
        carry = product / 10
      }
      if carry > 0 { digits.insert(UInt8(carry), at: 0) }
    }
    return digits.map(String.init).joined()
  }
}
