/// What maps and attributes do with their keys.
extension Document {
  /// The value of a key, nil when it has none.
  func content(of type: TypeIndex, forKey key: String) -> Content? {
    var key = key
    return key.withUTF8 { bytes in
      guard let chain = store.pointee.findChain(of: type, key: UnsafeRawBufferPointer(bytes)),
        let unit = store.pointee.value(ofChain: chain)
      else { return nil }
      return content(unit)
    }
  }

  /// Gives a key a value, unless the type is deleted.
  ///
  /// - Parameter makeCell: Makes the cell of the own client's next unit.
  func set(
    in type: TypeIndex, forKey key: String, _ makeCell: (inout DocumentStore) -> (ContentKind, UInt32)
  ) {
    var key = key
    key.withUTF8 { bytes in
      edit { store in
        guard !store.types[Int(type)].isDeleted else { return }
        precondition(store.hasRoom(for: 1), "the document has no room for more than 2^31 − 1 units")
        let chain = store.chain(of: type, key: UnsafeRawBufferPointer(bytes))
        let (kind, cell) = makeCell(&store)
        store.appendToChain(chain, kind: kind, cell: cell)
      }
    }
  }

  /// Gives a key an empty nested type.
  ///
  /// - Returns: Its number; that of a deleted type when it went into one.
  func setType(_ kind: TypeKind, name: String? = nil, in type: TypeIndex, forKey key: String) -> TypeIndex {
    var nested: TypeIndex?
    set(in: type, forKey: key) { store in
      let new = store.addOwnType(kind, name: name)
      nested = new
      return (.type, store.addCell(Cell(type: new)))
    }
    return nested ?? edit { $0.addDeletedType(kind) }
  }

  /// Takes a key's value away. Does nothing when it has none.
  func removeValue(of type: TypeIndex, forKey key: String) {
    var key = key
    key.withUTF8 { bytes in
      edit { store in
        guard let chain = store.findChain(of: type, key: UnsafeRawBufferPointer(bytes)) else { return }
        store.deleteValue(ofChain: chain)
      }
    }
  }
}
