import CRDT
import Logging
import NIOCore
import NIOPosix

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
    /// How long a room that nobody is in stays loaded.
    public var roomIdle = Duration.seconds(30)
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
    /// What the application does when something happens in a room.
    public var hooks = Hooks()
    /// Where the node tells of itself.
    public var logger = Logger(label: "sync-node")

    /// Where identifiers and waits are drawn from.
    var randomNumbers = RandomSource.system
    /// A document that is larger goes over in several messages, each of which shows the peer that we live.
    var answerPartBytes = 256 << 10
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

/// Bounds on what peers may ask for. Each has a unit in its name.
public struct Limits: Equatable, Sendable {
  /// Bytes of one incoming WebSocket message, over all its fragments. A longer one closes its connection (1009).
  public var messageBytesMax = 32 << 20
  /// Bytes of one connection's messages that are not yet handled and stored. At more, its socket is not read.
  public var unhandledBytesMax = 1 << 20
  /// Bytes that wait to be sent to one connection. At more, it is closed (1013) and has to synchronise anew; awareness
  /// is held back long before.
  public var outgoingBytesMax = 16 << 20
  /// Bytes of a room's name.
  public var roomNameBytesMax = 1024
  /// Documents that one multiplexed connection may have open; more are denied.
  public var documentsPerConnectionMax = 1000
  /// Rooms that another node may have open over one connection on its own account; one more ends the connection (1008).
  public var roomsPerPeerMax = 50_000
  /// Messages that a client may send in a second on average, ten times as many at once. At more, its connection is closed
  /// (1008).
  public var clientMessagesPerSecondMax = 2_000
  /// The same for another node, which speaks for all of its clients.
  public var peerMessagesPerSecondMax = 100_000
  /// Deltas that another node may repeat one after the other without anything new; one more ends the connection (1008).
  public var repeatedDeltasMax = 1_000
  /// What one room remembers of its clients' presence.
  public var awareness = Awareness.Limits()
  /// Seconds from the start of a connection until it is known who is there: for TLS, a request, and a token or hello, and
  /// for the decision on that. At more, it is closed (1008 where it is a WebSocket by then). A connection over which HTTP
  /// requests are made has as long for each next one.
  public var unauthenticatedSecondsMax = 10
  /// Bytes that a connection may send until then, all of TLS and HTTP included. At more, it is closed (1008); while the
  /// decision is under way, its socket is not read instead.
  public var unauthenticatedBytesMax = 64 << 10

  /// The defaults.
  public init() {}
}
