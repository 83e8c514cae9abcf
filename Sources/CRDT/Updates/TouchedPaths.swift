/// A place in a document that an update changes.
public struct TouchedPath: Hashable, Sendable {
  /// What changes there.
  public enum Change: Sendable {
    /// The content of the list, text or XML node at the end of the path.
    case content
    /// The value of the key at the end of the path: it is set, replaced or removed.
    case entry
  }

  /// The root's name.
  public let root: String
  /// The way from the root, with indices as they are before the update.
  public let components: [PathComponent]
  /// What changes there.
  public let change: Change

  /// Compares names byte by byte.
  public static func == (left: TouchedPath, right: TouchedPath) -> Bool {
    left.root.utf8.elementsEqual(right.root.utf8) && left.components == right.components
      && left.change == right.change
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    for byte in root.utf8 { hasher.combine(byte) }
    hasher.combine(components)
    hasher.combine(change)
  }
}

/// The places in a document that an update changes.
public struct TouchedPaths: Equatable, Sendable {
  /// The places, each once. What happens inside of a type that the update brings along is the place that it brings the type
  /// to. Where the update deletes a type, the places inside of it change, too; where one is deleted already, nothing does.
  public internal(set) var paths: [TouchedPath] = []
  /// Whether that is all: when not, something depends on what is in neither the document nor the update, or there are more
  /// than 1,000 places, or one is deeper than 100 types.
  public internal(set) var isComplete = true
}

extension Document {
  /// The places that an update would change, without applying it: for those who guard parts of a document.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n* log *n* + *u*) in the update's structs *n* and the units *u* that it deletes.
  public func touchedPaths(by update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> TouchedPaths {
    let deletions = try Update.deleteSet(of: update, format: format)
    let found = try Update.withParsedBytes(update, format: format) { parsed, _ in
      var finder = TouchedPlaceFinder(structCount: parsed.structs.count)
      finder.findInsertions(of: parsed, in: store.pointee)
      finder.findDeletions(deletions, in: store.pointee)
      return finder.found
    }
    var touched = TouchedPaths()
    touched.isComplete = found.isComplete
    for place in found.places { touched.add(path(of: place, depthMax: TouchedPlaceFinder.depthMax)) }
    return touched
  }

  /// The path of a place; nil when it is too deep.
  func path(of place: TouchedPlace, depthMax: Int) -> TouchedPath? {
    let key = place.key.map { PathComponent.key(String(decoding: $0, as: UTF8.self)) }
    switch place.base {
    case .root(let name):
      return TouchedPath(
        root: String(decoding: name, as: UTF8.self), components: key.map { [$0] } ?? [],
        change: key == nil ? .content : .entry)
    case .type(let type):
      var root = type
      var depth = 0
      while let parent = parent(of: root) {
        root = parent
        depth += 1
        if depth > depthMax { return nil }
      }
      let name = store.pointee.types[Int(root)].name
      return TouchedPath(
        root: store.pointee.names.string(name), components: path(from: nil, to: type) + (key.map { [$0] } ?? []),
        change: key == nil ? .content : .entry)
    }
  }
}

extension TouchedPaths {
  fileprivate mutating func add(_ path: TouchedPath?) {
    if let path { paths.append(path) } else { isComplete = false }
  }
}

/// A list, or a key, of a type that is there before the update.
struct TouchedPlace: Hashable {
  enum Base: Hashable {
    case type(TypeIndex)
    /// A root that is not there yet.
    case root([UInt8])
  }

  var base: Base
  /// Nil for a list.
  var key: [UInt8]?
}

/// Finds where an update's structs and deletions belong.
struct TouchedPlaceFinder {
  static let placesMax = 1000
  static let depthMax = 100

  struct Found {
    /// In the order of the update.
    var places: [TouchedPlace] = []
    var isComplete = true
  }

  /// What is known of a struct's place.
  private enum Outcome {
    case place(TouchedPlace)
    /// It is gone, with what the struct was to be in.
    case gone
    /// It depends on what is not there.
    case missing
  }

  private enum Step {
    case end(Outcome)
    /// It is where another struct of the update is.
    case follow(Int, client: UInt64)
  }

  private(set) var found = Found()
  private var known: Set<TouchedPlace> = []
  /// By struct; also while it is being looked for, which hostile bytes can make endless.
  private var outcomes: [Outcome?]
  private var sections: [UInt64: [ParsedSection]] = [:]

  init(structCount: Int) { outcomes = Array(repeating: nil, count: structCount) }

  mutating func findInsertions(of parsed: borrowing ParsedUpdate, in store: borrowing DocumentStore) {
    for index in 0..<parsed.sections.count {
      let section = parsed.sections[index]
      sections[section.client, default: []].append(section)
    }
    for index in 0..<parsed.sections.count {
      let section = parsed.sections[index]
      let next = store.knownClock(of: section.client)
      for position in Int(section.firstStruct)..<Int(section.endStruct) {
        let candidate = parsed.structs[position]
        guard candidate.end > next, !candidate.isSkip, candidate.kind != .collected else { continue }
        note(outcome(of: position, client: section.client, parsed, store), store)
      }
    }
  }

