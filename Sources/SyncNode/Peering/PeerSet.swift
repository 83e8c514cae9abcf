import Synchronization

/// The conversations with other nodes that are established.
final class PeerSet: Sendable {
  private let conversations = Mutex<[PeerConversation]>([])
  /// How many there are; read at each change of a room.
  private let size = Atomic<Int>(0)

  var count: Int { size.load(ordering: .relaxed) }

  /// The nodes at the other ends that replicate the room `name` whether they use it or not.
  func ids(replicating name: String) -> [PeerID] {
    conversations.withLock { $0.filter { $0.replicates(name) }.map(\.id) }
  }

  /// Adds a conversation whose other end is known, and will not change.
  func insert(_ conversation: PeerConversation) {
    conversations.withLock { conversations in
      conversations.append(conversation)
      size.store(conversations.count, ordering: .relaxed)
    }
  }

  func remove(_ conversation: PeerConversation) {
    conversations.withLock { conversations in
      conversations.removeAll { $0 === conversation }
      size.store(conversations.count, ordering: .relaxed)
    }
  }

  /// Opens a room that got its first user with all peers.
  func noteUse(of room: Room) {
    for conversation in conversations.withLock({ $0 }) { conversation.offer(room.name, isUsed: true) }
  }

  /// Opens a room that has changed with those peers that it is not open with. Called by what the room's executor runs.
  func noteChange(of room: Room) {
    guard room.peers.count < count else { return }
    let open = Set(room.peers.members.compactMap { $0.peer.map { ObjectIdentifier($0) } })
    for conversation in conversations.withLock({ $0 }) where !open.contains(ObjectIdentifier(conversation)) {
      conversation.offer(room.name, isUsed: false)
    }
  }
}
