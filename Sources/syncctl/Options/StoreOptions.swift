import ArgumentParser
import CRDT
import SyncNode

/// Where commands that read find their store.
struct StoreOptions: ParsableArguments {
  /// The store of a relay that was not told of another.
  static let defaultPath = "syncctl.sqlite"

  @Option(name: .customLong("store"), help: "The store to read, at rest or while a relay runs.")
  var path = StoreOptions.defaultPath

  init() {}

  /// The store at `path`.
  init(path: String) { self.path = path }

  /// Opens the store for reading.
  func open() throws -> StoreReader {
    do {
      return try StoreReader(path: path)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// The rooms of the store.
  func list() throws -> [StoreReader.Room] {
    do {
      return try open().rooms()
    } catch let error as StoreError {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// The named rooms of the store, or all where none is named.
  ///
  /// - Throws: ``Failure`` when there is no room of a name.
  func list(_ names: [String]) throws -> [StoreReader.Room] {
    let rooms = try list()
    guard !names.isEmpty else { return rooms }
    if let name = Set(names).subtracting(rooms.map(\.name)).min() {
      throw Failure(.unreachable, missing(name, among: rooms.map(\.name)))
    }
    return rooms.filter { names.contains($0.name) }
  }

  /// What `body` writes to the store, which must not be in use.
  ///
  /// - Throws: ``Failure``, or what `body` throws beside errors of the store.
  func write<Result>(
    history: Duration? = nil, createsMissing: Bool = false, _ body: (StoreWriter) throws -> Result
  ) async throws -> Result {
    do {
      return try await StoreWriter.withStore(at: path, history: history, createsMissing: createsMissing, body)
    } catch let error as StoreError {
      switch error.code {
      case .damaged: throw Failure(.check, "\(error)")
      case .outdated: throw Failure(.refused, "\(error)")
      default: throw Failure(.unreachable, "\(error)")
      }
    }
  }

  /// What `body` reads of `room`.
  ///
  /// - Throws: ``Failure`` when it gives nil, since there is no such room, or cannot read.
  @discardableResult
  func read<Result>(_ room: String, _ body: (StoreReader) throws -> Result?) throws -> Result {
    let store = try open()
    do {
      if let result = try body(store) { return result }
      throw Failure(.unreachable, missing(room, among: try store.rooms().map(\.name)))
    } catch let error as StoreError {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// Hands over the history of `room`, the oldest entry first, each with the units that it was the first to bring or to
  /// delete: a client that comes back tells all deletions that it knows of, and some tell more.
  func forEachEntry(of room: String, _ body: (HistoryEntry, _ news: ContentIDs) throws -> Void) throws {
    var known = ContentIDs()
    try read(room) { store in
      let isThere = try store.forEachEntry(of: room) { entry in
        let ids: ContentIDs
        do {
          ids = try Update.contentIDs(of: entry.update)
        } catch {
          let place = "the history of `\(Output.printable(room))` up to update \(entry.moment.upperBound)"
          throw Failure(.check, "\(place) is damaged (\(error)): look into the store with `syncctl verify`")
        }
        try body(entry, ids.subtracting(known))
        known.formUnion(ids)
      }
      return isThere ? true : nil
    }
  }

  /// The document of `room`, or what was put aside of it as the copy of a number.
  func document(of room: String, copy number: Int64? = nil) throws -> Document {
    if let number { return try document(of: room, number) }
    return try read(room) { try $0.document(named: room) }
  }

  private func document(of room: String, _ number: Int64) throws -> Document {
    guard let copy = try copies(of: room).first(where: { $0.number == number }) else {
      throw Failure(.unreachable, "no copy \(number) of `\(Output.printable(room))`: list all with `syncctl copies`")
    }
    let document = Document()
    do {
      try document.apply(copy.update)
    } catch {
      throw Failure(.unreachable, "copy \(number) in \(path) is damaged (\(error))")
    }
    return document
  }

  /// What was put aside of `room`.
  func copies(of room: String) throws -> [DocumentCopy] {
    try read(room) { store in
      let copies = try store.copies(of: room)
      return try copies.isEmpty && store.document(named: room) == nil ? nil : copies
    }
  }

  private func missing(_ room: String, among rooms: [String]) -> String {
    let known = NearMisses(of: room, among: rooms).names.map { "`\(Output.printable($0))`" }
    let advice = known.isEmpty ? "list all with `syncctl rooms`" : "did you mean \(known.joined(separator: " or "))?"
    return "no room `\(Output.printable(room))` in \(path): \(advice)"
  }
}

/// Names that somebody who typed another one may have meant.
struct NearMisses {
  /// The closest names, the best first; at most three.
  let names: [String]

  /// The names of `candidates` that are a few edits away from `name` or start with it.
  ///
  /// - Complexity: O(*n* · *m*²) for *n* candidates of *m* characters.
  init(of name: String, among candidates: [String]) {
    let typed = Array(name.lowercased().unicodeScalars)
    let distanceMax = max(1, typed.count / 3)
    names =
      candidates
      .map { candidate -> (name: String, distance: Int) in
        let other = Array(candidate.lowercased().unicodeScalars)
        let isLonger = other.starts(with: typed)
        return (candidate, isLonger ? 1 : NearMisses.distance(typed, other))
      }
      .filter { $0.distance <= distanceMax }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(3)
      .map(\.name)
  }

  /// How many insertions, deletions and replacements lead from one text to the other (Levenshtein).
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var row = Array(0...right.count)
    for (i, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (scalar == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
