/// The parts of a tree that cycles cut off: nodes that come to no end when one follows them upwards.
struct TreeComponents {
  /// How many there are; each has one cycle.
  private(set) var count = 0
  /// The nodes on cycles.
  private(set) var cycles: [Int] = []
  private var marks: [Int32]

  private static var unknown: Int32 { -1 }
  private static var onPath: Int32 { -2 }
  private static var connected: Int32 { -3 }

  /// Follows each of the nodes 0 ..< `nodeCount` upwards, by `placeOf`.
  ///
  /// - Complexity: O(*n*), without recursion.
  init(_ nodeCount: Int, placeOf: (Int) -> TreePlace) {
    marks = [Int32](repeating: Self.unknown, count: nodeCount)
    var path: [Int] = []
    for start in 0..<nodeCount where marks[start] == Self.unknown {
      var place = TreePlace.node(start), here = start
      var mark = Self.connected
      while case .node(let node) = place {
        here = node
        guard marks[node] == Self.unknown else {
          mark = marks[node]
          break
        }
        marks[node] = Self.onPath
        path.append(node)
        place = placeOf(node)
      }
      if mark == Self.onPath {
        mark = Int32(count)
        count += 1
        if let first = path.lastIndex(of: here) { cycles += path[first...] }
      }
      for node in path { marks[node] = mark }
      path.removeAll(keepingCapacity: true)
    }
  }

  /// The component that a node is in, from 0; nil for a node that is connected to an end.
  func component(of node: Int) -> Int? { marks[node] >= 0 ? Int(marks[node]) : nil }
}

/// An edge by which a component could be connected.
struct Reattachment {
  /// A node on the component's cycle.
  let node: Int
  /// The number of its edge; nil for the top level, which every node can be attached to.
  let edge: Int?
  let counter: Int64
  let child: JavaScriptString
  let parent: JavaScriptString

  /// Whether this edge is to be taken first: that of the higher counter, then of the greater child, then of the greater
  /// parent.
  func isStronger(than other: Reattachment) -> Bool {
    if counter != other.counter { return counter > other.counter }
    return child == other.child ? other.parent < parent : other.child < child
  }
}

/// Edges of which the strongest can be taken: a binary heap.
struct Reattachments {
  private var heap: [Reattachment] = []

  /// - Complexity: O(log *n*).
  mutating func insert(_ reattachment: Reattachment) {
    var index = heap.count
    heap.append(reattachment)
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].isStronger(than: heap[parent]) else { return }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  /// - Complexity: O(log *n*).
  mutating func removeStrongest() -> Reattachment? {
    guard let last = heap.popLast() else { return nil }
    guard let strongest = heap.first else { return last }
    heap[0] = last
    var index = 0
    while true {
      var best = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isStronger(than: heap[best]) {
        best = child
      }
      guard best != index else { return strongest }
      heap.swapAt(index, best)
      index = best
    }
  }
}
