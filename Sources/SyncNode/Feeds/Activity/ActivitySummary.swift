import CRDT

/// What somebody did at a place of a document.
struct ActivityChange {
  /// What became of the list of versions.
  enum Version {
    case created(name: String?)
    case removed
  }

  /// Where; nil for many places.
  var path: String?
  /// The key whose value it is; nil in a list.
  var key: String?
  var inserted = 0
  var deleted = 0
  var formats = 0
  var places = 1
  /// Bytes that were not looked into.
  var bytes = 0
  /// The units that came.
  var units = IDSet()
  var version: Version?
}

/// Looks into updates that a document has: who brought what that was not there before.
///
/// Clients repeat what they know, and may repeat what others wrote: only who brings something first has written it.
struct ActivitySummary {
  /// Places by which an author's changes are told one by one; beyond, they are told by root.
  static let placesMax = 8

  /// All that was ever in the document: insertions up to a clock of each client, and deletions.
  private var clocks: StateVector
  private(set) var deletions: IDSet

  /// What is in `document` is nobody's doing.
  init(_ document: Document) {
    clocks = document.stateVector
    deletions = document.deleteSet
  }

  /// What each author did, in the order in which they began. An update that cannot be read is left out: none gets here.
  ///
  /// - Complexity: O(*n* log *n*) in the updates, and O(*c* + *d*) in the document's clients and stretches of deletions.
  mutating func changes(
    of intake: ActivityIntake, in document: Document
  ) -> [(author: ActivityAuthor, changes: [ActivityChange])] {
    var authors: [ActivityAuthor] = []
    var written: [ActivityAuthor: (updates: [[UInt8]], news: ContentIDs)] = [:]
    var seen = ContentIDs(deletions: deletions)
    for item in intake.written {
      guard let ids = try? Update.contentIDs(of: item.update) else { continue }
      let news = ContentIDs(insertions: newInsertions(ids.insertions), deletions: ids.deletions).subtracting(seen)
      seen.formUnion(ids)
      guard let author = item.author, !news.insertions.isEmpty || !news.deletions.isEmpty else { continue }
      if written[author] == nil { authors.append(author) }
      written[author, default: ([], ContentIDs())].updates.append(item.update)
      written[author]?.news.formUnion(news)
    }
    clocks = document.stateVector
    deletions = intake.isIncomplete ? document.deleteSet : seen.deletions
    var result = authors.compactMap { author -> (author: ActivityAuthor, changes: [ActivityChange])? in
      guard let (updates, news) = written[author] else { return nil }
      let changes = ActivitySummary.changes(by: updates, among: news, in: document)
      return changes.isEmpty ? nil : (author, changes)
    }
    for (author, bytes) in intake.large.sorted(by: { $0.value > $1.value }) {
      result.append((author, [ActivityChange(places: 0, bytes: bytes)]))
    }
    return result
  }

  private func newInsertions(_ ids: IDSet) -> IDSet {
    var news = IDSet()
    for (client, range) in ids where range.upperBound > clocks[client] {
      news.insert(max(range.lowerBound, clocks[client])..<range.upperBound, of: client)
    }
    return news
  }

  private static func changes(
    by updates: [[UInt8]], among news: ContentIDs, in document: Document
  ) -> [ActivityChange] {
    guard let update = updates.count == 1 ? updates[0] : try? Update.merge(updates),
      let told = try? document.changes(by: update, among: news)
    else { return [] }
    let versions = told.changes.filter { $0.path.isVersionList }.flatMap { ActivityChange.versions($0, in: document) }
    let edits = told.changes.filter { !$0.path.isVersionList || versions.isEmpty }.map { ActivityChange($0) }
    return versions + (edits.count <= placesMax ? edits : byRoot(edits, told.changes.map(\.path.root)))
  }

  /// Tells many changes as one for each root, or, when there are many of those, as one.
  private static func byRoot(_ changes: [ActivityChange], _ roots: [String]) -> [ActivityChange] {
    var names: [String] = []
    var sums: [String: ActivityChange] = [:]
    let isFew = Set(roots).count <= placesMax
    for change in changes {
      let root = isFew ? change.path.map { String($0.prefix { $0 != "/" }) } ?? "" : ""
      if sums[root] == nil {
        names.append(root)
        sums[root] = ActivityChange(path: isFew ? root : nil, places: 0)
      }
      sums[root]?.add(change)
    }
    return names.compactMap { sums[$0] }
  }
}

extension ActivityChange {
  fileprivate init(_ change: PlaceChange) {
    path = change.path.text
    if case .entry = change.path.change, case .key(let key)? = change.path.components.last { self.key = key }
    inserted = change.inserted
    deleted = change.deleted
    formats = change.formats
    units = change.units
  }

  /// Counts another one of the same author, without its units: they are elsewhere.
  fileprivate mutating func add(_ other: ActivityChange) {
    inserted = inserted.addingClamped(other.inserted)
    deleted = deleted.addingClamped(other.deleted)
    formats = formats.addingClamped(other.formats)
    places += 1
  }

  /// What a change of the list of versions means; none when it is another list of that name.
  fileprivate static func versions(_ change: PlaceChange, in document: Document) -> [ActivityChange] {
    guard change.inserted > 0 else { return [ActivityChange(path: nil, deleted: change.deleted, version: .removed)] }
    var versions: [ActivityChange] = []
    for (client, clocks) in change.units {
      for clock in clocks.prefix(ActivitySummary.placesMax) {
        let place = document.resolve(RelativePosition(item: ItemID(client: client, clock: clock)))
        guard let place, let array = place.target.array, place.index < array.count,
          let version = array[place.index].value, case .bytes = version["snapshot"]
        else { continue }
        versions.append(ActivityChange(path: nil, version: .created(name: version["name"].stringValue)))
      }
    }
    return Array(versions.prefix(ActivitySummary.placesMax))
  }
}

extension TouchedPath {
  /// Whether it is where ``VersionHistory`` has its versions.
  fileprivate var isVersionList: Bool { root == "versions" && components.isEmpty }

  /// The path in one string, its steps divided by `/`.
  fileprivate var text: String {
    let steps = components.map { component in
      switch component {
      case .key(let key): key
      case .index(let index): "\(index)"
      }
    }
    return ([root] + steps).map { $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined(separator: "/")
  }
}

extension Int {
  /// The sum, or `Int.max` where it is more.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }
}
