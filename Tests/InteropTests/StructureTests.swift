import CRDT
import TestSupport
import Testing

@Suite("Structures, in this library and as others write them")
struct StructureTests {
  @Test("Random programs on structures read the same here and in Yjs", arguments: SeedRange.chosen(default: 200))
  func agreesWithYjs(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    try run(seeds, kinds: StructureKind.allCases, drivers: [driver, driver])
  }

  @Test(
    "Random programs on the counter and the log read the same here, in Yjs and in yrs",
    arguments: SeedRange.chosen(default: 100))
  func agreesWithYrs(seeds: SeedRange) throws {
    try run(seeds, kinds: [.counter, .log], drivers: [Driver.yjs(), Driver.yrs()])
  }

  @Test(
    "Arrays of what a peer may write read the same here and in Yjs, as a list and as a tree",
    arguments: SeedRange.chosen(default: 200))
  func readsForeignContentAlike(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let document = Document(clientID: 1)
        try driver.create(0, client: 2)
        for _ in 0..<(1 + random.below(60)) { document.writeForeignNodes(to: document.array("tree"), random: &random) }
        document.array("list").append(contentsOf: ["a", "b"])
        for _ in 0..<(1 + random.below(30)) { document.writeForeignNodes(to: document.array("list"), random: &random) }
        _ = try driver.apply(document.encodeUpdate(), to: 0)
        for kind in [StructureKind.list, .tree] {
          let theirs = try driver.describe(kind, of: 0)
          let rerun: Comment = "CRDT_SEED=\(seed) swift test --filter StructureTests"
          #expect(document.describe(kind) == theirs, rerun)
          #expect(try driver.describe(kind, of: 0, byArticle: true) == theirs, rerun)
        }
        try driver.drop(0)
      }
    }
  }

  /// Runs a program for each seed on a document of ours and one of each driver.
  private func run(_ seeds: SeedRange, kinds: [StructureKind], drivers: [Driver]) throws {
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let clients = [1, 2, 3].map { UInt64($0 + 10 * random.below(10)) }.shuffled(using: &random)
        var replicas: [StructureReplica] = [.local(Document(clientID: ClientID(rawValue: clients[0])))]
        for (number, driver) in drivers.enumerated() {
          try driver.create(number, client: ClientID(rawValue: clients[number + 1]))
          replicas.append(.remote(driver, number))
        }
        try program(on: replicas, kinds: kinds, random: &random)
        for kind in kinds {
          let readings =
            try replicas.map { try $0.describe(kind) } + [drivers[0].describe(kind, of: 0, byArticle: true)]
          #expect(Set(readings).count == 1, "\(readings) CRDT_SEED=\(seed) swift test --filter StructureTests")
        }
        for (number, driver) in drivers.enumerated() { try driver.drop(number) }
      }
    }
  }

  private func program(
    on replicas: [StructureReplica], kinds: [StructureKind], random: inout SeededGenerator
  ) throws {
    let editWeight = 1 + random.below(5)
    for step in 0..<(20 + random.below(60)) {
      if random.below(editWeight + 1) < editWeight {
        let operation = StructureOperation(random.pick(kinds), number: step, random: &random)
        try random.pick(replicas).perform(operation)
      } else {
        try random.pick(replicas).send(to: random.pick(replicas))
      }
    }
    for source in replicas {
      for target in replicas { try source.send(to: target) }
    }
  }
}

/// A document with structures, here or elsewhere.
private enum StructureReplica {
  case local(Document)
  case remote(Driver, Int)

  func perform(_ operation: StructureOperation) throws {
    switch self {
    case .local(let document): document.perform(operation)
    case .remote(let driver, let number): try driver.perform(operation, on: number)
    }
  }

  func describe(_ kind: StructureKind) throws -> String {
    switch self {
    case .local(let document): document.describe(kind)
    case .remote(let driver, let number): try driver.describe(kind, of: number)
    }
  }

  func send(to target: StructureReplica) throws {
    let update =
      switch self {
      case .local(let document): document.encodeUpdate()
      case .remote(let driver, let number): try driver.encodeUpdate(number)
      }
    switch target {
    case .local(let document): try document.apply(update)
    case .remote(let driver, let number): _ = try driver.apply(update, to: number)
    }
  }
}

// MARK: The same here

extension Document {
  private var counter: SharedCounter { SharedCounter(map("counter")) }
  private var log: BoundedLog { BoundedLog(array("log"), countMax: 8, ageMax: 300) }
  private var list: MovableList { MovableList(array("list")) }
  private var tree: MovableTree { MovableTree(array("tree")) }

  fileprivate func perform(_ operation: StructureOperation) {
    switch operation.kind {
    case .counter: counter.add(Int64(operation.first) - 500)
    case .log:
      let value = Value(operation.number)
      switch operation.choice % 4 {
      case 0: log.trim(now: Int64(operation.first))
      case 1: log.append(value)
      default: log.append(value, time: Int64(operation.first))
      }
    case .list: editList(operation)
    case .tree: editTree(operation)
    }
  }

  private func editList(_ operation: StructureOperation) {
    let count = list.count
    switch operation.choice % 8 {
    case 3 where count > 0: list.set(Value(operation.number), at: operation.first % count)
    case 4 where count > 0: list.delete(at: operation.first % count)
    case 5... where count > 0: list.move(from: operation.first % count, to: operation.second % count)
    default: list.insert(Value(operation.number), at: operation.first % (count + 1))
    }
  }

  private func editTree(_ operation: StructureOperation) {
    let outline = tree.outline
    let nodes = walk(outline).map(\.node)
    let choice = nodes.isEmpty ? 0 : operation.choice % 8
    let number = operation.second % (nodes.count + 1)
    let parent = number < nodes.count ? nodes[number] : nil
    let index = operation.number % 4
    if choice < 2 {
      guard let node = tree.create(under: parent, at: index) else { return }
      tree.data(of: node)?.set(.string(String(operation.number)), forKey: "name")
      return
    }
    let node = nodes[operation.first % nodes.count]
    switch choice {
    case 2: tree.delete(node)
    case 3: tree.restore(node)
    case 4 where index == 0: tree.emptyTrash()
    default: tree.move(node, under: parent, at: index)
    }
  }

  private func walk(_ outline: MovableTree.Outline) -> [(node: MovableTree.NodeID, depth: Int)] {
    outline.depthFirst().map { ($0.node, $0.depth) }
      + outline.trash.flatMap { node in
        [(node, 0)] + outline.depthFirst(below: node).map { ($0.node, $0.depth + 1) }
      }
  }

  fileprivate func describe(_ kind: StructureKind) -> String {
    switch kind {
    case .counter: return String(counter.value)
    case .log: return log.entries.map { "\($0.time.map { "\($0)" } ?? "-") \(text($0.value))" }.joined(separator: "\n")
    case .list: return list.values.map { $0?.value.map(text) ?? "-" }.joined(separator: "\n")
    case .tree:
      let outline = tree.outline
      let lines = walk(outline).map { node, depth in
        let name = outline.data(of: node)?["name"]?.value?.stringValue ?? node.rawValue
        return (outline.isInTrash(node) ? "-" : "") + String(repeating: " ", count: depth) + name
      }
      return lines.joined(separator: "\n")
    }
  }

  private func text(_ value: Value) -> String { value.intValue.map { "\($0)" } ?? value.stringValue ?? "?" }
}
