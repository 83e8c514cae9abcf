import CRDT
import NIOCore

// Who is present in a room. All of this is run by the room's executor, with the room open.

extension Room {
  /// Sends the states of all who are present to one member.
  func sendAllAwareness(to member: Member) {
    member.sendAwareness(member.framing.frame { $0.writeAwarenessMessage(awareness.states) })
  }

  /// Takes what a member says of its own presence. Whoever only reads is not seen, and nobody speaks for those that another
  /// connection has introduced.
  func applyAwareness(_ update: AwarenessUpdate, from member: Member) {
    guard member.access >= .comment else {
      // Stock clients take a connection for dead when nothing comes back for 30 seconds.
      if member.peer == nil { member.sendAwareness(member.framing.frame { $0.writeAwarenessMessage(update) }) }
      return
    }
    var (own, foreign) = ([AwarenessEntry](), [AwarenessEntry]())
    for entry in update.entries {
      if belongsToOthers(entry.client, than: member) { foreign.append(entry) } else { own.append(entry) }
    }
    refuse(foreign, from: member)
    let outcome = awareness.apply(AwarenessUpdate(own), now: now)
    // Who is present through a peer may be so through another one, too: those go when nothing is heard of them any more.
    let owner = member.peer == nil ? member : nil
    noteMemory(grownBy: outcome.accepted.reduce(0) { $0 + $1.state.count })
    for entry in outcome.accepted {
      presenceOwners[entry.client] = entry.isRemoval ? nil : owner
      orphans[entry.client] = nil
    }
    if owner != nil { keepOrphans(own) }
    // To the sender too: stock clients take a connection for dead when nothing comes back for 30 seconds.
    broadcastAwareness(of: outcome.accepted.map(\.client), from: member)
    if !outcome.outdated.isEmpty {
      member.sendAwareness(member.framing.frame { $0.writeAwarenessMessage(AwarenessUpdate(outcome.outdated)) })
    }
    // Nobody else says when a handle of this process goes; other nodes are believed.
    for entry in outcome.accepted where ownPresence[entry.client] != nil { state(entry.client) }
  }

  /// Whether a client was introduced by another member that is still there, or is a handle of this process. A user whose
  /// connection broke without notice may come back over a new one.
  private func belongsToOthers(_ client: ClientID, than member: Member) -> Bool {
    guard member.peer == nil else { return false }
    if ownPresence[client] != nil { return true }
    // Where nobody knows who is who, whoever comes next may be it.
    if let orphan = orphans[client] { return member.subject != orphan.subject }
    guard let owner = presenceOwners[client], owner !== member else { return false }
    return member.subject == nil || member.subject != owner.subject
  }

  /// Ignores states of clients that `member` does not speak for, and tells it how they are.
  private func refuse(_ foreign: [AwarenessEntry], from member: Member) {
    // Stock clients repeat what they have heard, and take clients for gone that they have not heard of.
    let news = foreign.filter { entry in
      guard let clock = awareness.clock(of: entry.client) else { return false }
      return entry.clock > clock || (entry.clock == clock && entry.isRemoval)
    }
    guard !news.isEmpty else { return }
    let clients = Set(news.map(\.client)).sorted()
    let actual = AwarenessUpdate(awareness.update(of: clients).entries.filter { !$0.isRemoval })
    member.sendAwareness(member.framing.frame { $0.writeAwarenessMessage(actual) })
    guard let spoofed = news.first(where: { !$0.isRemoval })?.client else { return }
    member.connection.note(.foreignPresence, "client \(spoofed) is another's")
    // It may be the same client, whose old connection is dead.
    presenceOwners[spoofed]?.connection.probe()
  }

  /// Removes the clients that `member` spoke for last: at once when it has left, and after a while when its connection was
  /// cut, unless they are back by then.
  func removePresence(of member: Member, isCut: Bool = false) {
    let clients = presenceOwners.filter { $0.value === member }.keys.sorted()
    // Who comes and breaks off all the time takes no room from others.
    let hasRoom = orphans.count + clients.count <= environment.limits.awareness.clientsMax / Room.orphanShare
    guard isCut, hasRoom, environment.presenceGrace > .zero, !clients.isEmpty else {
      return forget(clients, awareness.remove(clients, now: now))
    }
    for client in clients {
      presenceOwners[client] = nil
      orphans[client] = Orphan(subject: member.subject)
    }
    keepOrphans(clients, for: environment.presenceGrace)
  }

  private func keepOrphans(_ clients: [ClientID], for delay: TimeAmount) {
    let deadline = eventLoop.now + delay
    for client in clients { orphans[client]?.deadline = deadline }
    // It holds the room, but not for long.
    _ = executor.schedule(in: delay) { self.removeOrphans() }
  }

  private func removeOrphans() {
    let clients = orphans.filter { $0.value.deadline <= eventLoop.now }.keys.sorted()
    for client in clients { orphans[client] = nil }
    if !isClosed { forget(clients, awareness.remove(clients, now: now)) }
  }

  /// Keeps clients whose connection was cut when somebody says of them again what they said before it, as they do when they
  /// are back. So does a stock client of what it hears, so it is known that they are back only when they say something new,
  /// which they do soon.
  private func keepOrphans(_ entries: [AwarenessEntry]) {
    guard !orphans.isEmpty else { return }
    let repeated = entries.filter { entry in
      !entry.isRemoval && orphans[entry.client] != nil && awareness.clock(of: entry.client) == entry.clock
    }
    if !repeated.isEmpty { keepOrphans(repeated.map(\.client), for: Room.orphanRenewal) }
  }

