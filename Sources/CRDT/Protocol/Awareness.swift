/// Who is present in a document, and the latest state of each: cursors, names, colours. Nothing of it is history.
///
/// A state replaces an older one of the same client by its clock, and disappears when its client says so or has been
/// silent for ``timeoutMilliseconds``. The rules are those of y-protocols 1.0.7. Time is an argument everywhere,
/// in milliseconds of a clock that never goes back.
public struct Awareness: Sendable {
  /// A client that has said nothing for so long is gone.
  public static let timeoutMilliseconds: UInt64 = 30_000
  /// A client repeats its state after so long, so that others do not take it for gone.
  public static let renewalMilliseconds: UInt64 = 15_000
  /// How often to look for clients that are gone.
  public static let checkMilliseconds: UInt64 = 3_000

  /// How much of hostile input is kept.
  public struct Limits: Equatable, Sendable {
    /// Clients remembered at a time, those that left among them.
    public var clientsMax = 10_000
    /// Bytes of one client's state.
    public var stateBytesMax = 65_536
    /// Bytes of all clients' states.
    public var bytesMax = 8 << 20

    /// The default limits.
    public init() {}
  }

  /// What an update did.
  public struct Outcome: Equatable, Sendable {
    /// The entries that were news, in their order; what other peers have to hear.
    public var accepted: [AwarenessEntry] = []
    /// Removals to tell the sender of, because it spoke for a client that has left since, with an old clock.
    ///
    /// A client that hears of its own removal raises its clock and states itself again (y-protocols), so one that
    /// reconnects is seen at once, and not only after its next renewal.
    public var outdated: [AwarenessEntry] = []
    /// This peer's own state at a raised clock, when somebody said that this peer is gone; all peers have to hear it.
    public var restated: AwarenessEntry?
    /// Who came, spoke and left by it.
    public var changes = AwarenessChanges()

    /// An outcome without effect.
    public init() {}
  }

  private struct Presence {
    var clock: Clock
    /// Nil when the client is gone; its clock is remembered.
    var state: [UInt8]?
    var updatedAt: UInt64

    func isSilent(forTimeouts count: UInt64, now: UInt64) -> Bool {
      now &- updatedAt >= count * Awareness.timeoutMilliseconds
    }
  }

  /// The client this peer speaks for, if any; only it changes that client's state.
  public let ownClient: ClientID?
  private var presences: [ClientID: Presence] = [:]
  private let limits: Limits
  /// Bytes of all states.
  public private(set) var byteCount = 0

  /// Nobody is present.
  public init(ownClient: ClientID? = nil, limits: Limits = Limits()) {
    self.ownClient = ownClient
    self.limits = limits
  }

  /// How many clients are present.
  public private(set) var count = 0

  /// Takes the entries that are news: a larger clock than the one known, or the removal of a present client at the
  /// known clock. Entries beyond the limits are not taken.
  ///
  /// - Complexity: O(*n*) for *n* entries.
  public mutating func apply(_ update: AwarenessUpdate, now: UInt64) -> Outcome {
    var outcome = Outcome()
    for entry in update.entries {
      let known = presences[entry.client]
      let isPresent = known?.state != nil
      let isNewer = (known?.clock ?? 0) < entry.clock
      let isRemovalAtSameClock = known?.clock == entry.clock && entry.isRemoval && isPresent
      if isNewer || isRemovalAtSameClock {
        guard entry.state.count <= limits.stateBytesMax, known != nil || hasRoom() else { continue }
        let growth = entry.isRemoval ? 0 : entry.state.count - (known?.state?.count ?? 0)
        guard growth <= 0 || byteCount + growth <= limits.bytesMax else { continue }
        if let presence = known, let state = presence.state, entry.client == ownClient, entry.isRemoval {
          outcome.restated = setOwn(state, client: entry.client, clock: entry.clock, now: now)
          outcome.changes.note(entry.client, from: state, to: state)
          continue
        }
        let state = entry.isRemoval ? nil : entry.state
        set(Presence(clock: entry.clock, state: state, updatedAt: now), of: entry.client)
        outcome.accepted.append(entry)
        outcome.changes.note(entry.client, from: known?.state, to: state)
      } else if let known, !isPresent, !entry.isRemoval {
        outcome.outdated.append(.removal(of: entry.client, clock: known.clock))
      }
    }
    return outcome
  }

  private mutating func set(_ presence: Presence, of client: ClientID) {
    let known = presences.updateValue(presence, forKey: client)
    byteCount += (presence.state?.count ?? 0) - (known?.state?.count ?? 0)
    count += (presence.state == nil ? 0 : 1) - (known?.state == nil ? 0 : 1)
  }

  /// Whether one more client can be remembered. If need be and if they are a quarter of all, those that left first are
  /// forgotten, half of those that did.
  ///
  /// - Complexity: O(log *n*) amortised for *n* clients.
  private mutating func hasRoom() -> Bool {
    if presences.count < limits.clientsMax { return true }
    guard presences.count - count >= max(limits.clientsMax / 4, 1) else { return false }
    let gone = presences.filter { $0.value.state == nil }.map { (at: $0.value.updatedAt, client: $0.key) }.sorted(by: <)
    for (_, client) in gone.prefix((gone.count + 1) / 2) { presences[client] = nil }
    return true
  }

