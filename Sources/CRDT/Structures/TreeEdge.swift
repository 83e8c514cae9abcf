/// Where a node can hang: what a parent's name stands for.
enum TreePlace: Equatable {
  /// The top level.
  case top
  /// Among what is deleted.
  case trash
  /// Under a node, by its number.
  case node(Int)
}

/// A parent that a node has or had, as it is stored in the node's map: `parent:NAME` = `[counter, token]`.
struct TreeEdge {
  /// How recent: rises from move to move.
  var counter: Int64
  /// The parent's name.
  var parent: JavaScriptString
  /// The token where the node stands among its siblings; nil for its home.
  var token: String?

  /// The node's name in its map.
  static var nameKey: String { "id" }
  /// The application's data in the node's map.
  static var dataKey: String { "data" }
  /// What names the top level.
  static var top: JavaScriptString { JavaScriptString("/") }
  /// What names the trash. It is less than the names of nodes, so that it loses against them.
  static var trash: JavaScriptString { JavaScriptString("-") }

  private static var prefix: String { "parent:" }

  init(counter: Int64, parent: JavaScriptString, token: String?) {
    self.counter = counter
    self.parent = parent
    self.token = token
  }

  /// The edge that an entry of a node's map is; nil when it is none.
  init?(key: String, content: Content) {
    let bytes = key.utf8
    guard bytes.starts(with: Self.prefix.utf8), case .value(.array(let parts)) = content,
      let counter = parts.first?.safeInteger, counter >= 0
    else { return nil }
    self.counter = counter
    parent = JavaScriptString(String(decoding: bytes.dropFirst(Self.prefix.utf8.count), as: UTF8.self))
    token = parts.count > 1 ? parts[1].stringValue : nil
  }

  /// The key in the node's map.
  var key: String { Self.prefix + parent.string }

  /// Writes the edge into a node's map.
  func write(to map: SharedMap) {
    var parts = [Value(counter)]
    if let token { parts.append(.string(token)) }
    map.set(.array(parts), forKey: key)
  }

  /// Whether the edge is stronger than another one of the same node.
  func isStronger(than other: TreeEdge) -> Bool {
    counter == other.counter ? other.parent < parent : counter > other.counter
  }
}
