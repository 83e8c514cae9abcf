/// Names a shared type within its document, for as long as the document lives.
public struct SharedTypeID: Hashable, Sendable {
  let type: TypeIndex
}

/// What all shared types have in common: a handle to a place in a document, whose copies mean the same type.
///
/// A type whose item was deleted is empty, and changes to it do nothing.
public protocol SharedType: Equatable {
  /// The document that the type is in.
  var document: Document { get }
  /// Which of the document's types it is.
  var id: SharedTypeID { get }
}

extension SharedType {
  /// Whether both are the same type of the same document.
  public static func == (left: Self, right: Self) -> Bool { left.document === right.document && left.id == right.id }

  /// Whether the type was deleted, by itself or with one that it is in.
  public var isDeleted: Bool { document.store.pointee.types[Int(id.type)].isDeleted }

  /// The unit that holds the type; nil for a root, and for a type that was made in a deleted one.
  public var itemID: ItemID? {
    let record = document.store.pointee.types[Int(id.type)]
    return record.isRoot || record.item.clock == .max ? nil : document.store.pointee.itemID(record.item)
  }

  /// The type that this one is in; nil for a root and for a deleted type.
  public var parent: Content? {
    document.parent(of: id.type).map { document.content(ofType: $0) }
  }

  /// The way from the root to this type; nil for a deleted type.
  ///
  /// - Complexity: O(*d* log *n*) for a depth of *d*.
  public var path: [PathComponent]? {
    isDeleted ? nil : document.path(from: nil, to: id.type)
  }
}

/// A step from a type to one inside it.
public enum PathComponent: Hashable, Sendable {
  /// The type of that key, in a map or among attributes.
  case key(String)
  /// The type at that index, in an array, a text or an XML node.
  case index(Int)

  /// Compares keys byte by byte.
  public static func == (left: PathComponent, right: PathComponent) -> Bool {
    switch (left, right) {
    case (.key(let left), .key(let right)): left.utf8.elementsEqual(right.utf8)
    case (.index(let left), .index(let right)): left == right
    default: false
    }
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .key(let key): for byte in key.utf8 { hasher.combine(byte) }
    case .index(let index): hasher.combine(index)
    }
  }
}

extension Document {
  /// The type that a type's item stands in; nil for a root and for a type whose place is gone.
  func parent(of type: TypeIndex) -> TypeIndex? { store.pointee.parent(of: type) }

  /// The way from `ancestor`, or from the root, to a type that is not deleted. A root's name is not part of it.
  func path(from ancestor: TypeIndex?, to type: TypeIndex) -> [PathComponent] {
    var path: [PathComponent] = []
    var type = type
    while type != ancestor, let sequence = store.pointee.sequence(holding: type) {
      let record = store.pointee.sequences[Int(sequence)]
      if record.isChain {
        path.append(.key(store.pointee.names.string(record.key)))
      } else {
        path.append(.index(Int(store.pointee.visibleIndex(of: store.pointee.types[Int(type)].item))))
      }
      type = record.type
    }
    return path.reversed()
  }
}

extension DocumentStore {
  /// The type around a type; nil for a root, and where only the clock of a type is left.
  func parent(of type: TypeIndex) -> TypeIndex? { sequence(holding: type).map { sequences[Int($0)].type } }

  /// The list or chain that a type's item stands in.
  fileprivate func sequence(holding type: TypeIndex) -> SequenceIndex? {
    let item = types[Int(type)].item
    guard !item.isNone, item.clock != .max else { return nil }
    let sequence = history(item.client).pointee.run(of: item.clock).sequence
    return sequence < 0 ? nil : sequence
  }
}
