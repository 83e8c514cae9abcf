import Configuration
import Logging
import SyncNode

/// An option of `serve` that may also be chosen in the environment or in a file.
struct Setting: Sendable {
  /// The part of a configuration file that it stands in.
  enum Section: String, CaseIterable {
    case listen, tls, peers, access, storage, feeds, process
  }

  /// What it takes.
  enum Kind {
    case text, number, flag, list

    /// What a value of it must be, for messages.
    var expectation: String {
      switch self {
      case .text: "a text"
      case .number: "a whole number"
      case .flag: "true or false"
      case .list: "an array of texts"
      }
    }

    var type: ConfigType {
      switch self {
      case .text: .string
      case .number: .int
      case .flag: .bool
      case .list: .stringArray
      }
    }
  }

  /// What holds.
  enum Value: Encodable {
    case text(String?)
    case number(Int?)
    case flag(Bool)
    case list([String])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .number(let number): try container.encode(number)
      case .flag(let isOn): try container.encode(isOn)
      case .list(let elements): try container.encode(elements)
      }
    }

    /// The value for people; a dash where there is none.
    var description: String {
      switch self {
      case .text(let text): text ?? "-"
      case .number(let number): number.map { "\($0)" } ?? "-"
      case .flag(let isOn): "\(isOn)"
      case .list(let elements): elements.isEmpty ? "-" : elements.joined(separator: ", ")
      }
    }
  }

  /// The option's long name, which is its name in a file, too.
  let name: String
  let section: Section
  let kind: Kind
  /// What a command line has for it.
  let value: @Sendable (any RelayCommand) -> Value

  private init(
    _ name: String, _ section: Section, _ kind: Kind, _ value: @escaping @Sendable (any RelayCommand) -> Value
  ) {
    self.name = name
    self.section = section
    self.kind = kind
    self.value = value
  }

  /// Its place in a file, as in `listen.tcp-port`.
  var place: String { "\(section.rawValue).\(name)" }

  /// What it is asked for by.
  var key: AbsoluteConfigKey { AbsoluteConfigKey(["syncctl", name]) }

  /// Its variable in the environment, which the environment's provider makes of the key.
  var variable: String { "SYNCCTL_\(name.uppercased().replacing("-", with: "_"))" }

  /// The setting of a name.
  static func named(_ name: String) -> Setting? { table.first { $0.name == name } }
}

extension Setting {
  /// All settings, in the order of `syncctl serve --help`.
  static let table: [Setting] = [
    Setting("host", .listen, .text) { .text($0.listening.host) },
    Setting("port", .listen, .number) { .number(Int($0.listening.port)) },
    Setting("tcp-port", .listen, .number) { .number($0.listening.tcpPort.map { Int($0) }) },
    Setting("allow-remote-without-auth", .listen, .flag) { .flag($0.listening.allowRemoteWithoutAuth) },
    Setting("allow-remote-without-tls", .listen, .flag) { .flag($0.listening.allowRemoteWithoutTLS) },
    Setting("behind-proxy", .listen, .flag) { .flag($0.listening.behindProxy) },
    Setting("trusted-proxy", .listen, .list) { .list($0.listening.trustedProxies.map(\.description)) },
    Setting("allow-origin", .listen, .list) { .list($0.listening.allowedOrigins.map(\.description)) },
    Setting("ping-interval", .listen, .number) { .number($0.listening.pingIntervalSeconds) },
    Setting("no-dashboard", .listen, .flag) { .flag($0.listening.hasNoDashboard) },

    Setting("tls-certificate", .tls, .text) { .text($0.tls.certificateFile) },
    Setting("tls-key", .tls, .text) { .text($0.tls.privateKeyFile) },
    Setting("tls-client-roots", .tls, .text) { .text($0.tls.clientRootsFile) },

    Setting("peer", .peers, .list) { .list($0.peering.peers.map(\.description)) },
    Setting("peer-token-file", .peers, .text) { .text($0.peering.tokenFile) },
    Setting("peer-rooms", .peers, .list) { .list($0.peering.roomPatterns) },
    Setting("peer-rooms-in-use", .peers, .flag) { .flag($0.peering.onlyRoomsInUse) },
    Setting("peer-certificate", .peers, .text) { .text($0.peering.peerCertificateFile) },
    Setting("peer-key", .peers, .text) { .text($0.peering.peerKeyFile) },
    Setting("peer-trust-roots", .peers, .text) { .text($0.peering.trustRootsFile) },

    Setting("jwt-secret", .access, .text) { .text($0.access.keys.secretFile) },
    Setting("jwt-public-key", .access, .text) { .text($0.access.keys.publicKeyFile) },
    Setting("jwt-key-set", .access, .text) { .text($0.access.keys.keySetFile) },
    Setting("jwt-audience", .access, .text) { .text($0.access.keys.audience) },
    Setting("jwt-issuer", .access, .text) { .text($0.access.keys.issuer) },
    Setting("jwt-private-key", .access, .text) { .text($0.access.privateKeyFile) },
    Setting("jwt-key-id", .access, .text) { .text($0.access.keyID) },
    Setting("jwt-revoked", .access, .text) { .text($0.access.revocationFile) },

    Setting("store", .storage, .text) { .text($0.storage.file) },
    Setting("ephemeral", .storage, .flag) { .flag($0.storage.ephemeral) },
    Setting("durability", .storage, .text) { .text($0.storage.durability.rawValue) },
    Setting("compact-after", .storage, .number) { .number($0.storage.compactionUpdates) },
    Setting("history-days", .storage, .number) { .number($0.history.days) },

    Setting("alert-rules", .feeds, .text) { .text($0.alerting.rulesFile) },
    Setting("alert-user", .feeds, .list) { .list($0.alerting.recipients) },
    Setting("webhooks", .feeds, .text) { .text($0.webhooks.file) },
    Setting("notification-category", .feeds, .list) { .list($0.notifications.categories) },
    Setting("activity-rooms", .feeds, .list) { .list($0.activity.rooms) },
    Setting("no-activity", .feeds, .flag) { .flag($0.activity.isOff) },
    Setting("activity-days", .feeds, .number) { .number($0.activity.days) },
    Setting("activity-index-days", .feeds, .number) { .number($0.activity.indexDays) },
    Setting("activity-grace", .feeds, .number) { .number($0.activity.graceSeconds) },

    Setting("stop-timeout", .process, .number) { .number($0.process.stopTimeoutSeconds) },
    Setting("log-level", .process, .text) { .text($0.process.logLevel.rawValue) },
  ]
}
