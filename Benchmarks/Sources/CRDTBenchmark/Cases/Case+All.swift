import CRDT

extension Case {
  /// Edits of a replica in the cases after dmonad/crdt-benchmarks (B1 to B3).
  private static let editCount = 6_000
  /// Replicas in B3: 20 √N.
  private static let replicaCount = 1_540

  static let all: [Case] = documents + followers + pairs + crowds

  // MARK: Large documents

  private static let documents: [Case] = [
    Case(
      name: "map-keys", title: "map: 100,000 values for 1,000 keys", form: .alone, editsPerTransaction: 1_000,
      makeReplicas: {
        var random = EditGenerator()
        return [(0..<100_000).map { .set(Value($0), key: "key\(random.below(1_000))") }]
      }),
    Case(
      name: "map-key", title: "map: 1,000,000 values for one key", form: .alone, editsPerTransaction: 1_000,
      makeReplicas: { [(0..<1_000_000).map { .set(Value($0), key: "key") }] }),
    Case(
      name: "random-100k", title: "text: 100,000 characters at random places", form: .alone, peers: [.yjs],
      makeReplicas: { insertions(100_000, 1...1) }),
    Case(
      name: "random-1M", title: "text: 1,000,000 characters at random places", form: .alone, peers: [],
      makeReplicas: { insertions(1_000_000, 1...1) }),
  ]

  private static func insertions(_ count: Int, _ lengths: ClosedRange<Int>) -> [[Edit]] {
    var random = EditGenerator()
    return [(0..<count).map { _ in random.insertion(lengths) }]
  }

  // MARK: One writes, one follows

  private static let followers: [Case] = [
    followed("B1.1", "append characters") { (0..<editCount).map { .insert("a", at: $0) } },
    followed("B1.2", "insert a string of that length") { [.insert(String(repeating: "a", count: editCount), at: 0)] },
    followed("B1.3", "prepend characters") { (0..<editCount).map { _ in .insert("a", at: 0) } },
    followed("B1.4", "insert characters at random places") { insertions(editCount, 1...1)[0] },
    followed("B1.5", "insert words at random places") { insertions(editCount, 2...10)[0] },
    followed("B1.6", "insert a string, delete it") {
      [.insert(String(repeating: "a", count: editCount), at: 0), .delete(editCount, at: 0)]
    },
    followed("B1.7", "insert and delete at random places") {
      var random = EditGenerator()
      return (0..<editCount).map { _ in random.change() }
    },
    followed("B1.8", "append numbers to an array") { (0..<editCount).map { .insertValues([Value($0)], at: $0) } },
    followed("B1.9", "insert an array of that many numbers") {
      [.insertValues((0..<editCount).map { Value($0) }, at: 0)]
    },
    followed("B1.10", "prepend numbers to an array") { (0..<editCount).map { .insertValues([Value($0)], at: 0) } },
    followed("B1.11", "insert numbers at random places of an array") {
      var random = EditGenerator()
      return (0..<editCount).map { .insertValues([Value($0)], at: random.below($0 + 1)) }
    },
  ]

  private static func followed(_ name: String, _ title: String, _ makeEdits: @escaping @Sendable () -> [Edit]) -> Case {
    Case(name: name, title: "\(name) \(title)", form: .followed, makeReplicas: { [makeEdits()] })
  }

  // MARK: Two at once

  private static let pairs: [Case] = [
    merged("B2.1", "insert a string at the start") { random in [.insert(random.word(editCount...editCount), at: 0)] },
    merged("B2.2", "insert characters at random places") { random in
      (0..<editCount).map { _ in random.insertion(1...1) }
    },
    merged("B2.3", "insert words at random places") { random in (0..<editCount).map { _ in random.insertion(3...9) } },
    merged("B2.4", "insert and delete at random places") { random in (0..<editCount).map { _ in random.change() } },
  ]

  private static func merged(
    _ name: String, _ title: String, _ makeEdits: @escaping @Sendable (inout EditGenerator) -> [Edit]
  ) -> Case {
    Case(name: name, title: "\(name) two at once: \(title)", form: .merged) {
      ([1, 2] as [UInt64]).map { seed in
        var random = EditGenerator(seed: seed, length: commonText.utf8.count)
        return makeEdits(&random)
      }
    }
  }

  // MARK: Many at once

  private static let crowds: [Case] = [
    gathered("B3.1", "set a number in a map") { .set(Value($0), key: "v") },
    gathered("B3.2", "set an object in a map") { number in
      .setMap([.init("name", .string("\(number)")), .init("address", .string("here"))], key: "v")
    },
    gathered("B3.3", "set a string in a map") { .set(.string(String(repeating: "\($0)", count: 77)), key: "v") },
    gathered("B3.4", "insert text into an array") { .insertValues([.string("\($0)")], at: 0) },
  ]

  private static func gathered(_ name: String, _ title: String, _ makeEdit: @escaping @Sendable (Int) -> Edit) -> Case {
    Case(name: name, title: "\(name) \(replicaCount) clients at once: \(title)", form: .gathered) {
      (0..<replicaCount).map { [makeEdit($0)] }
    }
  }
}
