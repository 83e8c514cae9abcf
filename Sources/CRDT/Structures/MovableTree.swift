/// A tree whose nodes can be moved with all that is below them: outlines, folders, layers of a drawing.
///
/// ```swift
/// let files = MovableTree(document.array("files"))
/// let folder = files.create()!
/// let note = files.create(under: folder)!
/// files.data(of: note)?.set("Note", forKey: "title")
/// files.move(note, under: nil)
/// files.delete(folder)
/// let outline = files.outline
/// for node in outline.children(of: nil) { … }
/// ```
/// Whatever is done concurrently, every replica shows the same tree: each node once, under one parent, without cycles. Of
/// concurrent moves of one node one wins. Of concurrent moves that would make a cycle the most recent that can be left out
/// is: its node stays where it was before.
///
/// - ``delete(_:)`` moves a node to the trash, and with it all that is below it. If somebody else moves the node elsewhere
///   concurrently, the move wins, unless whoever deletes it has moved it as well before. What is moved below a deleted node,
///   or created there, is in the trash, too.
/// - ``restore(_:)`` moves a node back. ``emptyTrash()`` deletes for good.
/// - Siblings have an order, as in ``MovableList``: nodes inserted in one go stay together.
/// - What a peer wrote and is no node is passed over; no content whatever makes a replica fail, or recurse.
///
/// A plain array to others; <doc:Structures> has the convention. Each node remembers its last ``edgesMax`` parents with
/// counters that rise from move to move. Nodes hang from the edge of the highest counter. Where these make a cycle, an
/// earlier edge of one of its nodes leads out. This is Evan Wallace's *CRDT: Mutable Tree Hierarchy* (madebyevan.com), with a
/// difference: only nodes on a cycle are attached elsewhere, and only one for each cycle. The order of siblings is
/// Kleppmann's, see ``MovableList``.
///
/// Each call here reads the whole array. To read more than a little, take the ``outline`` once.
///
/// A handle to a place in a document, like ``SharedArray``: copies mean the same tree.
public struct MovableTree: Equatable {
  /// Names a node in its tree. Compared code unit by code unit, as in JavaScript.
  public struct NodeID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    let name: JavaScriptString

    /// The identifier that `rawValue` is.
    public init(rawValue: String) { name = JavaScriptString(rawValue) }

    /// The text that is stored.
    public var rawValue: String { name.string }
    /// The text that is stored.
    public var description: String { name.string }

    // Spelt out, since the defaults for `RawRepresentable` would compare by what Unicode holds to be the same.

    /// Compares code unit by code unit.
    public static func == (left: Self, right: Self) -> Bool { left.name == right.name }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  /// How many parents a node remembers when it is moved, the present one included: the parents it may return to when
  /// concurrent moves make a cycle.
  public static var edgesMax: Int { 4 }

  /// Where the nodes are. Observing it tells of creation and of most moves, not of changed data.
  public let array: SharedArray

  /// The tree whose nodes are in `array`.
  ///
  /// - Parameter array: An array for this only. Strings in it are places of moved nodes, and are deleted when no node names
  ///   them.
  public init(_ array: SharedArray) { self.array = array }

  // MARK: Reading

  /// The whole tree as it is now.
  ///
  /// - Complexity: O(*n* log *n*) in the array's elements.
  public var outline: Outline { Outline(TreeResolution(array)) }

  /// The map for the application's data of a node, nil when there is no such node.
  ///
  /// - Complexity: O(*n* log *n*).
  public func data(of node: NodeID) -> SharedMap? { outline.data(of: node) }

  // MARK: Changes

  /// Creates a node with an empty data map.
  ///
  /// - Parameters:
  ///   - parent: The parent; nil for the top level.
  ///   - index: Where among the parent's children; nil, or beyond their number, for the end.
  /// - Returns: The node; nil, and nothing is created, when there is no such parent.
  /// - Precondition: `index` is not negative.
  /// - Complexity: O(*n* log *n*).
  @discardableResult
  public func create(under parent: NodeID? = nil, at index: Int? = nil) -> NodeID? {
    let resolution = TreeResolution(array)
    guard let place = resolution.place(of: parent) else { return nil }
    return array.document.transact {
      var change = PlacementChange(insertion: resolution.position(under: place, at: index, without: nil))
      change.deletions = resolution.unused + persistParents(above: [place], in: resolution)
      var name = array.document.makeUniqueName()
      while resolution.node(named: NodeID(rawValue: name)) != nil { name += "+" }
      let map = change.apply(to: array) { position in
        if let position { array.insertMap(at: position) } else { array.appendMap() }
      }
      map.set(.string(name), forKey: TreeEdge.nameKey)
      TreeEdge(counter: 1, parent: resolution.parentName(place), token: nil).write(to: map)
      map.setMap(forKey: TreeEdge.dataKey)
      return NodeID(rawValue: name)
    }
  }

