/// Consecutive structs of one client that wait for updates which have not come, as they stood in their update.
struct PendingSection {
  var clocks: Range<UInt32>
  var structs: UInt64
  var bytes: [UInt8]
}

/// What waits for missing updates: structs by client, and deletions of units that are not known.
///
/// A client's sections wait for what the first of them depends on. They are found from the client that they wait for, so
/// that an update which arrives costs only what it sets free.
struct PendingStore: ~Copyable {
  /// Units of `client` up to and including `clock`.
  struct Dependency: Equatable {
    var client: UInt64
    var clock: UInt32
  }

  fileprivate struct Queue {
    /// A heap: the section with the lowest clock is the first.
    var sections: [PendingSection] = []
    /// The longest end of the sections that start at a clock, to recognise what came before.
    var ends: [UInt32: UInt32] = [:]
    var dependency: Dependency
  }

  private var queues: [UInt64: Queue] = [:]
  /// From a client to those whose sections wait for it, or did.
  private var waiters: [UInt64: [UInt64]] = [:]
  private var deletionsByClient: [UInt64: PendingDeletions] = [:]
  /// Units in all sections, those that overlap counted twice.
  private(set) var unitCount: UInt64 = 0
  /// Bytes in all sections.
  private(set) var byteCount = 0

  /// Whether nothing waits.
  private(set) var isEmpty = true

  private mutating func updateIsEmpty() { isEmpty = queues.isEmpty && deletionsByClient.isEmpty }

  /// What is waited for: for each client the clock that has to be known before something can go on.
  var missing: StateVector {
    var vector = StateVector()
    for queue in queues.values {
      let client = ClientID(rawValue: queue.dependency.client)
      vector[client] = max(vector[client], Clock(queue.dependency.clock) + 1)
    }
    for (client, deletions) in deletionsByClient {
      let client = ClientID(rawValue: client)
      for deletion in deletions.ranges { vector[client] = max(vector[client], Clock(deletion.clock) + 1) }
    }
    return vector
  }

  // MARK: Structs

  /// Clients with waiting structs.
  var clients: [UInt64] { Array(queues.keys) }

  /// A client's waiting structs in the order of their clocks.
  func sections(of client: UInt64) -> [PendingSection] {
    (queues[client]?.sections ?? []).sorted { $0.clocks.lowerBound < $1.clocks.lowerBound }
  }

  /// The lowest clock of a client's waiting structs.
  func firstClock(of client: UInt64) -> UInt32? { queues[client]?.sections.first?.clocks.lowerBound }

  /// Keeps structs of `client`; `dependency` is what they wait for.
  ///
  /// - Complexity: O(log *n*) in the client's waiting sections.
  mutating func insert(_ section: PendingSection, client: UInt64, waitingFor dependency: Dependency) {
    let known = queues.removeValue(forKey: client)
    var queue = known ?? Queue(dependency: dependency)
    let start = section.clocks.lowerBound
    // What came before is found by what it waited for then.
    let isNew = queue.ends[start] ?? 0 < section.clocks.upperBound
    if known == nil || (isNew && start <= queue.sections[0].clocks.lowerBound) {
      queue.dependency = dependency
      waiters[dependency.client, default: []].append(client)
    }
    if isNew {
      queue.ends[start] = section.clocks.upperBound
      queue.push(section)
      unitCount += UInt64(section.clocks.count)
      byteCount += section.bytes.count
    }
    queues[client] = queue
    isEmpty = false
  }

  /// Takes the clients whose structs waited for `client` and can go on now that its next clock is `next`.
  mutating func takeWaiters(on client: UInt64, next: UInt32) -> [UInt64] {
    guard let waiting = waiters.removeValue(forKey: client) else { return [] }
    var ready: [UInt64] = []
    var rest: [UInt64] = []
    for waiter in waiting where queues[waiter]?.dependency.client == client {
      if queues[waiter]!.dependency.clock < next { ready.append(waiter) } else { rest.append(waiter) }
    }
    if !rest.isEmpty { waiters[client] = rest }
    return ready
  }

  /// Takes out the client's section with the lowest clock.
  mutating func popFirst(of client: UInt64) -> PendingSection? {
    guard var queue = queues.removeValue(forKey: client) else { return nil }
    let section = queue.pop()
    if !queue.sections.isEmpty { queues[client] = queue }
    unitCount -= UInt64(section.clocks.count)
    byteCount -= section.bytes.count
    updateIsEmpty()
    return section
  }

  // MARK: Deletions

  /// Clients with waiting deletions.
  var deletionClients: [UInt64] { Array(deletionsByClient.keys) }

  /// A client's waiting deletions, in the order of their clocks and merged.
  func deletions(of client: UInt64) -> [ParsedDeletion] { deletionsByClient[client]?.merged() ?? [] }

  /// Keeps a deletion of units that are not known.
  ///
  /// - Complexity: O(log *n*) amortised in the client's waiting deletions.
  mutating func insert(_ deletion: ParsedDeletion) {
    deletionsByClient[deletion.client, default: PendingDeletions()].insert(deletion)
    isEmpty = false
  }

  mutating func takeDeletions(of client: UInt64) -> [ParsedDeletion] {
    defer { updateIsEmpty() }
    return deletionsByClient.removeValue(forKey: client)?.merged() ?? []
  }
}

extension PendingStore.Queue {
  mutating func push(_ section: PendingSection) {
    sections.append(section)
    var index = sections.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard sections[index].clocks.lowerBound < sections[parent].clocks.lowerBound else { return }
      sections.swapAt(index, parent)
      index = parent
    }
  }

  mutating func pop() -> PendingSection {
    sections.swapAt(0, sections.count - 1)
    let first = sections.removeLast()
    if ends[first.clocks.lowerBound] == first.clocks.upperBound { ends[first.clocks.lowerBound] = nil }
    var index = 0
    while true {
      var lowest = index
      for child in [index * 2 + 1, index * 2 + 2] where child < sections.count {
        if sections[child].clocks.lowerBound < sections[lowest].clocks.lowerBound { lowest = child }
      }
      if lowest == index { return first }
      sections.swapAt(index, lowest)
      index = lowest
    }
  }
}
