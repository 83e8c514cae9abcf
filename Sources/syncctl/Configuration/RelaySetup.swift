import Logging
import SyncJWT
import SyncNode
import SyncWebhooks

/// What a relay is to be, with all files read that it needs, before it opens its store and its ports.
struct RelaySetup {
  /// Who it is over TLS; nil without.
  let identity: TLSIdentity?
  /// Who decides who may do what; nil when everybody may do everything.
  let authorizer: TokenAuthorizer?
  /// Who makes tokens for administrators; nil where nobody can.
  let tokenIssuer: TokenMint?
  /// Who is told over HTTP of what happens; nil for nobody.
  let webhooks: [Webhook]?
  let configuration: Node.Configuration
  let address: ListenAddress
  /// Where it listens for other relays; nil for nowhere.
  let tcpAddress: ListenAddress?

  /// - Throws: ``Failure`` when a file cannot be used, a limit makes no sense or the relay may not listen where it is to.
  init(_ command: some RelayCommand, logger: Logger) async throws {
    let identity = try command.tls.identity(logger: logger)
    let authorizer = try await command.access.authorizer()
    self.identity = identity
    self.authorizer = authorizer
    tokenIssuer = try await command.access.tokenIssuer()
    webhooks = try command.webhooks.webhooks()

    var configuration = Node.Configuration(store: command.storage.file.map { .file($0) } ?? .ephemeral)
    configuration.authorizer = authorizer
    configuration.limits = try command.limitOptions.limits()
    configuration.logger = logger
    configuration.drainTimeout = .seconds(command.process.stopTimeoutSeconds) / 2
    configuration.peers = try command.peering.peers(identity: identity, logger: logger)
    command.listening.configure(&configuration)
    command.storage.configure(&configuration)
    configuration.history = command.history.duration
    try command.alerting.configure(&configuration)
    command.notifications.configure(&configuration)
    command.activity.configure(&configuration)
    self.configuration = configuration

    let (hasAuthorizer, isEncrypted) = (authorizer != nil, identity != nil)
    address = try command.listening.address(
      port: command.listening.port, hasAuthorizer: hasAuthorizer, isEncrypted: isEncrypted)
    tcpAddress = try command.listening.tcpPort.map { port in
      try command.listening.address(
        port: port, hasAuthorizer: hasAuthorizer || command.tls.clientRootsFile != nil, isEncrypted: isEncrypted,
        isForNodes: true)
    }
  }
}
