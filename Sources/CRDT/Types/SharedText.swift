/// Text that several replicas edit at once.
///
/// A handle to a place in a document: copies mean the same text. Positions and lengths are UTF-16 code units, as in Yjs;
/// an edit between the halves of a surrogate pair turns both into U+FFFD. Concurrent insertions at one position stay
/// whole and come in the order of their clients' identifiers.
///
/// A text whose item was deleted is empty, and edits to it do nothing.
public struct SharedText: SharedType {
  /// The document that the text is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }

  /// The length in UTF-16 code units.
  public var count: Int { document.count(ofListOf: type) }

  /// The text without what is embedded in it.
  ///
  /// - Complexity: O(*n*) in its length and its tombstones' spans.
  public var string: String {
    let store = document.store
    var writer = ByteWriter(capacity: count + 64)
    store.pointee.forEachVisibleSpan(of: store.pointee.types[Int(type)].list) { unit, count in
      store.pointee.forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
        if run.kind == .string { store.pointee.history(unit.client).pointee.writeUTF8(of: clocks, to: &writer) }
      }
    }
    return writer.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Inserts text before the unit at `index`, in the formats of the text that it is typed behind.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(1) next to the last edit, else O(log *n*), plus the length of `string`.
  public func insert(_ string: String, at index: Int) {
    document.edit { store in
      guard !store.types[Int(type)].isDeleted else { return }
      let list = store.list(of: type)
      precondition(
        index >= 0 && index <= Int(store.sequences[Int(list)].visible), "an insertion is outside of its text")
      var string = string
      string.withUTF8 { utf8 in
        let bytes = UnsafeRawBufferPointer(utf8)
        // A Swift string's UTF-8 is well formed.
        let units = UTF8Text.lengthUTF16(bytes)!
        if units == 0 { return }
        precondition(store.hasRoom(for: units), "the document has no room for more than 2^31 − 1 units")
        store.insertText(
          list, at: Int32(truncatingIfNeeded: index), bytes, units: Int32(truncatingIfNeeded: units))
      }
    }
  }

  /// Inserts text at the end.
  public func append(_ string: String) { insert(string, at: count) }

  /// Deletes the `count` units from `index` on.
  ///
  /// - Precondition: The range lies in the text.
  /// - Complexity: O(*k* + log *n*) for *k* spans in the range; where there are formats, as for
  ///   ``format(at:count:_:)``.
  public func delete(at index: Int, count: Int) {
    document.edit { store in
      guard !store.types[Int(type)].isDeleted else { return }
      let list = store.list(of: type)
      let visible = Int(store.sequences[Int(list)].visible)
      precondition(
        index >= 0 && count >= 0 && index <= visible && count <= visible - index, "a deletion is outside of its text")
      if count == 0 { return }
      store.deleteText(list, at: Int32(truncatingIfNeeded: index), count: Int32(truncatingIfNeeded: count))
    }
  }

  /// Calls `handler` after each transaction that changed the text.
  public func observe(_ handler: @escaping (TextEvent) -> Void) -> Subscription {
    document.observe(type, add: { $0.text.add(handler) }, remove: { $0.text.remove($1) })
  }
}
