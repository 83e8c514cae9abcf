extension MovableTree {
  /// A tree as it was at one moment, to be read at will. Later changes do not show, but in the data maps, which are the
  /// document's.
  public struct Outline {
    /// A node in a walk through the tree.
    public struct Visit: Equatable, Sendable {
      /// The node.
      public let node: NodeID
      /// How many nodes are above it.
      public let depth: Int
    }

    private let resolution: TreeResolution

    init(_ resolution: TreeResolution) { self.resolution = resolution }

    /// The number of nodes, those in the trash left out.
    ///
    /// - Complexity: O(*n*).
    public var count: Int { resolution.nodes.reduce(0) { $1.isInTrash ? $0 : $0 + 1 } }

    /// The nodes under `parent` in order, or of the top level if it is nil; none if there is no such node.
    ///
    /// - Complexity: O(*k*) in the children.
    public func children(of parent: NodeID?) -> [NodeID] {
      guard let place = resolution.place(of: parent) else { return [] }
      return ids(resolution.children(under: place))
    }

    /// The nodes that were deleted, in order; those below them are their ``children(of:)``.
    ///
    /// - Complexity: O(*k*) in these nodes.
    public var trash: [NodeID] { ids(resolution.trash) }

    /// Whether there is such a node, in the trash or not.
    ///
    /// - Complexity: O(1).
    public func contains(_ node: NodeID) -> Bool { resolution.node(named: node) != nil }

    /// The parent of a node; nil for a node of the top level, one that was deleted, and one that does not exist.
    ///
    /// - Complexity: O(1).
    public func parent(of node: NodeID) -> NodeID? {
      guard let node = resolution.node(named: node), case .node(let parent) = resolution.place(of: node) else {
        return nil
      }
      return resolution.nodes[parent].id
    }

    /// Whether a node was deleted, or is below one that was.
    ///
    /// - Complexity: O(1).
    public func isInTrash(_ node: NodeID) -> Bool {
      resolution.node(named: node).map { resolution.nodes[$0].isInTrash } ?? false
    }

    /// The map for the application's data of a node, nil when there is no such node.
    ///
    /// - Complexity: O(1).
    public func data(of node: NodeID) -> SharedMap? {
      resolution.node(named: node).flatMap { resolution.nodes[$0].map[TreeEdge.dataKey]?.map }
    }

    /// All nodes below `parent`, or of the whole tree without its trash if it is nil: each before its children, and these
    /// before its next sibling.
    ///
    /// - Complexity: O(*k*) in these nodes, whatever their depth.
    public func depthFirst(below parent: NodeID? = nil) -> [Visit] {
      guard let place = resolution.place(of: parent) else { return [] }
      var visits: [Visit] = []
      var next = resolution.children(under: place).reversed().map { (node: $0, depth: 0) }
      while let (node, depth) = next.popLast() {
        visits.append(Visit(node: resolution.nodes[node].id, depth: depth))
        for child in resolution.nodes[node].children.reversed() { next.append((child, depth + 1)) }
      }
      return visits
    }

    private func ids(_ nodes: [Int]) -> [NodeID] { nodes.map { resolution.nodes[$0].id } }
  }
}
