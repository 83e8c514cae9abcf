import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SyncHTTP
import SyncNode
import UnixSignals

/// Runs a relay until it is told to stop.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a relay for clients that speak the protocol of y-websocket or of Hocuspocus.",
    discussion: """
      Clients of y-websocket's protocol connect to ws://HOST:PORT/ROOM, those of Hocuspocus' to ws://HOST:PORT/ for
      any number of rooms. When they can, one line on stdout says so:
        listening http://HOST:PORT ws://HOST:PORT store=PATH
      with store=- for --ephemeral. Everything else goes to stderr. SIGTERM or SIGINT stops the relay cleanly.
      """)

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 takes a free one.")
  var port: UInt16 = 8787

  @Option(
    name: .customLong("store"),
    help: "The SQLite file for the documents, created if need be. (default: \(StoreOptions.defaultPath))")
  var path: String?

  @Flag(help: "Keep documents in memory only.")
  var ephemeral = false

  @Option(
    help: ArgumentHelp("What an acknowledged update survives: full, a power cut; normal, the end of the process."))
  var durability = Durability.full

  @Option(help: "The least severe messages to log: trace, debug, info, notice, warning, error or critical.")
  var logLevel = Logger.Level.info

  @Flag(help: "Listen on an address that other machines reach, although anybody can then read and change everything.")
  var allowRemoteWithoutAuth = false

  func validate() throws {
    if ephemeral, path != nil { throw ValidationError("--store and --ephemeral exclude each other") }
  }

  func run() async throws {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "syncctl")
    logger.logLevel = logLevel

    let address = try address()
    let node = try node(logger: logger)
    let store = ephemeral ? "-" : path ?? StoreOptions.defaultPath
    let server = HTTPServer(node: node, address: address) { port in
      let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      Output.line("listening http://\(authority) ws://\(authority) store=\(store)")
    }
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: node), .init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch {
      throw Failure(.unreachable, "cannot listen on \(host):\(port) (\(error)): choose another --host or --port")
    }
  }

  private func address() throws -> ListenAddress {
    do {
      return try ListenAddress(
        host: host, port: Int(port), allowsRemoteWithoutAuthentication: allowRemoteWithoutAuth)
    } catch {
      throw Failure(.refused, "\(error): keep to 127.0.0.1, or pass --allow-remote-without-auth")
    }
  }

  private func node(logger: Logger) throws -> Node {
    var configuration = Node.Configuration(store: ephemeral ? .ephemeral : .file(path ?? StoreOptions.defaultPath))
    configuration.durability = durability
    configuration.logger = logger
    do {
      return try Node(configuration)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}

extension Durability: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
