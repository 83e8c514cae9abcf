import CRDT

extension Room {
  /// How far each node that has the room open is. To be run by the room's executor.
  func replication() -> [Replication] {
    peers.members.compactMap { member in
      guard let progress = peers[member], let peer = member.peer else { return nil }
      return Replication(
        room: name, peer: peer.id, isConnected: true,
        ahead: member.takesDeltas ? journal.lastSequence - progress.acknowledgedSequence : 0, behind: progress.behind)
    }
  }
}
