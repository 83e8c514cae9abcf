import CRDT

extension Document {
  /// Among them two spellings of one character, and two names that are ordered otherwise in UTF-8 than in UTF-16.
  private static let names = ["a", "b", "c", "d", "é", "e\u{301}", "\u{10000}", "\u{FFFF}"]
  private static let specialNames = ["/", "-", "", "id", "1-0"]

  private static func name(_ random: inout SeededGenerator) -> String {
    random.pick(random.oneIn(10) ? specialNames : names)
  }

  /// Changes an array in ways that look like nodes and tokens of movable lists and trees, but need not be any.
  public func writeForeignNodes(to array: SharedArray, random: inout SeededGenerator) {
    transact {
      switch random.below(6) {
      case 0: array.insert([.string(Self.name(&random)), 1, nil], at: random.below(array.count + 1))
      case 1: if array.count > 0 { array.delete(at: random.below(array.count)) }
      case 2: array.insertText(at: random.below(array.count + 1)).append("text")
      default:
        let maps = array.values.compactMap(\.map)
        let map =
          maps.isEmpty || random.oneIn(3) ? array.insertMap(at: random.below(array.count + 1)) : random.pick(maps)
        writeForeignKeys(to: map, random: &random)
      }
    }
  }

  private func writeForeignKeys(to map: SharedMap, random: inout SeededGenerator) {
    let counterMax: Int64 = 9_007_199_254_740_991
    let oddCounters: [Value] = [-1, 0.5, Value(counterMax), .bigInt(counterMax), .bigInt(.max), "1"]
    if map["id"] == nil || random.oneIn(5) { map.set(.string(Self.name(&random)), forKey: "id") }
    for _ in 0..<random.below(5) {
      let counter = random.oneIn(8) ? random.pick(oddCounters) : Value(random.below(4))
      let token = Value.string(Self.name(&random))
      let edges: [Value] = [[counter, token], [counter], [], counter, token]
      map.set(random.oneIn(4) ? random.pick(edges) : edges[0], forKey: "parent:" + Self.name(&random))
    }
    if random.oneIn(3) { map.set(.string(Self.name(&random)), forKey: "place") }
    if random.oneIn(3) { map.set(.string(Self.name(&random)), forKey: "value") }
    if random.oneIn(5) { map.setText(forKey: random.pick(["id", "data", "parent:a", "place"])) }
  }
}
