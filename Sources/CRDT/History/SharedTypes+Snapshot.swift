extension SharedArray {
  /// An element at one of two moments.
  public struct Piece {
    /// The element.
    public let content: Content
    /// Whether it is there at both moments.
    public let change: SnapshotChange
  }

  /// The elements at a moment. Nested types are handles to be read at the same moment.
  ///
  /// They are complete in documents that do not collect garbage; elsewhere deleted content may be missing.
  ///
  /// - Complexity: O(*n*) in the elements and the tombstones' spans.
  public func values(at snapshot: Snapshot) -> [Content] {
    changes(from: snapshot, to: snapshot).map { $0.content }
  }

  /// What stayed, came and went between two moments, in the order of the array; what went stands where it stood.
  ///
  /// - Complexity: O(*n*) in the elements and the tombstones' spans.
  public func changes(from first: Snapshot, to second: Snapshot) -> [Piece] {
    var pieces: [Piece] = []
    document.forEachChange(of: type, from: first, to: second) { range, _, change in
      for clock in range.clocks {
        pieces.append(
          Piece(content: document.content(UnitID(client: range.unit.client, clock: clock)), change: change))
      }
    }
    return pieces
  }
}

extension SharedMap {
  /// What became of a key between two moments.
  public struct ValueChange {
    /// The key.
    public let key: String
    /// Its value at the first moment, if it had one.
    public let old: Content?
    /// Its value at the second moment, if it has one.
    public let new: Content?
  }

  /// A key's value at a moment; nil when it had none.
  ///
  /// - Complexity: O(*n*) in the values that the key had since.
  public func value(forKey key: String, at snapshot: Snapshot) -> Content? {
    let resolved = ResolvedSnapshot(snapshot, in: document.store.pointee)
    var key = key
    return key.withUTF8 { bytes in
      guard let chain = document.store.pointee.findChain(of: type, key: UnsafeRawBufferPointer(bytes)) else {
        return nil
      }
      return document.store.pointee.value(ofChain: chain, at: resolved).map { document.content($0) }
    }
  }

  /// All keys with their values at a moment, in the order in which the keys came up here.
  ///
  /// - Complexity: O(*n*) in the values that the keys had since.
  public func entries(at snapshot: Snapshot) -> [(key: String, value: Content)] {
    let resolved = ResolvedSnapshot(snapshot, in: document.store.pointee)
    return chains.compactMap { chain, key in
      document.store.pointee.value(ofChain: chain, at: resolved).map { (key, document.content($0)) }
    }
  }

  /// The keys whose values differ between two moments, in the order in which the keys came up here.
  ///
  /// - Complexity: O(*n*) in the values that the keys had since.
  public func changes(from first: Snapshot, to second: Snapshot) -> [ValueChange] {
    let before = ResolvedSnapshot(first, in: document.store.pointee)
    let after = ResolvedSnapshot(second, in: document.store.pointee)
    return chains.compactMap { chain, key in
      let old = document.store.pointee.value(ofChain: chain, at: before)
      let new = document.store.pointee.value(ofChain: chain, at: after)
      if old == new { return nil }
      return ValueChange(key: key, old: old.map { document.content($0) }, new: new.map { document.content($0) })
    }
  }

  /// The chains of all keys that ever had a value.
  private var chains: [(chain: SequenceIndex, key: String)] {
    var found: [(chain: SequenceIndex, key: String)] = []
    var chain = document.store.pointee.types[Int(type)].firstChain
    while chain >= 0 {
      let record = document.store.pointee.sequences[Int(chain)]
      found.append((chain, document.store.pointee.names.string(record.key)))
      chain = record.nextChain
    }
    return found
  }
}

extension Document {
  /// Calls `body` with what a list held at either of two moments, in document order.
  ///
  /// - Parameter withMarks: Whether formatting marks are among it.
  func forEachChange(
    of type: TypeIndex, from first: Snapshot, to second: Snapshot, withMarks: Bool = false,
    _ body: (UnitRange, ContentKind, SnapshotChange) -> Void
  ) {
    let before = ResolvedSnapshot(first, in: store.pointee)
    let after = ResolvedSnapshot(second, in: store.pointee)
    let list = store.pointee.types[Int(type)].list
    store.pointee.forEachStretch(of: list, at: before, and: after, withMarks: withMarks) {
      range, kind, wasThere, isThere in
      let author = store.pointee.itemID(range.unit).client
      body(range, kind, wasThere && isThere ? .unchanged : isThere ? .added(author: author) : .removed(author: author))
    }
  }
}
