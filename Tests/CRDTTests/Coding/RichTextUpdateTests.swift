import CRDT
import Foundation
import TestSupport
import Testing

@Suite("Rich text by minimal changes, and as attributed strings")
struct RichTextUpdateTests {
  private static let formats: [(String, [Value])] = [
    ("bold", [true, false, "very"]), ("italic", [true]), ("underline", [true]), ("strike", [true]), ("code", [true]),
    ("link", ["https://example.com/a", "no URL é", 1]), ("color", ["red", ["r": 1, "g": 2]]),
  ]

  private func attributes(_ random: inout SeededGenerator) -> Attributes {
    var attributes = Attributes()
    while random.oneIn(2) {
      let (name, values) = random.pick(Self.formats)
      attributes[name] = random.pick(values)
    }
    return attributes
  }

  private func delta(_ random: inout SeededGenerator) -> TextDelta {
    let operations = (0..<random.below(8)).map { _ -> TextDelta.Operation in
      if random.oneIn(5) { return .embed(.value(random.pick(["x", ["image": "a"], 1])), attributes(&random)) }
      let text = (0..<(1 + random.below(6))).map { _ in random.pick(["a", "b", "é", "😀", "\u{301}", "\u{FFFC}"]) }
      return .insert(text.joined(), attributes(&random))
    }
    // As a text says it: neighbours of the same formats are one.
    let text = Document(clientID: 9).text("t")
    text.apply(TextDelta(operations))
    return text.delta
  }

  @Test(
    "A text becomes any other, writes nothing twice, and is the same at other replicas",
    arguments: SeedRange.chosen(default: 300, length: 100))
  func updates(seeds: SeedRange) throws {
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let (ours, theirs) = (Document(clientID: 1), Document(clientID: 2))
        for _ in 0..<6 {
          let delta = delta(&random)
          ours.text("t").update(to: delta)
          #expect(ours.text("t").delta == delta, "CRDT_SEED=\(seed)")
          let vector = ours.stateVector
          ours.text("t").update(to: delta)
          #expect(ours.stateVector == vector, "CRDT_SEED=\(seed)")
          try theirs.apply(ours.encodeUpdate(since: theirs.stateVector))
          #expect(theirs.text("t").delta == delta, "CRDT_SEED=\(seed)")
          // As Yjs does, the other replica may have taken marks away that are of no use any more.
          try ours.apply(theirs.encodeUpdate(since: ours.stateVector))
          #expect(theirs.text("t").delta == ours.text("t").delta, "CRDT_SEED=\(seed)")
        }
      }
    }
  }

  @Test(
    "An attributed string says all that a text says, and comes back the same",
    arguments: SeedRange.chosen(default: 300, length: 100))
  func roundTrips(seeds: SeedRange) {
    for seed in seeds.range {
      CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let text = Document(clientID: 1).text("t")
        let delta = delta(&random)
        text.update(to: delta)
        #expect(TextDelta(text.attributedString) == delta, "CRDT_SEED=\(seed)")
        let other = Document(clientID: 2).text("t")
        other.update(to: text.attributedString)
        #expect(other.delta == delta, "CRDT_SEED=\(seed)")
        #expect(other.attributedString == text.attributedString, "CRDT_SEED=\(seed)")
      }
    }
  }

  @Test("Formats are attributes by their names")
  func attributes() {
    let text = Document(clientID: 1).text("t")
    text.apply([
      .insert("a", ["bold": true, "link": "https://example.com/"]), .insert("b", ["bold": 1, "color": "red"]),
      .embed(.value(["image": "i"]), ["italic": true]),
    ])
    let string = text.attributedString
    let runs = Array(string.runs)
    #expect(String(string.characters) == "ab\u{FFFC}")
    #expect(runs[0].bold == true && runs[0].link == URL(string: "https://example.com/") && runs[0].formats == nil)
    #expect(runs[1].bold == nil && runs[1].formats == ["bold": 1, "color": "red"])
    #expect(runs[2].italic == true && runs[2].embedded == ["image": "i"])
  }

  @Test("An edited attributed string writes the edit, and others' concurrent edits survive")
  func concurrent() throws {
    let (ours, theirs) = (Document(clientID: 1), Document(clientID: 2))
    ours.text("t").apply([.insert("Hello "), .insert("world", ["italic": true])])
    ours.text("t").insertMap(at: 11)["k"] = 1
    try theirs.apply(ours.encodeUpdate())
    theirs.text("t").insert("big ", at: 6, ["bold": true])
    var string = ours.text("t").attributedString
    let hello = try #require(string.range(of: "Hello"))
    string[hello].bold = true
    let world = try #require(string.range(of: "world"))
    string.replaceSubrange(world, with: AttributedString("World", attributes: string[world].runs.first!.attributes))
    ours.text("t").update(to: string)
    try theirs.apply(ours.encodeUpdate(since: theirs.stateVector))
    try ours.apply(theirs.encodeUpdate(since: ours.stateVector))
    #expect(ours.encodeUpdate() == theirs.encodeUpdate())
    let operations = ours.text("t").delta.operations
    #expect(
      Array(operations.dropLast()) == [
        .insert("Hello", ["bold": true]), .insert(" "), .insert("big ", ["bold": true]),
        .insert("World", ["italic": true]),
      ])
    guard case .embed(.map(let map), _)? = operations.last else {
      Issue.record("the map that is embedded is gone")
      return
    }
    #expect(map["k"] == 1)
  }
}
