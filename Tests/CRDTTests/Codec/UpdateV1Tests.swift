import CRDT
import TestSupport
import Testing

/// Each fixture is what Yjs writes for the edits above it.
@Suite("Update V1")
struct UpdateV1Tests {
  @Test("An empty document has no structs and no deletes")
  func empty() throws {
    #expect(Document(clientID: 1).encodeUpdate() == [0, 0])
    let document = Document(clientID: 1)
    let result = try document.apply([0, 0])
    #expect(!result.changed && !result.isPending)
  }

  @Test("Inserted text is one struct")
  func text() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("abc", at: 0)
    try expect(document, "01 01 01 00 04 01 01 74 03 616263 00")
  }

  @Test("A deletion in the middle cuts the text into three structs, the middle without content")
  func deletedText() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("abc", at: 0)
    document.text("t").delete(at: 1, count: 1)
    try expect(document, "01 03 01 00 04 01 01 74 01 61 81 01 00 01 84 01 01 01 63 01 01 01 01 01")
    #expect(document.text("t").string == "ac")
  }

  @Test("A deleted nested type and all inside it become one GC struct")
  func garbage() throws {
    // const nested = new Y.Map(); doc.getMap('m').set('n', nested); nested.set('a', 1); nested.set('b', 2)
    // doc.getMap('m').delete('n')
    let document = Document(clientID: 1)
    let nested = document.map("m").setMap(forKey: "n")
    nested.set(1, forKey: "a")
    nested.set(2, forKey: "b")
    document.map("m").removeValue(forKey: "n")
    try expect(document, "01 02 01 00 21 01 01 6d 01 6e 01 00 02 01 01 01 00 03")
  }

  @Test("With an origin, a map entry does not repeat its key")
  func overwrittenEntry() throws {
    let document = Document(clientID: 1)
    document.map("m").set(1, forKey: "k")
    document.map("m").set(2, forKey: "k")
    try expect(document, "01 02 01 00 21 01 01 6d 01 6b 01 a8 01 00 01 7d 02 01 01 01 00 01")
  }

  @Test("Nested types name their parent by its id")
  func nested() throws {
    let document = Document(clientID: 1)
    let array = document.map("m").setArray(forKey: "a")
    array.insertText(at: 0).insert("x", at: 0)
    _ = array.insertMap(at: 1)
    try expect(
      document, "01 04 01 00 27 01 01 6d 01 61 00 07 00 01 00 02 04 00 01 01 01 78 87 01 01 01 00")
  }

  @Test("A struct since the middle of another starts after the unit before it")
  func difference() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("abc", at: 0)
    #expect(
      hex(document.encodeUpdate(since: StateVector([1: 1]))) == hex(bytes("01 01 01 01 84 01 00 02 6263 00")))
    #expect(document.encodeUpdate(since: StateVector([1: 3])) == [0, 0])
    #expect(document.encodeUpdate(since: StateVector([1: 9, 2: 4])) == [0, 0])
  }

  @Test("A split surrogate pair is two replacement characters from then on")
  func splitPair() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("a😀b", at: 0)
    document.text("t").insert("x", at: 2)
    #expect(document.text("t").string == "a\u{FFFD}x\u{FFFD}b")
    try expect(document, "01 03 01 00 04 01 01 74 04 61efbfbd 84 01 01 04 efbfbd62 c4 01 01 01 02 01 78 00")
  }

  @Test("Clients are written in descending order, in the structs and in the delete set")
  func clientOrder() throws {
    let one = Document(clientID: 1)
    let large = Document(clientID: 300)
    one.array("a").append(1)
    large.array("a").append(2)
    try one.apply(large.encodeUpdate())
    #expect(
      hex(one.encodeUpdate())
        == hex(bytes("02 01 ac02 00 08 01 01 61 01 7d 02 01 01 00 08 01 01 61 01 7d 01 00")))
    one.array("a").delete(at: 0, count: 2)
    #expect(
      hex(one.encodeUpdate())
        == hex(bytes("02 01 ac02 00 01 01 01 61 01 01 01 00 01 01 01 61 01 02 ac02 01 00 01 01 01 00 01")))
  }

  @Test("What lacks its predecessor waits, is kept in the encoding behind a gap, and comes in with the predecessor")
  func pending() throws {
    let document = Document(clientID: 2)
    try document.apply(bytes("01 01 01 00 04 01 01 74 01 61 00"))
    let result = try document.apply(bytes("01 01 01 02 84 01 01 01 63 00"))
    #expect(!result.changed && result.isPending)
    #expect(document.text("t").string == "a")
    #expect(document.stateVector == StateVector([1: 1]))
    #expect(document.pending?.missing == StateVector([1: 2]))
    #expect(hex(document.encodeUpdate()) == hex(bytes("01 03 01 00 04 01 01 74 01 61 0a 01 84 01 01 01 63 00")))

    let completed = try document.apply(bytes("01 01 01 01 84 01 00 01 62 00"))
    #expect(completed.changed && !completed.isPending)
    #expect(document.text("t").string == "abc")
    #expect(document.stateVector == StateVector([1: 3]))
  }

  @Test("What waits goes on when the last of it comes, also where parts of it have come twice")
  func pendingTwice() throws {
    let document = Document(clientID: 2)
    // Client 1 writes "abc"; the c stands behind a unit of client 3. The b and the c come together, then the c alone.
    try document.apply(bytes("01 02 01 01 84 01 00 01 62 84 03 00 01 63 00"))
    try document.apply(bytes("01 01 01 02 84 03 00 01 63 00"))
    try document.apply(bytes("01 01 01 00 04 01 01 74 01 61 00"))
    #expect(document.text("t").string == "ab" && document.pending?.missing == StateVector([3: 1]))
    try document.apply(bytes("01 01 03 00 84 01 01 01 64 00"))
    #expect(document.text("t").string == "abdc" && document.pending == nil)
  }

  @Test("A deletion of what is not there yet waits for it")
  func pendingDeletion() throws {
    let document = Document(clientID: 2)
    #expect(try document.apply(bytes("00 01 01 01 01 01")).isPending)
    #expect(hex(document.encodeUpdate()) == hex(bytes("00 01 01 01 01 01")))
    #expect(try !document.apply(bytes("01 01 01 00 04 01 01 74 03 616263 00")).isPending)
    #expect(document.text("t").string == "ac")
  }

  @Test(
    "Every kind of content passes through unchanged",
    arguments: [
      // getText('t').insert(0, 'abc'), then format(0, 2, { bold: true })
      (
        "formatting",
        "01 04 01 00 04 01 01 74 02 6162 84 01 01 01 63 46 01 00 04 626f6c64 04 74727565"
          + "c6 01 01 01 02 04 626f6c64 04 6e756c6c 00"
      ),
      // getText('t').insertEmbed(0, { image: 'x.png' })
      ("embed", "01 01 01 00 05 01 01 74 11 7b22696d616765223a22782e706e67227d 00"),
      // <p a="b">hi</p> in getXmlFragment('x')
      ("XML", "01 04 01 00 07 01 01 78 03 01 70 28 00 01 00 01 61 01 77 01 62 07 00 01 00 06 04 00 01 02 02 6869 00"),
      // getXmlFragment('x').insert(0, [new Y.XmlHook('h')])
      ("XML hook", "01 01 01 00 07 01 01 78 05 01 68 00"),
      // getMap('m').set('d', new Y.Doc({ guid: 'g1', autoLoad: true, meta: { a: 1 } }))
      (
        "document", "01 01 01 00 29 01 01 6d 01 64 02 6731 76 02 08 6175746f4c6f6164 78 04 6d657461 76 01 01 61 7d01 00"
      ),
      // An array of 1, undefined and { a: 1 } as Yjs wrote it before version 13.3
      ("JSON", "01 01 01 00 02 01 01 61 03 01 31 09 756e646566696e6564 07 7b2261223a317d 00"),
    ])
  func allContent(kind: String, digits: String) throws {
    let document = Document(clientID: 2)
    #expect(try document.apply(bytes(digits)).changed)
    #expect(hex(document.encodeUpdate()) == hex(bytes(digits)))
  }

  @Test("The same update again changes nothing")
  func duplicate() throws {
    let document = Document(clientID: 2)
    let update = bytes("01 03 01 00 04 01 01 74 01 61 81 01 00 01 84 01 01 01 63 01 01 01 01 01")
    #expect(try document.apply(update).changed)
    #expect(try !document.apply(update).changed)
    #expect(document.text("t").string == "ac")
  }

  @Test(
    "What is no update is refused, and changes nothing",
    arguments: [
      ("", .truncated), ("00", .truncated), ("01", .truncated),
      ("01 01 01 00 04 01 01 74 03 6162", .truncated),
      ("01 01 01 00 04 01 01 74 03 616263", .truncated),
      ("01 01 01 00 04 01 01 74 01 80 00", .invalidUTF8),
      ("01 01 01 00 0f 01 01 74 01 61 00", .unknownContent),
      ("01 01 01 00 07 01 01 74 09 00", .unknownContent),
      ("01 01 01 00 08 01 01 74 01 73 00", .unknownValue),
      ("01 01 01 00 84 01 05 01 61 00", .invalidReference),
      ("01 ff ff ff ff ff ff ff 0f 01 00 04 01 01 74 01 61 00", .truncated),
      ("00 00 00", .trailingBytes),
    ] as [(String, UpdateError.Code)])
  func refused(digits: String, code: UpdateError.Code) {
    let document = Document(clientID: 2)
    do throws(UpdateError) {
      try document.apply(bytes(digits))
      Issue.record("\(digits) was accepted")
    } catch {
      #expect(error.code == code, "at byte \(error.byteOffset)")
    }
    #expect(document.encodeUpdate() == [0, 0])
    #expect(document.pending == nil)
  }

  /// The document has these bytes, and so does a document that reads them.
  private func expect(_ document: Document, _ digits: String) throws {
    #expect(hex(document.encodeUpdate()) == hex(bytes(digits)))
    let copy = Document(clientID: 2)
    try copy.apply(bytes(digits))
    #expect(hex(copy.encodeUpdate()) == hex(bytes(digits)))
  }
}
