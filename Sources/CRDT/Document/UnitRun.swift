// Which units a type is made of, deleted ones among them: to show what a document keeps, and why.

/// Consecutive units of one client that stand side by side in a type, and are all there or all deleted.
public struct UnitRun: Equatable {
  /// The first unit; the others have the clocks behind its own.
  public let id: ItemID
  /// The number of units. Text has one for each UTF-16 code unit.
  public let count: Int
  /// Whether the units are tombstones. A value that was overwritten is one, too.
  public let isDeleted: Bool
  /// The key or the attribute whose values these are; nil for units of a list.
  public let key: String?
  /// What the units hold.
  public let content: UnitContent
}

/// What units hold, as far as it is still known.
public enum UnitContent: Equatable {
  /// Nothing: the content was given up when it was deleted, here or by who sent the units.
  case collected
  /// Text.
  case text(String)
  /// A value, a nested type or a subdocument for each unit; in a text, what is embedded.
  case values([Content])
  /// A formatting mark, behind which the format has that value; `null` ends it. It has no length.
  case format(name: String, value: Value)
}

extension SharedType {
  /// The units of the type in document order, tombstones among them: those of its list, then those of each key from the
  /// first value to the last one.
  ///
  /// Neighbours are one run as far as they go together. How they are divided is not part of the document: only what is
  /// true of each unit is the same in all replicas.
  ///
  /// - Parameters:
  ///   - last: The unit behind which to begin, to go on where the runs before ended; nil for the start.
  ///   - limit: The greatest number of runs, where each value counts as one: what is returned is never larger, but for
  ///     the length of texts.
  /// - Returns: Nothing when `last` does not stand in the type, or not any more.
  /// - Complexity: O(*k* log *n*) for *k* stretches of units that were written or deleted together.
  public func unitRuns(after last: ItemID? = nil, limit: Int) -> [UnitRun] {
    document.unitRuns(of: id.type, after: last, limit: limit)
  }
}

extension Document {
  fileprivate func unitRuns(of type: TypeIndex, after last: ItemID?, limit: Int) -> [UnitRun] {
    let store = store
    let record = store.pointee.types[Int(type)]
    var sequence = record.list >= 0 ? record.list : record.firstChain
    var leaf = sequence >= 0 ? store.pointee.sequences[Int(sequence)].first : Leaf.none
    var span = 0
    var skipped: UInt32 = 0
    if let last {
      guard let unit = store.pointee.findUnit(last) else { return [] }
      let history = store.pointee.history(unit.client)
      (sequence, leaf) = (history.pointee.run(of: unit.clock).sequence, history.pointee.leaf(of: unit.clock))
      guard sequence >= 0, leaf >= 0, store.pointee.sequences[Int(sequence)].type == type else { return [] }
      span = store.pointee.leaf(leaf).find(unit)
      skipped = unit.clock &- store.pointee.leaf(leaf).clocks[span] &+ 1
    }
    var listing = UnitListing(limit: limit)
    while sequence >= 0 {
      let place = store.pointee.sequences[Int(sequence)]
      listing.key = place.isChain ? store.pointee.names.string(place.key) : nil
      while leaf >= 0 {
        let here = store.pointee.leaf(leaf)
        while span < here.count {
          let units = UnitRange(client: here.clients[span], clocks: (here.clocks[span] &+ skipped)..<here.end(span))
          if !listing.append(units, of: self) { return listing.finish(self) }
          skipped = 0
          span += 1
        }
        (leaf, span) = (here.next, 0)
      }
      sequence = place.isChain ? place.nextChain : record.firstChain
      if sequence >= 0 { leaf = store.pointee.sequences[Int(sequence)].first }
      listing.close(self)
    }
    return listing.finish(self)
  }
}

/// Joins stretches of units to runs, up to a limit. Content is copied when a run is complete.
private struct UnitListing {
  /// What kinds of units are joined.
  private enum Form {
    case collected
    case text
    case values
    case format
  }

  /// The key of the units that come.
  var key: String?
  private var runs: [UnitRun] = []
  private var rest: Int
  /// The last run, which may become longer.
  private var open: (units: UnitRange, form: Form, isDeleted: Bool)?

