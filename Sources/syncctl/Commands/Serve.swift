import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SyncHTTP
import SyncJWT
import SyncNode
import Synchronization
import UnixSignals

/// Runs a relay until it is told to stop.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a relay for clients that speak the protocol of y-websocket or of Hocuspocus.",
    discussion: """
      Clients of y-websocket's protocol connect to ws://HOST:PORT/ROOM, those of Hocuspocus' to ws://HOST:PORT/ for
      any number of rooms. When they can, one line on stdout says so:
        listening http://HOST:PORT ws://HOST:PORT store=PATH
      with tcp://HOST:PORT behind it for --tcp-port, and store=- for --ephemeral. With --tls-certificate and --tls-key
      all ports speak TLS only, and the line says https://, wss:// and tls://. Relays that are linked by --peer keep
      each other's rooms equal, whoever dialled; what is written while a link is down goes over when it is back.
      Everything else goes to stderr. SIGTERM or SIGINT stops the relay cleanly.
      """)

  @OptionGroup var listening: ListenOptions
  @OptionGroup var tls: TLSOptions

  @Option(
    name: .customLong("peer"),
    help: ArgumentHelp(
      "Another relay to link to: wss://HOST:PORT or tls://HOST:PORT, or unencrypted ws:// or tcp://. May be repeated.",
      valueName: "address"))
  var peers: [PeerAddress] = []

  @Option(
    name: .customLong("peer-token-file"),
    help: ArgumentHelp(
      "The file with the token to show to peers that ask for one; it is read anew for each attempt to connect.",
      valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .customLong("peer-rooms"),
    help: "Which rooms the links replicate: names in which * stands for anything. May be repeated. (default: all)")
  var roomPatterns: [String] = []

  @Flag(name: .customLong("peer-rooms-in-use"), help: "Let the links replicate only rooms that clients have open here.")
  var onlyRoomsInUse = false

  @OptionGroup(title: "Access") var access: AccessOptions

  @Option(
    name: .customLong("ping-interval"),
    help: ArgumentHelp(
      "How often a silent connection is asked whether it lives; it is closed when it has not answered by the next time.",
      valueName: "seconds"))
  var pingIntervalSeconds = 30

  @Option(
    name: .customLong("store"),
    help: "The SQLite file for the documents, created if need be. (default: \(StoreOptions.defaultPath))")
  var path: String?

  @Flag(help: "Keep documents in memory only.")
  var ephemeral = false

  @Option(
    help: ArgumentHelp("What an acknowledged update survives: full, a power cut; normal, the end of the process."))
  var durability = Durability.full

  @Option(
    name: .customLong("stop-timeout"),
    help: ArgumentHelp(
      "How long stopping may take, until all that was received is stored; after that the relay exits with code 1.",
      valueName: "seconds"))
  var stopTimeoutSeconds = 10

  @Option(
    name: .customLong("compact-after"),
    help: ArgumentHelp("How many updates a room's log has when it is folded into a snapshot.", valueName: "updates"))
  var compactionUpdates = Compaction().updatesMax

  @Option(
    name: .customLong("alert-rules"),
    help: ArgumentHelp(
      "A JSON file with the rules by which the relay alerts; see `syncctl alerts`. (default: those for latency, lag, refusals, memory and disk)",
      valueName: "file"))
  var alertRulesFile: String?

  @OptionGroup var history: HistoryOptions
  @OptionGroup var limitOptions: LimitOptions

  @Option(help: "The least severe messages to log: trace, debug, info, notice, warning, error or critical.")
  var logLevel = Logger.Level.info

  func validate() throws {
    if ephemeral, path != nil { throw ValidationError("--store and --ephemeral exclude each other") }
    if onlyRoomsInUse, !roomPatterns.isEmpty {
      throw ValidationError("--peer-rooms and --peer-rooms-in-use exclude each other")
    }
    if tls.trustRootsFile != nil, !peers.contains(where: \.isEncrypted) {
      throw ValidationError("no --peer wss://… or tls://… whose certificate --peer-trust-roots could be for")
    }
    guard (1...86_400).contains(pingIntervalSeconds) else {
      throw ValidationError("--ping-interval is 1 to 86400 seconds")
    }
    guard (1...3600).contains(stopTimeoutSeconds) else { throw ValidationError("--stop-timeout is 1 to 3600 seconds") }
    guard compactionUpdates > 0 else { throw ValidationError("--compact-after is at least 1 update") }
    if tls.peerCertificateFile != nil, !peers.contains(where: \.isEncrypted) {
      throw ValidationError("no --peer wss://… or tls://… to show --peer-certificate to")
    }
    if peers.isEmpty, onlyRoomsInUse || !roomPatterns.isEmpty || tokenFile != nil {
      throw ValidationError("no --peer to replicate with")
    }
  }

  func run() async throws {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "syncctl")
    logger.logLevel = logLevel

    let identity = try tls.identity(logger: logger)
    let authorizer = try await access.authorizer()
    let configuration = try nodeConfiguration(identity, authorizer: authorizer, logger: logger)
    let (hasAuthorizer, isEncrypted) = (authorizer != nil, identity != nil)
    let address = try listening.address(port: listening.port, hasAuthorizer: hasAuthorizer, isEncrypted: isEncrypted)
    let tcpAddress = try listening.tcpPort.map { port in
      try listening.address(
        port: port, hasAuthorizer: hasAuthorizer || tls.clientRootsFile != nil, isEncrypted: isEncrypted,
        isForNodes: true)
    }
    let node = try open(configuration)
    let store = ephemeral ? "-" : path ?? StoreOptions.defaultPath
    let host = listening.hostInURL
    let ports = ListeningPorts(count: tcpAddress == nil ? 1 : 2) { http, tcp in
      let schemes = identity == nil ? ("http", "ws", "tcp") : ("https", "wss", "tls")
      let tcp = tcp.map { " \(schemes.2)://\(host):\($0)" } ?? ""
      Output.line("listening \(schemes.0)://\(host):\(http) \(schemes.1)://\(host):\(http)\(tcp) store=\(store)")
    }
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: node)]
    if let authorizer { services.append(.init(service: TokenReload(of: authorizer, for: node))) }
    if let tcpAddress {
      let listener = PeerListener(node: node, address: tcpAddress, tls: identity) { ports.note(tcp: $0) }
      services.append(.init(service: listener))
    }
    let server = HTTPServer(node: node, address: address, tls: identity) { ports.note(http: $0) }
    services.append(.init(service: server))
    services.append(.init(service: StopDeadline(seconds: stopTimeoutSeconds), successTerminationBehavior: .ignore))
    let group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      throw Failure(
        .unreachable,
        "cannot listen on \(host):\(listening.port) (\(error)): choose another --host, --port or --tcp-port")
    }
  }

  private func nodeConfiguration(
    _ identity: TLSIdentity?, authorizer: TokenAuthorizer?, logger: Logger
  ) throws -> Node.Configuration {
    var configuration = Node.Configuration(store: ephemeral ? .ephemeral : .file(path ?? StoreOptions.defaultPath))
    configuration.durability = durability
    configuration.authorizer = authorizer
    configuration.limits = try limitOptions.limits()
    configuration.logger = logger
    listening.configure(&configuration)
    configuration.pingInterval = .seconds(pingIntervalSeconds)
    configuration.drainTimeout = .seconds(stopTimeoutSeconds) / 2
    configuration.compaction.updatesMax = compactionUpdates
    configuration.history = history.duration
    configuration.alertRules = try alertRulesFile.map { try AlertRulesFile.read($0) }
    let rooms: RoomSelection = onlyRoomsInUse ? .inUse : roomPatterns.isEmpty ? .all : .matching(roomPatterns)
    let trustRoots = try tls.trustRoots()
    let peerIdentity = try tls.peerIdentity(identity, logger: logger)
    configuration.peers = peers.map { address in
      var peer = Node.Configuration.Peer(address, rooms: rooms, trustRoots: trustRoots)
      peer.identity = peerIdentity
      if let tokenFile { peer.token = { try Serve.token(in: tokenFile) } }
      return peer
    }
    return configuration
  }

  private func open(_ configuration: Node.Configuration) throws -> Node {
    do {
      return try Node(configuration)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}

extension Serve {
  /// The only line of a file.
  private static func token(in path: String) throws -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw Failure(.unreachable, "cannot read the token in \(path) (\(error.localizedDescription))")
    }
  }
}

/// The ports that are listened on, told of once all are known.
private final class ListeningPorts: Sendable {
  private struct State {
    var http: Int?
    var tcp: Int?
  }

  private let count: Int
  private let onAll: @Sendable (_ http: Int, _ tcp: Int?) -> Void
  private let state = Mutex(State())

  init(count: Int, onAll: @escaping @Sendable (_ http: Int, _ tcp: Int?) -> Void) {
    self.count = count
    self.onAll = onAll
  }

  func note(http: Int? = nil, tcp: Int? = nil) {
    let known = state.withLock { state in
      state.http = http ?? state.http
      state.tcp = tcp ?? state.tcp
      return state
    }
    if let http = known.http, count == 1 || known.tcp != nil { onAll(http, known.tcp) }
  }
}

extension Durability: ExpressibleByArgument {}

extension PeerAddress: ExpressibleByArgument {
  /// Reads a peer's address; nil when it is none.
  public init?(argument: String) {
    guard let address = try? PeerAddress(argument) else { return nil }
    self = address
  }
}
extension Logger.Level: @retroactive ExpressibleByArgument {}
