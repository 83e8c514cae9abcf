/// A ``MovableTree`` as it is shown: which of its edges each node hangs from.
///
/// Every node has an edge of highest counter to a parent that exists. Followed upwards, these edges either end at the top
/// level or in the trash, or lead into a cycle:
///
///     top ◄── A ◄── B        C ──► D ──► E ◄── F
///                            ▲           │         C, D and E are on a cycle; F hangs from it
///                            └───────────┘
///
/// A cycle and what hangs from it is a component. It is connected by one other edge of one node on its cycle.
struct TreeResolution {
  /// An edge and what its names stand for.
  struct Edge {
    let stored: TreeEdge
    /// Where the node would hang; nil when there is no such parent.
    var place: TreePlace?
    /// The array's index where the node would stand among its siblings.
    let position: Int
  }

  struct Node {
    let id: MovableTree.NodeID
    let map: SharedMap
    /// The array's index where the node was created.
    let home: Int
    /// The edges, the strongest first.
    var edges: [Edge]
    /// The number of the edge that the node hangs from; nil when it hangs from the top level for want of an edge.
    var shown: Int?
    /// Whether the node hangs from another edge than its strongest, since that is part of a cycle.
    var isReattached = false
    /// The nodes below, in order.
    var children: [Int] = []
    var isInTrash = false
  }

  /// The nodes in the array's order.
  private(set) var nodes: [Node] = []
  /// The nodes of the top level, in order.
  private(set) var top: [Int] = []
  /// The nodes that are in the trash themselves, in order.
  private(set) var trash: [Int] = []
  /// Where tokens are that no edge names, in ascending order.
  let unused: [Int]
  private var names: [JavaScriptString: Int] = [:]

  /// Reads an array.
  ///
  /// - Complexity: O(*n* log *n*) in the array's elements and the nodes' edges.
  init(_ array: SharedArray) {
    var placed = PlacedElements(array)
    for (map, home) in placed.elements {
      var id: String?
      var edges: [Edge] = []
      for (key, content) in map.entries {
        if key.utf8.elementsEqual(TreeEdge.nameKey.utf8) { id = content.value?.stringValue }
        guard let edge = TreeEdge(key: key, content: content) else { continue }
        edges.append(Edge(stored: edge, position: placed.place(home: home, naming: edge.token)))
      }
      guard let name = id.map({ JavaScriptString($0) }), name != TreeEdge.top, name != TreeEdge.trash,
        names[name] == nil
      else { continue }
      edges.sort { $0.stored.isStronger(than: $1.stored) }
      names[name] = nodes.count
      nodes.append(Node(id: MovableTree.NodeID(rawValue: name.string), map: map, home: home, edges: edges))
    }
    unused = placed.unused
    for node in nodes.indices {
      for edge in nodes[node].edges.indices {
        nodes[node].edges[edge].place = place(named: nodes[node].edges[edge].stored.parent)
      }
      nodes[node].shown = nodes[node].edges.firstIndex { $0.place != nil }
    }
    connectComponents()
    findChildren()
  }

  // MARK: Questions

  /// The number of a node.
  func node(named id: MovableTree.NodeID) -> Int? { names[id.name] }

  /// What hangs under `parent`, nil for the top level; nil when there is no such node.
  func place(of parent: MovableTree.NodeID?) -> TreePlace? {
    guard let parent else { return .top }
    return node(named: parent).map { .node($0) }
  }

  /// The name that edges to `place` have.
  func parentName(_ place: TreePlace) -> JavaScriptString {
    switch place {
    case .top: TreeEdge.top
    case .trash: TreeEdge.trash
    case .node(let node): nodes[node].id.name
    }
  }

  /// Where a node hangs.
  func place(of node: Int) -> TreePlace { shownEdge(of: node)?.place ?? .top }

  /// The edge that a node hangs from, if there is one.
  func shownEdge(of node: Int) -> Edge? { nodes[node].shown.map { nodes[node].edges[$0] } }

  /// Whether `place` is `node`, or below it.
  ///
  /// - Complexity: O(*d*) in the depth.
  func isPlace(_ place: TreePlace, inSubtreeOf node: Int) -> Bool {
    var place = place
    while case .node(let ancestor) = place {
      if ancestor == node { return true }
      place = self.place(of: ancestor)
    }
    return false
  }

  /// The nodes under `place`, in order.
  func children(under place: TreePlace) -> [Int] {
    switch place {
    case .top: top
    case .trash: trash
    case .node(let node): nodes[node].children
    }
  }

  /// The array's index where a node stands among its siblings.
  func position(of node: Int) -> Int { shownEdge(of: node)?.position ?? nodes[node].home }

  /// The array's index to insert at so that a node becomes the child number `index` under `place`, not counting the node
  /// `moved`: behind its left neighbour; nil for the end.
  func position(under place: TreePlace, at index: Int?, without moved: Int?) -> Int? {
    precondition((index ?? 0) >= 0, "an insertion is outside of its tree")
    let siblings = children(under: place).filter { $0 != moved }
    guard let index, index < siblings.count else { return nil }
    return index == 0 ? position(of: siblings[0]) : position(of: siblings[index - 1]) + 1
  }

  private func place(named name: JavaScriptString) -> TreePlace? {
    if name == TreeEdge.top { return .top }
    return name == TreeEdge.trash ? .trash : names[name].map { .node($0) }
  }

  // MARK: Resolution

  private mutating func connectComponents() {
    let components = TreeComponents(nodes.count) { place(of: $0) }
    guard components.count > 0 else { return }
    var isConnected = [Bool](repeating: false, count: components.count)
    var ready = Reattachments()
    // Edges to nodes that are not connected yet, by the component of these nodes.
    var waiting = [[Reattachment]](repeating: [], count: components.count)
    for node in components.cycles {
      let component = components.component(of: node)
      ready.insert(Reattachment(node: node, edge: nil, counter: -1, child: nodes[node].id.name, parent: TreeEdge.top))
      for (number, edge) in nodes[node].edges.enumerated() {
        guard let place = edge.place else { continue }
        let reattachment = Reattachment(
          node: node, edge: number, counter: edge.stored.counter, child: nodes[node].id.name, parent: edge.stored.parent
        )
        guard case .node(let parent) = place, let target = components.component(of: parent) else {
          ready.insert(reattachment)
          continue
        }
        if target != component { waiting[target].append(reattachment) }
      }
    }
    while let reattachment = ready.removeStrongest() {
      guard let component = components.component(of: reattachment.node), !isConnected[component] else { continue }
      isConnected[component] = true
      nodes[reattachment.node].shown = reattachment.edge
      nodes[reattachment.node].isReattached = true
      for edge in waiting[component] { ready.insert(edge) }
    }
  }

  private mutating func findChildren() {
    let order = nodes.indices.sorted { (position(of: $0), nodes[$0].home) < (position(of: $1), nodes[$1].home) }
    for node in order {
      switch place(of: node) {
      case .top: top.append(node)
      case .trash: trash.append(node)
      case .node(let parent): nodes[parent].children.append(node)
      }
    }
    var deleted = trash
    while let node = deleted.popLast() {
      nodes[node].isInTrash = true
      deleted += nodes[node].children
    }
  }
}
