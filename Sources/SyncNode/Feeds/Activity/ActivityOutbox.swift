/// Entries on their way into a feed, each as it is now.
struct ActivityOutbox {
  /// Entries that wait while the feed takes none; the oldest are dropped beyond.
  private static let countMax = 1000

  private var told: [String: ActivityBursts.Told] = [:]
  /// Identifiers, in the order in which they came.
  private var order: [String] = []

  var isEmpty: Bool { order.isEmpty }

  /// Adds an entry, in the place of the same one that has not gone yet.
  mutating func append(_ new: ActivityBursts.Told) {
    let id = new.entry.id
    if let waiting = told[id] {
      told[id] = ActivityBursts.Told(entry: new.entry, hasGrown: waiting.hasGrown)
      return
    }
    told[id] = new
    order.append(id)
    if order.count > ActivityOutbox.countMax { told[order.removeFirst()] = nil }
  }

  /// Takes back what did not get into the feed.
  mutating func putBack(_ entries: [ActivityBursts.Told]) {
    let newer = removeAll()
    for entry in entries { append(entry) }
    for entry in newer { append(entry) }
  }

  /// Takes all out, the first first.
  mutating func removeAll() -> [ActivityBursts.Told] {
    defer { (told, order) = ([:], []) }
    return order.compactMap { told[$0] }
  }
}
