import CRDT

extension Limits {
  /// All limits, in the order in which they are told of: by whom or what they bound.
  public static let table: [Entry] = [
    Entry(
      "connections", \.connectionsMax, .count,
      "Connections that others have made, in all.",
      beyond: "The connection is closed without a word (`tooManyConnections`)."),
    Entry(
      "connections-per-address", \.connectionsPerAddressMax, .count,
      "Connections from one IPv4 address, or from IPv6 addresses with the same first half.",
      beyond:
        "The connection is closed without a word, or, behind a proxy, with 1013 (`tooManyConnectionsFromAddress`)."),
    Entry(
      "connections-per-user", \.connectionsPerUserMax, .count,
      "Connections of one user, where an authorizer says who that is.",
      beyond: "The connection is closed (`tooManyConnectionsOfUser`, 1013)."),
    Entry(
      "unauthenticated-seconds", \.unauthenticatedSecondsMax, .seconds, in: 1...3600,
      "From the start of a connection until it is known who is there, and until a next HTTP request.",
      beyond: "The connection is closed (`slowAuthentication`, 1008 where it is a WebSocket by then)."),
    Entry(
      "unauthenticated-bytes", \.unauthenticatedBytesMax, .bytes, in: 1024...Int.max,
      "What a connection sends until then, all of TLS and HTTP included.",
      beyond: "The connection is closed (`unauthenticatedBytes`, 1008), or not read while it is being decided."),
    Entry(
      "rooms-per-connection", \.roomsPerConnectionMax, .count,
      "Rooms that one connection of Hocuspocus' protocol has open.",
      beyond: "The document is denied (`tooManyRooms`); the connection goes on."),
    Entry(
      "rooms-per-peer", \.roomsPerPeerMax, .count,
      "Rooms that another node opens over one connection on its own account.",
      beyond: "The connection is closed (`tooManyRooms`, 1008)."),
    Entry(
      "room-name-bytes", \.roomNameBytesMax, .bytes,
      "A room's name.",
      beyond: "The WebSocket, or the document, is denied."),
    Entry(
      "message-bytes", \.messageBytesMax, .bytes, in: 1024...1 << 30,
      "One incoming message, over all its fragments.",
      beyond: "The connection is closed (`largeMessage`, 1009)."),
    Entry(
      "messages-per-second", \.clientMessagesPerSecondMax, .countPerSecond,
      "Messages of one client on average, ten times as many at once; pings and fragments count, too.",
      beyond: "The connection is closed (`flood`, 1008)."),
    Entry(
      "peer-messages-per-second", \.peerMessagesPerSecondMax, .countPerSecond,
      "The same for another node, which speaks for all of its clients.",
      beyond: "The connection is closed (`flood`, 1008)."),
    Entry(
      "updates-per-second", \.clientUpdatesPerSecondMax, .countPerSecond,
      "Updates of one client on average, ten times as many at once.",
      beyond: "The connection is not read for a while (`updates`)."),
    Entry(
      "bytes-per-second", \.clientBytesPerSecondMax, .bytesPerSecond, in: 1024...Int.max,
      "Messages of one client on average, ten times as much at once.",
      beyond: "The connection is not read for a while (`bytes`)."),
    Entry(
      "peer-bytes-per-second", \.peerBytesPerSecondMax, .bytesPerSecond, in: 1024...Int.max,
      "Messages of another node on average, ten times as much at once.",
      beyond: "The connection is not read for a while (`bytes`)."),
    Entry(
      "room-updates-per-second", \.roomUpdatesPerSecondMax, .countPerSecond,
      "Updates of all clients of a room on average, ten times as many at once.",
      beyond: "Each connection that writes there is slowed down to its share (`room`)."),
    Entry(
      "room-bytes-per-second", \.roomBytesPerSecondMax, .bytesPerSecond, in: 1024...Int.max,
      "Updates of all clients of a room on average, ten times as much at once.",
      beyond: "Each connection that writes there is slowed down to its share (`room`)."),
    Entry(
      "repeated-deltas", \.repeatedDeltasMax, .count,
      "Deltas that another node repeats one after the other without anything new.",
      beyond: "The connection is closed (`replay`, 1008)."),
    Entry(
      "unhandled-bytes", \.unhandledBytesMax, .bytes, in: 1024...Int.max,
      "One connection's messages that are not yet handled and stored; of a client, no more than 128 messages either.",
      beyond: "The connection is not read until half of them are."),
    Entry(
      "outgoing-bytes", \.outgoingBytesMax, .bytes, in: 64 << 10...Int.max,
      "What waits to be sent to one connection; presence is held back long before.",
      beyond: "The connection is closed (`slowReader`, 1013), and synchronises anew."),
    Entry(
      "document-bytes", \.documentBytesMax, .bytes, in: 1024...Int.max,
      "A document as an update.",
      beyond: "A client's update is not applied unless it only deletes (`largeDocument`, 4413)."),
    Entry(
      "pending-bytes", \.pendingBytesMax, .bytes,
      "Memory for what waits in a document for missing updates.",
      beyond: "A client's update that would wait is not applied (`tooMuchPending`, 1008)."),
    Entry(
      "memory-bytes", \.memoryBytesMax, .bytes, in: 1 << 20...Int.max,
      "Memory for loaded rooms; those that nobody uses are unloaded, the longest unused first.",
      beyond:
        "Clients get no more rooms, and updates that do not only delete are applied only where a room has less than its share, until half as much again is taken (`outOfMemory`, 1013)."
    ),
    Entry(
      "store-bytes", \.storeBytesMax, .bytes, in: 1 << 20...Int.max,
      "The store's file, without its `-wal`.",
      beyond: "Updates are not stored, as on a full disk, until there is room; what is stored can be read."),
    Entry(
      "signal-bytes", \.signalBytesMax, .bytes, in: 1024...1 << 30,
      "One message of signalling, by which browsers find each other.",
      beyond: "The connection is closed (`largeMessage`, 1009)."),
    Entry(
      "metric-series", \.metricSeriesMax, .count, in: 100...1_000_000,
      "Series of metrics of one application; what is not measured for an hour does not count.",
      beyond: "Values of a further series are refused."),
    Entry(
      "measured-applications", \.measuredApplicationsMax, .count,
      "Applications whose metrics are kept; those of which nothing is measured for an hour do not count.",
      beyond: "Values of a further application are refused."),
    Entry(
      "notification-title-bytes", \.notificationTitleBytesMax, .bytes,
      "A notification's title.",
      beyond: "The notification is refused."),
    Entry(
      "notification-body-bytes", \.notificationBodyBytesMax, .bytes,
      "A notification's body.",
      beyond: "The notification is refused."),
    Entry(
      "notification-link-bytes", \.notificationLinkBytesMax, .bytes,
      "A notification's link.",
      beyond: "The notification is refused."),
    Entry(
      "notification-key-bytes", \.notificationKeyBytesMax, .bytes,
      "A notification's key, and the name of its sender.",
      beyond: "The notification is refused."),
    Entry(
      "notifications-per-second", \.notificationsPerSecondMax, .countPerSecond,
      "Notifications of one sender on average, ten times as many at once.",
      beyond: "The notification is refused."),
    Entry(
      "notifications-per-user", \.notificationsPerUserMax, .count,
      "Notifications that are kept for a user.",
      beyond: "The oldest go."),
    Entry(
      "notification-age-seconds", \.notificationAgeSecondsMax, .seconds,
      "How long a notification is kept.",
      beyond: "It goes when the user is told something else."),
    Entry(
      "activity-summary-bytes", \.activitySummaryBytesMax, .bytes, in: 1024...Int.max,
      "Updates of a project's room within a second that are looked into to tell what was written.",
      beyond: "They are told by their author and bytes."),
    Entry(
      "activity-text-bytes", \.activityTextBytesMax, .bytes, in: 16...4000,
      "A text of activity.",
      beyond:
        "What was written is told shortened, and goes on in another entry; an event of the application is refused."),
    Entry(
      "activity-path-bytes", \.activityPathBytesMax, .bytes, in: 16...4000,
      "A path of activity, and a user's name there.",
      beyond: "The path of what was written is cut; an event of the application is refused."),
    Entry(
      "activity-events-per-second", \.activityEventsPerSecondMax, .countPerSecond,
      "Events of the application in one project's activity on average, ten times as many at once.",
      beyond: "The event is refused (429)."),
    Entry(
      "awareness-entries", \.awareness.clientsMax, .count,
      "Clients whose presence a room remembers, those that left among them.",
      beyond: "Those that left are forgotten where they are a quarter; else further clients are not seen."),
    Entry(
      "awareness-state-bytes", \.awareness.stateBytesMax, .bytes,
      "One client's awareness state.",
      beyond: "The state is not taken; the one before holds."),
    Entry(
      "awareness-bytes", \.awareness.bytesMax, .bytes,
      "All awareness states of a room.",
      beyond: "Longer states, and those of further clients, are not taken."),
  ]

