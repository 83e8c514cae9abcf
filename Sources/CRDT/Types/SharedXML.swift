/// A node of an XML tree, to be read: a fragment, an element, a hook, or text among them.
public struct SharedXML: Equatable {
  /// The document that the node is in.
  public let document: Document
  let type: TypeIndex

  /// Whether both are the same node of the same document.
  public static func == (left: SharedXML, right: SharedXML) -> Bool {
    left.document === right.document && left.type == right.type
  }

  /// What the node is.
  public var kind: TypeKind { document.store.pointee.types[Int(type)].kind }

  /// An element's or hook's name, nil for other nodes.
  public var name: String? {
    let name = document.store.pointee.types[Int(type)].name
    return kind == .xmlElement || kind == .xmlHook ? document.store.pointee.names.string(name) : nil
  }

  /// An element's attributes, in the order in which they came up here.
  public var attributes: [(key: String, value: Content)] { SharedMap(document: document, type: type).entries }

  /// The nodes inside a fragment or element.
  public var children: [Content] {
    kind == .xmlText ? [] : SharedArray(document: document, type: type).values
  }

  /// The characters of a text node, without their formats.
  public var string: String { SharedText(document: document, type: type).string }
}
