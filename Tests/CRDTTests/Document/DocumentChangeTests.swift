import CRDT
import Testing

@Suite("Changes as a sequence")
struct DocumentChangeTests {
  @Test("Every transaction is a change that does the same elsewhere, and the end of the document ends the sequence")
  func changesUntilTheEnd() async throws {
    var document: Document? = Document(clientID: 1)
    let changes = document!.changes()
    document!.transact(origin: "editor") {
      document!.text("body").insert("Hello", at: 0)
      document!.map("meta").set("Greeting", forKey: "title")
    }
    let other = Document(clientID: 2)
    other.text("body").insert("!", at: 0)
    try document!.apply(other.encodeUpdate(), origin: "network")
    let expected = document!.encodeUpdate()
    document = nil

    var received: [DocumentChange] = []
    for await change in changes { received.append(change) }
    #expect(received.map(\.origin) == ["editor", "network"])
    #expect(received.map(\.isLocal) == [true, false])
    let copy = Document(clientID: 3)
    for change in received { try copy.apply(change.update) }
    #expect(copy.encodeUpdate() == expected)
  }

  @Test("A reader that stops is forgotten with the next change")
  func stoppedReader() async {
    let document = Document(clientID: 1)
    do {
      let changes = document.changes()
      document.text("body").insert("a", at: 0)
      for await _ in changes { break }
    }
    document.text("body").insert("b", at: 1)
    var seen = 0
    let subscription = document.observeUpdates { _ in seen += 1 }
    document.text("body").insert("c", at: 2)
    subscription.cancel()
    #expect(seen == 1)
    #expect(document.text("body").string == "abc")
  }
}
