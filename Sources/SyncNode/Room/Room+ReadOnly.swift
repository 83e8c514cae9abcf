import CRDT

// What goes on while the store takes no writes: everybody reads, and nothing is taken that could not be stored. Clients keep
// what they write meanwhile, as they do without a connection, and are asked for it afterwards. All of this is run by the
// room's executor, with the room open.

extension Room {
  /// Whether the store takes no writes.
  var isReadOnly: Bool { environment.store.writability.failure != nil }

  /// Why a change of this process is not made; nil when it may be.
  var refusalOfChanges: RoomError? {
    environment.store.writability.failure.map { RoomError(room: name, reason: "the store takes no writes: \($0)") }
  }

  /// Notes that a member has something that is still to be asked for.
  ///
  /// - Parameter updates: How many messages it waits to hear of.
  func postpone(_ member: Member, updates: Int) { postponed[member, default: 0] += updates }

  /// Asks for all that was not taken, now that it can be stored. Callable from anywhere.
  func resumeWriting() {
    whenOpen { error in
      guard error == nil else { return }
      for member in self.subscribers.all {
        guard let updates = self.postponed[member] else { continue }
        if member.acknowledgement == .echo, updates > 0 {
          // It waits for each of its updates to come back, and they are not known here.
          member.connection.close(.tryAgainLater, "the store takes writes again: synchronise anew")
        } else {
          self.askForMissing(member)
        }
      }
      for member in self.peers.members where member.access >= .write {
        self.peers[member]?.isAsking = false
        self.sendState(to: member, wantsAnswer: true)
      }
    }
  }
}
