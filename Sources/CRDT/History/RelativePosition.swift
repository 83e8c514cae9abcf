/// A place in a text or a list that stays where it is meant to be while others edit around it: a cursor, the end of a
/// selection, the place of a comment.
///
/// It names a unit rather than an index. The positions of Yjs are the same, and so are their bytes and their JSON.
public struct RelativePosition: Equatable, Sendable {
  /// The side on which a position holds on to the content.
  public enum Association: Equatable, Sendable {
    /// To the unit behind the position: what is inserted there comes before it.
    case next
    /// To the unit before the position: what is inserted there comes behind it.
    case previous
  }

  /// A type by a name that all replicas share.
  public enum TypeName: Equatable, Sendable {
    /// A root's name.
    case root(String)
    /// The unit that holds a nested type.
    case nested(ItemID)

    /// Compares roots' names byte by byte.
    public static func == (left: TypeName, right: TypeName) -> Bool {
      switch (left, right) {
      case (.root(let left), .root(let right)): left.utf8.elementsEqual(right.utf8)
      case (.nested(let left), .nested(let right)): left == right
      default: false
      }
    }
  }

  /// The unit that the position holds on to; nil at an end of the type, where there is none.
  public let item: ItemID?
  /// The type that the position was made in. Positions read from bytes know it only where there is no item.
  public let type: TypeName?
  /// The side of the position on which its item is; without an item, which end of the type is meant: ``Association/next``
  /// is the end, ``Association/previous`` the start.
  public let association: Association

  /// The position before or behind a unit.
  public init(item: ItemID, in type: TypeName? = nil, association: Association = .next) {
    self.item = item
    self.type = type
    self.association = association
  }

  /// The end of a type, or its start.
  public init(endOf type: TypeName, association: Association = .next) {
    item = nil
    self.type = type
    self.association = association
  }
}

/// A position as an index, for as long as the document does not change.
public struct AbsolutePosition {
  /// The type that the position is in.
  public let target: Content
  /// The index in the type, in UTF-16 units for text.
  public let index: Int
  /// The side on which the position holds on to the content.
  public let association: RelativePosition.Association
}

// MARK: Documents

extension Document {
  /// The position before the unit at `index` of a type's list, or behind the one to its left.
  ///
  /// - Precondition: 0 ≤ `index` ≤ the list's length.
  func relativePosition(
    inListOf type: TypeIndex, at index: Int, association: RelativePosition.Association
  ) -> RelativePosition {
    let count = count(ofListOf: type)
    precondition(index >= 0 && index <= count, "a position is outside of its list")
    let name = typeName(type)
    let anchor = association == .next ? index : index - 1
    guard anchor >= 0 && anchor < count else { return RelativePosition(endOf: name, association: association) }
    let unit = store.pointee.visibleUnit(store.pointee.types[Int(type)].list, at: Int32(truncatingIfNeeded: anchor))
    return RelativePosition(item: store.pointee.itemID(unit), in: name, association: association)
  }

  private func typeName(_ type: TypeIndex) -> RelativePosition.TypeName {
    let record = store.pointee.types[Int(type)]
    return record.isRoot
      ? .root(store.pointee.names.string(record.name)) : .nested(store.pointee.itemID(record.item))
  }

  /// Where a position is now, or nil when its content has not come yet, or nothing is left of it.
  ///
  /// A deleted unit leaves its position between its former neighbours; one that an undo brought back takes its position
  /// along.
  ///
  /// - Complexity: O(log *n*).
  public func resolve(_ position: RelativePosition) -> AbsolutePosition? {
    guard let (type, index) = find(position) else { return nil }
    return AbsolutePosition(
      target: content(ofRootOrNested: type), index: index, association: position.association)
  }

  /// The type and index of a position.
  func find(_ position: RelativePosition) -> (type: TypeIndex, index: Int)? {
    if let item = position.item { return find(item, association: position.association) }
    guard let name = position.type, let type = find(name) else { return nil }
    return (type, position.association == .next ? count(ofListOf: type) : 0)
  }

  private func find(_ item: ItemID, association: RelativePosition.Association) -> (type: TypeIndex, index: Int)? {
    guard let known = store.pointee.findUnit(item) else { return nil }
    let unit = store.pointee.followRedone(known)
    guard !store.pointee.isCollected(unit) else { return nil }
    let type = store.pointee.parent(of: unit)
    if store.pointee.types[Int(type)].isDeleted { return (type, 0) }
    let history = store.pointee.history(unit.client)
    let counts = !history.pointee.isDeleted(unit.clock) && history.pointee.run(of: unit.clock).kind.isCountable
    let index = Int(store.pointee.visibleIndex(of: unit))
    return (type, counts && association == .previous ? index + 1 : index)
  }

  private func find(_ name: RelativePosition.TypeName) -> TypeIndex? {
    switch name {
    case .root(var name): return name.withUTF8 { store.pointee.rootType(UnsafeRawBufferPointer($0)) }
    case .nested(let item):
      guard let known = store.pointee.findUnit(item) else { return nil }
      return store.pointee.nestedType(store.pointee.followRedone(known))
    }
  }

  private func content(ofRootOrNested type: TypeIndex) -> Content {
    let record = store.pointee.types[Int(type)]
    guard record.isRoot else { return content(ofType: type) }
    return Root(document: self, type: type, name: store.pointee.names.string(record.name), kind: record.kind).content
  }
}

// MARK: Types

extension SharedText {
  /// The position at `index` in UTF-16 units, which stays with the unit behind it, or with the one before it.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(1) near the last edit, else O(log *n*).
  public func position(at index: Int, association: RelativePosition.Association = .next) -> RelativePosition {
    document.relativePosition(inListOf: type, at: index, association: association)
  }

  /// The index of a position now; nil when it is not, or not yet, in this text.
  ///
  /// - Complexity: O(log *n*).
  public func index(of position: RelativePosition) -> Int? {
    document.find(position).flatMap { $0.type == type ? $0.index : nil }
  }
}

extension SharedArray {
  /// The position at `index`, which stays with the element behind it, or with the one before it.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(log *n*).
  public func position(at index: Int, association: RelativePosition.Association = .next) -> RelativePosition {
    document.relativePosition(inListOf: type, at: index, association: association)
  }

  /// The index of a position now; nil when it is not, or not yet, in this array.
  ///
  /// - Complexity: O(log *n*).
  public func index(of position: RelativePosition) -> Int? {
    document.find(position).flatMap { $0.type == type ? $0.index : nil }
  }
}

extension SharedXMLParent {
  /// The position at `index`, which stays with the node behind it, or with the one before it.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``SharedXMLParent/count``.
  /// - Complexity: O(log *n*).
  public func position(at index: Int, association: RelativePosition.Association = .next) -> RelativePosition {
    document.relativePosition(inListOf: id.type, at: index, association: association)
  }

  /// The index of a position now; nil when it is not, or not yet, in this node.
  ///
  /// - Complexity: O(log *n*).
  public func index(of position: RelativePosition) -> Int? {
    document.find(position).flatMap { $0.type == id.type ? $0.index : nil }
  }
}
