import CRDT
import Testing

@Suite("XML")
struct XMLTests {
  private let document = Document(clientID: 1)

  @Test("A tree is built, walked, searched and written as markup")
  func tree() {
    let body = document.xmlFragment("body")
    let heading = body.appendElement("h1")
    heading.attributes.set("title", forKey: "class")
    heading.appendText().text.insert("A & B", at: 0)
    let paragraph = body.appendElement("p")
    let text = paragraph.appendText()
    text.text.insert("plain bold", at: 0)
    text.text.format(at: 6, count: 4, ["strong": ["class": "x"]])
    let hook = paragraph.appendHook("video")
    hook.map.set("a.mp4", forKey: "src")

    #expect(
      body.markup == "<h1 class=\"title\">A &amp; B</h1>"
        + "<p>plain <strong class=\"x\">bold</strong><video src=\"a.mp4\"></video></p>")
    #expect(body.firstChild == .xmlElement(heading))
    #expect(heading.nextSibling == .xmlElement(paragraph) && heading.previousSibling == nil)
    #expect(hook.previousSibling == .xmlText(text))
    #expect(body.elements(named: "P") == [paragraph])
    #expect(body.descendants.count == 5)
    #expect(text.path == [.index(1), .index(0)])
  }

  @Test("Deleting an element takes all below with it")
  func deletion() {
    let body = document.xmlFragment("body")
    let element = body.appendElement("div")
    let inner = element.appendElement("p")
    var deltas = 0
    let subscription = body.observe { deltas += $0.delta.count }
    body.delete(at: 0)
    subscription.cancel()
    #expect(deltas == 1)
    #expect(element.isDeleted && inner.isDeleted)
    #expect(inner.parent == nil && inner.path == nil)
    inner.appendText().text.insert("nowhere", at: 0)
    #expect(body.markup.isEmpty)
  }

  @Test("A root is what it is asked for as, whatever wrote it")
  func kinds() throws {
    document.array("root").append("value")
    document.map("root").set(1, forKey: "key")
    let other = Document(clientID: 2)
    try other.apply(document.encodeUpdate())
    #expect(other.map("root")["key"] == .value(1))
    #expect(other.array("root").values == [.value("value")])
    #expect(other.text("root").string.isEmpty && other.text("root").count == 1)
    #expect(other.encodeUpdate() == document.encodeUpdate())
  }
}
