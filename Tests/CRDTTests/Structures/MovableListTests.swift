import CRDT
import TestSupport
import Testing

@Suite("Movable lists")
struct MovableListTests {
  @Test("A single replica does what an array does", arguments: SeedRange.chosen(default: 100))
  func behavesLikeArray(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "MovableListTests") { random in
      let list = MovableList(Document(clientID: 1).array("list"))
      var model: [Value] = []
      for step in 0..<80 {
        let value = Value(step)
        let index = random.below(model.count + 1)
        switch random.below(model.isEmpty ? 3 : 8) {
        case 0:
          list.insert(value, at: index)
          model.insert(value, at: index)
        case 1:
          list.insert(contentsOf: [value, "second", "third"], at: index)
          model.insert(contentsOf: [value, "second", "third"], at: index)
        case 2:
          list.append(value)
          model.append(value)
        case 3:
          list.set(value, at: index % model.count)
          model[index % model.count] = value
        case 4:
          list.delete(at: index % model.count)
          model.remove(at: index % model.count)
        default:
          let target = random.below(model.count)
          list.move(from: index % model.count, to: target)
          model.insert(model.remove(at: index % model.count), at: target)
        }
        guard list.values.map({ $0?.value }) == model, list.count == model.count else {
          return "step \(step): \(list.values) instead of \(model)"
        }
        guard list.array.count <= 2 * model.count else { return "\(list.array.count) elements for \(model.count)" }
      }
      return nil
    }
  }

  @Test(
    "Whatever is moved concurrently, each element is there once, in one order, with one of its values",
    arguments: SeedRange.chosen(default: 300))
  func keepsEachElementOnce(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "MovableListTests") { random in
      let replicas = ThreeDocuments(random: &random)
      var number = 0
      var deleted: Set<Value> = []
      try replicas.run(using: &random) { document, random in
        let list = MovableList(document.array("list"))
        let count = list.count
        switch random.below(count == 0 ? 2 : 9) {
        case 0, 1:
          document.transact {
            let element = list.insertElement(at: random.below(count + 1))
            element.set(Value(number), forKey: "id")
          }
          number += 1
        case 2:
          let index = random.below(count)
          if let id = list.element(at: index)["id"]?.value { deleted.insert(id) }
          list.delete(at: index)
        case 3: list.set(.string("value of \(number)"), at: random.below(count))
        default: list.move(from: random.below(count), to: random.below(count))
        }
        let ids = Self.ids(list)
        guard Set(ids).count == ids.count else { throw SeedFailure(description: "\(ids) has copies") }
      }
      let lists = replicas.documents.map { MovableList($0.array("list")) }
      let orders = lists.map(Self.ids)
      guard orders.allSatisfy({ $0 == orders[0] }) else { return "the orders differ: \(orders)" }
      let values = lists.map { $0.values.map { $0?.value } }
      guard values.allSatisfy({ $0 == values[0] }) else { return "the values differ: \(values)" }
      let expected = Set((0..<number).map { Value($0) }).subtracting(deleted)
      guard Set(orders[0]) == expected else { return "\(orders[0]) instead of \(expected)" }
      guard lists[0].count > 1 else { return nil }
      lists[0].move(from: 0, to: lists[0].count - 1)
      let room = lists[0].array.count
      return room <= 2 * lists[0].count ? nil : "\(room) elements are left for \(lists[0].count)"
    }
  }

  private static func ids(_ list: MovableList) -> [Value] {
    list.elements.map { $0["id"]?.value ?? "none" }
  }

  /// Two documents that know the same list of strings.
  private func twoLists(_ values: [Value]) throws -> (MovableList, MovableList) {
    let first = Document(clientID: 1)
    let second = Document(clientID: 2)
    MovableList(first.array("list")).insert(contentsOf: values, at: 0)
    try second.apply(first.encodeUpdate())
    return (MovableList(first.array("list")), MovableList(second.array("list")))
  }

  private func merge(_ first: MovableList, _ second: MovableList) throws -> [Value] {
    try first.array.document.apply(second.array.document.encodeUpdate())
    try second.array.document.apply(first.array.document.encodeUpdate())
    let merged = first.values.map { $0?.value ?? .undefined }
    #expect(second.values.map { $0?.value ?? .undefined } == merged)
    return merged
  }

  @Test("Of concurrent moves of one element that of the larger client identifier wins")
  func concurrentMoves() throws {
    let (first, second) = try twoLists(["a", "b", "c", "d"])
    first.move(from: 0, to: 3)
    second.move(from: 0, to: 1)
    #expect(try merge(first, second) == ["b", "a", "c", "d"])
    #expect(first.array.count == 6)
    first.move(from: 3, to: 2)
    #expect(try merge(first, second) == ["b", "a", "d", "c"])
    #expect(first.array.count == 6)
  }

  @Test("A move and a new value both take effect; a deletion wins against both")
  func moveAndChange() throws {
    let (first, second) = try twoLists(["a", "b", "c"])
    first.move(from: 0, to: 2)
    second.set("A", at: 0)
    #expect(try merge(first, second) == ["b", "c", "A"])
    second.delete(at: 2)
    first.move(from: 2, to: 0)
    first.set("B", at: 0)
    #expect(try merge(first, second) == ["b", "c"])
    second.move(from: 0, to: 1)
    #expect(try merge(first, second) == ["c", "b"])
    #expect(first.array.count == 3)
  }

  @Test("Runs inserted concurrently at one place stay together, also around elements that were moved there")
  func runsStayTogether() throws {
    for moves in [false, true] {
      let (first, second) = try twoLists(["a", "b", "c"])
      if moves {
        first.move(from: 2, to: 1)
        first.move(from: 2, to: 1)
        _ = try merge(first, second)
      }
      first.insert(contentsOf: ["1", "2", "3"], at: 1)
      for (offset, value) in (["x", "y", "z"] as [Value]).enumerated() { second.insert(value, at: 1 + offset) }
      #expect(try merge(first, second) == ["a", "1", "2", "3", "x", "y", "z", "b", "c"])
    }
  }

  @Test("When the token of an element is gone, the element is where it was inserted")
  func missingToken() throws {
    let (first, second) = try twoLists(["a", "b", "c"])
    first.move(from: 0, to: 2)
    first.array.delete(at: 3)
    #expect(try merge(first, second) == ["a", "b", "c"])
    second.move(from: 0, to: 1)
    #expect(try merge(first, second) == ["b", "a", "c"])
    #expect(first.index(of: first.element(at: 1)) == 1)
  }

  @Test("What a peer wrote and is no element is passed over, and nothing traps")
  func foreignElements() throws {
    let (first, second) = try twoLists(["a", "b"])
    first.array.insert([1, nil, "token", "token", ["value": "x"], .bytes([1])], at: 1)
    first.array.insertText(at: 0).append("text")
    first.array.appendArray().append("nested")
    first.array.appendMap().set(["token"], forKey: "place")
    first.array.appendMap().setMap(forKey: "place")
    for element in first.elements { element.set("token", forKey: "place") }
    #expect(try merge(first, second) == ["a", "b", .undefined, .undefined])
    second.move(from: 0, to: 3)
    #expect(try merge(first, second) == ["b", .undefined, .undefined, "a"])
    while first.count > 0 { first.delete(at: 0) }
    #expect(try merge(first, second) == [])
    #expect(second.array.count == 6)
  }

  @Test("An element can hold shared types, and a list can be nested")
  func nesting() throws {
    let document = Document(clientID: 1)
    let outer = MovableList(document.array("list"))
    let inner = MovableList(outer.insertElement(at: 0).setArray(forKey: "value"))
    inner.append("a")
    inner.append("b")
    outer.append("last")
    outer.move(from: 0, to: 1)
    inner.move(from: 0, to: 1)
    #expect(outer.values[1]?.array == inner.array)
    #expect(inner.values.map { $0?.value } == ["b", "a"])
    outer.delete(at: 1)
    inner.append("c")
    #expect(inner.count == 0)
  }

  @Test("Many moves leave two places for each element, and less than 40 bytes each")
  func growth() throws {
    let document = Document(clientID: .max)
    let list = MovableList(document.array("list"))
    list.insert(contentsOf: (0..<20).map { Value($0) }, at: 0)
    let before = document.encodeUpdate().count
    var random = SeededGenerator(seed: 1)
    document.transact {
      for _ in 0..<2000 {
        let from = random.below(20)
        list.move(from: from, to: (from + 1 + random.below(19)) % 20)
      }
    }
    let growth = document.encodeUpdate().count - before
    #expect(list.array.count <= 40)
    #expect(growth < 80_000)
  }
}
