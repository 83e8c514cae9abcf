import Foundation
import SyncNode

/// What `/statusz` says of a node.
struct StatusReport: Encodable {
  struct Link: Encodable {
    let address: String
    /// connecting, syncing, synced, offline, refused or stopped.
    let state: String
    let peer: String?
    let reason: String?
    let retryAfterSeconds: Double?
  }

  struct Room: Encodable {
    let room: String
    let peer: String
    let isConnected: Bool
    let ahead: Int64
    let behind: UInt64
  }

  let node: String
  let isReady: Bool
  /// Why nothing is stored; absent while it is.
  let storeFailure: String?
  let rooms: Int
  /// Bytes of memory that they take, about.
  let roomMemory: Int
  let links: [Link]
  let replication: [Room]
  /// Connections that others have made.
  let connections: Int
  let refusals: [String: Int]
  let slowdowns: [String: Int]
  /// Over TLS: when the certificate ends.
  let certificateExpiry: Date?

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
