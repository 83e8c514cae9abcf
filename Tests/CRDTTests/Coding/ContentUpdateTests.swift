import CRDT
import TestSupport
import Testing

@Suite("Contents by minimal changes")
struct ContentUpdateTests {
  /// Two replicas with the same contents.
  private struct Pair {
    let ours = Document(clientID: 1)
    let theirs = Document(clientID: 2)

    func synchronize() throws {
      try ours.apply(theirs.encodeUpdate(since: ours.stateVector))
      try theirs.apply(ours.encodeUpdate(since: theirs.stateVector))
      #expect(ours.encodeUpdate() == theirs.encodeUpdate())
    }
  }

  /// The update that `body` makes; nil when it makes none.
  private func update(of document: Document, _ body: () throws -> Void) rethrows -> [UInt8]? {
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    try body()
    subscription.cancel()
    #expect(updates.count < 2, "all changes are one transaction")
    return updates.first
  }

  @Test("A text is edited where it differs, and what others write at the same time survives")
  func text() throws {
    let pair = Pair()
    let text = pair.ours.text("t")
    text += "The quick brown fox"
    try pair.synchronize()
    pair.theirs.text("t").insert("very ", at: 4)
    pair.theirs.text("t").append(" jumps")
    text.update(to: "A quick red fox")
    try pair.synchronize()
    #expect(text.string == "A very quick red fox jumps")
    #expect(update(of: pair.ours) { text.update(to: "A very quick red fox jumps") } == nil)
    text.update(to: "")
    #expect(text.isEmpty)
  }

