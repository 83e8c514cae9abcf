import CRDT
import Testing

@Suite("Codable types in documents")
struct SharedCodingTests {
  private struct Item: Codable, Equatable {
    var id: Int
    var name: String
    var note: String?
  }

  private struct Project: Codable, Equatable {
    var title: String
    var text: String
    var items: [Item]
    var settings: [String: Int]
    var due: Double?
  }

  private let project = Project(
    title: "t", text: "Hello", items: [Item(id: 1, name: "a"), Item(id: 2, name: "b", note: "n")],
    settings: ["x": 1, "y": 2, "z": 3], due: 3)

  /// Two replicas of a document with the project in the map `p`, its text a shared one.
  private func replicas() throws -> (Document, Document) {
    let (ours, theirs) = (Document(clientID: 1), Document(clientID: 2))
    ours.map("p").setText(forKey: "text")
    try ours.map("p").update(from: project, nesting: .containers)
    try theirs.apply(ours.encodeUpdate())
    return (ours, theirs)
  }

  private func synchronize(_ ours: Document, _ theirs: Document) throws {
    try ours.apply(theirs.encodeUpdate(since: ours.stateVector))
    try theirs.apply(ours.encodeUpdate(since: theirs.stateVector))
    #expect(ours.jsonString() == theirs.jsonString())
  }

  @Test("What is written is read, at every replica")
  func roundTrip() throws {
    let (ours, theirs) = try replicas()
    #expect(try ours.map("p").decode(Project.self) == project)
    #expect(try theirs.map("p").decode(Project.self) == project)
    #expect(ours.map("p")["text"]?.text?.string == "Hello")
    #expect(try theirs.map("p")["items"]?.decode([Item].self) == project.items)
    #expect(try theirs.map("p")["items"]?.array?.decode([Item].self) == project.items)
  }

  @Test("A value that has not changed writes nothing, whoever wrote it, and however its numbers and nils are written")
  func unchanged() throws {
    let (ours, theirs) = try replicas()
    let map = theirs.map("p")
    map["due"] = .bigInt(4)
    map["items"]?.array?[0].map?["note"] = .some(.null)
    try synchronize(ours, theirs)
    for document in [ours, theirs] {
      let before = document.stateVector
      try document.map("p").update(from: document.map("p").decode(Project.self))
      #expect(document.stateVector == before)
      #expect(document.encodeUpdate() == ours.encodeUpdate())
    }
  }

  @Test("Concurrent edits in other places survive")
  func concurrent() throws {
    let (ours, theirs) = try replicas()
    theirs.map("p")["text"]?.text?.append(", world")
    theirs.map("p")["settings"]?.map?["theirs"] = 4
    theirs.map("p")["items"]?.array?[1].map?["note"] = "edited"
    var changed = project
    changed.title = "T"
    changed.text = "Hallo"
    changed.items.remove(at: 0)
    changed.items[0].name = "B"
    changed.settings["x"] = nil
    changed.due = nil
    try ours.map("p").update(from: changed, nesting: .containers)
    #expect(try ours.map("p").decode(Project.self) == changed)
    try synchronize(ours, theirs)
    changed.text = "Hallo, world"
    changed.settings["theirs"] = 4
    changed.items[0].note = "edited"
    #expect(try ours.map("p").decode(Project.self) == changed)
  }

  @Test("What others changed since a value was read survives when only our changes are written")
  func since() throws {
    let (ours, theirs) = try replicas()
    let old = try ours.map("p").decode(Project.self)
    var new = old
    new.title = "T"
    new.text = "Hallo"
    new.settings["y"] = nil
    new.due = nil
    theirs.map("p")["due"] = 9
    theirs.map("p")["unknown"] = "to the type"
    theirs.map("p")["settings"]?.map?["x"] = 100
    theirs.map("p")["text"]?.text?.append("!")
    try synchronize(ours, theirs)
    try ours.map("p").update(from: new, since: old)
    try synchronize(ours, theirs)
    let found = try theirs.map("p").decode(Project.self)
    #expect(found.title == "T" && found.text == "Hallo!" && found.due == nil)
    #expect(found.settings == ["x": 100, "z": 3])
    #expect(theirs.map("p")["unknown"] == "to the type")
    let before = ours.encodeUpdate()
    try ours.map("p").update(from: old, since: old)
    #expect(ours.encodeUpdate() == before)
  }

  @Test("A value that is no object cannot become a map's, nor an object an array's")
  func refused() {
    let document = Document(clientID: 1)
    #expect(throws: EncodingError.self) { try document.map("m").update(from: [1]) }
    #expect(throws: EncodingError.self) { try document.map("m").update(from: 1, since: 2) }
    #expect(throws: EncodingError.self) { try document.array("a").update(from: ["a": 1]) }
    #expect(document.encodeUpdate() == [0, 0])
  }
}
