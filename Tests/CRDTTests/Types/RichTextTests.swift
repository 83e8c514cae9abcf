import CRDT
import Testing

@Suite("Rich text")
struct RichTextTests {
  private let document = Document(clientID: 1)
  private var text: SharedText { document.text("body") }

  @Test("Text is typed in the format of what it is typed behind, and with the formats it is given")
  func typing() {
    text.insert("Hello", at: 0)
    text.format(at: 0, count: 5, ["bold": true])
    text.insert(" world", at: 5)
    #expect(text.delta == [.insert("Hello world", ["bold": true])])
    text.insert("!", at: 11, [:])
    text.insert("?", at: 12, ["link": "a"])
    #expect(text.delta == [.insert("Hello world", ["bold": true]), .insert("!"), .insert("?", ["link": "a"])])
    #expect(text.string == "Hello world!?")
  }

  @Test("A format that is taken away leaves the others, and none is left where all text is deleted")
  func removal() {
    text.insert("abcdef", at: 0, ["bold": true, "color": "red"])
    text.format(at: 2, count: 2, ["bold": .null])
    #expect(
      text.delta == [
        .insert("ab", ["bold": true, "color": "red"]), .insert("cd", ["color": "red"]),
        .insert("ef", ["bold": true, "color": "red"]),
      ])
    text.delete(at: 0, count: 6)
    text.insert("plain", at: 0)
    #expect(text.delta == [.insert("plain")])
  }

  @Test("A delta is applied step by step, and its event is the same delta")
  func deltas() {
    text.insert("Hello world", at: 0)
    var events: [TextDelta] = []
    let subscription = text.observe { events.append($0.delta) }
    let delta: TextDelta = [
      .retain(6, ["bold": true]), .delete(5), .insert("Swift", ["link": "https://swift.org"]),
      .embed(.value(["image": "a.png"])),
    ]
    text.apply(delta)
    subscription.cancel()
    #expect(
      text.delta == [
        .insert("Hello ", ["bold": true]), .insert("Swift", ["link": "https://swift.org"]),
        .embed(.value(["image": "a.png"])),
      ])
    #expect(text.count == 12)
    let copy = Document(clientID: 2)
    copy.text("body").insert("Hello world", at: 0)
    copy.text("body").apply(events[0])
    #expect(copy.text("body").delta == text.delta)
  }

  @Test("Types inside a text are found, edited and told of by their path")
  func embeddedTypes() {
    text.insert("ab", at: 0)
    let map = text.insertMap(at: 1, ["bold": true])
    var paths: [[PathComponent]] = []
    let subscription = text.observeDeep { paths += $0.map(\.path) }
    map.set("value", forKey: "key")
    subscription.cancel()
    #expect(paths == [[.index(1)]])
    #expect(text.delta.operations[1] == .embed(.map(map), ["bold": true]))
    #expect(map.parent == .text(text) && map.path == [.index(1)])
  }

  @Test("Attributes of the text as a whole are told of with its changes")
  func attributes() {
    var keys: [String] = []
    let subscription = text.observe { keys += $0.attributes.map(\.key) }
    text.attributes.set("heading", forKey: "type")
    subscription.cancel()
    #expect(keys == ["type"])
    #expect(text.attributes["type"] == .value("heading"))
  }

  @Test("Formats find their places in a text with very many of them")
  func manyFormats() {
    let count = 1_000
    document.transact {
      text.insert(String(repeating: "ab", count: count), at: 0)
      for index in 0..<count { text.format(at: 2 * index, count: 1, ["bold": true]) }
    }
    text.insert("x", at: count + 1)
    let expected = TextDelta.Operation.insert("ax", ["bold": true])
    #expect(text.delta.operations[count] == expected)
    #expect(text.delta.operations.count == 2 * count)
  }
}