  mutating func findDeletions(_ deletions: IDSet, in store: borrowing DocumentStore) {
    for (client, clocks) in deletions {
      let next = Clock(store.knownClock(of: client.rawValue))
      if clocks.upperBound > next, !isInUpdate(max(clocks.lowerBound, next)..<clocks.upperBound, of: client.rawValue) {
        found.isComplete = false
      }
      guard clocks.lowerBound < next, let index = store.findClient(client.rawValue) else { continue }
      findDeletions(UInt32(clocks.lowerBound)..<UInt32(min(clocks.upperBound, next)), of: index, store)
    }
  }

  private mutating func findDeletions(
    _ clocks: Range<UInt32>, of client: ClientIndex, _ store: borrowing DocumentStore
  ) {
    let history = store.history(client)
    var clock = clocks.lowerBound
    var run = history.pointee.runIndex(of: clock)
    while clock < clocks.upperBound {
      let end = min(history.pointee.endOfRun(run), clocks.upperBound)
      let sequence = history.pointee.runs[run].sequence
      if sequence >= 0, (clock..<end).contains(where: { !history.pointee.isDeleted($0) }) {
        note(.place(store.place(of: sequence)), store)
      }
      clock = end
      run += 1
    }
  }

  /// Whether the update holds all units of a range.
  private func isInUpdate(_ clocks: Range<Clock>, of client: UInt64) -> Bool {
    sections[client]?.contains { Clock($0.clock) <= clocks.lowerBound && clocks.upperBound <= Clock($0.end) } ?? false
  }

  private mutating func note(_ outcome: Outcome, _ store: borrowing DocumentStore) {
    switch outcome {
    case .gone: break
    case .missing: found.isComplete = false
    case .place(let place):
      if case .type(let type) = place.base, store.types[Int(type)].isDeleted { return }
      guard !known.contains(place) else { return }
      guard known.count < TouchedPlaceFinder.placesMax else { return found.isComplete = false }
      known.insert(place)
      found.places.append(place)
    }
  }

  /// Where a struct belongs, by way of others of the update if need be.
  private mutating func outcome(
    of position: Int, client: UInt64, _ parsed: borrowing ParsedUpdate, _ store: borrowing DocumentStore
  ) -> Outcome {
    var passed: [Int] = []
    var result = Outcome.missing
    var next = position
    var client = client
    while true {
      if let outcome = outcomes[next] {
        result = outcome
        break
      }
      // Who comes back here goes around in a circle.
      outcomes[next] = .missing
      passed.append(next)
      switch step(from: parsed.structs[next], client: client, parsed, store) {
      case .end(let outcome): result = outcome
      case .follow(let position, let owner):
        next = position
        client = owner
        continue
      }
      break
    }
    for position in passed { outcomes[position] = result }
    return result
  }

  private func step(
    from candidate: ParsedStruct, client: UInt64, _ parsed: borrowing ParsedUpdate, _ store: borrowing DocumentStore
  ) -> Step {
    let next = store.knownClock(of: client)
    if candidate.clock < next { return unit(client, next - 1, parsed, store) }
    if candidate.hasOrigin { return unit(candidate.originClient, candidate.originClock, parsed, store) }
    if candidate.hasRight { return unit(candidate.rightClient, candidate.rightClock, parsed, store) }
    guard let parent = candidate.parent else { return .end(.missing) }
    // The bytes were checked when the update was read.
    var reader = ByteReader(UnsafeRawBufferPointer(start: parent, count: candidate.content - parent))
    let base: TouchedPlace.Base
    if try! reader.readVarUInt() == 1 {
      let name = try! reader.readVarString()
      base = store.findRoot(name).map { .type($0) } ?? .root([UInt8](name))
    } else {
      let holder = (client: try! reader.readVarUInt(), clock: UInt32(try! reader.readVarUInt()))
      guard holder.clock < store.knownClock(of: holder.client), let index = store.findClient(holder.client) else {
        return unit(holder.client, holder.clock, parsed, store)
      }
      guard let type = store.nestedType(UnitID(client: index, clock: holder.clock)) else { return .end(.gone) }
      base = .type(type)
    }
    let key = candidate.hasKey ? [UInt8](try! reader.readVarString()) : nil
    return .end(.place(TouchedPlace(base: base, key: key)))
  }

  /// Where a unit is.
  private func unit(
    _ client: UInt64, _ clock: UInt32, _ parsed: borrowing ParsedUpdate, _ store: borrowing DocumentStore
  ) -> Step {
    if clock < store.knownClock(of: client), let index = store.findClient(client) {
      let sequence = store.history(index).pointee.run(of: clock).sequence
      return .end(sequence < 0 ? .gone : .place(store.place(of: sequence)))
    }
    for section in sections[client] ?? [] where section.clock <= clock && clock < section.end {
      var low = Int(section.firstStruct)
      var high = Int(section.endStruct)
      while high - low > 1 {
        let middle = (low + high) / 2
        if parsed.structs[middle].clock <= clock { low = middle } else { high = middle }
      }
      let holder = parsed.structs[low]
      if holder.isSkip { return .end(.missing) }
      return holder.kind == .collected ? .end(.gone) : .follow(low, client: client)
    }
    return .end(.missing)
  }
}

extension DocumentStore {
  /// The clock up to which a client's units are here.
  func knownClock(of client: UInt64) -> UInt32 {
    findClient(client).map { history($0).pointee.next } ?? 0
  }

  func place(of sequence: SequenceIndex) -> TouchedPlace {
    let record = sequences[Int(sequence)]
    return TouchedPlace(
      base: .type(record.type), key: record.isChain ? [UInt8](names.bytes(of: record.key)) : nil)
  }
}
