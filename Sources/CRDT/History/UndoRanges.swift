/// Units by client, in the order in which their clients came up: the order in which undoing goes through them.
struct UndoRanges {
  private struct Client {
    var client: ClientIndex
    /// In ascending order; they neither overlap nor touch.
    var clocks: [Range<UInt32>]
  }

  private var clients: [Client] = []

  init() {}

  /// All ranges, client by client.
  var ranges: [UnitRange] {
    clients.flatMap { entry in entry.clocks.map { UnitRange(client: entry.client, clocks: $0) } }
  }

  /// Adds units in any order; ``joinRanges()`` is to be called at the end.
  mutating func append(_ range: UnitRange) {
    if let index = clients.firstIndex(where: { $0.client == range.unit.client }) {
      clients[index].clocks.append(range.clocks)
    } else {
      clients.append(Client(client: range.unit.client, clocks: [range.clocks]))
    }
  }

  /// Sorts each client's ranges, and joins those that overlap or touch.
  mutating func joinRanges() {
    for index in clients.indices { clients[index].clocks = SortedRanges.join(clients[index].clocks) }
  }

  /// Adds all units of `other`; new clients come behind those that are known.
  mutating func formUnion(_ other: UndoRanges) {
    for added in other.clients {
      guard let index = clients.firstIndex(where: { $0.client == added.client }) else {
        clients.append(added)
        continue
      }
      if added.clocks.count == 1 {
        // Typing: a little is added to what may be much.
        SortedRanges.insert(added.clocks[0], into: &clients[index].clocks)
      } else {
        clients[index].clocks = SortedRanges.join(clients[index].clocks + added.clocks)
      }
    }
  }

  /// - Complexity: O(log *n*) in the client's ranges.
  func contains(_ unit: UnitID) -> Bool {
    guard let clocks = clients.first(where: { $0.client == unit.client })?.clocks else { return false }
    return SortedRanges.contains(clocks, unit.clock)
  }
}

extension DocumentStore {
  /// The units as others name them.
  func idSet(_ ranges: UndoRanges) -> IDSet {
    var set = IDSet()
    for range in ranges.ranges {
      let first = itemID(range.unit)
      set.insert(first.clock..<(first.clock + Clock(range.count)), of: first.client)
    }
    return set
  }
}
