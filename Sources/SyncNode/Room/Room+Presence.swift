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
    for entry in outcome.accepted { presenceOwners[entry.client] = entry.isRemoval ? nil : owner }
    // To the sender too: stock clients take a connection for dead when nothing comes back for 30 seconds.
    broadcastAwareness(AwarenessUpdate(outcome.accepted), exceptPeer: member)
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

  /// Removes the clients that `member` spoke for last.
  func removePresence(of member: Member) {
    let clients = presenceOwners.filter { $0.value === member }.keys.sorted()
    forget(clients, awareness.remove(clients, now: now))
  }

  /// Repeats what this process says of itself when it is due, and removes clients that have been silent for too long.
  func checkPresence() {
    for (client, own) in ownPresence where now - own.statedAt >= Awareness.renewalMilliseconds { state(client) }
    let removal = awareness.removeOutdated(now: now)
    forget(removal.entries.map(\.client), removal)
  }

  private func forget(_ clients: [ClientID], _ removal: AwarenessUpdate) {
    for client in clients { presenceOwners[client] = nil }
    broadcastAwareness(removal)
  }

  private func broadcastAwareness(_ update: AwarenessUpdate, exceptPeer sender: Member? = nil) {
    guard !update.isEmpty else { return }
    if !presence.isEmpty { presence.send(awareness.values) }
    var message = ByteWriter()
    message.writeAwarenessMessage(update)
    message.withBytes { bytes in
      var broadcast = Broadcast(bytes)
      subscribers.sendAwareness(&broadcast)
      for peer in peers.members where peer != sender { peer.sendAwareness(broadcast.frame(peer.framing)) }
    }
    // Peers that have the room open no more hear of presence by opening it.
    if awareness.count > 0 { environment.onChange(self) }
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
      broadcastAwareness(AwarenessUpdate(awareness.apply(removal, now: now).accepted))
      stopPresenceCheckIfUnused()
    }
  }

  private func state(_ client: ClientID) {
    guard let state = ownPresence[client]?.state else { return }
    ownPresence[client]?.statedAt = now
    let clock = awareness.clock(of: client) ?? 0
    let update = AwarenessUpdate([AwarenessEntry(client: client, clock: clock + 1, state: state)])
    broadcastAwareness(AwarenessUpdate(awareness.apply(update, now: now).accepted))
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
