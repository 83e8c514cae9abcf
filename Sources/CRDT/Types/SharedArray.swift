/// A list that several replicas change at once: plain values and nested types.
///
/// A handle to a place in a document: copies mean the same array. An array whose item was deleted is empty, and changes to
/// it do nothing.
public struct SharedArray: Equatable {
  /// The document that the array is in.
  public let document: Document
  let type: TypeIndex

  /// Whether both are the same array of the same document.
  public static func == (left: SharedArray, right: SharedArray) -> Bool {
    left.document === right.document && left.type == right.type
  }

  /// The number of elements.
  public var count: Int { document.count(ofListOf: type) }

  /// The element at an index.
  ///
  /// - Precondition: 0 ≤ `index` < ``count``.
  /// - Complexity: O(log *n*).
  public subscript(index: Int) -> Content {
    precondition(index >= 0 && index < count, "an index is outside of its array")
    let store = document.store
    let offset = store.pointee.locate(store.pointee.types[Int(type)].list, Int32(truncatingIfNeeded: index))
    let here = store.pointee.leaf(store.pointee.cursor.leaf)
    let span = store.pointee.cursor.span
    return document.content(
      UnitID(client: here.clients[span], clock: here.clocks[span] &+ UInt32(bitPattern: offset)))
  }

  /// All elements.
  ///
  /// - Complexity: O(*n*) in the elements and the tombstones' spans.
  public var values: [Content] {
    var units: [UnitID] = []
    units.reserveCapacity(count)
    document.store.pointee.forEachVisibleSpan(of: document.store.pointee.types[Int(type)].list) { unit, count in
      for offset in 0..<count { units.append(UnitID(client: unit.client, clock: unit.clock + offset)) }
    }
    return units.map { document.content($0) }
  }

  // MARK: Changes

  /// Inserts a value before the element at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  public func insert(_ value: Value, at index: Int) { insert([value], at: index) }

  /// Inserts values before the element at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(*k* + log *n*) for *k* values.
  public func insert(_ values: [Value], at index: Int) {
    insert(values, at: .index(index))
  }

  /// Inserts a value at the end, behind tombstones too, so that concurrent appends keep their order.
  public func append(_ value: Value) { insert([value], at: .end) }

  /// Inserts values at the end, behind tombstones too, so that concurrent appends keep their order.
  public func append(contentsOf values: [Value]) { insert(values, at: .end) }

  /// Inserts an empty text before the element at `index`.
  @discardableResult
  public func insertText(at index: Int) -> SharedText {
    SharedText(document: document, type: insertType(.text, at: .index(index)))
  }

  /// Inserts an empty array before the element at `index`.
  @discardableResult
  public func insertArray(at index: Int) -> SharedArray {
    SharedArray(document: document, type: insertType(.array, at: .index(index)))
  }

  /// Inserts an empty map before the element at `index`.
  @discardableResult
  public func insertMap(at index: Int) -> SharedMap {
    SharedMap(document: document, type: insertType(.map, at: .index(index)))
  }

  /// Inserts an empty text at the end.
  @discardableResult
  public func appendText() -> SharedText { SharedText(document: document, type: insertType(.text, at: .end)) }

  /// Inserts an empty array at the end.
  @discardableResult
  public func appendArray() -> SharedArray { SharedArray(document: document, type: insertType(.array, at: .end)) }

  /// Inserts an empty map at the end.
  @discardableResult
  public func appendMap() -> SharedMap { SharedMap(document: document, type: insertType(.map, at: .end)) }

  /// Deletes the `count` elements from `index` on.
  ///
  /// - Precondition: The range lies in the array.
  public func delete(at index: Int, count: Int = 1) {
    document.delete(fromListOf: type, at: index, count: count)
  }

  /// Calls `handler` after each transaction that changed the array.
  public func observe(_ handler: @escaping (ArrayEvent) -> Void) -> Subscription {
    document.observe(type, add: { $0.array.add(handler) }, remove: { $0.array.remove($1) })
  }

  private enum Position {
    case index(Int)
    case end
  }

  private func insert(_ values: [Value], at position: Position) {
    document.edit { store in
      guard !values.isEmpty, let list = prepare(&store, position, adding: values.count) else { return }
      var offset = self.offset(&store, list, position)
      var index = 0
      while index < values.count {
        // Values go into one struct as far as they are of one kind.
        let kind = values[index].contentKind
        let first = store.addCell(Cell(encoding: values[index]))
        var end = index + 1
        while end < values.count && kind.merges && values[end].contentKind == kind {
          _ = store.addCell(Cell(encoding: values[end]))
          end += 1
        }
        store.insertOwn(list, offset: offset, kind: kind, cell: first, count: UInt32(end - index))
        offset = store.stepBehindInserted()
        index = end
      }
    }
  }

  private func insertType(_ kind: TypeKind, at position: Position) -> TypeIndex {
    document.edit { store in
      let own = store.own
      let item = UnitID(client: own, clock: store.history(own).pointee.next)
      guard let list = prepare(&store, position, adding: 1) else { return store.addDeletedType(kind) }
      let nested = store.addType(kind, name: nil, item: item)
      let offset = self.offset(&store, list, position)
      store.insertOwn(list, offset: offset, kind: .type, cell: store.addCell(Cell(type: nested)), count: 1)
      return nested
    }
  }

  /// The list to insert into; nil when the array is deleted.
  private func prepare(_ store: inout DocumentStore, _ position: Position, adding count: Int) -> SequenceIndex? {
    guard !store.types[Int(type)].isDeleted else { return nil }
    precondition(store.hasRoom(for: count), "the document has no room for more than 2^31 − 1 units")
    let list = store.list(of: type)
    if case .index(let index) = position {
      precondition(
        index >= 0 && index <= Int(store.sequences[Int(list)].visible), "an insertion is outside of its array")
    }
    return list
  }

  private func offset(_ store: inout DocumentStore, _ list: SequenceIndex, _ position: Position) -> Int32 {
    switch position {
    case .index(let index): return store.locateBehind(list, Int32(truncatingIfNeeded: index))
    case .end:
      store.focusEnd(list)
      return 0
    }
  }
}
