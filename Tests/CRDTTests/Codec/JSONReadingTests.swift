import CRDT
import Testing

@Suite("Reading JSON")
struct JSONReadingTests {
  @Test(
    "A text means the value that JavaScript reads",
    arguments: [
      ("null", nil), (" true ", true), ("\n[]\t", []), ("{}", [:]), ("-0", .number(-0.0)),
      ("1e400", .number(.infinity)),
      ("[1,\"a\",[null]]", [1, "a", [nil]]), ("{\"a\":1,\"b\":2,\"a\":3}", ["a": 3, "b": 2]),
      (#""\u0061\ud83d\ude00\ud83d\u00e9\/""#, "a😀\u{FFFD}é/"), ("\"e\u{301}\"", "e\u{301}"),
      ("12345678901234567890", 12_345_678_901_234_567_168.0),
    ] as [(String, Value)])
  func values(text: String, value: Value) throws {
    #expect(try Value(json: text) == value)
  }

  @Test(
    "A text that is no JSON is refused with the place of what is wrong",
    arguments: [
      ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3), ("{\"a\"", .unexpectedEnd, 4),
      ("\"ab", .unexpectedEnd, 3), ("tru", .unexpectedEnd, 3), ("trux", .unexpectedCharacter, 3),
      ("1 2", .unexpectedCharacter, 2), ("[1,]", .unexpectedCharacter, 3), ("{a:1}", .unexpectedCharacter, 1),
      ("\u{FEFF}1", .unexpectedCharacter, 0), ("\u{B}1", .unexpectedCharacter, 0), ("é", .unexpectedCharacter, 0),
      ("01", .invalidNumber, 0), ("[1.]", .invalidNumber, 1), ("1e", .invalidNumber, 0), ("-x", .invalidNumber, 0),
      ("-", .unexpectedEnd, 0), ("\"a\\x\"", .invalidEscape, 2), ("\"\\u12g4\"", .invalidEscape, 1),
      ("\"a\nb\"", .controlCharacter, 2),
    ] as [(String, JSONError.Code, Int)])
  func refusals(text: String, code: JSONError.Code, byteOffset: Int) {
    let error = #expect(throws: JSONError.self) { try Value(json: text) }
    #expect(error?.code == code)
    #expect(error?.byteOffset == byteOffset)
  }

  @Test("Bytes that are no UTF-8 are refused, and values too deep for any stack")
  func hostile() {
    for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22]] {
      #expect(throws: JSONError.self) { try Value(json: bytes) }
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let fits = String(repeating: open, count: 128) + "1" + String(repeating: close, count: 128)
      #expect(throws: Never.self) { try Value(json: fits) }
      let error = #expect(throws: JSONError.self) { try Value(json: String(repeating: open, count: 100_000)) }
      #expect(error?.code == .tooDeep)
      #expect(error?.byteOffset == 129 * open.utf8.count)
    }
  }
}