  @Test(
    "A text becomes any other, without ever half a surrogate pair",
    arguments: SeedRange.chosen(default: 300, length: 100))
  func texts(seeds: SeedRange) throws {
    for seed in seeds.range {
      CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let text = Document(clientID: 1).text("t")
        for _ in 0..<8 {
          let string = (0..<random.below(20)).map { _ in random.pick(["a", "b", "é", "😀", "😁", "\u{1F601}\u{301}"]) }
            .joined()
          text.update(to: string)
          #expect(text.string.utf8.elementsEqual(string.utf8), "CRDT_SEED=\(seed)")
        }
      }
    }
  }

  @Test(
    "A change between two strings is made in a text that others have changed since",
    arguments: SeedRange.chosen(default: 600, length: 200))
  func textSince(seeds: SeedRange) {
    for seed in seeds.range {
      CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        // Each character once, so that it is known which is which.
        let base = Array("abc😀defghéijklm").prefix(random.below(15))
        var versions: [[Character]] = []
        var removed = Set<Character>()
        for mark in ["O", "T"] {
          var version: [Character] = []
          for character in base {
            if random.oneIn(4) { version.append(Character(mark)) }
            if random.oneIn(4) { removed.insert(character) } else { version.append(character) }
          }
          if random.oneIn(2) { version.append(Character(mark)) }
          versions.append(version)
        }
        let text = Document(clientID: 1).text("t")
        text += String(versions[1])
        text.update(to: String(versions[0]), since: String(base))
        let result = Array(text.string)
        let (left, expected) = (result.filter(base.contains), base.filter { !removed.contains($0) })
        #expect(left == expected, "CRDT_SEED=\(seed)")
        let marks = (versions[0] + versions[1]).filter { !base.contains($0) }
        let found = result.filter { !base.contains($0) }
        #expect(found.sorted() == marks.sorted(), "CRDT_SEED=\(seed)")
        let unchanged = Document(clientID: 1).text("t")
        unchanged += String(base)
        unchanged.update(to: String(versions[0]), since: String(base))
        #expect(unchanged.string == String(versions[0]), "CRDT_SEED=\(seed)")
        let vector = unchanged.document.stateVector
        unchanged.update(to: String(base), since: String(base))
        #expect(unchanged.document.stateVector == vector, "CRDT_SEED=\(seed)")
      }
    }
  }

  @Test("What is embedded in a text stays when the text around it changes")
  func embedded() throws {
    let document = Document(clientID: 2)
    // "ab", an embedded {"i":1}, "cd".
    try document.apply(bytes("01 03 01 00 04 01 01 74 02 6162 85 01 01 07 7b2269223a317d 84 01 02 02 6364 00"))
    let text = document.text("t")
    for string in ["abcd", "acd", "Xacd", "😀", "", "abc"] {
      text.update(to: string)
      #expect(text.string == string)
      #expect(text.count == string.utf16.count + 1)
    }
    #expect(text.count(in: .characters) == 4)
  }

  @Test("A map is changed where it differs: keys come, go and stay, and shared types are changed inside")
  func map() throws {
    let pair = Pair()
    let map = pair.ours.map("m")
    map["same"] = ["a": 1, "b": 2]
    map["changed"] = 1
    map["gone"] = true
    map.setText(forKey: "text").append("hello")
    map.setMap(forKey: "map")["x"] = 1
    try pair.synchronize()
    pair.theirs.map("m")["changed by them"] = 5
    pair.theirs.map("m")["text"]?.text?.insert("!", at: 5)
    pair.theirs.map("m")["map"]?.map?["y"] = 2
    let (text, nested) = (map["text"]?.text, map["map"]?.map)
    let change = try update(of: pair.ours) {
      try map.setContents(of: [
        "same": ["b": 2, "a": 1], "changed": 2, "text": "hallo", "map": ["x": 3], "new": [1, 2],
      ])
    }
    #expect(change != nil)
    try pair.synchronize()
    #expect(
      try map.decode([String: Value].self) == [
        "same": ["a": 1, "b": 2], "changed": 2, "text": "hallo!", "map": ["x": 3, "y": 2], "changed by them": 5,
        "new": [1, 2],
      ])
    #expect(map["text"]?.text == text && map["map"]?.map == nested, "shared types keep their identity")
    #expect(text?.string == "hallo!")
    #expect(nested?.plainValue == ["x": 3, "y": 2])
    #expect(try update(of: pair.ours) { try map.setContents(of: map.plainValue) } == nil)
    #expect(throws: ValueKindError.self) { try map.setContents(of: [1]) }
  }

  @Test("New values become shared types by the strategy, at every depth")
  func nesting() throws {
    let value: Value = ["list": [1, ["k": "v"], "s", [2]], "name": "n"]
    let plain = Document(clientID: 1).map("m")
    try plain.setContents(of: value)
    #expect(plain["list"]?.value == value["list"])
    let containers = Document(clientID: 1).map("m")
    try containers.setContents(of: value, nesting: .containers)
    #expect(containers["list"]?.array?[1].map?["k"]?.value == "v")
    #expect(containers["list"]?.array?[3].array?[0].value == 2)
    #expect(containers["name"]?.value == "n")
    let all = Document(clientID: 1).map("m")
    try all.setContents(of: value, nesting: [.maps, .arrays, .texts])
    #expect(all["list"]?.array?[2].text?.string == "s" && all["name"]?.text?.string == "n")
    for map in [plain, containers, all] { #expect(map.plainValue == value) }
    try containers.setContents(of: ["list": "now a string"], nesting: .containers)
    #expect(containers.plainValue == ["list": "now a string"])
  }

  @Test("A list keeps elements that are equal, and changes shared ones in place")
  func list() throws {
    let pair = Pair()
    let array = pair.ours.array("a")
    try array.setContents(
      of: [["id": 1, "n": "a"], ["id": 2, "n": "b"], ["id": 3, "n": "c"], "x"], nesting: .containers)
    try pair.synchronize()
    let second = array[1].map
    pair.theirs.array("a")[1].map?["theirs"] = true
    pair.theirs.array("a").insert("new", at: 4)
    // The first goes, the second is renamed, a fourth comes before the third.
    try array.setContents(
      of: [["id": 2, "n": "B"], ["id": 4, "n": "d"], ["id": 3, "n": "c"], "x"], nesting: .containers)
    try pair.synchronize()
    #expect(array[0].map == second, "the second is still the same map")
    #expect(
      array.plainValue == [
        ["id": 2, "n": "B", "theirs": true], ["id": 4, "n": "d"], ["id": 3, "n": "c"], "x", "new",
      ])
    #expect(try update(of: pair.ours) { try array.setContents(of: array.plainValue) } == nil)
    #expect(throws: ValueKindError.self) { try array.setContents(of: [:]) }
  }

  @Test(
    "Any contents become any others, at both replicas, and nothing is written twice",
    arguments: SeedRange.chosen(default: 300, length: 100))
  func anyContents(seeds: SeedRange) throws {
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let pair = Pair()
        let map = pair.ours.map("m")
        for _ in 0..<8 {
          let value = Value.object(Self.members(&random, depth: 0))
          let nesting = SharedNesting(rawValue: UInt8(random.below(8)))
          let change = try update(of: pair.ours) { try map.setContents(of: value, nesting: nesting) }
          if let change { try pair.theirs.apply(change) }
          let expected = try Value(json: value.jsonString())
          let found = try Value(json: map.plainValue.jsonString())
          #expect(Self.sorted(found) == Self.sorted(expected), "CRDT_SEED=\(seed)")
          #expect(pair.theirs.map("m").plainValue == map.plainValue, "CRDT_SEED=\(seed)")
          let again = try update(of: pair.ours) { try map.setContents(of: value, nesting: nesting) }
          #expect(again == nil, "CRDT_SEED=\(seed)")
        }
      }
    }
  }

  private static func members(_ random: inout SeededGenerator, depth: Int) -> [Value.Member] {
    (0..<random.below(5)).map { _ in
      Value.Member(random.pick(["id", "a", "b", "c", "é"]), value(&random, depth: depth + 1))
    }
  }

  private static func value(_ random: inout SeededGenerator, depth: Int) -> Value {
    switch random.below(depth < 4 ? 6 : 3) {
    case 0: .string((0..<random.below(5)).map { _ in random.pick(["x", "y", "😀"]) }.joined())
    case 1: random.pick([nil, true, false, 0.5])
    case 2: Value(random.below(3))
    case 3: .object(members(&random, depth: depth))
    default: .array((0..<random.below(5)).map { _ in value(&random, depth: depth + 1) })
    }
  }

  private static func sorted(_ value: Value) -> Value {
    switch value {
    case .array(let elements): .array(elements.map(sorted))
    case .object(let members):
      .object(
        members.map { Value.Member($0.name, sorted($0.value)) }
          .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    default: value
    }
  }
}
