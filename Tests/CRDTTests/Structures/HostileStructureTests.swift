import CRDT
import TestSupport
import Testing

@Suite("Structures among what a peer may write")
struct HostileStructureTests {
  @Test(
    "Any content is read without a trap and the same everywhere, and changes still take effect",
    arguments: SeedRange.chosen(default: 300))
  func survivesAnyContent(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "HostileStructureTests") { random in
      let replicas = ThreeDocuments(random: &random)
      try replicas.run(using: &random) { document, random in
        switch random.below(3) {
        case 0: try Self.use(MovableTree(document.array("tree")), random: &random)
        case 1: try Self.use(MovableList(document.array("tree")), random: &random)
        default: document.writeForeignNodes(to: document.array("tree"), random: &random)
        }
      }
      let trees = replicas.documents.map { MovableTree($0.array("tree")).outline }
      let walks = trees.map { $0.depthFirst().map { "\($0.node) \($0.depth)" } + $0.trash.map { "-\($0)" } }
      guard walks.allSatisfy({ $0 == walks[0] }) else { return "the trees differ: \(walks)" }
      let lists = replicas.documents.map {
        MovableList($0.array("tree")).elements.map { "\($0.keys.sorted()) \(String(describing: $0["id"]?.value))" }
      }
      return lists.allSatisfy { $0 == lists[0] } ? nil : "the lists differ: \(lists)"
    }
  }

  private static func use(_ tree: MovableTree, random: inout SeededGenerator) throws {
    let outline = tree.outline
    let visits = outline.depthFirst()
    let nodes = visits.map(\.node) + outline.trash.flatMap { [$0] + outline.depthFirst(below: $0).map(\.node) }
    guard Set(nodes).count == nodes.count, visits.count == outline.count else {
      throw SeedFailure(description: "\(nodes) has copies")
    }
    let node = nodes.isEmpty ? nil : random.pick(nodes)
    let parent = nodes.isEmpty || random.oneIn(4) ? nil : random.pick(nodes)
    switch random.below(5) {
    case 0:
      guard let created = tree.create(under: parent, at: 1), tree.outline.parent(of: created) == parent else {
        throw SeedFailure(description: "a node that was created under \(parent?.rawValue ?? "top") is not there")
      }
    case 1:
      guard let node, tree.delete(node) else { return }
      guard tree.outline.trash.contains(node) else { throw SeedFailure(description: "\(node) is not in the trash") }
    case 2:
      guard let node, tree.restore(node) else { return }
      guard !tree.outline.isInTrash(node) else { throw SeedFailure(description: "\(node) is in the trash") }
    case 3 where random.oneIn(4):
      tree.emptyTrash()
      guard tree.outline.trash.isEmpty else { throw SeedFailure(description: "the trash is not empty") }
    default:
      guard let node, tree.move(node, under: parent, at: 0) else { return }
      let moved = tree.outline
      guard moved.parent(of: node) == parent, parent != nil || !moved.isInTrash(node) else {
        throw SeedFailure(description: "\(node) is not under \(parent?.rawValue ?? "top")")
      }
    }
  }

  private static func use(_ list: MovableList, random: inout SeededGenerator) throws {
    let elements = list.elements
    guard elements.count == list.count else { throw SeedFailure(description: "the list has copies") }
    guard !elements.isEmpty else { return }
    let (from, to) = (random.below(elements.count), random.below(elements.count))
    if random.oneIn(5) { list.delete(at: from) } else { list.move(from: from, to: to) }
  }

  @Test("Chains and cycles of 10,000 nodes are read and changed without recursion")
  func deepTrees() {
    let count = 10_000
    for isCycle in [false, true] {
      let document = Document(clientID: 1)
      let tree = MovableTree(document.array("tree"))
      document.transact {
        for index in 0..<count {
          let map = tree.array.appendMap()
          map.set(.string("n\(index)"), forKey: "id")
          let parent = index > 0 ? "n\(index - 1)" : isCycle ? "n\(count - 1)" : "/"
          map.set([1], forKey: "parent:" + parent)
        }
      }
      let outline = tree.outline
      let visits = outline.depthFirst()
      #expect(visits.count == count)
      #expect(visits.last?.depth == count - 1)
      // The greatest name of those on the cycle comes up.
      #expect(outline.children(of: nil) == [.init(rawValue: isCycle ? "n9999" : "n0")])
      let last = visits[count - 1].node
      #expect(last.rawValue == (isCycle ? "n9998" : "n\(count - 1)"))
      #expect(!tree.move(outline.children(of: nil)[0], under: last))
      #expect(tree.delete(outline.children(of: nil)[0]))
      #expect(tree.outline.count == 0)
      tree.emptyTrash()
      #expect(tree.array.count == 0)
    }
  }

  @Test("Many small cycles are connected in time that grows with their number only")
  func manyCycles() {
    let count = 10_000
    let document = Document(clientID: 1)
    let tree = MovableTree(document.array("tree"))
    document.transact {
      for index in 0..<count {
        let map = tree.array.appendMap()
        map.set(.string("n\(index)"), forKey: "id")
        map.set([2], forKey: "parent:n\(index ^ 1)")
        // Each pair could also hang from the one behind it.
        map.set([1], forKey: "parent:n\(index + 2)")
      }
    }
    let outline = tree.outline
    #expect(outline.count == count)
    #expect(outline.children(of: nil).count == 1)
  }
}
