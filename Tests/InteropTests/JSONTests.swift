import CRDT
import TestSupport
import Testing

@Suite("JSON against node's")
struct JSONTests {
  @Test("A text is read as JSON.parse reads it, or refused as it is", arguments: SeedRange.chosen(default: 200))
  func parsing(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var generator = JSONGenerator(seed: seed)
        let texts = (0..<40).map { index in
          let text = generator.text(of: generator.value())
          return index.isMultiple(of: 2) ? text : generator.damaged(text)
        }
        for (text, theirs) in zip(texts, try driver.parseJSON(texts)) {
          // JavaScript puts members that are named by whole numbers first.
          let ours = (try? Value(json: text)).map { $0.jsonString() }
          #expect(ours == theirs?.jsonString(), "CRDT_SEED=\(seed): \(text)")
        }
      }
    }
  }

  @Test("A value is written as JSON.stringify writes it, and read back", arguments: SeedRange.chosen(default: 200))
  func writing(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var generator = JSONGenerator(seed: seed)
        let values = (0..<40).map { _ in generator.value() }
        let (short, long) = (try driver.writeJSON(values), try driver.writeJSON(values, spaces: 2))
        for (index, value) in values.enumerated() {
          // Of members of one name JavaScript keeps the last.
          let value = try Value(json: value.jsonString())
          #expect(value.jsonString() == short[index], "CRDT_SEED=\(seed)")
          #expect(value.jsonString(pretty: true) == long[index], "CRDT_SEED=\(seed)")
          #expect(try Value(json: short[index]).jsonString() == short[index], "CRDT_SEED=\(seed)")
        }
      }
    }
  }
}
