import CRDT

/// Bounds on what others may ask of a node, each with its unit in its name; `Int.max` is no bound. ``table`` says of each
/// what it is called outside of Swift, and what happens beyond it.
public struct Limits: Equatable, Sendable {
  /// Connections that others have made, in all.
  public var connectionsMax = 10_000
  /// Connections from one IPv4 address, or one half of IPv6 addresses.
  public var connectionsPerAddressMax = 1_000
  /// Connections of one user, ``Grant/subject``.
  public var connectionsPerUserMax = 100
  /// Rooms that one connection of many may have open.
  public var roomsPerConnectionMax = 1_000
  /// Rooms that another node may have open over one connection on its own account.
  public var roomsPerPeerMax = 50_000

  /// Bytes of a room's name.
  public var roomNameBytesMax = 1024
  /// Bytes of one incoming message, over all its fragments; at most 1 GiB.
  public var messageBytesMax = 32 << 20
  /// Messages that a client may send in a second on average, ten times as many at once; pings and fragments of messages
  /// count, too.
  public var clientMessagesPerSecondMax = 2_000
  /// The same for another node, which speaks for all of its clients.
  public var peerMessagesPerSecondMax = 100_000
  /// Updates that a client may send in a second on average, ten times as many at once.
  public var clientUpdatesPerSecondMax = 1_000
  /// Bytes of messages that a client may send in a second on average, ten times as many at once.
  public var clientBytesPerSecondMax = 4 << 20
  /// Bytes of messages that another node may send in a second on average, ten times as many at once.
  public var peerBytesPerSecondMax = 64 << 20
  /// Updates that all clients of one room together may write in a second on average, ten times as many at once.
  public var roomUpdatesPerSecondMax = 5_000
  /// Bytes of updates that all clients of one room together may write in a second on average, ten times as many at once.
  public var roomBytesPerSecondMax = 16 << 20
  /// Deltas that another node may repeat one after the other without anything new.
  public var repeatedDeltasMax = 1_000
  /// Bytes of one connection's messages that are not yet handled and stored.
  public var unhandledBytesMax = 1 << 20
  /// Bytes that wait to be sent to one connection.
  public var outgoingBytesMax = 16 << 20

  /// Bytes of a document as an update. Deleting is always possible, and so is what this process and other nodes write.
  public var documentBytesMax = 64 << 20
  /// Bytes of memory for what waits in a document for missing updates, ``CRDT/Document/pendingBytes``; other nodes are not
  /// bound.
  public var pendingBytesMax = 8 << 20
  /// Bytes of memory for loaded rooms, as ``Node/roomMemoryBytes`` estimates them.
  public var memoryBytesMax = 1 << 30
  /// Bytes of the store's file; its `-wal` is not counted.
  public var storeBytesMax = Int.max

  /// Seconds from the start of a connection until it is known who is there: for TLS, a request, and a token or hello, and
  /// for the decision on that. A connection over which HTTP requests are made has as long for each next one.
  public var unauthenticatedSecondsMax = 10
  /// Bytes that a connection may send until then, all of TLS and HTTP included.
  public var unauthenticatedBytesMax = 64 << 10

  /// Bytes of one message of signalling.
  public var signalBytesMax = 256 << 10
  /// Series of metrics of one application, or of this node itself.
  public var metricSeriesMax = 1_000
  /// Applications whose metrics are kept at a time.
  public var measuredApplicationsMax = 100
  /// Bytes of a notification's title.
  public var notificationTitleBytesMax = 512
  /// Bytes of a notification's body.
  public var notificationBodyBytesMax = 8 << 10
  /// Bytes of a notification's link.
  public var notificationLinkBytesMax = 2 << 10
  /// Bytes of a notification's key, and of the name of its sender.
  public var notificationKeyBytesMax = 256
  /// Notifications that one sender may send in a second on average, ten times as many at once.
  public var notificationsPerSecondMax = 10
  /// Notifications that are kept for a user.
  public var notificationsPerUserMax = 1_000
  /// Seconds for which a notification is kept.
  public var notificationAgeSecondsMax = 90 * 86_400
  /// Bytes of updates of a room within a second that are looked into to tell what was written.
  public var activitySummaryBytesMax = 1 << 20
  /// Bytes of a text that activity tells; at most 4,000.
  public var activityTextBytesMax = 1000
  /// Bytes of a path that activity tells, and of a user's name; at most 4,000.
  public var activityPathBytesMax = 1000
  /// Events of the application that a project's activity may be told in a second on average, ten times as many at once.
  public var activityEventsPerSecondMax = 10

  /// What one room remembers of its clients' presence.
  public var awareness = Awareness.Limits()

  /// The defaults.
  public init() {}
}
