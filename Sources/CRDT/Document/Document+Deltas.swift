/// What the open transaction did to a list, as a delta.
extension Document {
  /// Goes from change to change; what lies between is retained.
  func makeListDelta(_ list: SequenceIndex) -> [DeltaOperation<[Content]>] {
    var delta: [DeltaOperation<[Content]>] = []
    var index: Int32 = 0
    for piece in store.pointee.changedPieces(of: list) {
      if piece.index > index { delta.append(.retain(Int(piece.index - index))) }
      index = piece.index
      if piece.isInserted {
        let contents = (0..<piece.count).map {
          content(UnitID(client: piece.unit.client, clock: piece.unit.clock + $0))
        }
        if case .insert(let before)? = delta.last {
          delta[delta.count - 1] = .insert(before + contents)
        } else {
          delta.append(.insert(contents))
        }
        index += Int32(bitPattern: piece.count)
      } else if case .delete(let before)? = delta.last {
        delta[delta.count - 1] = .delete(before + Int(piece.count))
      } else {
        delta.append(.delete(Int(piece.count)))
      }
    }
    return delta
  }

  /// A text's delta. Only when formats changed is there more to look at than what was inserted and deleted.
  ///
  /// - Complexity: O(*k* log *n*) for *k* changed pieces; O(*n*) in the text's spans when formats changed.
  func makeTextDelta(_ list: SequenceIndex, changesFormats: Bool) -> TextDelta {
    if changesFormats {
      var walk = FormatChangeWalk(document: self)
      return walk.run(list)
    }
    var builder = TextDeltaBuilder()
    var index: Int32 = 0
    for piece in store.pointee.changedPieces(of: list) {
      builder.retain(Int(piece.index - index))
      index = piece.index
      if piece.isInserted {
        let formats = store.pointee.formats(of: list, at: store.pointee.place(before: piece.unit))
        insert(piece.unit, piece.count, store.pointee.attributes(formats), into: &builder)
        index += Int32(bitPattern: piece.count)
      } else {
        builder.delete(Int(piece.count))
      }
    }
    return builder.finish()
  }

  fileprivate func insert(
    _ unit: UnitID, _ count: UInt32, _ attributes: Attributes, into builder: inout TextDeltaBuilder
  ) {
    store.pointee.forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
      let first = UnitID(client: unit.client, clock: clocks.lowerBound)
      if run.kind == .string {
        builder.insert(store.pointee.text(of: first, count: UInt32(clocks.count)), attributes)
      } else {
        for clock in clocks { builder.embed(content(UnitID(client: unit.client, clock: clock)), attributes) }
      }
    }
  }
}

extension DocumentStore {
  /// The place right before a unit.
  func place(before unit: UnitID) -> Place {
    let index = history(unit.client).pointee.leaf(of: unit.clock)
    let here = leaf(index)
    let span = here.find(unit)
    return Place(leaf: index, span: span, offset: Int32(bitPattern: unit.clock &- here.clocks[span]))
  }
}

/// Goes through all of a text whose formats a transaction changed, and compares what is in force for each unit with what
/// was before.
private struct FormatChangeWalk {
  let document: Document
  private var builder = TextDeltaBuilder()
  /// What is in force now, and what was in force before, where the walk is.
  private var formats = Formats()
  private var formatsBefore = Formats()
  /// ``formats`` as attributes.
  private var attributes = Attributes()
  /// What differs between the two; null for a format that ended.
  private var changes = Formats()
  private var changedAttributes = Attributes()

  init(document: Document) { self.document = document }

  mutating func run(_ list: SequenceIndex) -> TextDelta {
    let store = document.store
    var index = store.pointee.sequences[Int(list)].first
    while index >= 0 {
      let here = store.pointee.leaf(index)
      for span in 0..<here.count {
        let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
        let isHidden = here.lengths[span] < 0 && !store.pointee.isMark(here, span)
        visit(UnitRange(unit: unit, count: here.units(span)), isHidden: isHidden)
      }
      index = here.next
    }
    return builder.finish()
  }

  private mutating func visit(_ range: UnitRange, isHidden: Bool) {
    let store = document.store
    let history = store.pointee.history(range.unit.client)
    let isTouched = history.pointee.touchedIn == store.pointee.transaction.number
    let before = isTouched ? history.pointee.clockBefore : .max
    var pieces: [(kind: ContentKind, clocks: Range<UInt32>)] = []
    store.pointee.forEachRun(in: range) { run, clocks in pieces.append((run.kind, clocks)) }
    for (kind, clocks) in pieces {
      let oldClocks = clocks.clamped(to: 0..<max(before, clocks.lowerBound))
      let newClocks = clocks.clamped(to: oldClocks.upperBound..<clocks.upperBound)
      if isHidden {
        // What was added and deleted never showed.
        for deleted in store.pointee.rangesDeletedByTransaction(range.unit.client, oldClocks) {
          visitDeleted(range.unit.client, kind, deleted)
        }
      } else {
        visitKept(range.unit.client, kind, oldClocks)
        visitAdded(range.unit.client, kind, newClocks)
      }
    }
  }

  private mutating func visitDeleted(_ client: ClientIndex, _ kind: ContentKind, _ clocks: Range<UInt32>) {
    guard kind == .format else {
      if kind.isText { builder.delete(clocks.count) }
      return
    }
    for clock in clocks {
      let mark = document.store.pointee.format(of: UnitID(client: client, clock: clock))
      formatsBefore.update(mark.name, mark.value)
      compare(mark.name)
    }
  }

  private mutating func visitKept(_ client: ClientIndex, _ kind: ContentKind, _ clocks: Range<UInt32>) {
    guard kind == .format else {
      if kind.isText { builder.retain(clocks.count, changedAttributes) }
      return
    }
    for clock in clocks {
      let mark = document.store.pointee.format(of: UnitID(client: client, clock: clock))
      formatsBefore.update(mark.name, mark.value)
      setFormat(mark.name, mark.value)
      compare(mark.name)
    }
  }

  private mutating func visitAdded(_ client: ClientIndex, _ kind: ContentKind, _ clocks: Range<UInt32>) {
    guard !clocks.isEmpty else { return }
    let first = UnitID(client: client, clock: clocks.lowerBound)
    guard kind == .format else {
      if kind.isText { document.insert(first, UInt32(clocks.count), attributes, into: &builder) }
      return
    }
    for clock in clocks {
      let mark = document.store.pointee.format(of: UnitID(client: client, clock: clock))
      setFormat(mark.name, mark.value)
      compare(mark.name)
    }
  }

  private mutating func setFormat(_ name: NameIndex, _ value: FormatValue) {
    formats.update(name, value)
    attributes = document.store.pointee.attributes(formats)
  }

  /// Notes whether a format is now another one than before.
  private mutating func compare(_ name: NameIndex) {
    let value = formats.value(name)
    changes[name] = value == formatsBefore.value(name) ? nil : value
    changedAttributes = document.store.pointee.attributes(changes)
  }
}

extension ContentKind {
  /// Whether units of this kind are shown by a text.
  fileprivate var isText: Bool { self == .string || self == .embed || self == .type }
}
