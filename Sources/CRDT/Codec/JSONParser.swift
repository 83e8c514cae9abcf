/// Reads JSON text by RFC 8259. Of members of one name the last one counts, in the place of the first, as in JavaScript.
struct JSONParser {
  private let text: UnsafeRawBufferPointer
  private var position = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  private var next: UInt8? { position < text.count ? text[position] : nil }

  /// The value that is the whole text.
  mutating func readDocument() throws(JSONError) -> Value {
    skipSpace()
    let value = try readValue(depth: 0)
    skipSpace()
    guard position == text.count else { throw JSONError(.unexpectedCharacter, at: position) }
    return value
  }

  // MARK: Characters

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  /// The error that what stands here is out of place.
  private var misplaced: JSONError {
    JSONError(position < text.count ? .unexpectedCharacter : .unexpectedEnd, at: position)
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func readWord(_ word: StaticString, _ value: Value) throws(JSONError) -> Value {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw misplaced }
      position += 1
    }
    return value
  }

  // MARK: Values

  private mutating func readValue(depth: Int) throws(JSONError) -> Value {
    guard depth <= ValueCodec.depthMax else { throw JSONError(.tooDeep, at: position) }
    switch next {
    case UInt8(ascii: "{"): return .object(try readMembers(depth: depth))
    case UInt8(ascii: "["): return .array(try readElements(depth: depth))
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    default: return .number(try readNumber())
    }
  }

  private mutating func readMembers(depth: Int) throws(JSONError) -> [Value.Member] {
    position += 1
    var members: [Value.Member] = []
    skipSpace()
    if skip(UInt8(ascii: "}")) { return members }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw misplaced }
      let name = try readString()
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw misplaced }
      skipSpace()
      members.append(Value.Member(name, try readValue(depth: depth + 1)))
      skipSpace()
      if skip(UInt8(ascii: "}")) { return Value.distinct(members) }
      guard skip(UInt8(ascii: ",")) else { throw misplaced }
    }
  }

  private mutating func readElements(depth: Int) throws(JSONError) -> [Value] {
    position += 1
    var elements: [Value] = []
    skipSpace()
    if skip(UInt8(ascii: "]")) { return elements }
    while true {
      skipSpace()
      elements.append(try readValue(depth: depth + 1))
      skipSpace()
      if skip(UInt8(ascii: "]")) { return elements }
      guard skip(UInt8(ascii: ",")) else { throw misplaced }
    }
  }

  // MARK: Strings

  private mutating func readString() throws(JSONError) -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    // Most strings have no escapes, and are read at once.
    if next == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try string(UnsafeRawBufferPointer(rebasing: text[start..<position]), at: start)
    }
    return try readEscapedString(from: start)
  }

  private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
    var units: [UInt8] = []
    position = start
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return try string(units.span.bytes, at: start)
      case UInt8(ascii: "\\"): try readEscape(into: &units)
      case 0..<0x20: throw JSONError(.controlCharacter, at: position)
      default:
        units.append(byte)
        position += 1
      }
    }
    throw JSONError(.unexpectedEnd, at: position)
  }

  private func string(_ bytes: RawSpan, at start: Int) throws(JSONError) -> String {
    try bytes.withUnsafeBytes { bytes throws(JSONError) in try string(bytes, at: start) }
  }

  private func string(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> String {
    guard UTF8Text.isValid(bytes) else { throw JSONError(.invalidUTF8, at: start) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func readEscape(into units: inout [UInt8]) throws(JSONError) {
    let start = position
    position += 1
    guard let byte = next else { throw misplaced }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "u"):
      guard let scalar = readUnicodeEscape() else { throw JSONError(.invalidEscape, at: start) }
      units.append(contentsOf: UTF8.encode(scalar)!)
    default: throw JSONError(.invalidEscape, at: start)
    }
  }

  /// The character of one escape or of two that are a pair; half of a pair is no character, and becomes U+FFFD.
  private mutating func readUnicodeEscape() -> Unicode.Scalar? {
    guard let unit = readHex() else { return nil }
    if unit & 0xFC00 == 0xD800 {
      let mark = position
      if skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")), let low = readHex(), low & 0xFC00 == 0xDC00 {
        return Unicode.Scalar(0x1_0000 + (unit & 0x3FF) << 10 + low & 0x3FF)
      }
      position = mark
    }
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }

  private mutating func readHex() -> UInt32? {
    guard text.count - position >= 4 else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }

  // MARK: Numbers

  /// Reads a number in JSON's notation: `-`, digits without leading zeros, a fraction, an exponent.
  private mutating func readNumber() throws(JSONError) -> Double {
    let start = position
    let isNegative = skip(UInt8(ascii: "-"))
    var number = DecimalNumber()
    let whole = position
    let startsWithZero = next == UInt8(ascii: "0")
    guard readDigits(into: &number) else {
      if !isNegative { throw misplaced }
      throw JSONError(position < text.count ? .invalidNumber : .unexpectedEnd, at: start)
    }
    if startsWithZero && position > whole + 1 { throw JSONError(.invalidNumber, at: start) }
    number.movePoint(Int64(position - whole))
    if skip(UInt8(ascii: ".")), !readDigits(into: &number) { throw JSONError(.invalidNumber, at: start) }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      guard let exponent = readExponent() else { throw JSONError(.invalidNumber, at: start) }
      number.movePoint(exponent)
    }
    return isNegative ? -number.double : number.double
  }

  private mutating func readDigits(into number: inout DecimalNumber) -> Bool {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      number.append(byte - UInt8(ascii: "0"))
      position += 1
    }
    return position > start
  }

  private mutating func readExponent() -> Int64? {
    let isNegative = skip(UInt8(ascii: "-"))
    if !isNegative { _ = skip(UInt8(ascii: "+")) }
    let start = position
    var exponent: Int64 = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      // Further than any text has digits to make up for it.
      if exponent < 1 << 40 { exponent = exponent * 10 + Int64(byte - UInt8(ascii: "0")) }
      position += 1
    }
    guard position > start else { return nil }
    return isNegative ? -exponent : exponent
  }
}
