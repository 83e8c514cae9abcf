import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SyncHTTP
import SyncJWT
import SyncNode
import SyncWebhooks
import Synchronization
import UnixSignals

/// Runs a relay until it is told to stop.
struct Serve: AsyncParsableCommand, RelayCommand {
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

      What no option says is taken from the environment, else from the file of --config, else it is the default. The \
      variable of --tcp-port is SYNCCTL_TCP_PORT, with commas between values where an option may be repeated, and true or \
      false where it takes no value. The file is JSON with a section for each group of options below, named in lower case:
        {"listen": {"tcp-port": 8788}, "peers": {"peer": ["tls://one.example:8788"], "peer-rooms-in-use": true}}
      Paths in it are relative to the working directory, as they are here. `syncctl config check` tells what holds.
      """)

  @OptionGroup(title: "Listen") var listening: ListenOptions
  @OptionGroup(title: "TLS") var tls: TLSOptions
  @OptionGroup(title: "Peers") var peering: PeerOptions
  @OptionGroup(title: "Access") var access: AccessOptions
  @OptionGroup(title: "Storage") var storage: StorageOptions
  @OptionGroup(title: "Storage") var history: HistoryOptions
  @OptionGroup(title: "Feeds") var alerting: AlertOptions
  @OptionGroup(title: "Feeds") var webhooks: WebhookOptions
  @OptionGroup(title: "Feeds") var notifications: NotificationOptions
  @OptionGroup(title: "Feeds") var activity: ActivityOptions
  @OptionGroup(title: "Process") var process: ProcessOptions
  @OptionGroup var limitOptions: LimitOptions

  func run() async throws {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "syncctl")
    logger.logLevel = process.logLevel

    let setup = try await RelaySetup(self, logger: logger)
    var configuration = setup.configuration
    let webhooks = try openWebhooks(setup, logger: logger)
    webhooks?.listen(to: &configuration.hooks)
    let node = try open(configuration)
    webhooks?.measure(in: node.metrics)
    let store = storage.file ?? "-"
    let host = listening.hostInURL
    let ports = ListeningPorts(count: setup.tcpAddress == nil ? 1 : 2) { http, tcp in
      let schemes = setup.identity == nil ? ("http", "ws", "tcp") : ("https", "wss", "tls")
      let tcp = tcp.map { " \(schemes.2)://\(host):\($0)" } ?? ""
      Output.line("listening \(schemes.0)://\(host):\(http) \(schemes.1)://\(host):\(http)\(tcp) store=\(store)")
    }
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
    // Before the node, whose last events they take when it stops.
    if let webhooks { services.append(.init(service: webhooks)) }
    services.append(.init(service: node))
    if let authorizer = setup.authorizer { services.append(.init(service: TokenReload(of: authorizer, for: node))) }
    if let tcpAddress = setup.tcpAddress {
      let listener = PeerListener(node: node, address: tcpAddress, tls: setup.identity) { ports.note(tcp: $0) }
      services.append(.init(service: listener))
    }
    let server = HTTPServer(
      node: node, address: setup.address, tls: setup.identity, tokens: setup.tokenIssuer, webhooks: webhooks,
      servesDashboard: !listening.hasNoDashboard
    ) { ports.note(http: $0) }
    services.append(.init(service: server))
    let deadline = StopDeadline(seconds: process.stopTimeoutSeconds)
    services.append(.init(service: deadline, successTerminationBehavior: .ignore))
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

  /// Nil where nobody is told of anything.
  private func openWebhooks(_ setup: RelaySetup, logger: Logger) throws -> Webhooks? {
    guard let webhooks = setup.webhooks else { return nil }
    do {
      return try Webhooks(
        webhooks, queue: storage.file.map { Webhooks.queuePath(besideStore: $0) },
        eventLoopGroup: setup.configuration.eventLoopGroup, logger: logger)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  private func open(_ configuration: Node.Configuration) throws -> Node {
    do {
      return try Node(configuration)
    } catch {
      throw Failure(.unreachable, "\(error)")
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