  /// One limit: how it is called, counted and kept.
  public struct Entry: Sendable {
    /// What it is called on the command line, in files and in the environment, in lower case with hyphens.
    public let name: String
    /// What it is counted in.
    public let unit: Unit
    /// What may be chosen; when it ends with `Int.max`, that is no bound at all.
    public let range: ClosedRange<Int>
    /// What is bounded: one sentence.
    public let meaning: String
    /// What happens beyond it: one sentence, with the ``Refusal`` and the close code if there are such.
    public let consequence: String
    fileprivate let keyPath: any (WritableKeyPath<Limits, Int> & Sendable)

    fileprivate init(
      _ name: String, _ keyPath: any (WritableKeyPath<Limits, Int> & Sendable), _ unit: Unit,
      in range: ClosedRange<Int> = 1...Int.max, _ meaning: String, beyond consequence: String
    ) {
      self.name = name
      self.keyPath = keyPath
      self.unit = unit
      self.range = range
      self.meaning = meaning
      self.consequence = consequence
    }
  }

  /// What a limit is counted in.
  public enum Unit: String, Sendable {
    /// Things, which its meaning names.
    case count
    /// Bytes.
    case bytes
    /// Seconds.
    case seconds
    /// Things in a second.
    case countPerSecond = "count/s"
    /// Bytes in a second.
    case bytesPerSecond = "bytes/s"

