import CRDT
import TestSupport
import Testing

@Suite("Snapshots")
struct SnapshotTests {
  private static func keepingDocument(_ client: ClientID = 1) -> Document {
    var options = Document.Options()
    options.collectsGarbage = false
    return Document(clientID: client, options: options)
  }

  @Test("Bytes are the delete set, then the state vector")
  func encoding() throws {
    let document = Self.keepingDocument()
    document.text("t").append("abc")
    document.text("t").delete(at: 1, count: 1)
    #expect(hex(document.snapshot.encode()) == hex(bytes("01 01 01 01 01 01 01 03")))
    #expect(try Snapshot(decoding: document.snapshot.encode()) == document.snapshot)
    #expect(Snapshot().encode() == [0, 0])
    #expect(hex(document.snapshot.encode(format: .v2)) == hex(bytes("01 01 01 01 00 01 01 03")))
    #expect(try Snapshot(decoding: document.snapshot.encode(format: .v2), format: .v2) == document.snapshot)
  }

  @Test(
    "What is no snapshot is refused, with the place in the whole",
    arguments: [
      ("", .truncated, 0), ("00", .truncated, 1), ("01 01", .truncated, 2), ("00 01", .truncated, 1),
      ("00 00 00", .trailingBytes, 2), ("01 01 01 ffffffffffffff0f 01 00", .integerOutOfRange, 3),
      ("00 01 01 ffffffffffffff1f", .integerOutOfRange, 3),
    ] as [(String, UpdateError.Code, Int)])
  func refused(digits: String, code: UpdateError.Code, offset: Int) {
    do throws(UpdateError) {
      _ = try Snapshot(decoding: bytes(digits))
      Issue.record("\(digits) was read")
    } catch {
      #expect(error == UpdateError(code, at: offset))
    }
  }

  @Test("The past can be read, compared and restored")
  func past() throws {
    let document = Self.keepingDocument()
    let (text, array, map) = (document.text("text"), document.array("array"), document.map("map"))
    text.append("Hello world")
    array.append(contentsOf: [1, 2, 3])
    map.set("old", forKey: "key")
    map.set(true, forKey: "gone")
    let past = document.snapshot
    text.delete(at: 0, count: 6)
    text.append("!")
    array.delete(at: 1)
    array.insert(9, at: 0)
    map.set("new", forKey: "key")
    map.removeValue(forKey: "gone")
    map.set(0, forKey: "added")
    #expect(text.string(at: past) == "Hello world")
    #expect(array.values(at: past).map(\.value) == [1, 2, 3])
    #expect(map.value(forKey: "key", at: past)?.value == "old")
    #expect(map.entries(at: past).map(\.key) == ["key", "gone"])
    let pieces = text.changes(from: past, to: document.snapshot)
    #expect(pieces.map(\.text) == ["Hello ", "world", "!"])
    #expect(pieces.map(\.change) == [.removed(author: 1), .unchanged, .added(author: 1)])
    #expect(
      array.changes(from: past, to: document.snapshot).map(\.change)
        == [.added(author: 1), .unchanged, .removed(author: 1), .unchanged])
    #expect(map.changes(from: past, to: document.snapshot).map(\.key) == ["key", "gone", "added"])
    #expect(map.changes(from: past, to: document.snapshot).map { $0.old?.value } == ["old", true, nil])
    let restored = try document.restored(at: past)
    #expect(restored.text("text").string == "Hello world")
    #expect(restored.array("array").values.map(\.value) == [1, 2, 3])
    #expect(restored.map("map")["key"]?.value == "old")
    #expect(restored.snapshot == past)
  }

  @Test("A document that collects garbage, or lacks something, has no past to be restored")
  func notRestorable() {
    let document = Document()
    let snapshot = document.snapshot
    #expect(throws: SnapshotError.collectsGarbage) { try document.restored(at: snapshot) }
    let other = Self.keepingDocument()
    other.text("text").append("a")
    #expect(throws: SnapshotError.notKnown) { try Self.keepingDocument(2).restored(at: other.snapshot) }
  }

  @Test("A snapshot contains the updates before it, not those after")
  func contains() throws {
    let document = Self.keepingDocument()
    let text = document.text("text")
    text.append("abc")
    let first = document.encodeUpdate()
    let snapshot = document.snapshot
    text.delete(at: 0, count: 1)
    let deletion = document.encodeUpdate()
    #expect(try snapshot.contains(first))
    #expect(try !snapshot.contains(deletion))
    #expect(try document.snapshot.contains(deletion))
    #expect(throws: UpdateError.self) { try snapshot.contains([9]) }
  }

  @Test("A version is restored by a change that keeps what it cannot know of, and nothing is rewritten")
  func versions() throws {
    let (document, other) = (Self.keepingDocument(), Self.keepingDocument(2))
    let (text, map) = (document.text("text"), document.map("map"))
    let history = VersionHistory(document)
    text.append("first 😀 draft")
    let nested = map.setArray(forKey: "list")
    nested.append(contentsOf: [1, [2]])
    nested.appendMap().set("deep", forKey: "key")
    map.set("kept", forKey: "same")
    let version = history.create(name: "Draft", author: "Ada", date: 1_700_000_000_000)
    text.delete(at: 0, count: 6)
    text.append(" and more")
    map.removeValue(forKey: "list")
    map.set(1, forKey: "added")
    try other.apply(document.encodeUpdate())
    other.text("text").insert("THEIRS ", at: 0)
    let before = document.stateVector
    try history.restore(version, origin: "restore")
    #expect(text.string == "first 😀 draft")
    #expect(map["list"]?.array?.count == 3)
    #expect(map["list"]?.array?[2].map?["key"]?.value == "deep")
    #expect(map["same"]?.value == "kept")
    #expect(map["added"] == nil)
    #expect(document.stateVector.compare(before) == .after)
    #expect(history.versions == [version])
    try other.apply(document.encodeUpdate(since: other.stateVector))
    try document.apply(other.encodeUpdate(since: document.stateVector))
    #expect(other.text("text").string == text.string)
    #expect(text.string.contains("THEIRS"))
    #expect(VersionHistory(other).versions == [version])
    VersionHistory(other).remove(version)
    #expect(VersionHistory(other).versions.isEmpty)
  }

  @Test("What is no version is left out of the list")
  func forgedVersions() {
    let document = Self.keepingDocument()
    let array = document.array("versions")
    array.append(contentsOf: [1, ["date": 1], ["date": 1, "clientID": -1], "x"])
    array.append(.object([.init("date", 1), .init("clientID", 1), .init("snapshot", .bytes([9, 9]))]))
    array.appendMap()
    #expect(VersionHistory(document).versions.isEmpty)
  }
}
