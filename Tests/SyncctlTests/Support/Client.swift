import Foundation
import Synchronization

/// What a client shows of its document: the roots `text`, `list` and `map`.
struct ClientContent: Codable, Equatable, Sendable {
  var text: String
  var list: [JSON]
  var map: [String: JSON]
}

struct ClientState: Codable, Sendable {
  var clientID: Int
  var isConnected: Bool
  /// Whether the relay has answered what this client lacked.
  var isSynced: Bool
  /// Edits of bursts that are still to be made.
  var unfinished: Int
  /// Updates of bursts that the relay has said to be stored.
  var acknowledgedCount: Int
  /// "code reason" of every connection that ended.
  var closures: [String]
  /// By client id.
  var awareness: [String: JSON]
  /// What a client of Hocuspocus' protocol may do, once the relay has said so.
  var scope: String?
  /// Why the relay refused a client of Hocuspocus' protocol.
  var denials: [String]?
}

struct RawSocketState: Codable, Sendable {
  var isConnected: Bool
  /// Messages received, in hexadecimal.
  var frames: [String]
  var closures: [String]
}

/// Where a stock client of y-websocket has its token.
enum TokenWay: String, CaseIterable, Sendable {
  case parameter, header, subprotocol
}

/// A child process that hosts stock clients and is driven by lines of JSON.
final class ClientHost: Sendable {
  private let process: ChildProcess
  private let requestCount = Mutex(0)

  private init(process: ChildProcess) {
    self.process = process
  }

  /// Yjs with y-websocket's provider, and with one for Hocuspocus' protocol.
  ///
  /// - Parameters:
  ///   - trustRootsFile: What the certificates of servers may be signed by, too.
  ///   - launcher: What runs a command that stands behind it.
  static func yjs(trustRootsFile: String? = nil, launcher: [String] = []) throws -> ClientHost {
    let script = TestFiles.clientsFolder.appending(path: "yjs-client.js").path
    var environment = ["NODE_PATH": TestFiles.nodePath]
    environment["NODE_EXTRA_CA_CERTS"] = trustRootsFile
    return ClientHost(
      process: try ChildProcess(
        URL(filePath: "/usr/bin/env"), launcher + ["node", script], environment: environment))
  }

  /// yrs with pycrdt's provider.
  ///
  /// - Parameters:
  ///   - trustRootsFile: What the certificates of servers must be signed by, instead of what the system trusts.
  ///   - launcher: What runs a command that stands behind it.
  static func pycrdt(trustRootsFile: String? = nil, launcher: [String] = []) throws -> ClientHost {
    let script = TestFiles.clientsFolder.appending(path: "pycrdt_client.py").path
    var environment: [String: String] = [:]
    environment["SSL_CERT_FILE"] = trustRootsFile
    return ClientHost(
      process: try ChildProcess(
        URL(filePath: "/usr/bin/env"), launcher + [TestFiles.python.path, script], environment: environment))
  }

  /// Opens a document `name`, which connects to `room` and stays connected until told otherwise.
  ///
  /// - Parameter token: What is shown for its rights, and how.
  func open(
    _ name: String, at url: String, room: String, awareness: JSON? = nil, token: (way: TokenWay, text: String)? = nil
  ) async throws -> Client {
    let client = Client(host: self, name: name)
    var arguments: [String: JSON] = ["url": .string(url), "room": .string(room)]
    arguments["awareness"] = awareness
    arguments["tokenIn"] = token.map { .string($0.way.rawValue) }
    arguments["token"] = token.map { .string($0.text) }
    try await client.tell("open", arguments)
    return client
  }

  /// Opens a document `name` of ``yjs()`` by Hocuspocus' protocol, over the one socket that all of this host share.
  ///
  /// - Parameter session: Tells two documents of the same room apart.
  func openMultiplexed(
    _ name: String, at url: String, room: String, session: String? = nil, awareness: JSON? = nil, token: String? = nil
  ) async throws -> Client {
    let client = Client(host: self, name: name)
    var arguments: [String: JSON] = ["url": .string(url), "room": .string(room), "isMultiplexed": true]
    arguments["session"] = session.map { .string($0) }
    arguments["token"] = token.map { .string($0) }
    arguments["awareness"] = awareness
    try await client.tell("open", arguments)
    return client
  }

  /// Opens a socket of no protocol.
  func openRawSocket(_ name: String, at url: String, room: String) async throws -> RawSocket {
    let client = Client(host: self, name: name)
    try await client.tell("openRaw", ["url": .string(url), "room": .string(room)])
    return RawSocket(client: client)
  }

