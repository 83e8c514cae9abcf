/// A node of XML that has nodes inside it: a fragment or an element.
public protocol SharedXMLParent: SharedType {}

extension SharedXMLParent {
  /// The number of nodes inside.
  public var count: Int { document.count(ofListOf: id.type) }

  /// The node at an index.
  ///
  /// - Precondition: 0 ≤ `index` < ``count``.
  /// - Complexity: O(log *n*).
  public subscript(index: Int) -> Content { document.content(inListOf: id.type, at: index) }

  /// The nodes inside, in document order.
  ///
  /// - Complexity: O(*n*) in the nodes and the tombstones' spans.
  public var children: [Content] { document.contents(ofListOf: id.type) }

  /// The first node inside, or nil.
  public var firstChild: Content? { count == 0 ? nil : self[0] }

  // MARK: Searching

  /// All nodes below, depth first in document order.
  ///
  /// - Complexity: O(*n*) in the nodes.
  public var descendants: [Content] {
    var found: [Content] = []
    // Peers choose how deep nodes nest, so they are worked off from a list.
    var open = Array(children.reversed())
    while let node = open.popLast() {
      found.append(node)
      switch node {
      case .xmlElement(let element): open.append(contentsOf: element.children.reversed())
      case .xmlFragment(let fragment): open.append(contentsOf: fragment.children.reversed())
      default: break
      }
    }
    return found
  }

  /// The elements below with a name, in document order. As in HTML, the letters A to Z of names match in either case.
  public func elements(named name: String) -> [SharedXMLElement] {
    let wanted = Array(name.utf8).map(Self.lowercased)
    return descendants.compactMap { node in
      guard case .xmlElement(let element) = node, Array(element.name.utf8).map(Self.lowercased) == wanted else {
        return nil
      }
      return element
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  // MARK: Changes

  /// Inserts an empty element before the node at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  @discardableResult
  public func insertElement(_ name: String, at index: Int) -> SharedXMLElement {
    SharedXMLElement(
      document: document, type: document.insertType(.xmlElement, name: name, intoListOf: id.type, at: .index(index)))
  }

  /// Inserts an empty text before the node at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  @discardableResult
  public func insertText(at index: Int) -> SharedXMLText {
    SharedXMLText(document: document, type: document.insertType(.xmlText, intoListOf: id.type, at: .index(index)))
  }

  /// Inserts an empty hook before the node at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  @discardableResult
  public func insertHook(_ name: String, at index: Int) -> SharedXMLHook {
    SharedXMLHook(
      document: document, type: document.insertType(.xmlHook, name: name, intoListOf: id.type, at: .index(index)))
  }

  /// Adds an empty element behind the last node.
  @discardableResult
  public func appendElement(_ name: String) -> SharedXMLElement { insertElement(name, at: count) }

  /// Adds an empty text behind the last node.
  @discardableResult
  public func appendText() -> SharedXMLText { insertText(at: count) }

  /// Adds an empty hook behind the last node.
  @discardableResult
  public func appendHook(_ name: String) -> SharedXMLHook { insertHook(name, at: count) }

  /// Deletes the `count` nodes from `index` on, with all inside them.
  ///
  /// - Precondition: The range lies in the node.
  public func delete(at index: Int, count: Int = 1) {
    document.delete(fromListOf: id.type, at: index, count: count)
  }

  /// Calls `handler` after each transaction that changed the nodes inside, or an element's attributes.
  public func observe(_ handler: @escaping (XMLEvent) -> Void) -> Subscription {
    document.observe(id.type, add: { $0.xml.add(handler) }, remove: { $0.xml.remove($1) })
  }
}

/// A node of XML that stands among others: an element, a text or a hook.
public protocol SharedXMLNode: SharedType {}

extension SharedXMLNode {
  /// The node behind this one; nil for the last one, and when the node does not stand in a list.
  ///
  /// - Complexity: O(log *n*).
  public var nextSibling: Content? { sibling(1) }

  /// The node before this one; nil for the first one, and when the node does not stand in a list.
  ///
  /// - Complexity: O(log *n*).
  public var previousSibling: Content? { sibling(-1) }

  private func sibling(_ step: Int) -> Content? {
    guard !isDeleted, let parent = document.parent(of: id.type),
      case .index(let index)? = document.path(from: parent, to: id.type).last
    else { return nil }
    let place = index + step
    guard place >= 0, place < document.count(ofListOf: parent) else { return nil }
    return document.content(inListOf: parent, at: place)
  }
}
