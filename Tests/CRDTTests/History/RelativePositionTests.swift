import CRDT
import TestSupport
import Testing

@Suite("Relative positions")
struct RelativePositionTests {
  @Test("Bytes are those of Yjs")
  func encoding() throws {
    let text = Document(clientID: 1).text("t")
    text.append("abc")
    #expect(hex(text.position(at: 1).encode()) == "00010100")
    #expect(hex(text.position(at: 3).encode()) == "01017400")
    #expect(hex(text.position(at: 1, association: .previous).encode()) == "00010041")
    #expect(hex(text.position(at: 0, association: .previous).encode()) == "01017441")
    // Positions of earlier versions have no side.
    #expect(try RelativePosition(decoding: bytes("00 01 01")).association == .next)
  }

  @Test("A position stays on its side of what is inserted there")
  func association() {
    let text = Document().text("text")
    text.append("ab")
    let next = text.position(at: 1)
    let previous = text.position(at: 1, association: .previous)
    text.insert("xyz", at: 1)
    #expect(text.index(of: next) == 4)
    #expect(text.index(of: previous) == 1)
  }

  @Test("The ends of a type stay its ends, and nested types are found by their items")
  func ends() throws {
    let document = Document()
    let array = document.array("array")
    let nested = array.appendArray()
    let (start, end) = (nested.position(at: 0, association: .previous), nested.position(at: 0))
    nested.append(contentsOf: [1, 2, 3])
    #expect(nested.index(of: start) == 0)
    #expect(nested.index(of: end) == 3)
    #expect(document.resolve(end)?.target.array == nested)
    #expect(array.index(of: end) == nil)
    array.delete(at: 0)
    #expect(document.resolve(end) == nil)
  }

  @Test("What is not known yet resolves once it is")
  func unknown() throws {
    let (one, other) = (Document(), Document())
    one.text("text").append("abc")
    let position = one.text("text").position(at: 2)
    #expect(other.resolve(position) == nil)
    try other.apply(one.encodeUpdate())
    #expect(other.text("text").index(of: position) == 2)
  }

  @Test(
    "What is no position is refused",
    arguments: [
      ("", .truncated), ("00", .truncated), ("00 01", .truncated), ("01 02 61", .truncated), ("01 01 ff", .invalidUTF8),
      ("03 01 01", .unknownContent), ("00 01 01 00 00", .trailingBytes), ("00 01 01 80", .truncated),
      ("00 ffffffffffffff1f 00", .integerOutOfRange), ("02 01 80 80 80 80 80 80 80 80 01", .overlongInteger),
    ] as [(String, UpdateError.Code)])
  func refused(digits: String, code: UpdateError.Code) {
    do throws(UpdateError) {
      _ = try RelativePosition(decoding: bytes(digits))
      Issue.record("\(digits) was read")
    } catch {
      #expect(error.code == code)
    }
  }

  @Test("Forged positions lead nowhere")
  func forged() throws {
    let document = Document(clientID: 1)
    document.map("map").set(1, forKey: "key")
    document.text("text").append("abc")
    for digits in ["00 01 ffffffffffffff0f 00", "02 01 00 00", "02 01 02 00", "02 07 00 00", "00 07 00 41"] {
      #expect(document.resolve(try RelativePosition(decoding: bytes(digits))) == nil, "\(digits)")
    }
    // A map's value has no index but its place among its key's values.
    #expect(document.resolve(try RelativePosition(decoding: bytes("00 01 00 00")))?.index == 0)
    #expect(RelativePosition(jsonValue: ["assoc": 0]) == nil)
    #expect(RelativePosition(jsonValue: ["item": ["client": -1, "clock": 0.5]]) == nil)
    #expect(RelativePosition(jsonValue: ["item": ["client": 1e300, "clock": 0]]) == nil)
  }
}