  /// Moves a node, and with it all that is below it. A node in the trash is restored thereby.
  ///
  /// - Parameters:
  ///   - node: The node to move.
  ///   - parent: The new parent; nil for the top level.
  ///   - index: Where among the parent's other children; nil, or beyond their number, for the end.
  /// - Returns: False, and nothing is moved, when either node does not exist, or the parent is the node itself or below it.
  /// - Precondition: `index` is not negative.
  /// - Complexity: O(*n* log *n*).
  @discardableResult
  public func move(_ node: NodeID, under parent: NodeID?, at index: Int? = nil) -> Bool {
    let resolution = TreeResolution(array)
    guard let node = resolution.node(named: node), let place = resolution.place(of: parent),
      !resolution.isPlace(place, inSubtreeOf: node)
    else { return false }
    array.document.transact {
      var change = PlacementChange(insertion: resolution.position(under: place, at: index, without: node))
      // First the name, then the token: whoever sees a token that no node names knows that it has no use any more.
      let token = array.document.makeUniqueName()
      change.deletions = resolution.unused + attach(node, to: place, token: token, in: resolution)
      change.apply(to: array) { position in
        if let position { array.insert(.string(token), at: position) } else { array.append(.string(token)) }
      }
    }
    return true
  }

  /// Moves a node to the trash, and with it all that is below it.
  ///
  /// - Returns: False, and nothing is changed, when there is no such node, or it is in the trash already.
  /// - Complexity: O(*n* log *n*).
  @discardableResult
  public func delete(_ node: NodeID) -> Bool {
    let resolution = TreeResolution(array)
    guard let node = resolution.node(named: node), !resolution.nodes[node].isInTrash else { return false }
    array.document.transact {
      let unused = resolution.unused + attach(node, to: .trash, token: nil, in: resolution)
      PlacementChange(deletions: unused).delete(from: array)
    }
    return true
  }

  /// Moves a node out of the trash, with all that is below it: to the most recent of its earlier parents that is not in the
  /// trash, else to the top level.
  ///
  /// - Returns: False, and nothing is changed, when there is no such node, or it is not in the trash.
  /// - Complexity: O(*n* log *n*).
  @discardableResult
  public func restore(_ node: NodeID) -> Bool {
    let resolution = TreeResolution(array)
    guard let node = resolution.node(named: node), resolution.nodes[node].isInTrash else { return false }
    let former = resolution.nodes[node].edges.first { edge in
      switch edge.place {
      case .top: true
      case .trash, nil: false
      // What is below the node is in the trash as well.
      case .node(let parent): !resolution.nodes[parent].isInTrash
      }
    }
    array.document.transact {
      let unused = attach(node, to: former?.place ?? .top, token: former?.stored.token, in: resolution)
      PlacementChange(deletions: resolution.unused + unused).delete(from: array)
    }
    return true
  }

  /// Deletes all nodes in the trash for good.
  ///
  /// What others do to these nodes concurrently is lost. What they move below one of them stays where it was before; what
  /// they create below one of them comes up at the top level.
  ///
  /// - Complexity: O(*n* log *n*).
  public func emptyTrash() {
    let resolution = TreeResolution(array)
    var deletions = resolution.unused
    for node in resolution.nodes where node.isInTrash {
      deletions.append(node.home)
      for edge in node.edges where edge.position != node.home { deletions.append(edge.position) }
    }
    array.document.transact { PlacementChange(deletions: deletions).delete(from: array) }
  }
}

// MARK: Edges

extension MovableTree {
  /// Makes a node hang from `place`.
  ///
  /// - Returns: Where tokens are that have no use any more.
  private func attach(_ node: Int, to place: TreePlace, token: String?, in resolution: TreeResolution) -> [Int] {
    persistParents(above: [resolution.place(of: node), place], in: resolution)
      + addEdge(to: place, token: token, of: node, in: resolution)
  }

  /// Where concurrent moves have made cycles, writes down what is shown: gives each node on the ways upwards that hangs from
  /// an earlier edge a new one to the same parent. Else a change could end the cycle, and nodes that nobody touched would
  /// jump.
  ///
  /// - Returns: Where tokens are that have no use any more.
  private func persistParents(above places: [TreePlace], in resolution: TreeResolution) -> [Int] {
    var unused: [Int] = []
    var persisted: Set<Int> = []
    for var place in places {
      while case .node(let node) = place {
        place = resolution.place(of: node)
        guard resolution.nodes[node].isReattached, persisted.insert(node).inserted else { continue }
        let token = resolution.shownEdge(of: node)?.stored.token
        unused += addEdge(to: place, token: token, of: node, in: resolution)
      }
    }
    return unused
  }

  /// Gives a node an edge of the highest counter. Takes away those beyond the number that it remembers, and the one to the
  /// trash.
  ///
  /// - Returns: Where tokens are that have no use any more.
  private func addEdge(to place: TreePlace, token: String?, of node: Int, in resolution: TreeResolution) -> [Int] {
    let node = resolution.nodes[node]
    let parent = resolution.parentName(place)
    // A counter at its end, where only a peer can have put it, begins again without the other edges.
    let highest = node.edges.first?.stored.counter ?? 0
    let isAtEnd = highest >= Value.safeIntegerMax
    var unused: [Int] = []
    var kept = 1
    for edge in node.edges {
      if edge.stored.parent != parent {
        if !isAtEnd && kept < Self.edgesMax && edge.stored.parent != TreeEdge.trash {
          kept += 1
          continue
        }
        node.map.removeValue(forKey: edge.stored.key)
      }
      if edge.position != node.home && edge.stored.token != token { unused.append(edge.position) }
    }
    TreeEdge(counter: isAtEnd ? 1 : highest + 1, parent: parent, token: token).write(to: node.map)
    return unused
  }
}
