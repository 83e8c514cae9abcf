/// Text with formats and embedded content.
extension SharedText {
  /// The attributes of the text as a whole, as a block's kind or alignment: a map that Yjs calls the text's attributes.
  public var attributes: SharedMap { SharedMap(document: document, type: type) }

  /// The text with its formats and with what is embedded in it.
  ///
  /// - Complexity: O(*n*) in its length and its tombstones' spans.
  public var delta: TextDelta {
    let store = document.store
    let list = store.pointee.types[Int(type)].list
    guard list >= 0 else { return TextDelta() }
    var builder = TextDeltaBuilder()
    var formats = Formats()
    var attributes = Attributes()
    store.pointee.forEachPiece(of: list) { piece in
      switch piece.kind {
      case .format:
        let mark = store.pointee.format(of: piece.unit)
        formats.update(mark.name, mark.value)
        attributes = store.pointee.attributes(formats)
      case .string:
        builder.insert(store.pointee.text(of: piece.unit, count: piece.count), attributes)
      case .embed, .type: builder.embed(document.content(piece.unit), attributes)
      default: break
      }
    }
    return TextDelta(builder.operations)
  }

  // MARK: Changes

  /// Inserts text before the unit at `index`, with exactly the given formats.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``SharedText/count``.
  /// - Complexity: As for ``format(at:count:_:)``.
  public func insert(_ string: String, at index: Int, _ attributes: Attributes) {
    var string = string
    string.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      // A Swift string's UTF-8 is well formed.
      let units = UTF8Text.lengthUTF16(bytes)!
      if units == 0 { return }
      precondition(units <= Int(Int32.max), "the document has no room for more than 2^31 − 1 units")
      edit(at: index) { store, position in
        store.insert(.text(bytes, units: UInt32(units)), at: &position, store.formats(attributes))
      }
    }
  }

  /// Inserts a value, such as a picture's address, before the unit at `index`. It counts one unit.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``SharedText/count``.
  /// - Complexity: As for ``format(at:count:_:)``.
  public func insertEmbed(_ value: Value, at index: Int, _ attributes: Attributes = [:]) {
    edit(at: index) { store, position in
      store.insert(.unit(.embed, Cell(embedding: value)), at: &position, store.formats(attributes))
    }
  }

  /// Inserts an empty map before the unit at `index`. It counts one unit.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``SharedText/count``.
  @discardableResult
  public func insertMap(at index: Int, _ attributes: Attributes = [:]) -> SharedMap {
    SharedMap(document: document, type: insertType(.map, at: index, attributes))
  }

  /// Inserts an empty array before the unit at `index`. It counts one unit.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``SharedText/count``.
  @discardableResult
  public func insertArray(at index: Int, _ attributes: Attributes = [:]) -> SharedArray {
    SharedArray(document: document, type: insertType(.array, at: index, attributes))
  }

  /// Inserts an empty text before the unit at `index`. It counts one unit.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``SharedText/count``.
  @discardableResult
  public func insertText(at index: Int, _ attributes: Attributes = [:]) -> SharedText {
    SharedText(document: document, type: insertType(.text, at: index, attributes))
  }

  /// Gives the `count` units from `index` on formats; `null` takes a format away, others stay.
  ///
  /// - Precondition: The range lies in the text.
  /// - Complexity: O(log *n* + *k* + *m*) for *k* spans in the range and *m* spans in the leaves before it that hold
  ///   marks of formats.
  public func format(at index: Int, count: Int, _ attributes: Attributes) {
    precondition(count >= 0 && index >= 0 && count <= self.count - index, "a format is outside of its text")
    if count == 0 { return }
    edit(at: index) { store, position in
      store.format(Int32(truncatingIfNeeded: count), at: &position, store.formats(attributes))
    }
  }

  /// Changes the text step by step, all in one transaction.
  ///
  /// A step that retains more than there is fills the text up with line feeds, as in Yjs, since Quill's deltas assume a
  /// line feed at the end of every text; one that deletes more deletes what there is.
  ///
  /// - Precondition: Nothing is embedded but values: shared types are made where they stand, by ``insertMap(at:_:)`` and
  ///   its like. Counts are not negative and fit 31 bits.
  public func apply(_ delta: TextDelta) {
    edit(at: 0) { store, position in
      for operation in delta.operations { apply(operation, to: &store, at: &position) }
    }
  }

  private func apply(
    _ operation: TextDelta.Operation, to store: inout DocumentStore, at position: inout TextPosition
  ) {
    switch operation {
    case .insert(let string, let attributes):
      var string = string
      string.withUTF8 { utf8 in
        let bytes = UnsafeRawBufferPointer(utf8)
        let units = UTF8Text.lengthUTF16(bytes)!
        if units == 0 { return }
        precondition(units <= Int(Int32.max), "the document has no room for more than 2^31 − 1 units")
        store.insert(.text(bytes, units: UInt32(units)), at: &position, store.formats(attributes))
      }
    case .embed(let content, let attributes):
      guard case .value(let value) = content else {
        preconditionFailure("a delta that is applied embeds values only, no shared types")
      }
      store.insert(.unit(.embed, Cell(embedding: value)), at: &position, store.formats(attributes))
    case .retain(let count, let attributes):
      precondition(count >= 0 && count <= Int(Int32.max), "a delta retains a count that is out of range")
      store.format(Int32(truncatingIfNeeded: count), at: &position, store.formats(attributes))
    case .delete(let count):
      precondition(count >= 0 && count <= Int(Int32.max), "a delta deletes a count that is out of range")
      store.deleteText(Int32(truncatingIfNeeded: count), at: &position)
    }
  }

  private func insertType(_ kind: TypeKind, at index: Int, _ attributes: Attributes) -> TypeIndex {
    var nested: TypeIndex?
    edit(at: index) { store, position in
      // Marks may come before the type, so its unit is known only when it is there.
      let type = store.addType(kind, name: nil, item: .none)
      store.types[Int(type)].item = store.insert(
        .unit(.type, Cell(type: type)), at: &position, store.formats(attributes))
      nested = type
    }
    return nested ?? document.edit { $0.addDeletedType(kind) }
  }

  /// Makes a change at an index, unless the text is deleted.
  private func edit(at index: Int, _ body: (inout DocumentStore, inout TextPosition) -> Void) {
    document.edit { store in
      guard !store.types[Int(type)].isDeleted else { return }
      let list = store.list(of: type)
      precondition(
        index >= 0 && index <= Int(store.sequences[Int(list)].visible), "an edit is outside of its text")
      var position = store.textPosition(list, at: Int32(truncatingIfNeeded: index))
      body(&store, &position)
    }
  }
}

extension DocumentStore {
  /// Consecutive units of one kind that stand side by side and are not deleted.
  struct Piece {
    var unit: UnitID
    var count: UInt32
    var kind: ContentKind
  }

  /// Calls `body` with all that is not deleted in a list, in document order, formatting marks included.
  func forEachPiece(of sequence: SequenceIndex, _ body: (Piece) -> Void) {
    var index = sequences[Int(sequence)].first
    while index >= 0 {
      let here = leaf(index)
      for span in 0..<here.count where here.lengths[span] > 0 || isMark(here, span) {
        let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
        forEachRun(in: UnitRange(unit: unit, count: here.units(span))) { run, clocks in
          let first = UnitID(client: unit.client, clock: clocks.lowerBound)
          if run.kind == .string {
            body(Piece(unit: first, count: UInt32(clocks.count), kind: run.kind))
          } else {
            for clock in clocks {
              body(Piece(unit: UnitID(client: unit.client, clock: clock), count: 1, kind: run.kind))
            }
          }
        }
      }
      index = here.next
    }
  }
}
