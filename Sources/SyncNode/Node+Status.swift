import CRDT
import NIOCore

/// How a room is replicated with another node.
public struct Replication: Equatable, Sendable {
  /// The room's name.
  public let room: String
  /// The other node.
  public let peer: PeerID
  /// Whether the room is open with it; else it is away, or has all, or does not replicate the room.
  public let isConnected: Bool
  /// Updates of this node's log that the other is not known to have stored: the offline queue.
  public let ahead: Int64
  /// Units that the other node was last heard to have and that are not here.
  public let behind: UInt64
}

extension Node {
  /// How far other nodes are, in each room that is open with them and in each that they are not known to have all of.
  ///
  /// - Throws: ``StoreError`` when the store cannot be read.
  public func replication() async throws -> [Replication] {
    var open: [Replication] = []
    for room in rooms.all { open += try await room.executor.submit { room.replication() }.get() }
    let known = Set(open.map { Pair(room: NameKey($0.room), peer: "\($0.peer)") })
    let queues = try await withCheckedThrowingContinuation { continuation in
      store.queues { continuation.resume(with: $0) }
    }
    let away = queues.compactMap { queue -> Replication? in
      guard !known.contains(Pair(room: NameKey(queue.room), peer: queue.peer)),
        let peer = PeerID(hexadecimal: queue.peer)
      else {
        return nil
      }
      return Replication(room: queue.room, peer: peer, isConnected: false, ahead: queue.updates, behind: 0)
    }
    return (open + away).sorted { ($0.room, $0.peer.description) < ($1.room, $1.peer.description) }
  }

  private struct Pair: Hashable {
    let room: NameKey
    let peer: String
  }

  /// How many rooms are loaded.
  public var roomCount: Int { rooms.count }

  /// About how many bytes of memory loaded rooms take.
  public var roomMemoryBytes: Int { rooms.memoryBytes }
}
