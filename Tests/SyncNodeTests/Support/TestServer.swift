import Foundation
import Logging
import ServiceLifecycle
import SyncHTTP
import Synchronization
import Testing

@testable import SyncNode

/// What clients connect to.
enum ClientListener: CaseIterable {
  /// A ``WebSocketListener``.
  case webSocket
  /// An ``HTTPServer``.
  case http

  func service(
    _ node: Node, _ address: ListenAddress, _ tls: TLSIdentity?, onListening: @escaping @Sendable (Int) -> Void
  ) -> any Service {
    switch self {
    case .webSocket: WebSocketListener(node: node, address: address, tls: tls, onListening: onListening)
    case .http: HTTPServer(node: node, address: address, tls: tls, onListening: onListening)
    }
  }
}

/// A node with listeners for clients and for nodes on free ports of this machine.
struct TestServer {
  let node: Node
  let port: Int
  let peerPort: Int

  /// Runs `body` with a server, which is stopped at the end however `body` ends.
  static func run(
    _ configuration: Node.Configuration = .quiet(), store: (any UpdateStore)? = nil, tls: TLSIdentity? = nil,
    listener: ClientListener = .webSocket, _ body: (TestServer) async throws -> Void
  ) async throws {
    let node = try store.map { Node(configuration, store: $0) } ?? Node(configuration)
    let address = try ListenAddress(port: 0)
    let port = Mutex<Int?>(nil)
    let peerPort = Mutex<Int?>(nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let listener = listener.service(node, address, tls) { bound in port.withLock { $0 = bound } }
      let peerListener = PeerListener(node: node, address: address, tls: tls) { bound in
        peerPort.withLock { $0 = bound }
      }
      group.addTask { try await listener.run() }
      group.addTask { try await peerListener.run() }
      let result: Result<Void, any Error>
      do {
        let bound = try await eventually("the listener") { port.withLock { $0 } }
        let peerBound = try await eventually("the listener for nodes") { peerPort.withLock { $0 } }
        result = .success(try await body(TestServer(node: node, port: bound, peerPort: peerBound)))
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      try await inTime("the end of the node") { await node.stop() }
      try result.get()
    }
  }

  func connect(_ room: String) async throws -> TestClient { try await TestClient.connect(to: room, port: port) }

  /// Where other nodes reach this one.
  func address(_ scheme: String, host: String = "127.0.0.1") throws -> PeerAddress {
    try PeerAddress("\(scheme)://\(host):\(scheme == "tcp" || scheme == "tls" ? peerPort : port)")
  }
}

extension Node.Configuration {
  /// A configuration that logs what is critical only.
  static func quiet(_ store: Store = .ephemeral) -> Node.Configuration {
    var configuration = Node.Configuration(store: store)
    configuration.logger.logLevel = .critical
    // On a machine busy with other tests everything may take long.
    configuration.limits.unauthenticatedSecondsMax = 60
    // Hundreds of nodes run at the same time, each of which would look at itself all the time.
    configuration.measuresHealth = false
    return configuration
  }

  /// One that measures itself.
  static func measured() -> Node.Configuration {
    var configuration = quiet()
    configuration.measuresHealth = true
    return configuration
  }

  /// A configuration that logs what is critical only, with links to `peers`.
  static func linked(
    to peers: PeerAddress..., rooms: RoomSelection = .all, store: Store = .ephemeral, trustRoots: TrustRoots = .system
  ) -> Node.Configuration {
    var configuration = quiet(store)
    configuration.peers = peers.map { Peer($0, rooms: rooms, trustRoots: trustRoots) }
    return configuration
  }
}

/// A folder that is deleted with the object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("sync-node-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// The names of the files in the folder, in order.
  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// Keeps updates in memory; holds every completion back until it is opened, or fails.
final class GatedStore: UpdateStore {
  private struct State {
    var isOpen: Bool
    var error: StoreError?
    var loadError: StoreError?
    var documents: [String: StoredDocument] = [:]
    var held: [@Sendable () -> Void] = []
    var loads = 0
  }

  private let state: Mutex<State>

  init(isOpen: Bool = true) { state = Mutex(State(isOpen: isOpen)) }

  let nodeID: PeerID = {
    var generator = SystemRandomNumberGenerator()
    return PeerID.random(using: &generator)
  }()
  let writability = Writability()
  var isPersistent: Bool { true }
  var loads: Int { state.withLock { $0.loads } }
  /// How many calls wait for the gate.
  var heldCount: Int { state.withLock { $0.held.count } }

  /// What appends fail with from now on; nil to let them succeed.
  func failAppends(with error: StoreError?) { state.withLock { $0.error = error } }

  /// What loads fail with from now on; nil to let them succeed.
  func failLoads(with error: StoreError?) { state.withLock { $0.loadError = error } }

  /// Holds every completion back from now on.
  func hold() { state.withLock { $0.isOpen = false } }

  /// Lets everything through from now on.
  func open() {
    let held = state.withLock { state in
      state.isOpen = true
      defer { state.held = [] }
      return state.held
    }
    for action in held { action() }
  }

  /// Lets the first call through that waits for the gate.
  func releaseFirst() {
    let first = state.withLock { $0.held.isEmpty ? nil : $0.held.removeFirst() }
    first?()
  }

  private func pass(_ action: @escaping @Sendable () -> Void) {
    let isOpen = state.withLock { state in
      if !state.isOpen { state.held.append(action) }
      return state.isOpen
    }
    if isOpen { action() }
  }

  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void) {
    state.withLock { $0.loads += 1 }
    pass {
      completion(
        self.state.withLock { state in
          if let error = state.loadError { return .failure(error) }
          return .success(state.documents[name] ?? StoredDocument())
        })
    }
  }

  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    pass {
      completion(
        self.state.withLock { state in
          if let error = state.error { return .failure(error) }
          state.documents[record.name, default: StoredDocument()].updates.append(record.bytes)
          state.documents[record.name]?.lastSequence = record.sequence
          return .success(())
        })
    }
  }

  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    completion(.success(()))
  }

  func begin(_ record: EpochRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    pass { completion(.success(())) }
  }

  func copies(of name: String, completion: @escaping @Sendable (Result<[DocumentCopy], StoreError>) -> Void) {
    completion(.success([]))
  }

  func acknowledge(
    _ record: AcknowledgementRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    completion(.success(()))
  }

  func unacknowledged(by peer: PeerID, completion: @escaping @Sendable ([String]) -> Void) { completion([]) }

  func queues(completion: @escaping @Sendable (Result<[PeerQueue], StoreError>) -> Void) { completion(.success([])) }

  func close() async {}

  func updates(of name: String) -> [[UInt8]] { state.withLock { $0.documents[name]?.updates ?? [] } }
}
