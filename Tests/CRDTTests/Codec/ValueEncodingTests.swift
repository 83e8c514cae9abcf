import CRDT
import TestSupport
import Testing

/// Values reach bytes as the content of items, so each is seen inside an update of one map entry.
@Suite("Values as lib0's Any")
struct ValueEncodingTests {
  /// Client 1 sets `k` of the root map `m`.
  private func update(_ any: String) -> [UInt8] { bytes("01 01 01 00 28 01 01 6d 01 6b 01 \(any) 00") }

  @Test(
    "A value is written and read as lib0 does",
    arguments: [
      (.undefined, "7f"), (.null, "7e"), (true, "78"), (false, "79"),
      (0, "7d 00"), (.number(-0.0), "7d 40"), (1, "7d 01"), (-1, "7d 41"), (64, "7d 80 01"),
      (2_147_483_647, "7d bf ff ff ff 0f"), (-2_147_483_647, "7d ff ff ff ff 0f"),
      (2_147_483_648, "7c 4f000000"), (-2_147_483_648, "7c cf000000"), (9_007_199_254_740_991, "7b 433fffffffffffff"),
      (0.5, "7c 3f000000"), (0.1, "7b 3fb999999999999a"), (.number(.nan), "7b 7ff8000000000000"),
      (.number(.infinity), "7c 7f800000"), (.number(-.infinity), "7c ff800000"),
      (.bigInt(1), "7a 0000000000000001"), (.bigInt(.min), "7a 8000000000000000"),
      ("", "77 00"), ("é😀", "77 06 c3a9 f09f9880"),
      ([], "75 00"), ([1, "a", nil], "75 03 7d01 770161 7e"), ([[], [[]]], "75 02 7500 75 01 7500"),
      (["b": 1, "a": 2], "76 02 0162 7d01 0161 7d02"), ([:], "76 00"),
      (.array([.bytes([1, 255])]), "75 01 74 02 01ff"),
    ] as [(Value, String)])
  func roundTrip(value: Value, any: String) throws {
    let document = Document(clientID: 1)
    document.map("m").set(value, forKey: "k")
    #expect(hex(document.encodeUpdate()) == hex(update(any)))

    let other = Document(clientID: 2)
    try other.apply(update(any))
    guard case .value(let read)? = other.map("m")["k"] else {
      Issue.record("nothing was read")
      return
    }
    #expect(read == value)
    #expect(hex(other.encodeUpdate()) == hex(update(any)))
  }

  @Test("Bytes at the top level of a type are binary content")
  func binary() throws {
    let document = Document(clientID: 1)
    document.map("m").set(.bytes([1, 255]), forKey: "k")
    #expect(hex(document.encodeUpdate()) == hex(bytes("01 01 01 00 23 01 01 6d 01 6b 02 01ff 00")))
  }

  @Test(
    "A number that another implementation writes in other bytes is read, and written as Yjs does",
    arguments: [
      ("7d ff ff ff ff ff ff ff 1f", -9_007_199_254_740_991, "7b c33fffffffffffff"),
      ("7d 80 80 80 80 40", 8_589_934_592, "7c 50000000"),
      ("7c 3f800000", 1, "7d 01"), ("7b 3ff0000000000000", 1, "7d 01"), ("7c 80000000", .number(-0.0), "7d 40"),
      ("7b 7ff8000000000001", .number(.nan), "7b 7ff8000000000000"),
    ] as [(String, Value, String)])
  func foreignNumbers(foreign: String, value: Value, ours: String) throws {
    let document = Document(clientID: 2)
    try document.apply(update(foreign))
    guard case .value(let read)? = document.map("m")["k"] else {
      Issue.record("nothing was read")
      return
    }
    #expect(read == value)
    #expect(hex(document.encodeUpdate()) == hex(update(ours)))
  }

  @Test("Values nested too deeply, of unknown kinds or cut short are refused")
  func refused() {
    let deep = String(repeating: "75 01 ", count: 100_000) + "7e"
    for any in [deep, "73", "00", "77 05 61", "75 ff ff ff ff 0f", "76 01 01 61"] {
      let document = Document(clientID: 2)
      #expect(throws: UpdateError.self) { try document.apply(update(any)) }
      #expect(document.encodeUpdate() == [0, 0])
    }
  }
}
