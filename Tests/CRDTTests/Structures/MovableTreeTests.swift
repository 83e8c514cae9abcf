import CRDT
import TestSupport
import Testing

@Suite("Movable trees")
struct MovableTreeTests {
  typealias NodeID = MovableTree.NodeID

  /// The outline as text: one line a node, indented, then the trash.
  private static func text(_ tree: MovableTree) -> String {
    let outline = tree.outline
    func line(_ node: NodeID, depth: Int) -> String {
      String(repeating: " ", count: depth) + (outline.data(of: node)?["name"]?.value?.stringValue ?? node.rawValue)
    }
    var text = outline.depthFirst().map { line($0.node, depth: $0.depth) }
    for node in outline.trash {
      text.append("-" + line(node, depth: 0))
      text += outline.depthFirst(below: node).map { "-" + line($0.node, depth: $0.depth + 1) }
    }
    return text.joined(separator: "\n")
  }

  /// All nodes, those of the trash last; each as often as a walk comes by.
  private static func walk(_ outline: MovableTree.Outline) -> [NodeID] {
    outline.depthFirst().map(\.node) + outline.trash.flatMap { [$0] + outline.depthFirst(below: $0).map(\.node) }
  }

  @Test("A single replica does what a tree does", arguments: SeedRange.chosen(default: 100))
  func behavesLikeTree(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "MovableTreeTests") { random in
      let tree = MovableTree(Document(clientID: 1).array("tree"))
      var model = TreeModel()
      for step in 0..<60 {
        let nodes = model.nodes
        let node = nodes.isEmpty ? nil : random.pick(nodes)
        let parent = nodes.isEmpty || random.oneIn(3) ? nil : random.pick(nodes)
        switch random.below(8) {
        case 0...2:
          let index = random.below(3)
          guard let created = tree.create(under: parent, at: index) else { return "step \(step): nothing is created" }
          model.insert(created, under: parent, at: index)
        case 3 where node != nil:
          let isExpected = !model.isDeleted(node!)
          guard tree.delete(node!) == isExpected else { return "step \(step): delete(\(node!))" }
          if isExpected { model.move(node!, under: TreeModel.trash, at: .max) }
        case 4 where random.oneIn(4):
          tree.emptyTrash()
          model.emptyTrash()
        case let choice where node != nil:
          let index = choice == 5 ? nil : random.below(4)
          let isExpected = parent.map { !model.path(of: $0).contains(node!) } ?? true
          guard tree.move(node!, under: parent, at: index) == isExpected else { return "step \(step): move" }
          if isExpected { model.move(node!, under: parent, at: index ?? .max) }
        default: break
        }
        let outline = tree.outline
        for parent in [nil] + model.nodes.map(Optional.some) {
          let children = outline.children(of: parent)
          guard children == model.children[parent] ?? [] else {
            return "step \(step): \(children) under \(parent?.rawValue ?? "top"), not \(model.children[parent] ?? [])"
          }
          for child in children where outline.parent(of: child) != parent { return "step \(step): parent of \(child)" }
        }
        guard Set(outline.trash) == Set(model.children[TreeModel.trash] ?? []) else { return "step \(step): the trash" }
        guard tree.array.count <= (1 + MovableTree.edgesMax) * model.nodes.count else {
          return "step \(step): \(tree.array.count) elements for \(model.nodes.count) nodes"
        }
      }
      return nil
    }
  }

  @Test(
    "Whatever is moved concurrently, each node is there once, under one parent, in the same tree everywhere",
    arguments: SeedRange.chosen(default: 300))
  func keepsEachNodeOnce(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "MovableTreeTests") { random in
      let replicas = ThreeDocuments(random: &random)
      let purges = random.oneIn(4)
      var created: Set<NodeID> = []
      var purged: Set<NodeID> = []
      try replicas.run(using: &random) { document, random in
        let tree = MovableTree(document.array("tree"))
        let outline = tree.outline
        let nodes = Self.walk(outline)
        guard Set(nodes).count == nodes.count else { throw SeedFailure(description: "\(nodes) has copies") }
        let parent = nodes.isEmpty || random.oneIn(4) ? nil : random.pick(nodes)
        switch random.below(nodes.isEmpty ? 1 : 10) {
        case 0:
          let node = tree.create(under: parent, at: random.below(3))!
          tree.data(of: node)?.set(.string("node \(created.count)"), forKey: "name")
          created.insert(node)
        case 1: tree.delete(random.pick(nodes))
        case 2: tree.restore(random.pick(nodes))
        case 3 where purges && random.oneIn(3):
          purged.formUnion(nodes.filter { outline.isInTrash($0) })
          tree.emptyTrash()
        default: tree.move(random.pick(nodes), under: parent, at: random.oneIn(2) ? nil : random.below(4))
        }
      }
      let trees = replicas.documents.map { MovableTree($0.array("tree")) }
      let texts = trees.map(Self.text)
      guard texts.allSatisfy({ $0 == texts[0] }) else { return "the trees differ:\n\(texts.joined(separator: "\n\n"))" }
      let nodes = Self.walk(trees[0].outline)
      guard Set(nodes).count == nodes.count, Set(nodes) == created.subtracting(purged) else {
        return "\(nodes) instead of \(created.subtracting(purged))"
      }
      return nil
    }
  }

  /// Two documents that know the same tree of named nodes; each row has a name and the parent's.
  private func twoTrees(_ rows: [(String, String?)]) throws -> (MovableTree, MovableTree, [String: NodeID]) {
    let first = Document(clientID: 1)
    let second = Document(clientID: 2)
    let tree = MovableTree(first.array("tree"))
    var nodes: [String: NodeID] = [:]
    for (name, parent) in rows {
      let node = try #require(tree.create(under: parent.map { nodes[$0]! }))
      tree.data(of: node)?.set(.string(name), forKey: "name")
      nodes[name] = node
    }
    try second.apply(first.encodeUpdate())
    return (tree, MovableTree(second.array("tree")), nodes)
  }

  private func merge(_ first: MovableTree, _ second: MovableTree) throws -> String {
    try first.array.document.apply(second.array.document.encodeUpdate())
    try second.array.document.apply(first.array.document.encodeUpdate())
    let merged = Self.text(first)
    #expect(Self.text(second) == merged)
    return merged
  }

  @Test("Of two moves that make a cycle one takes effect, and the other node is where it was, with its order")
  func cycle() throws {
    let (first, second, nodes) = try twoTrees([
      ("home", nil), ("x", "home"), ("a", "home"), ("y", "home"), ("b", nil), ("in b", "b"),
    ])
    first.move(nodes["a"]!, under: nodes["b"]!)
    second.move(nodes["b"]!, under: nodes["a"]!)
    #expect(
      try merge(first, second) == "home\n x\n a\n  b\n   in b\n y"
        || merge(first, second) == "home\n x\n y\nb\n in b\n a")
  }

  @Test("When a move ends a cycle, nodes that nobody touched stay where they are")
  func endOfCycle() throws {
    let (first, second, nodes) = try twoTrees([("home", nil), ("a", "home"), ("b", "home"), ("c", nil)])
    first.move(nodes["a"]!, under: nodes["b"]!)
    second.move(nodes["b"]!, under: nodes["a"]!)
    let merged = try merge(first, second)
    let outline = first.outline
    let lower = outline.parent(of: nodes["a"]!) == nodes["b"]! ? "a" : "b"
    let upper = lower == "a" ? "b" : "a"
    #expect(merged == "home\n \(upper)\n  \(lower)\nc")
    second.move(nodes[lower]!, under: nodes["c"]!)
    #expect(try merge(first, second) == "home\n \(upper)\nc\n \(lower)")
  }

  @Test("A move wins against a concurrent deletion; what is moved or created below a deleted node goes with it")
  func deletion() throws {
    let (first, second, nodes) = try twoTrees([("a", nil), ("b", nil), ("c", "b"), ("d", nil)])
    first.delete(nodes["a"]!)
    first.delete(nodes["b"]!)
    second.move(nodes["a"]!, under: nodes["d"]!)
    second.move(nodes["d"]!, under: nodes["c"]!)
    #expect(try merge(first, second) == "-b\n- c\n-  d\n-   a")
    #expect(first.outline.count == 0)
    #expect(!first.delete(nodes["c"]!))
    #expect(first.restore(nodes["c"]!))
    #expect(!first.restore(nodes["c"]!))
    #expect(try merge(first, second) == "c\n d\n  a\n-b")
    #expect(second.restore(nodes["b"]!))
    #expect(try merge(first, second) == "b\nc\n d\n  a")
    first.delete(nodes["d"]!)
    #expect(first.restore(nodes["d"]!))
    #expect(try merge(first, second) == "b\nc\n d\n  a")
  }

  @Test("Emptying the trash deletes for good; what was moved into it returns, what was created in it comes up")
  func emptyingTrash() throws {
    let (first, second, nodes) = try twoTrees([("a", nil), ("b", "a"), ("c", nil), ("d", "c")])
    first.delete(nodes["a"]!)
    first.emptyTrash()
    #expect(Self.text(first) == "c\n d")
    second.move(nodes["d"]!, under: nodes["b"]!)
    let new = second.create(under: nodes["b"]!)!
    second.data(of: new)?.set("new", forKey: "name")
    #expect(Set(try merge(first, second).split(separator: "\n")) == ["c", " d", "new"])
    #expect(!first.outline.contains(nodes["b"]!))
    #expect(first.create(under: nodes["b"]!) == nil)
    #expect(!first.move(nodes["c"]!, under: nodes["a"]!))
    #expect(!first.move(nodes["c"]!, under: nodes["d"]!))
    #expect(!first.move(nodes["c"]!, under: nodes["c"]!))
  }

  @Test("A node remembers four parents, whatever it is moved through")
  func growth() throws {
    let (tree, _, nodes) = try twoTrees((0..<12).map { ("\($0)", nil) })
    for step in 0..<100 { tree.move(nodes["0"]!, under: nodes["\(1 + step % 11)"]!) }
    #expect(tree.array.count <= 12 + MovableTree.edgesMax)
    let map = try #require(
      tree.array.values.compactMap(\.map).first { $0["id"]?.value?.stringValue == nodes["0"]!.rawValue })
    #expect(map.count == 2 + MovableTree.edgesMax)
  }
}

