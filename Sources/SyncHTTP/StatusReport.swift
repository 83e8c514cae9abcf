import Foundation
import SyncNode

/// What `/statusz` says of a node.
package struct StatusReport: Codable, Sendable {
  /// A connection that the node keeps to another one.
  package struct Link: Codable, Sendable {
    package let address: String
    /// connecting, syncing, synced, offline, refused or stopped.
    package let state: String
    package let peer: String?
    package let reason: String?
    package let retryAfterSeconds: Double?
  }

  /// How far another node is with a room.
  package struct Room: Codable, Sendable {
    package let room: String
    package let peer: String
    package let isConnected: Bool
    package let ahead: Int64
    package let behind: UInt64
  }

  package let node: String
  package let isReady: Bool
  /// Why nothing is stored; absent while it is.
  package let storeFailure: String?
  package let rooms: Int
  /// Bytes of memory that they take, about.
  package let roomMemory: Int
  package let links: [Link]
  package let replication: [Room]
  /// Connections that others have made.
  package let connections: Int
  package let refusals: [String: Int]
  package let slowdowns: [String: Int]
  /// Over TLS: when the certificate ends.
  package let certificateExpiry: Date?

  init(_ node: Node, tls: TLSIdentity?) async throws {
    self.node = "\(node.id)"
    isReady = node.isReady
    storeFailure = node.storeFailure?.description
    rooms = node.roomCount
    roomMemory = node.roomMemoryBytes
    links = node.links.map { Link($0) }
    replication = try await node.replication().map {
      Room(room: $0.room, peer: "\($0.peer)", isConnected: $0.isConnected, ahead: $0.ahead, behind: $0.behind)
    }
    connections = node.connectionCount
    slowdowns = Dictionary(uniqueKeysWithValues: node.slowdownCounts.map { ($0.key.rawValue, $0.value) })
    refusals = Dictionary(uniqueKeysWithValues: node.refusalCounts.map { ($0.key.rawValue, $0.value) })
    certificateExpiry = tls?.certificateExpiry
  }
}

extension StatusReport.Link {
  init(_ link: PeerLink) {
    address = "\(link.address)"
    var (reason, wait): (String?, Duration?) = (nil, nil)
    let state = link.state
    switch state {
    case .connecting: self.state = "connecting"
    case .syncing: self.state = "syncing"
    case .synced: self.state = "synced"
    case .offline(let why, let delay): (self.state, reason, wait) = ("offline", why, delay)
    case .refused(let why, let delay): (self.state, reason, wait) = ("refused", why, delay)
    case .stopped: self.state = "stopped"
    }
    peer = link.peer.map { "\($0)" }
    self.reason = reason
    retryAfterSeconds = wait.map { Double($0.components.seconds) + Double($0.components.attoseconds) / 1e18 }
  }
}
