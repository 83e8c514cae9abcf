import CRDT
import TestSupport
import Testing

@Suite("Ranges, sequences and subscripts")
struct RangeAndSubscriptTests {
  @Test("A map's keys are set, read and removed by subscript, and a shared type is no plain value")
  func mapSubscript() {
    let document = Document(clientID: 1)
    let meta = document.map("meta")
    meta["title"] = "Greeting"
    meta["count"] = 3
    meta["nothing"] = .some(.null)
    meta.setText(forKey: "body").append("x")
    #expect(meta["title"] == "Greeting")
    #expect(meta["count"]?.value?.intValue == 3)
    #expect(meta["nothing"] == .some(.null))
    #expect(meta["missing"] == Value?.none)
    #expect(meta["body"] == Value?.none)
    let body = meta["body"]
    #expect(body?.text?.string == "x")
    meta["count"] = nil
    meta["body"] = nil
    #expect(meta.keys == ["title", "nothing"])
    #expect(meta.map { $0.key } == ["title", "nothing"])
    #expect(!meta.isEmpty && document.map("other").isEmpty)
  }

  @Test("A loop over a map or an array that changes it goes over what there was")
  func loops() {
    let document = Document(clientID: 1)
    let (map, array) = (document.map("m"), document.array("a"))
    for key in ["a", "b", "c"] { map[key] = .string(key) }
    array.append(contentsOf: [1, 2, 3])
    for (key, _) in map { map[key] = nil }
    for element in array { array.append(element.value ?? nil) }
    #expect(map.isEmpty)
    #expect(array.compactMap { $0.value?.intValue } == [1, 2, 3, 1, 2, 3])
    #expect(array.indices == 0..<6 && array.first?.value == 1 && array.last?.value == 3)
    #expect(document.array("none").first == nil && document.array("none").last == nil)
  }

  @Test("Ranges of a text and an array are what the whole has there", arguments: SeedRange.chosen(default: 100))
  func ranges(seeds: SeedRange) {
    for seed in seeds.range {
      CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let document = Document(clientID: 1)
        let (text, array) = (document.text("t"), document.array("a"))
        var (units, values) = ([UInt16](), [Value]())
        for step in 0..<60 {
          let index = random.below(units.count + 1)
          let end = index + random.below(units.count - index + 1)
          let inserted = String("abcdefghijklmnopqrstuvwxyz".prefix(random.below(12)))
          text.replace(index..<end, with: inserted)
          units.replaceSubrange(index..<end, with: inserted.utf16)
          let elements = (0..<inserted.count).map { Value(step * 100 + $0) }
          array.replace(index..<end, with: elements)
          values.replaceSubrange(index..<end, with: elements)
          let start = random.below(units.count + 1)
          let range = start..<(start + random.below(units.count - start + 1))
          #expect(text[range] == String(decoding: units[range], as: UTF16.self), "CRDT_SEED=\(seed)")
          #expect(array[range].map(\.value) == values[range].map { $0 }, "CRDT_SEED=\(seed)")
        }
        #expect(text[0...] == text.string && array[0...].count == array.count, "CRDT_SEED=\(seed)")
      }
    }
  }

  @Test("Range expressions, += and isEmpty do what they say")
  func expressions() {
    let document = Document(clientID: 1)
    let (text, array) = (document.text("t"), document.array("a"))
    #expect(text.isEmpty && text[0...] == "" && array.isEmpty && array[0...].isEmpty)
    text += "Hello, world"
    array += [1, 2, 3]
    #expect(text[..<5] == "Hello" && text[7...] == "world" && text[3...4] == "lo")
    text.delete(5...)
    array.delete(..<2)
    array.replace(0..<0, with: [7])
    #expect(text.string == "Hello")
    #expect(array.map(\.value) == [7, 3])
  }

  @Test("A range in one transaction makes one update")
  func oneUpdate() {
    let document = Document(clientID: 1)
    document.text("t") += "abc"
    var updates = 0
    let subscription = document.observeUpdates { _ in updates += 1 }
    document.text("t").replace(1..<2, with: "xyz")
    #expect(updates == 1)
    #expect(document.text("t").string == "axyzc")
    subscription.cancel()
  }
}