  /// Removes those of `clients` that are present, as when their connection closes.
  ///
  /// The clock stays as it was: a peer accepts the removal of a present client at the same clock, and the client, back
  /// on a new connection, needs only one step to be newer. Only that of ``ownClient`` is raised.
  ///
  /// - Returns: What other peers have to hear: an entry for each client that was removed.
  public mutating func remove(_ clients: some Sequence<ClientID>, now: UInt64) -> AwarenessUpdate {
    var update = AwarenessUpdate()
    for client in clients {
      guard let presence = presences[client], presence.state != nil else { continue }
      if client == ownClient {
        update.entries.append(setOwn(nil, client: client, clock: presence.clock, now: now))
        continue
      }
      set(Presence(clock: presence.clock, state: nil, updatedAt: now), of: client)
      update.entries.append(.removal(of: client, clock: presence.clock))
    }
    return update
  }

  /// Removes clients that have been silent for ``timeoutMilliseconds`` or more, and forgets the clocks of those that
  /// left ten times as long ago.
  ///
  /// - Returns: What other peers have to hear.
  /// - Complexity: O(*n*) for *n* clients.
  public mutating func removeOutdated(now: UInt64) -> AwarenessUpdate {
    let silent = presences.filter {
      $0.key != ownClient && $0.value.state != nil && $0.value.isSilent(forTimeouts: 1, now: now)
    }
    let update = remove(silent.keys.sorted(), now: now)
    let forgotten = presences.filter { $0.value.state == nil && $0.value.isSilent(forTimeouts: 10, now: now) }
    for client in forgotten.keys { presences[client] = nil }
    return update
  }

  /// The states of all clients that are present, in the order of their identifiers.
  public var states: AwarenessUpdate {
    AwarenessUpdate(
      presences.sorted { $0.key < $1.key }.compactMap { client, presence in
        presence.state.map { AwarenessEntry(client: client, clock: presence.clock, state: $0) }
      })
  }

  /// The state of a client as JSON text; nil when it is not present.
  public func state(of client: ClientID) -> [UInt8]? { presences[client]?.state }

  /// The clock of a client's last state; nil when it is not known, or was forgotten.
  public func clock(of client: ClientID) -> Clock? { presences[client]?.clock }

  /// The latest of each of `clients` that is known, in their order; of those that left, their removal.
  public func update(of clients: some Sequence<ClientID>) -> AwarenessUpdate {
    AwarenessUpdate(
      clients.compactMap { client in
        guard let presence = presences[client] else { return nil }
        return presence.state.map { AwarenessEntry(client: client, clock: presence.clock, state: $0) }
          ?? .removal(of: client, clock: presence.clock)
      })
  }

  /// Does all that time asks for: renews the own state as ``renew(now:)`` and removes silent clients as
  /// ``removeOutdated(now:)``. To be called every ``checkMilliseconds``.
  ///
  /// - Returns: What other peers have to hear, and who changed.
  /// - Complexity: O(*n*) for *n* clients.
  public mutating func check(now: UInt64) -> Outcome {
    var outcome = Outcome()
    if let renewed = renew(now: now) {
      outcome.accepted.append(renewed)
      outcome.changes.note(renewed.client, from: renewed.state, to: renewed.state)
    }
    let removal = removeOutdated(now: now)
    outcome.accepted += removal.entries
    outcome.changes.removed += removal.entries.map { $0.client }
    return outcome
  }

  /// States `state` for ``ownClient``, with who changed by it.
  mutating func stateOwn(_ state: [UInt8]?, now: UInt64) -> Outcome {
    var outcome = Outcome()
    let before = ownClient.flatMap { presences[$0]?.state }
    guard let entry = setState(state, now: now) else { return outcome }
    outcome.accepted = [entry]
    outcome.changes.note(entry.client, from: before, to: state)
    return outcome
  }

  /// States `state` for ``ownClient`` at its next clock; nil says that it leaves.
  ///
  /// - Returns: What other peers have to hear; nil when this peer speaks for no client.
  public mutating func setState(_ state: [UInt8]?, now: UInt64) -> AwarenessEntry? {
    guard let client = ownClient else { return nil }
    return setOwn(state, client: client, clock: presences[client]?.clock ?? 0, now: now)
  }

  /// Repeats the state of ``ownClient`` when it is ``renewalMilliseconds`` old.
  ///
  /// - Returns: What other peers have to hear; nil when it is not time yet or there is no state.
  public mutating func renew(now: UInt64) -> AwarenessEntry? {
    guard let client = ownClient, let presence = presences[client], let state = presence.state,
      now &- presence.updatedAt >= Awareness.renewalMilliseconds
    else { return nil }
    return setOwn(state, client: client, clock: presence.clock, now: now)
  }

  private mutating func setOwn(_ state: [UInt8]?, client: ClientID, clock: Clock, now: UInt64) -> AwarenessEntry {
    // The wire has no larger number; nobody gets there but by a peer that lies.
    let next = min(clock + 1, (1 << 53) - 1)
    set(Presence(clock: next, state: state, updatedAt: now), of: client)
    return state.map { AwarenessEntry(client: client, clock: next, state: $0) } ?? .removal(of: client, clock: next)
  }
}
