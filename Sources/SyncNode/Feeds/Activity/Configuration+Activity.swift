import Foundation

extension Node.Configuration {
  /// What is told of who does what in projects, and for how long.
  public struct Activity: Sendable {
    /// The rooms whose activity is told, by patterns in which `*` stands for any characters or none; of those only rooms
    /// `project:ID` have a feed, `activity:ID`. None to tell nothing.
    public var rooms = ["project:*"]
    /// How many entries a feed keeps. Nodes that replicate it should agree: the strictest rules.
    public var countMax = 1000
    /// For how long a feed keeps them; nil for as long as the count allows.
    public var ageMax: Duration? = .seconds(90 * 86_400)
    /// How many entries of a feed the store's index keeps, which may be more.
    public var indexCountMax = 100_000
    /// For how long the index keeps them; nil for as long as the count allows.
    public var indexAgeMax: Duration? = .seconds(365 * 86_400)
    /// Who is back within so long has neither left nor joined.
    public var reconnectGrace = Duration.seconds(10)
    /// A pause that ends an entry that grows.
    public var pauseMax = Duration.seconds(60)
    /// How long an entry grows at most.
    public var durationMax = Duration.seconds(600)
    /// How often at most what was done in a room is told.
    public var interval = Duration.seconds(1)

    /// Whether clients of whom nobody asks who they are are told by their addresses.
    var namesAddresses = true
    /// The time in milliseconds since 1970.
    var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

    /// The defaults.
    public init() {}

    /// The feed that tells of the room `name`; nil when none does.
    func feed(of name: String) -> FeedRoom? {
      guard let feed = FeedRoom(activityOf: name), rooms.contains(where: { RoomSelection.matches(name, $0) }) else {
        return nil
      }
      return feed
    }
  }
}

extension FeedRoom {
  /// The feed that tells what is done in the room `name`; nil when that is no `project:ID`.
  public init?(activityOf name: String) {
    let prefix = "project:"
    // By bytes, as `FeedRoom.init(name:)`.
    guard name.utf8.starts(with: prefix.utf8), name.utf8.count > prefix.utf8.count else { return nil }
    self.init(.activity, of: String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }
}