  init(limit: Int) { rest = limit }

  /// Adds units that stand side by side.
  ///
  /// - Returns: False when there was no room for all of them.
  mutating func append(_ units: UnitRange, of document: Document) -> Bool {
    let history = document.store.pointee.history(units.unit.client)
    let end = units.clocks.upperBound
    var clock = units.clocks.lowerBound
    while clock < end {
      if rest <= 0 { return false }
      let index = history.pointee.runIndex(of: clock)
      let kind = history.pointee.runs[index].kind
      let isDeleted = history.pointee.isDeleted(clock)
      var stop = history.pointee.endOfState(isDeleted, from: clock, before: min(end, history.pointee.endOfRun(index)))
      if history.pointee.hasUndoMarks { stop = history.pointee.endOfUndoMarks(from: clock, before: stop) }
      let isHidden = history.pointee.isHidden(
        clock, kind, collectsGarbage: document.store.pointee.collectsGarbage)
      let form = Self.form(of: kind, isHidden: isHidden)
      switch form {
      case .values: stop = clock + UInt32(min(rest, Int(stop - clock)))
      case .format: stop = clock + 1
      case .collected, .text: break
      }
      join(UnitRange(client: units.unit.client, clocks: clock..<stop), form, isDeleted, document)
      clock = stop
    }
    return true
  }

  private static func form(of kind: ContentKind, isHidden: Bool) -> Form {
    if isHidden { return .collected }
    switch kind {
    case .collected, .deleted: return .collected
    case .string: return .text
    case .format: return .format
    case .json, .binary, .embed, .type, .any, .document: return .values
    }
  }

  private mutating func join(_ units: UnitRange, _ form: Form, _ isDeleted: Bool, _ document: Document) {
    if form == .values { rest -= Int(units.count) }
    if let last = open, last.form == form, form != .format, last.isDeleted == isDeleted,
      last.units.unit.client == units.unit.client, last.units.clocks.upperBound == units.unit.clock
    {
      open = (UnitRange(unit: last.units.unit, count: last.units.count + units.count), form, isDeleted)
      return
    }
    close(document)
    if form != .values { rest -= 1 }
    open = (units, form, isDeleted)
  }

  /// Completes the last run: what comes stands elsewhere.
  mutating func close(_ document: Document) {
    guard let last = open else { return }
    open = nil
    let content = Self.content(of: last.units, last.form, isDeleted: last.isDeleted, in: document)
    runs.append(
      UnitRun(
        id: document.store.pointee.itemID(last.units.unit), count: Int(last.units.count), isDeleted: last.isDeleted,
        key: key, content: content))
  }

  /// All runs.
  mutating func finish(_ document: Document) -> [UnitRun] {
    close(document)
    return runs
  }

  private static func content(
    of units: UnitRange, _ form: Form, isDeleted: Bool, in document: Document
  ) -> UnitContent {
    switch form {
    case .collected: return .collected
    case .text: return .text(document.store.pointee.text(of: units.unit, count: units.count))
    case .values:
      var values: [Content] = []
      for clock in units.clocks {
        values.append(document.storedContent(UnitID(client: units.unit.client, clock: clock), isDeleted: isDeleted))
      }
      return .values(values)
    case .format:
      let cell = document.store.pointee.history(units.unit.client).pointee.cell(of: units.unit.clock)
      return cell.withBytes { bytes in
        var reader = ByteReader(bytes)
        // The bytes were checked when they came in.
        let name = String(decoding: try! reader.readVarString(), as: UTF8.self)
        return .format(name: name, value: JSONText.value(try! reader.readVarString()))
      }
    }
  }
}

extension Document {
  /// What a unit holds. A subdocument that was deleted is one without a parent, so that it does not come to live again.
  fileprivate func storedContent(_ unit: UnitID, isDeleted: Bool) -> Content {
    let history = store.pointee.history(unit.client)
    let run = history.pointee.run(of: unit.clock)
    guard isDeleted, run.kind == .document else { return content(unit) }
    return .document(Document(options: history.pointee.cell(of: unit.clock, in: run).subdocumentOptions))
  }
}
