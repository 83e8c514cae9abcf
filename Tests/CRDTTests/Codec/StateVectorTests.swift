import CRDT
import TestSupport
import Testing

@Suite("State vectors")
struct StateVectorTests {
  @Test("Clients are written in descending order, and read in any")
  func encoding() throws {
    let vector = StateVector([1: 3, 300: 128, 7: 1])
    #expect(hex(vector.encode()) == hex(bytes("03 ac02 8001 07 01 01 03")))
    #expect(try StateVector(decoding: bytes("03 01 03 07 01 ac02 8001")) == vector)
    #expect(StateVector().encode() == [0])
  }

  @Test(
    "What is no state vector is refused",
    arguments: [
      ("", .truncated), ("01", .truncated), ("01 01", .truncated), ("ff ff ff ff 0f 01 01", .truncated),
      ("00 00", .trailingBytes), ("01 01 80 80 80 80 80 80 80 80 01", .overlongInteger),
    ] as [(String, UpdateError.Code)])
  func refused(digits: String, code: UpdateError.Code) {
    do throws(UpdateError) {
      _ = try StateVector(decoding: bytes(digits))
      Issue.record("\(digits) was read")
    } catch {
      #expect(error.code == code)
    }
  }

  @Test("Histories are equal, before, after or concurrent")
  func comparison() {
    let none = StateVector()
    let one: StateVector = StateVector([1: 1])
    let other = StateVector([2: 1])
    let both = StateVector([1: 1, 2: 1])
    #expect(none.compare(none) == .equal)
    #expect(none.compare(one) == .before)
    #expect(one.compare(none) == .after)
    #expect(one.compare(other) == .concurrent)
    #expect(both.compare(other) == .after)
    #expect(StateVector([1: 2]).compare(both) == .concurrent)
    #expect(StateVector([1: 0]) == none)
  }

  @Test("A union knows what either knew")
  func union() {
    var vector = StateVector([1: 5, 2: 1])
    vector.formUnion(StateVector([2: 3, 9: 1]))
    #expect(vector == StateVector([1: 5, 2: 3, 9: 1]))
  }
}
