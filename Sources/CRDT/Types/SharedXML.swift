/// A list of XML nodes that several replicas change at once: a document's body, or a part of one without a name.
public struct SharedXMLFragment: SharedXMLParent {
  /// The document that the fragment is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }
}

/// A named XML node with attributes and nodes inside, changed by several replicas at once.
public struct SharedXMLElement: SharedXMLParent, SharedXMLNode {
  /// The document that the element is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }

  /// The element's name, as it was made with.
  public var name: String { document.name(of: type) }

  /// The attributes by name. Most are strings; Yjs allows any value.
  public var attributes: SharedMap { SharedMap(document: document, type: type) }
}

/// Text among XML nodes, edited by several replicas at once. Formats are shown as elements around the text.
public struct SharedXMLText: SharedXMLNode {
  /// The document that the text is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }

  /// The characters and their formats: what edits the node, and reads and observes it.
  public var text: SharedText { SharedText(document: document, type: type) }
}

/// A named XML node whose meaning is the application's: values by key.
public struct SharedXMLHook: SharedXMLNode {
  /// The document that the hook is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }

  /// The hook's name, as it was made with.
  public var name: String { document.name(of: type) }

  /// The hook's values: what edits the node, and reads and observes it.
  public var map: SharedMap { SharedMap(document: document, type: type) }
}

extension Document {
  /// The name that an element or hook was made with; a root has none, and is called as Yjs calls it.
  fileprivate func name(of type: TypeIndex) -> String {
    let record = store.pointee.types[Int(type)]
    return record.name == NameTable.none || record.isRoot ? "UNDEFINED" : store.pointee.names.string(record.name)
  }
}
