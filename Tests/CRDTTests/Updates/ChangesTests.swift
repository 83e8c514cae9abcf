import CRDT
import Testing

@Suite("What an update did")
struct ChangesTests {
  private let document = Document(clientID: 1)

  /// The update of a transaction.
  private func update(_ edit: () -> Void) -> [UInt8] {
    let before = document.stateVector
    let deleted = document.snapshot.deleteSet
    document.transact { edit() }
    let update = document.encodeUpdate(since: before)
    // Of the deletions, only the new ones.
    let structs = try! Update.inspect(update)
    precondition(!structs.structs.isEmpty || document.snapshot.deleteSet != deleted)
    return update
  }

  private func words(_ update: [UInt8]) throws -> [String] {
    try document.changes(by: update).changes.map { change in
      let path = change.path.components.reduce(change.path.root) { $0 + "/\($1)" }
      return "\(path) +\(change.inserted) -\(change.deleted) f\(change.formats) \(change.text)"
    }
  }

  @Test("Text, keys and elements are counted by place, and what a new type brings belongs to its place")
  func insertions() throws {
    let body = document.text("body")
    let first = update {
      body.append("Hello")
      document.map("meta").set("Greeting", forKey: "title")
      let task = document.array("tasks").appendMap()
      task.set(false, forKey: "done")
      task.setText(forKey: "title").append("buy milk")
    }
    #expect(
      try words(first) == ["body +5 -0 f0 Hello", "meta/\(PathComponent.key("title")) +1 -0 f0 ", "tasks +1 -0 f0 "])
    let second = update { body.insert("日😀", at: 2) }
    #expect(try words(second) == ["body +3 -0 f0 日😀"])
    // By which they are found later, wherever they are then.
    let units = try #require(try document.changes(by: second).changes.first?.units)
    #expect(units.count == 3 && units.clients == [1])
    body.insert("> ", at: 0)
    let range = try #require(units.first { _ in true })
    let place = document.resolve(RelativePosition(item: ItemID(client: range.client, clock: range.clocks.lowerBound)))
    #expect(place?.index == 4 && place?.target.text == body)
    let third = update { body.format(at: 0, count: 2, ["bold": true]) }
    #expect(try words(third) == ["body +0 -0 f2 "])
  }

  @Test("Deletions are counted where they were, and what a deleted type took with it belongs to its place")
  func deletions() throws {
    let body = document.text("body")
    document.transact {
      body.append("Hello")
      document.map("meta").set("Greeting", forKey: "title")
      document.array("tasks").appendMap().setText(forKey: "title").append("buy milk")
    }
    let bob = Document(clientID: 2)
    try bob.apply(document.encodeUpdate())
    let before = bob.stateVector
    bob.transact {
      bob.text("body").delete(at: 1, count: 2)
      bob.map("meta").set("Hi", forKey: "title")
      bob.array("tasks").delete(at: 0)
    }
    let update = bob.encodeUpdate(since: before)
    try document.apply(update)
    #expect(
      Set(try words(update)) == [
        "body +0 -2 f0 ", "meta/\(PathComponent.key("title")) +1 -1 f0 ", "tasks +0 -1 f0 ",
      ])
  }

  @Test("Units that the document does not know, or not any more, are counted as gone")
  func collected() throws {
    let other = Document(clientID: 2)
    other.text("body").append("abc")
    #expect(try document.changes(by: other.encodeUpdate()).collected == 3)
    let map = document.map("root").setMap(forKey: "inner")
    let update = update { map.set(1, forKey: "key") }
    document.map("root").removeValue(forKey: "inner")
    let changes = try document.changes(by: update)
    #expect(changes.changes.isEmpty && changes.collected == 1)
    #expect(throws: UpdateError.self) { try document.changes(by: [1, 2, 3]) }
  }

  @Test("Of what was known before, nothing is counted again")
  func news() throws {
    let body = document.text("body")
    body.append("Hello")
    body.delete(at: 0, count: 1)
    let before = try Update.contentIDs(of: document.encodeUpdate())
    #expect(before.insertions.count == 5 && before.deletions.count == 1)
    body.append(" 日😀")
    body.delete(at: 0, count: 2)
    // All, as from somebody who does not know what is known here.
    let update = document.encodeUpdate()
    let all = try Update.contentIDs(of: update)
    let changes = try document.changes(by: update, among: all.subtracting(before)).changes
    #expect(changes.map(\.inserted) == [4] && changes.map(\.deleted) == [2] && changes.map(\.text) == [" 日😀"])
    let nothing = try document.changes(by: update, among: ContentIDs())
    #expect(nothing.changes.isEmpty && nothing.collected == 0)
    var union = before
    union.formUnion(all)
    #expect(union == all)
    #expect(try Update.contentIDs(of: Update.convert(update, from: .v1, to: .v2), format: .v2) == all)
    #expect(throws: UpdateError.self) { try Update.contentIDs(of: [1, 2, 3]) }
  }

  @Test("Visible content is told by the units that it is made of")
  func units() throws {
    let body = document.text("body")
    body.append("Hello")
    body.delete(at: 1, count: 2)
    body.format(at: 0, count: 1, ["bold": true])
    body.insert("日😀", at: 1)
    let units = body.units
    #expect(units.map(\.text).joined() == body.string)
    #expect(units.map(\.count).reduce(0, +) == body.count)
    let inserted = try #require(units.first { $0.text.hasPrefix("日") })
    #expect(inserted.id.client == 1 && units.first?.id == ItemID(client: 1, clock: 0))

    let list = document.array("list")
    list.append(contentsOf: [1, 2, 3])
    list.delete(at: 1)
    let start = list.units[0].clock
    #expect(list.units.map(\.clock) == [start, start + 2])

    let map = document.map("map")
    map.set(1, forKey: "a")
    let first = try #require(map.unit(forKey: "a"))
    map.set(2, forKey: "a")
    #expect(map.unit(forKey: "a") == ItemID(client: 1, clock: first.clock + 1))
    map.removeValue(forKey: "a")
    #expect(map.unit(forKey: "a") == nil && map.unit(forKey: "b") == nil)
  }
}
