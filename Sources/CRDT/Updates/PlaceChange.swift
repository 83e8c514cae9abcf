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
  /// The units that came, by which what is left of them can be found later.
  public internal(set) var units = IDSet()
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
  /// - Parameter news: The units that count; nil for all. What was known before the update is none of its doing: a client
  ///   that comes back tells all deletions that it knows of.
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n* log *n*) in the update's structs and deletions, and O(*m*) in the children of the lists on the
  ///   paths.
  public func changes(
    by update: [UInt8], among news: ContentIDs? = nil, format: UpdateFormat = .v1
  ) throws(UpdateError) -> PlaceChanges {
    let all = try Update.contentIDs(of: update, format: format)
    let finder = try Update.withParsedBytes(update, format: format) { parsed, _ in
      var finder = PlaceChangeFinder(news: news ?? all)
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
          path: path, inserted: place.inserted, deleted: place.deleted, formats: place.formats, text: place.text,
          units: place.units))
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
    var text = ""
    var units = IDSet()
  }

  private(set) var places: [Place] = []
  private(set) var collected = 0
  private let news: ContentIDs
  private var indices: [TouchedPlace: Int] = [:]

  init(news: ContentIDs) { self.news = news }

  mutating func findInsertions(of parsed: borrowing ParsedUpdate, in store: borrowing DocumentStore) {
    for index in 0..<parsed.sections.count {
      let section = parsed.sections[index]
      let ranges = news.insertions.ranges(of: ClientID(rawValue: section.client))
      for position in Int(section.firstStruct)..<Int(section.endStruct) {
        let candidate = parsed.structs[position]
        guard !candidate.isSkip, candidate.kind != .collected else { continue }
        let clocks = Clock(candidate.clock)..<Clock(candidate.end)
        var next = SortedRanges.firstIndex(in: ranges, endingAfter: clocks.lowerBound)
        while next < ranges.count, ranges[next].lowerBound < clocks.upperBound {
          let new = ranges[next].clamped(to: clocks)
          add(UInt32(new.lowerBound)..<UInt32(new.upperBound), of: candidate, client: section.client, store)
          next += 1
        }
      }
    }
  }

  /// Adds units of a struct.
  private mutating func add(
    _ clocks: Range<UInt32>, of candidate: ParsedStruct, client: UInt64, _ store: borrowing DocumentStore
  ) {
    let next = store.knownClock(of: client)
    guard let index = store.findClient(client), clocks.lowerBound < next else {
      collected += clocks.count
      return
    }
    var text = candidate.kind == .string ? Self.text(clocks, of: candidate) : ""
    forEachPlace(of: clocks.clamped(to: 0..<next), of: index, store, isIn: news.insertions) { place, clocks in
      if candidate.kind == .format {
        place.formats += clocks.count
      } else {
        place.inserted += clocks.count
        place.units.insert(Clock(clocks.lowerBound)..<Clock(clocks.upperBound), of: ClientID(rawValue: client))
      }
      // A struct is in one place, though in several runs of it.
      if place.text.utf8.count < PlaceChangeFinder.textBytesMax { place.text += text }
      text = ""
    }
  }

  private static func text(_ clocks: Range<UInt32>, of candidate: ParsedStruct) -> String {
    let bytes = UnsafeBufferPointer(start: candidate.content, count: Int(candidate.contentBytes))
    let text = String(decoding: bytes, as: UTF8.self)
    guard clocks.lowerBound > candidate.clock || clocks.upperBound < candidate.end else { return text }
    let units = text.utf16.dropFirst(Int(clocks.lowerBound - candidate.clock)).prefix(clocks.count)
    return String(decoding: Array(units), as: UTF16.self)
  }

  mutating func findDeletions(in store: borrowing DocumentStore) {
    for (client, clocks) in news.deletions {
      let next = Clock(store.knownClock(of: client.rawValue))
      guard clocks.lowerBound < next, let index = store.findClient(client.rawValue) else {
        collected += Int(clamping: clocks.upperBound - clocks.lowerBound)
        continue
      }
      let known = UInt32(clocks.lowerBound)..<UInt32(min(clocks.upperBound, next))
      forEachPlace(of: known, of: index, store, isIn: news.deletions) { place, clocks in place.deleted += clocks.count }
    }
  }

  /// Calls `body` with each place that units are in, unless that is within a type whose own unit is one of `others`.
  private mutating func forEachPlace(
    of clocks: Range<UInt32>, of client: ClientIndex, _ store: borrowing DocumentStore, isIn others: IDSet,
    _ body: (inout Place, _ clocks: Range<UInt32>) -> Void
  ) {
    let history = store.history(client)
    var clock = clocks.lowerBound
    var run = history.pointee.runIndex(of: clock)
    while clock < clocks.upperBound {
      let end = min(history.pointee.endOfRun(run), clocks.upperBound)
      let sequence = history.pointee.runs[run].sequence
      let part = clock..<end
      clock = end
      run += 1
      guard sequence >= 0 else {
        collected += part.count
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
      body(&places[index], part)
    }
  }
}
