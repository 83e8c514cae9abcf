/// What an update did at one place of a document.
public struct PlaceChange: Equatable, Sendable {
  /// The place, with indices as they are in the document now.
  public let path: TouchedPath
  /// Units that came: UTF-16 units of text, elements, values of a key.
  public internal(set) var inserted = 0
  /// Units that were deleted.
  public internal(set) var deleted = 0
  /// Formatting marks that came.
  public internal(set) var formats = 0
  /// The text that came, in the order in which it was written; its first 1,000 bytes, or a little more.
  public internal(set) var text = ""
}

/// What an update did to a document.
public struct PlaceChanges: Equatable, Sendable {
  /// By place, in the order of the update. What came within a type that the update brought, or went within one that it
  /// deleted, belongs to the place of that type.
  public internal(set) var changes: [PlaceChange] = []
  /// Units of which the document does not know any more where they were.
  public internal(set) var collected = 0
}

extension Document {
  /// What an update, which the document has already, did to it: to tell people what happened.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n* log *n*) in the update's structs and deletions, and O(*m*) in the children of the lists on the
  ///   paths.
  public func changes(by update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> PlaceChanges {
    let deletions = try Update.deleteSet(of: update, format: format)
    let finder = try Update.withParsedBytes(update, format: format) { parsed, _ in
      var finder = PlaceChangeFinder(deletions: deletions)
      finder.findInsertions(of: parsed, in: store.pointee)
      finder.findDeletions(in: store.pointee)
      return finder
    }
    var result = PlaceChanges()
    result.collected = finder.collected
    for place in finder.places {
      guard let path = path(of: place.place, depthMax: TouchedPlaceFinder.depthMax) else { continue }
      result.changes.append(
        PlaceChange(
          path: path, inserted: place.inserted, deleted: place.deleted, formats: place.formats,
          text: String(decoding: place.text, as: UTF8.self)))
    }
    return result
  }
}

/// Adds up what an update did, by place.
private struct PlaceChangeFinder {
  private static let textBytesMax = 1000

  struct Place {
    let place: TouchedPlace
    var inserted = 0
    var deleted = 0
    var formats = 0
    var text: [UInt8] = []
  }

  private(set) var places: [Place] = []
  private(set) var collected = 0
  private let deletions: IDSet
  private var insertions = IDSet()
  private var indices: [TouchedPlace: Int] = [:]

  init(deletions: IDSet) { self.deletions = deletions }

  mutating func findInsertions(of parsed: borrowing ParsedUpdate, in store: borrowing DocumentStore) {
    forEachStruct(of: parsed) { client, candidate, finder in
      finder.insertions.insert(Clock(candidate.clock)..<Clock(candidate.end), of: ClientID(rawValue: client))
    }
    forEachStruct(of: parsed) { client, candidate, finder in
      let next = store.knownClock(of: client)
      guard let index = store.findClient(client), candidate.clock < next else {
        finder.collected += Int(candidate.count)
        return
      }
      let clocks = candidate.clock..<min(candidate.end, next)
      var isNewText = candidate.kind == .string
      finder.forEachPlace(of: clocks, of: index, store, isIn: finder.insertions) { place, count in
        if candidate.kind == .format { place.formats += count } else { place.inserted += count }
        // A struct is in one place, though in several runs of it.
        if isNewText, place.text.count < PlaceChangeFinder.textBytesMax {
          place.text += UnsafeBufferPointer(start: candidate.content, count: Int(candidate.contentBytes))
        }
        isNewText = false
      }
    }
  }

  mutating func findDeletions(in store: borrowing DocumentStore) {
    for (client, clocks) in deletions {
      let next = Clock(store.knownClock(of: client.rawValue))
      guard clocks.lowerBound < next, let index = store.findClient(client.rawValue) else {
        collected += Int(clamping: clocks.upperBound - clocks.lowerBound)
        continue
      }
      let known = UInt32(clocks.lowerBound)..<UInt32(min(clocks.upperBound, next))
      forEachPlace(of: known, of: index, store, isIn: deletions) { place, count in place.deleted += count }
    }
  }

  private mutating func forEachStruct(
    of parsed: borrowing ParsedUpdate, _ body: (_ client: UInt64, ParsedStruct, inout PlaceChangeFinder) -> Void
  ) {
    for index in 0..<parsed.sections.count {
      let section = parsed.sections[index]
      for position in Int(section.firstStruct)..<Int(section.endStruct) {
        let candidate = parsed.structs[position]
        if !candidate.isSkip && candidate.kind != .collected { body(section.client, candidate, &self) }
      }
    }
  }

  /// Calls `body` with each place that units are in, unless that is within a type whose own unit is one of `others`.
  private mutating func forEachPlace(
    of clocks: Range<UInt32>, of client: ClientIndex, _ store: borrowing DocumentStore, isIn others: IDSet,
    _ body: (inout Place, _ count: Int) -> Void
  ) {
    let history = store.history(client)
    var clock = clocks.lowerBound
    var run = history.pointee.runIndex(of: clock)
    while clock < clocks.upperBound {
      let end = min(history.pointee.endOfRun(run), clocks.upperBound)
      let sequence = history.pointee.runs[run].sequence
      let count = Int(end - clock)
      clock = end
      run += 1
      guard sequence >= 0 else {
        collected += count
        continue
      }
      let place = store.place(of: sequence)
      if case .type(let type) = place.base, !store.types[Int(type)].isRoot {
        let holder = store.itemID(store.types[Int(type)].item)
        if others.contains(holder) { continue }
      }
      let index = indices[place] ?? places.count
      if index == places.count {
        indices[place] = index
        places.append(Place(place: place))
      }
      body(&places[index], count)
    }
  }
}