/// A tree that one replica edits.
private struct TreeModel {
  /// Stands for the parent of what is deleted.
  static let trash = MovableTree.NodeID(rawValue: "trash")

  var children: [MovableTree.NodeID?: [MovableTree.NodeID]] = [:]
  private var parents: [MovableTree.NodeID: MovableTree.NodeID?] = [:]

  var nodes: [MovableTree.NodeID] { parents.keys.sorted { $0.rawValue < $1.rawValue } }

  mutating func insert(_ node: MovableTree.NodeID, under parent: MovableTree.NodeID?, at index: Int) {
    parents.updateValue(parent, forKey: node)
    let count = children[parent]?.count ?? 0
    children[parent, default: []].insert(node, at: min(index, count))
  }

  mutating func move(_ node: MovableTree.NodeID, under parent: MovableTree.NodeID?, at index: Int) {
    children[parents[node]!]!.removeAll { $0 == node }
    insert(node, under: parent, at: index)
  }

  /// The node and all above it.
  func path(of node: MovableTree.NodeID) -> [MovableTree.NodeID] {
    var path = [node]
    while let parent = parents[path.last!] ?? nil { path.append(parent) }
    return path
  }

  func isDeleted(_ node: MovableTree.NodeID) -> Bool { path(of: node).last == Self.trash }

  mutating func emptyTrash() {
    for node in nodes where isDeleted(node) { children[node] = nil }
    let gone = nodes.filter { isDeleted($0) }
    for node in gone { parents.removeValue(forKey: node) }
    children[Self.trash] = nil
  }
}