  /// Of so many clients of which a room knows, one may be cut off and waited for.
  private static let orphanShare = 4
  /// In which time a client that is back says something new.
  private static let orphanRenewal = TimeAmount.milliseconds(Int64(Awareness.renewalMilliseconds) + 5_000)

  /// Repeats what this process says of itself when it is due, and removes clients that have been silent for too long.
  func checkPresence() {
    for (client, own) in ownPresence where now - own.statedAt >= Awareness.renewalMilliseconds { state(client) }
    let removal = awareness.removeOutdated(now: now)
    forget(removal.entries.map(\.client), removal)
  }

  private func forget(_ clients: [ClientID], _ removal: AwarenessUpdate) {
    for client in clients {
      presenceOwners[client] = nil
      orphans[client] = nil
    }
    broadcastAwareness(of: removal.entries.map(\.client))
  }
}

// MARK: Telling

extension Room {
  /// A client whose connection was cut, and that may come back over another one.
  struct Orphan {
    /// When it is taken for gone.
    var deadline = NIODeadline.distantFuture
    /// Who it is, when that is known: nobody else is taken for it.
    let subject: String?
  }

  /// Frames with presence that a room sends in a second, about; and how long a state may wait for that.
  private static let presenceFramesPerSecond: Int64 = 10_000
  private static let presenceDelayMax = TimeAmount.milliseconds(100)

  /// Tells everybody how clients are: at once, or, where many are there to be told, together with what else comes within a
  /// moment. What comes twice within it is told once.
  ///
  /// - Parameter sender: Who said so; of nodes, it is not told again.
  private func broadcastAwareness(of clients: [ClientID], from sender: Member? = nil) {
    guard !clients.isEmpty else { return }
    for client in clients { untoldPresence[client] = sender?.peer == nil ? .some(nil) : .some(sender) }
    guard presenceFlush == nil else { return }
    let now = eventLoop.now
    guard presenceDue > now else { return tellPresence() }
    presenceFlush = executor.schedule(in: presenceDue - now) {
      self.presenceFlush = nil
      if self.isOpen { self.tellPresence() }
    }
  }

  private func tellPresence() {
    let told = untoldPresence
    untoldPresence = [:]
    let delay = TimeAmount.nanoseconds(Int64(subscribers.count) * 1_000_000_000 / Room.presenceFramesPerSecond)
    presenceDue = eventLoop.now + min(delay, Room.presenceDelayMax)
    if !presence.isEmpty { presence.send(awareness.values) }
    var message = ByteWriter()
    message.writeAwarenessMessage(awareness.update(of: told.keys.sorted()))
    message.withBytes { bytes in
      var broadcast = Broadcast(bytes)
      subscribers.sendAwareness(&broadcast)
      for peer in peers.members { tellPresence(told, to: peer, &broadcast) }
    }
    // Peers that have the room open no more hear of presence by opening it.
    if awareness.count > 0 { environment.onChange(self) }
  }

  /// Tells a node all that it has not said itself.
  private func tellPresence(_ told: [ClientID: Member?], to peer: Member, _ broadcast: inout Broadcast) {
    let news = told.filter { $0.value != peer }
    if news.count == told.count { return peer.sendAwareness(broadcast.frame(peer.framing)) }
    guard !news.isEmpty else { return }
    let update = awareness.update(of: news.keys.sorted())
    peer.sendAwareness(peer.framing.frame { $0.writeAwarenessMessage(update) })
  }
}

// MARK: This process

extension Room {
  /// What a handle of this process says of itself.
  struct OwnPresence {
    let state: [UInt8]
    /// In milliseconds, as ``Room/now``.
    var statedAt: UInt64
  }

  /// Says what `client`, a handle of this process, is about; nil when it leaves.
  func setPresence(_ state: [UInt8]?, of client: ClientID) {
    guard isOpen else { return }
    if let state {
      ownPresence[client] = OwnPresence(state: state, statedAt: now)
      self.state(client)
      startPresenceCheck()
    } else if ownPresence.removeValue(forKey: client) != nil {
      let clock = awareness.clock(of: client) ?? 0
      let removal = AwarenessUpdate([.removal(of: client, clock: clock + 1)])
      broadcastAwareness(of: awareness.apply(removal, now: now).accepted.map(\.client))
      stopPresenceCheckIfUnused()
    }
  }

  private func state(_ client: ClientID) {
    guard let state = ownPresence[client]?.state else { return }
    ownPresence[client]?.statedAt = now
    let clock = awareness.clock(of: client) ?? 0
    let update = AwarenessUpdate([AwarenessEntry(client: client, clock: clock + 1, state: state)])
    broadcastAwareness(of: awareness.apply(update, now: now).accepted.map(\.client))
  }
}

// MARK: Checking

extension Room {
  func startPresenceCheck() {
    guard presenceCheck == nil else { return }
    let interval = TimeAmount.milliseconds(Int64(Awareness.checkMilliseconds))
    presenceCheck = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
      guard let self else { return }
      executor.run { self.checkPresence() }
    }
  }

  /// Ends the check when nobody is left to hear of its outcome.
  func stopPresenceCheckIfUnused() {
    guard subscribers.count == 0, peers.isEmpty, ownPresence.isEmpty else { return }
    presenceCheck?.cancel()
    presenceCheck = nil
  }
}
