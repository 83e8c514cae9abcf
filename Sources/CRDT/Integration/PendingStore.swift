/// Consecutive structs of one client that wait for updates which have not come, as they stood in their update.
struct PendingSection {
  var clocks: Range<UInt32>
  var structs: UInt64
  var bytes: ArraySlice<UInt8>
}

extension PendingSection: HeapElement {
  var clock: UInt32 { clocks.lowerBound }
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

  /// A client's sections; of most clients only one waits.
  private struct Queue {
    private(set) var sections = ClockHeap<PendingSection>()
    /// The longest end of the sections that start at a clock, once there was more than one section.
    private var ends: [UInt32: UInt32] = [:]
    var dependency: Dependency

    init(dependency: Dependency) { self.dependency = dependency }

    /// The longest end of the sections that start at a clock, to recognise what came before.
    func end(ofSectionAt start: UInt32) -> UInt32? {
      if ends.isEmpty, sections.count == 1, let only = sections.first {
        return only.clock == start ? only.clocks.upperBound : nil
      }
      return ends[start]
    }

    mutating func push(_ section: PendingSection) {
      if ends.isEmpty, let other = sections.first { ends[other.clock] = other.clocks.upperBound }
      if !sections.isEmpty { ends[section.clock] = section.clocks.upperBound }
      sections.push(section)
    }

    mutating func pop() -> PendingSection? {
      guard let section = sections.pop() else { return nil }
      if ends[section.clock] == section.clocks.upperBound { ends[section.clock] = nil }
      return section
    }
  }

  /// A client whose sections wait for another's unit at `clock`, or did.
  private struct Waiter: HeapElement {
    var clock: UInt32
    var client: UInt64
  }

  private var queues: [UInt64: Queue] = [:]
  /// By the client that is waited for.
  private var waiters: [UInt64: ClockHeap<Waiter>] = [:]
  private var waiterCount = 0
  private var deletionsByClient: [UInt64: PendingDeletions] = [:]
  /// Units in all sections, those that overlap counted twice.
  private(set) var unitCount: UInt64 = 0
  /// Bytes in all sections.
  private(set) var byteCount = 0
  private var sectionCount = 0
  private var deletionCount = 0

  /// What a section takes beside its bytes, in all tables, if it is its client's only one.
  static var bytesPerSection: Int { 512 }
  /// What a deletion takes, if it is its client's only one.
  static var bytesPerDeletion: Int { 160 }

  /// About how much memory all of it takes.
  var memoryBytes: Int {
    byteCount + sectionCount * Self.bytesPerSection + deletionCount * Self.bytesPerDeletion
  }

  /// Counts what came to wait and what waits no more; what comes again while it waits is not counted.
  private(set) var changeCount: UInt64 = 0

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
      vector[client] = max(vector[client], Clock(deletions.lastClock) + 1)
    }
    return vector
  }

  // MARK: Structs

  /// Clients with waiting structs.
  var clients: [UInt64] { Array(queues.keys) }

  /// A client's waiting structs in the order of their clocks.
  func sections(of client: UInt64) -> [PendingSection] {
    (queues[client]?.sections.elements ?? []).sorted { $0.clocks.lowerBound < $1.clocks.lowerBound }
  }

  /// The lowest clock of a client's waiting structs.
  func firstClock(of client: UInt64) -> UInt32? { queues[client]?.sections.first?.clock }

  /// Keeps structs of `client`; `dependency` is what they wait for.
  ///
  /// - Complexity: O(log *n*) in the client's waiting sections.
  mutating func insert(_ section: PendingSection, client: UInt64, waitingFor dependency: Dependency) {
    let known = queues.removeValue(forKey: client)
    var queue = known ?? Queue(dependency: dependency)
    let start = section.clock
    // What came before is found by what it waited for then.
    if queue.end(ofSectionAt: start) ?? 0 < section.clocks.upperBound {
      queue.push(section)
      changeCount += 1
      unitCount += UInt64(section.clocks.count)
      byteCount += section.bytes.count
      sectionCount += 1
    }
    if queue.sections.first!.clock == start && (known == nil || queue.dependency != dependency) {
      queue.dependency = dependency
      wait(client, for: dependency)
    }
    queues[client] = queue
    isEmpty = false
  }

  private mutating func wait(_ client: UInt64, for dependency: Dependency) {
    // Those that have come to wait for something else are still there. No more of them are kept than there are others.
    if waiterCount > 2 * queues.count + Self.waitersMin {
      (waiters, waiterCount) = ([:], 0)
      for (client, queue) in queues { wait(client, for: queue.dependency) }
    }
    waiters[dependency.client, default: ClockHeap()].push(Waiter(clock: dependency.clock, client: client))
    waiterCount += 1
  }

  private static var waitersMin: Int { 64 }

  /// Takes a client whose structs waited for `client` and can go on now that its next clock is `next`.
  ///
  /// - Complexity: O(log *n*) amortised in the clients that wait.
  mutating func takeWaiter(on client: UInt64, next: UInt32) -> UInt64? {
    while let waiter = waiters[client]?.pop(before: next) {
      waiterCount -= 1
      if waiters[client]!.isEmpty { waiters[client] = nil }
      if queues[waiter.client]?.dependency == Dependency(client: client, clock: waiter.clock) { return waiter.client }
    }
    return nil
  }

  /// Takes out the client's section with the lowest clock.
  mutating func popFirst(of client: UInt64) -> PendingSection? {
    guard var queue = queues.removeValue(forKey: client) else { return nil }
    // A queue is never empty.
    let section = queue.pop()!
    if !queue.sections.isEmpty { queues[client] = queue }
    changeCount += 1
    unitCount -= UInt64(section.clocks.count)
    byteCount -= section.bytes.count
    sectionCount -= 1
    updateIsEmpty()
    return section
  }

  // MARK: Deletions

  /// Clients with waiting deletions.
  var deletionClients: [UInt64] { Array(deletionsByClient.keys) }

  /// A client's waiting deletions, in the order of their clocks and merged.
  func deletions(of client: UInt64) -> [ParsedDeletion] { deletionsByClient[client]?.merged() ?? [] }

  /// Units in all waiting deletions.
  ///
  /// - Complexity: O(*n* log *n*) in the waiting deletions.
  var deletedUnits: UInt64 {
    var units: UInt64 = 0
    for client in deletionsByClient.keys {
      for deletion in deletions(of: client) { units &+= UInt64(deletion.count) }
    }
    return units
  }

  /// Keeps a deletion of units that are not known.
  ///
  /// - Complexity: O(log *n*) amortised in the client's waiting deletions.
  mutating func insert(_ deletion: ParsedDeletion) {
    let more = deletionsByClient[deletion.client, default: PendingDeletions()].insert(deletion)
    if let more {
      deletionCount += more
      changeCount += 1
    }
    isEmpty = false
  }

  /// Takes one of a client's waiting deletions, if there is one that starts before `next`.
  ///
  /// - Complexity: O(log *n*) amortised in the client's waiting deletions.
  mutating func takeDeletion(of client: UInt64, next: UInt32) -> ParsedDeletion? {
    guard let deletion = deletionsByClient[client]?.pop(before: next) else { return nil }
    deletionCount -= 1
    changeCount += 1
    if deletionsByClient[client]!.isEmpty {
      deletionsByClient[client] = nil
      updateIsEmpty()
    }
    return deletion
  }
}
