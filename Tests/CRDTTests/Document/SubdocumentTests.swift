import CRDT
import Testing

@Suite("Subdocuments")
struct SubdocumentTests {
  private func makeChild(_ guid: String, loads: Bool = false) -> Document {
    var options = Document.Options()
    options.guid = guid
    options.meta = ["title": "Chapter"]
    options.loadsAutomatically = loads
    return Document(options: options)
  }

  @Test("Replicas meet a subdocument as it was put in, and load it when they want to")
  func meeting() throws {
    let parent = Document(clientID: 1)
    let child = makeChild("chapter-1")
    parent.map("chapters").set(child, forKey: "one")
    #expect(parent.subdocuments == [child] && child.parent == parent)

    let replica = Document(clientID: 2)
    var events: [SubdocumentsEvent] = []
    let subscription = replica.observeSubdocuments { events.append($0) }
    try replica.apply(parent.encodeUpdate())
    let met = try #require(replica.map("chapters")["one"]?.subdocument)
    #expect(met.guid == "chapter-1" && met.meta == ["title": "Chapter"] && !met.shouldLoad)
    #expect(events.count == 1 && events[0].added == [met] && events[0].loaded.isEmpty)

    met.load()
    met.load()
    #expect(events.count == 2 && events[1].loaded == [met] && met.shouldLoad)

    parent.map("chapters").removeValue(forKey: "one")
    try replica.apply(parent.encodeUpdate())
    #expect(events.count == 3 && events[2].removed == [met])
    #expect(replica.subdocuments.isEmpty && met.parent == nil)
    subscription.cancel()
  }

  @Test("One that loads automatically is asked for where it arrives")
  func automatically() throws {
    let parent = Document(clientID: 1)
    parent.array("list").insert(makeChild("a", loads: true), at: 0)
    let replica = Document(clientID: 2)
    var loaded: [String] = []
    let subscription = replica.observeSubdocuments { loaded += $0.loaded.map(\.guid) }
    try replica.apply(parent.encodeUpdate())
    subscription.cancel()
    #expect(loaded == ["a"])
  }

  @Test("A destroyed subdocument is replaced by a fresh one, and tells nobody anything")
  func destruction() {
    let parent = Document(clientID: 1)
    let child = makeChild("chapter-1")
    parent.map("chapters").set(child, forKey: "one")
    var updates = 0
    let subscription = child.observeUpdates { _ in updates += 1 }
    child.destroy()
    child.text("body").insert("unheard", at: 0)
    subscription.cancel()
    #expect(updates == 0 && child.parent == nil)
    let fresh = parent.map("chapters")["one"]?.subdocument
    #expect(fresh != child && fresh?.guid == "chapter-1" && fresh?.parent == parent)
  }

  @Test("A subdocument outlives the document around it")
  func orphan() {
    var parent: Document? = Document(clientID: 1)
    let child = makeChild("chapter-1")
    parent!.map("chapters").set(child, forKey: "one")
    parent = nil
    #expect(child.parent == nil)
    child.load()
    child.text("body").insert("still here", at: 0)
    #expect(child.text("body").string == "still here")
  }
}
