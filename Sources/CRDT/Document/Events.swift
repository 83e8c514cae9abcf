/// One step through a list: what stays, what comes, what goes.
public enum DeltaOperation<Inserted> {
  /// So many units are unchanged.
  case retain(Int)
  /// This is new.
  case insert(Inserted)
  /// So many units are gone.
  case delete(Int)
}

extension DeltaOperation: Equatable where Inserted: Equatable {}
extension DeltaOperation: Sendable where Inserted: Sendable {}

/// What happened to one key of a map, or to one attribute.
public enum KeyChange: Equatable {
  /// The key is new.
  case add
  /// The key has another value; this was the old one.
  case update(Content)
  /// The key is gone; this was its value.
  case delete(Content)
}

/// The keys that a transaction changed, in the order in which it did. They are told apart byte by byte, which a
/// dictionary of strings would not do.
public typealias KeyChanges = [(key: String, change: KeyChange)]

/// What a transaction did to a text.
public struct TextEvent {
  /// The text.
  public let target: SharedText
  /// From the text before to the text after, in UTF-16 units.
  public let delta: TextDelta
  /// What happened to the attributes of the text as a whole.
  public let attributes: KeyChanges
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// What a transaction did to an array.
public struct ArrayEvent {
  /// The array.
  public let target: SharedArray
  /// From the elements before to the elements after.
  public let delta: [DeltaOperation<[Content]>]
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// What a transaction did to a map.
public struct MapEvent {
  /// The map.
  public let target: SharedMap
  /// What happened to the keys.
  public let keys: KeyChanges
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// What a transaction did to an XML fragment or element.
public struct XMLEvent {
  /// The fragment or element.
  public let target: Content
  /// From the nodes before to the nodes after.
  public let delta: [DeltaOperation<[Content]>]
  /// What happened to an element's attributes.
  public let attributes: KeyChanges
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool
}

/// What a transaction did to one type, by what the type is.
public enum TypeEvent {
  /// A text, by itself or as a node of XML.
  case text(TextEvent)
  /// An array.
  case array(ArrayEvent)
  /// A map, or a hook in XML.
  case map(MapEvent)
  /// An XML fragment or element.
  case xml(XMLEvent)
}

/// What a transaction did to a type inside the one that is observed, or to that one itself.
public struct DeepEvent {
  /// What happened.
  public let event: TypeEvent
  /// How many types deep the changed one is inside the observed one; 0 for the observed one itself.
  public let depth: Int

  let document: Document
  let observed: TypeIndex
  let changed: TypeIndex

  /// The way from the observed type to the changed one as it is now; empty for the observed one.
  ///
  /// It is made when it is asked for: indices are those after the transaction only as long as the handler runs.
  ///
  /// - Complexity: O(*d* log *n*) for the depth.
  public var path: [PathComponent] { document.path(from: observed, to: changed) }
}
