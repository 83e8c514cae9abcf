import CRDT
import TestSupport
import Testing

@Suite("Positions in scalars and characters")
struct TextOffsetTests {
  /// Characters of one to many units, and scalars that join what is before and behind.
  private static let pieces = [
    "a", "é", "e\u{301}", "\u{301}", "😀", "👩‍👩‍👧‍👦", "🇩🇪", "\u{1F1E9}", "\u{200D}", "\r\n", "\r", "\n", "👍🏽", "\u{1F3FD}", "각",
    "ᄀ",
    String(repeating: "\u{301}", count: 100),
  ]

  private func text(seed: UInt64, random: inout SeededGenerator) -> SharedText {
    let text = Document(clientID: 1).text("t")
    for _ in 0..<random.below(24) {
      let index = text.offset(random.below(text.count(in: .unicodeScalars) + 1), in: .unicodeScalars)
      text.insert(random.pick(Self.pieces), at: index)
    }
    return text
  }

  @Test("A position in each unit is where Swift's string has it", arguments: SeedRange.chosen(default: 100))
  func offsets(seeds: SeedRange) {
    for seed in seeds.range {
      CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let text = text(seed: seed, random: &random)
        let string = text.string
        #expect(text.count == string.utf16.count, "CRDT_SEED=\(seed)")
        #expect(text.count(in: .utf16) == string.utf16.count, "CRDT_SEED=\(seed)")
        #expect(text.count(in: .unicodeScalars) == string.unicodeScalars.count, "CRDT_SEED=\(seed)")
        #expect(text.count(in: .characters) == string.count, "CRDT_SEED=\(seed)")
        let characters = Array(string.indices) + [string.endIndex]
        let scalars = Array(string.unicodeScalars.indices) + [string.endIndex]
        for (unit, indices) in [(TextUnit.characters, characters), (.unicodeScalars, scalars)] {
          let positions = indices.map { string.utf16.distance(from: string.startIndex, to: $0) }
          for (offset, position) in positions.enumerated() {
            #expect(text.offset(offset, in: unit) == position, "CRDT_SEED=\(seed)")
          }
          for position in 0...text.count {
            let whole = positions.lastIndex { $0 <= position }
            #expect(text.count(before: position, in: unit) == whole, "CRDT_SEED=\(seed) \(position)")
          }
        }
      }
    }
  }

  @Test("Edits by character take and leave whole characters")
  func edits() {
    let text = Document(clientID: 1).text("t")
    text += "a👩‍👩‍👧‍👦b🇩🇪c"
    text.delete(1..<2, in: .characters)
    #expect(text.string == "ab🇩🇪c")
    text.insert("!", at: 3, in: .characters)
    #expect(text.string == "ab🇩🇪!c")
    text.replace(2..<3, in: .characters, with: "DE")
    #expect(text.string == "abDE!c")
    text.insert("😀", at: 1, in: .unicodeScalars)
    text.insert("x", at: 2, in: .unicodeScalars)
    #expect(text.string == "a😀xbDE!c")
    #expect(text.offset(2, in: .utf16) == 2, "UTF-16 may say a place inside a pair")
  }

  @Test("A text of many thousand characters is the same in a document of many leaves")
  func longText() {
    let text = Document(clientID: 1).text("t")
    text += "a" + String(repeating: "😀", count: 10_000)
    for index in stride(from: 0, to: 10_000, by: 97) { text.insert("é", at: index, in: .characters) }
    let string = text.string
    #expect(string.unicodeScalars.contains("\u{FFFD}") == false)
    #expect(text.count == string.utf16.count)
    #expect(text.count(in: .characters) == string.count)
    #expect(text.offset(9_000, in: .characters) == string.prefix(9_000).utf16.count)
  }
}
