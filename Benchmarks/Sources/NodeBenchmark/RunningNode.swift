import Foundation
import Logging
import SyncNode

/// A node of this process that listens on free ports of this machine.
final class RunningNode: Sendable {
  let node: Node
  /// For clients, and for nodes over WebSocket.
  let port: Int
  /// For nodes over TCP.
  let peerPort: Int
  private let listeners: [Task<Void, any Error>]

  /// - Parameters:
  ///   - store: The path of the store.
  ///   - peers: The nodes to keep links to.
  ///   - authorizer: Who decides who may do what.
  ///   - clientCount: How many clients come from this machine, all of which are let in.
  init(
    store: String, peers: [PeerAddress] = [], authorizer: (any Authorizer)? = nil, clientCount: Int = 0
  ) async throws {
    var configuration = Node.Configuration(store: .file(store))
    configuration.logger.logLevel = .critical
    configuration.authorizer = authorizer
    configuration.limits.connectionsPerAddressMax = max(
      configuration.limits.connectionsPerAddressMax, clientCount + 10)
    configuration.peers = peers.map { Node.Configuration.Peer($0) }
    let node = try Node(configuration)
    let address = try ListenAddress(port: 0)
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let listener = WebSocketListener(node: node, address: address) { listening.yield($0) }
    var iterator = ports.makeAsyncIterator()
    let clients = Task { try await listener.run() }
    port = await iterator.next() ?? 0
    let peerListener = PeerListener(node: node, address: address) { listening.yield($0) }
    let others = Task { try await peerListener.run() }
    peerPort = await iterator.next() ?? 0
    self.node = node
    listeners = [clients, others]
  }

  /// Where other nodes reach this one: `tcp` or `ws`.
  func address(_ scheme: String) throws -> PeerAddress {
    try PeerAddress("\(scheme)://127.0.0.1:\(scheme == "tcp" ? peerPort : port)")
  }

  func stop() async {
    for listener in listeners { listener.cancel() }
    await node.stop()
  }
}

/// Runs `body` with a folder that is deleted afterwards.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("node-benchmark-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try await body(folder)
}

/// Polls `condition` until it holds.
///
/// - Throws: ``WrongResult`` when it does not within two minutes.
func until(_ what: String, _ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(120)
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(5))
  }
  throw WrongResult(description: "waited in vain for \(what)")
}