  /// What a fresh document of this host's library shows after `update`.
  func load(_ update: Data) async throws -> ClientContent {
    try await ask("load", ["base64": .string(update.base64EncodedString())])
  }

  fileprivate func ask<Value: Decodable>(_ action: String, _ arguments: [String: JSON]) async throws -> Value {
    let id = try requestCount.withLock { count in
      let request = arguments.merging(["id": .number(Double(count)), "do": .string(action)]) { $1 }
      try process.send(JSONEncoder().encode(request))
      defer { count += 1 }
      return count
    }
    // Replies come in the order of the requests, one a line.
    let line = try await eventually("reply \(id) to \(action): \(process.standardError)") { process.line(id) }
    let reply = try JSONDecoder().decode(Reply<Value>.self, from: line)
    guard let value = reply.value else { throw Refused(message: reply.error ?? "no value for \(action)") }
    return value
  }

  private struct Reply<Value: Decodable>: Decodable {
    var error: String?
    var value: Value?
  }

  struct Refused: Error {
    let message: String
  }
}

/// One document of a ``ClientHost`` and its connection.
struct Client: Sendable {
  let host: ClientHost
  let name: String

  func tell(_ action: String, _ arguments: [String: JSON] = [:]) async throws {
    let _: JSON = try await host.ask(action, arguments.merging(["client": .string(name)]) { $1 })
  }

  func insert(_ string: String, at index: Int) async throws {
    try await tell("insertText", ["at": .number(Double(index)), "string": .string(string)])
  }

  func delete(at index: Int, count: Int) async throws {
    try await tell("deleteText", ["at": .number(Double(index)), "count": .number(Double(count))])
  }

  func push(_ value: JSON) async throws { try await tell("push", ["value": value]) }
  func set(_ key: String, _ value: JSON) async throws { try await tell("set", ["key": .string(key), "value": value]) }
  func remove(_ key: String) async throws { try await tell("remove", ["key": .string(key)]) }
  /// Appends to a root array of any name; only clients of ``ClientHost/yjs(trustRootsFile:launcher:)`` do.
  func append(_ value: JSON, to root: String) async throws {
    try await tell("append", ["root": .string(root), "value": value])
  }
  /// What a root array of any name shows; only clients of ``ClientHost/yjs(trustRootsFile:launcher:)`` do.
  func elements(of root: String) async throws -> [JSON] {
    try await host.ask("elements", ["client": .string(name), "root": .string(root)])
  }
  func setAwareness(_ value: JSON) async throws { try await tell("setAwareness", ["value": value]) }
  func connect() async throws { try await tell("connect") }
  func disconnect() async throws { try await tell("disconnect") }

  /// Ends the TCP connection without WebSocket's closing handshake; the client reconnects by itself.
  func cut() async throws { try await tell("cut") }

  /// Starts `count` transactions, as fast as the client makes them; number n also appends "PREFIX-n" to the list.
  func burst(_ prefix: String, count: Int) async throws {
    try await tell("burst", ["prefix": .string(prefix), "count": .number(Double(count))])
  }

  func state() async throws -> ClientState { try await host.ask("state", ["client": .string(name)]) }
  func content() async throws -> ClientContent { try await host.ask("content", ["client": .string(name)]) }

  /// A root array.
  func array(_ root: String) async throws -> [JSON] {
    try await host.ask("array", ["client": .string(name), "root": .string(root)])
  }

  /// Markers of the bursts' updates that the relay has said to be stored.
  func acknowledged() async throws -> [String] { try await host.ask("acknowledged", ["client": .string(name)]) }

  /// Waits until the relay has answered what this client lacked.
  func waitUntilSynced() async throws {
    try await eventually("\(name) is synced") { try await state().isSynced }
  }
}

/// A socket that speaks no protocol.
struct RawSocket: Sendable {
  fileprivate let client: Client

  func send(_ bytes: [UInt8]) async throws {
    let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    try await client.tell("sendRaw", ["hex": .string(hex)])
  }

  func state() async throws -> RawSocketState {
    try await client.host.ask("state", ["client": .string(client.name)])
  }
}

/// Waits until all clients show the same content, and it satisfies `condition`.
@discardableResult
func eventuallyEqual(
  _ clients: [Client], within limit: Duration = .seconds(30), where condition: (ClientContent) -> Bool = { _ in true }
) async throws -> ClientContent {
  var contents: [ClientContent] = []
  return try await eventually("all clients show the same: \(contents)", within: limit) {
    contents = []
    for client in clients { contents.append(try await client.content()) }
    guard let first = contents.first, contents.allSatisfy({ $0 == first }), condition(first) else { return nil }
    return first
  }
}