    fileprivate var isInBytes: Bool { self == .bytes || self == .bytesPerSecond }
  }

  /// The value of a limit.
  public subscript(entry: Entry) -> Int {
    get { self[keyPath: entry.keyPath] }
    set { self[keyPath: entry.keyPath] = newValue }
  }
}

// MARK: Values as text

extension Limits.Entry {
  private static let sizes: [(suffix: String, bytes: Int)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
  ]

  /// Reads a value: a whole number, of bytes also with KiB, MiB, GiB or TiB behind it, or `none` where there need not be a
  /// bound.
  ///
  /// - Returns: Nil when it is something else, or out of ``range``.
  public func value(_ text: String) -> Int? {
    if text == "none" { return range.upperBound == .max ? .max : nil }
    var (digits, factor) = (text[...], 1)
    if unit.isInBytes, let size = Limits.Entry.sizes.first(where: { text.hasSuffix($0.suffix) }) {
      (digits, factor) = (text.dropLast(size.suffix.count), size.bytes)
    }
    guard digits.allSatisfy(\.isASCII), digits.first?.isNumber == true, let number = Int(digits) else { return nil }
    let (value, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    return !isTooLarge && range.contains(value) ? value : nil
  }

  /// A value as ``value(_:)`` reads it, in the largest unit that it is a whole number of.
  public func text(_ value: Int) -> String {
    if value == .max { return "none" }
    guard unit.isInBytes, value > 0, let size = Limits.Entry.sizes.first(where: { value % $0.bytes == 0 }) else {
      return "\(value)"
    }
    return "\(value / size.bytes)\(size.suffix)"
  }

  /// What ``value(_:)`` takes, for those who have tried something else.
  public var expectation: String {
    let bounds =
      range.upperBound == .max
      ? "\(text(range.lowerBound)) or more" : "\(text(range.lowerBound)) to \(text(range.upperBound))"
    return bounds + (unit.isInBytes ? ", as in 512KiB" : "") + (range.upperBound == .max ? ", or none" : "")
  }

  /// The value that holds unless another is chosen.
  public var defaultValue: Int { Limits()[self] }
}
