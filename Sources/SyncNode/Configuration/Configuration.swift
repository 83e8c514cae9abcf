import CoreMetrics
import Logging
import NIOCore
import NIOPosix
import Tracing

extension Node {
  /// How a ``Node`` is set up. The defaults suit one machine and trusted peers.
  public struct Configuration: Sendable {
    /// Where documents are kept.
    public enum Store: Equatable, Sendable {
      /// In the SQLite file at a path, which is created if need be.
      case file(String)
      /// In memory, for as long as the process runs; no room is ever unloaded.
      case ephemeral
    }

    /// Where documents are kept.
    public var store: Store
    /// What a power cut may cost.
    public var durability = Durability.full
    /// What peers may ask for.
    public var limits = Limits()
    /// When a document's log is folded into a snapshot.
    public var compaction = Compaction()
    /// How long the store keeps who wrote what and when, with what was deleted since; nil for ever. Older entries are
    /// folded into one, the next time a document's log is folded.
    public var history: Duration?
    /// How long a room that nobody is in stays loaded.
    public var roomIdle = Duration.seconds(30)
    /// How long a client stays present whose connection was cut, so that others do not see it leave and come when it
    /// reconnects at once. One that closes its connection itself is gone at once.
    public var presenceGrace = Duration.seconds(10)
    /// The nodes to keep links to, and which rooms go over each.
    public var peers: [Peer] = []
    /// How often a room compares itself with each peer node, give or take half, so that what got lost without a trace is
    /// found.
    public var peerCheckInterval = Duration.seconds(60)
    /// How often a silent connection is asked whether it still lives; it is closed when it does not answer until the next
    /// time.
    public var pingInterval = Duration.seconds(30)
    /// How long a connection may wait, when the node stops, to hear that what came over it is stored.
    public var drainTimeout = Duration.seconds(5)
    /// The threads that rooms and connections live on.
    public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    /// Who decides who may do what; nil lets everybody do everything.
    public var authorizer: (any Authorizer)?
    /// The web pages that may connect; nil for those of this machine and those that come from the host that they connect to.
    public var allowedOrigins: [OriginPattern]?
    /// The proxies that are believed what they say of whom they connect for.
    public var trustedProxies: [AddressRange] = []
    /// The application's own categories of notifications, beside those that are built in.
    public var notificationCategories: Set<NotificationCategory> = []
    /// What is told of who does what in projects.
    public var activity = Activity()
    /// What the application does when something happens in a room.
    public var hooks = Hooks()
    /// The users who are notified when an alert of this node fires or resolves.
    public var alertRecipients: [String] = []
    /// Where the node hands on what it measures, beside ``Node/metrics``; nil for nowhere.
    public var metricsFactory: (any MetricsFactory)?
    /// When the node alerts; nil for ``AlertRule/defaults(for:)``. Rules that make no sense are for
    /// ``AlertRule/check(_:)`` to find.
    public var alertRules: [AlertRule]?
    /// Who is told of spans: of documents that are loaded and changes that are committed; nil for the process' tracer.
    public var tracer: (any Tracer)?
    /// Where the node tells of itself. Lines about a connection have its number (`connection`), as ``Node/connections()`` has, its
    /// address (`peer`), and, where they are known, `room` and `user`.
    public var logger = Logger(label: "sync-node")

    /// Whether the node measures how late it is and how much it holds.
    var measuresHealth = true
    /// Where identifiers and waits are drawn from.
    var randomNumbers = RandomSource.system
    /// What time it is for people.
    var wallClock = WallClock.system
    /// A document that is larger goes over in several messages, each of which shows the peer that we live.
    var answerPartBytes = 256 << 10
    /// What a room handles beside its event loop: messages and documents that have as many bytes.
    var longBytes = 64 << 10
    /// Where that is.
    var worker = RoomExecutor.worker
    /// What goes on over WebSockets instead of rooms; for tests of the protocol below.
    var conversation: (@Sendable (Connection) -> any Conversation)?

    /// Another node to keep a link to.
    public struct Peer: Sendable {
      /// Where it listens.
      public var address: PeerAddress
      /// Which rooms to replicate.
      public var rooms: RoomSelection
      /// Gives what to show there for this node's rights; asked for before each attempt to connect.
      public var token: (@Sendable () async throws -> String)?
      /// Who must vouch for its certificate, when it is dialled over TLS.
      public var trustRoots: TrustRoots
      /// What is shown to it over TLS, when it asks for a certificate.
      public var identity: TLSIdentity?
      /// How long its files for TLS are not looked at again.
      var reloadInterval = Duration.seconds(5)

      /// A link to the node at `address`.
      public init(_ address: PeerAddress, rooms: RoomSelection = .all, trustRoots: TrustRoots = .system) {
        self.address = address
        self.rooms = rooms
        self.trustRoots = trustRoots
      }
    }

    /// A configuration with documents in `store`.
    public init(store: Store) { self.store = store }
  }
}

/// What a commit waits for.
public enum Durability: String, CaseIterable, Sendable {
  /// The disk: an acknowledged update survives a power cut (SQLite's `synchronous=FULL`).
  case full
  /// The operating system: an acknowledged update survives the end of the process, but the last ones may be lost in a
  /// power cut (SQLite's `synchronous=NORMAL`).
  case normal
}

/// When a document's log is folded into a snapshot: at so many updates, or at so many bytes once the log is as large as
/// the snapshot it follows, so that a document is not rewritten for little.
public struct Compaction: Equatable, Sendable {
  /// Updates in the log.
  public var updatesMax = 10_000
  /// Bytes in the log.
  public var bytesMax = 1 << 20

  /// The defaults: 10,000 updates or 1 MiB.
  public init() {}
}
