/// Where in a list something is inserted.
enum ListPosition {
  /// Before the element at that index, before any tombstones there.
  case index(Int)
  /// Behind everything, tombstones included, so that concurrent appends keep their order.
  case end
}

/// What arrays and XML nodes do with their lists.
extension Document {
  /// Inserts plain values.
  func insert(_ values: [Value], intoListOf type: TypeIndex, at position: ListPosition) {
    edit { store in
      guard !values.isEmpty, let list = store.listToEdit(of: type, position, adding: values.count) else { return }
      var offset = store.focus(list, position)
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

  /// Inserts an empty nested type.
  ///
  /// - Returns: Its number; that of a deleted type when it went into one.
  func insertType(
    _ kind: TypeKind, name: String? = nil, intoListOf type: TypeIndex, at position: ListPosition
  ) -> TypeIndex {
    edit { store in
      guard let list = store.listToEdit(of: type, position, adding: 1) else { return store.addDeletedType(kind) }
      let nested = store.addOwnType(kind, name: name)
      let offset = store.focus(list, position)
      store.insertOwn(list, offset: offset, kind: .type, cell: store.addCell(Cell(type: nested)), count: 1)
      return nested
    }
  }

  /// What stands at an index of a list.
  ///
  /// - Precondition: 0 ≤ `index` < the list's visible units.
  /// - Complexity: O(log *n*).
  func content(inListOf type: TypeIndex, at index: Int) -> Content {
    precondition(index >= 0 && index < count(ofListOf: type), "an index is outside of its list")
    let offset = store.pointee.locate(store.pointee.types[Int(type)].list, Int32(truncatingIfNeeded: index))
    let here = store.pointee.leaf(store.pointee.cursor.leaf)
    let span = store.pointee.cursor.span
    return content(UnitID(client: here.clients[span], clock: here.clocks[span] &+ UInt32(bitPattern: offset)))
  }

  /// All that a list holds.
  ///
  /// - Complexity: O(*n*) in the elements and the tombstones' spans.
  func contents(ofListOf type: TypeIndex) -> [Content] {
    var units: [UnitID] = []
    units.reserveCapacity(count(ofListOf: type))
    store.pointee.forEachVisibleSpan(of: store.pointee.types[Int(type)].list) { unit, count in
      for offset in 0..<count { units.append(UnitID(client: unit.client, clock: unit.clock + offset)) }
    }
    return units.map { content($0) }
  }

  /// The number of visible units of a list.
  func count(ofListOf type: TypeIndex) -> Int {
    let list = store.pointee.types[Int(type)].list
    return list < 0 ? 0 : Int(store.pointee.sequences[Int(list)].visible)
  }

  /// Deletes visible units of a list.
  func delete(fromListOf type: TypeIndex, at index: Int, count: Int) {
    edit { store in
      guard !store.types[Int(type)].isDeleted else { return }
      let list = store.list(of: type)
      let visible = Int(store.sequences[Int(list)].visible)
      precondition(
        index >= 0 && count >= 0 && index <= visible && count <= visible - index, "a deletion is outside of its list")
      if count == 0 { return }
      store.deleteVisible(list, at: Int32(truncatingIfNeeded: index), count: Int32(truncatingIfNeeded: count))
    }
  }
}

extension DocumentStore {
  /// The list to insert into; nil when its type is deleted.
  mutating func listToEdit(of type: TypeIndex, _ position: ListPosition, adding count: Int) -> SequenceIndex? {
    guard !types[Int(type)].isDeleted else { return nil }
    precondition(hasRoom(for: count), "the document has no room for more than 2^31 − 1 units")
    let list = list(of: type)
    if case .index(let index) = position {
      precondition(index >= 0 && index <= Int(sequences[Int(list)].visible), "an insertion is outside of its list")
    }
    return list
  }

  /// Moves the cursor to where something is to be inserted, and returns the offset in its span.
  mutating func focus(_ list: SequenceIndex, _ position: ListPosition) -> Int32 {
    switch position {
    case .index(let index): return locateBehind(list, Int32(truncatingIfNeeded: index))
    case .end:
      focusEnd(list)
      return 0
    }
  }

  /// Adds a nested type that the own client's next unit will hold.
  mutating func addOwnType(_ kind: TypeKind, name: String? = nil) -> TypeIndex {
    let item = UnitID(client: own, clock: ownClock)
    guard var name else { return addType(kind, name: nil, item: item) }
    return name.withUTF8 { addType(kind, name: UnsafeRawBufferPointer($0), item: item) }
  }
}
