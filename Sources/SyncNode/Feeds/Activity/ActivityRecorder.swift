import CRDT
import Logging
import NIOCore

/// Tells in a project's feed who does what in its room: those whom this node has let in, and the application. What goes on at
/// other nodes they tell themselves.
///
/// ```
///  append, join, leave ──► intake, presence ── after a second at most ──► summary ──► bursts ──► outbox ──► feed
/// ```
/// An update costs no more than being kept until the room is told of next. While there is something to tell, the room stays
/// loaded; the feed does for as long as the room.
// Sendable: touched by what the room's executor runs only.
final class ActivityRecorder: @unchecked Sendable {
  /// How long it is until the next attempt when the feed takes nothing.
  private static let retryDelay = TimeAmount.seconds(5)

  private unowned let room: Room
  private let feedName: String
  private let configuration: Node.Configuration.Activity
  private let limits: Limits
  private let bounds: ActivityBursts.Bounds

  private var intake = ActivityIntake()
  private var summary: ActivitySummary
  private var bursts = ActivityBursts()
  private var presence = ActivityPresence()
  private var outbox = ActivityOutbox()

  /// Where the last update came from, and who that is: most come from where the one before did.
  private var lastOrigin: ChangeOrigin?
  private var lastAuthor: ActivityAuthor?

  private var task: Scheduled<Void>?
  private var dueAt: NIODeadline?
  /// Whether the room is kept loaded.
  private var holdsRoom = false
  private var feed: Room?

  /// Tells of `room`, whose document was just loaded, in `feed`.
  init(of room: Room, in feed: FeedRoom) {
    self.room = room
    feedName = feed.name
    configuration = room.environment.activity
    limits = room.environment.limits
    bounds = ActivityBursts.Bounds(
      pauseMilliseconds: configuration.pauseMax.milliseconds,
      durationMilliseconds: configuration.durationMax.milliseconds,
      textBytesMax: min(limits.activityTextBytesMax, ActivityEntry.textBytesMax),
      pathBytesMax: min(limits.activityPathBytesMax, ActivityEntry.textBytesMax))
    summary = ActivitySummary(room.document)
  }

  /// Begins anew with another document of the room.
  func restart() {
    intake = ActivityIntake()
    bursts.removeAll()
    summary = ActivitySummary(room.document)
  }

  private func author(_ subject: String?, address: String) -> ActivityAuthor {
    if let subject { return ActivityAuthor(user: subject.clipped(toBytes: ActivityEntry.textBytesMax)) }
    return ActivityAuthor(
      source: configuration.namesAddresses ? Author((subject: nil, source: address)).source : "client")
  }

  // MARK: What happens

  /// Notes an update that was applied.
  func note(_ update: [UInt8], from origin: ChangeOrigin) {
    if lastOrigin != origin {
      lastOrigin = origin
      lastAuthor =
        switch origin {
        case .local: .application
        case .client(let address, let subject): author(subject, address: address)
        case .peer: nil
        }
    }
    let isFirst = intake.isEmpty
    intake.append(update, by: lastAuthor, bytesMax: limits.activitySummaryBytesMax)
    if isFirst { schedule(in: TimeAmount(configuration.interval)) }
  }

  /// Notes that a client has come, or what it may do now. Whoever only reads is not seen.
  func note(_ member: Member) {
    guard member.peer == nil else { return }
    guard member.access >= .comment else { return noteEnd(of: member) }
    let author = author(member.subject, address: member.connection.source)
    guard presence.insert(member, author) else { return }
    let entry = ActivityEntry(id: makeID(), kind: .joined, author: author, milliseconds: configuration.now())
    outbox.append(ActivityBursts.Told(entry: entry, hasGrown: false))
    schedule(in: TimeAmount(configuration.interval))
  }

  /// Notes that a client has gone.
  func noteEnd(of member: Member) {
    let grace = TimeAmount(configuration.reconnectGrace)
    presence.remove(member, until: room.eventLoop.now + grace, milliseconds: configuration.now())
    if presence.nextDeadline != nil { schedule(in: grace) }
  }

  private func makeID() -> String {
    var generator = room.environment.randomNumbers
    return ActivityEntry.makeID(using: &generator)
  }

  // MARK: Telling

  /// Sees to it that all is told after `delay`, or earlier.
  private func schedule(in delay: TimeAmount) {
    let due = room.eventLoop.now + delay
    if let dueAt, dueAt <= due { return }
    task?.cancel()
    dueAt = due
    holdRoom()
    let room = room
    task = room.executor.schedule(in: delay) {
      guard room.isOpen else { return }
      room.activity?.tell()
    }
  }

  private func tell() {
    (task, dueAt) = (nil, nil)
    let written = takeIntake()
    guard written.byteCount >= room.environment.longBytes || written.written.count >= 512 else {
      summarise(written)
      return finishTelling()
    }
    let room = room
    room.executor.runAside {
      self.summarise(written)
    } then: { _ in
      if room.isOpen { self.finishTelling() }
    }
  }

  private func takeIntake() -> ActivityIntake {
    defer { intake = ActivityIntake() }
    return intake
  }

  private func summarise(_ written: ActivityIntake) {
    let now = configuration.now()
    let authors = written.isEmpty ? [] : summary.changes(of: written, in: room.document)
    for (author, changes) in authors {
      for change in changes { outbox.append(told(change, by: author, at: now)) }
    }
    bursts.removeEnded(at: now, bounds)
  }

  private func told(
    _ change: ActivityChange, by author: ActivityAuthor, at milliseconds: Int64
  ) -> ActivityBursts.Told {
    guard let version = change.version else {
      return bursts.add(
        change, by: author, at: milliseconds, in: room.document, deletions: summary.deletions, bounds, makeID: makeID)
    }
    let entry: ActivityEntry
    switch version {
    case .created(let name):
      entry = ActivityEntry(
        id: makeID(), kind: .versionCreated, author: author, milliseconds: milliseconds,
        text: name?.clipped(toBytes: bounds.textBytesMax))
    case .removed:
      entry = ActivityEntry(id: makeID(), kind: .versionRemoved, author: author, milliseconds: milliseconds)
    }
    return ActivityBursts.Told(entry: entry, hasGrown: false)
  }

  private func finishTelling() {
    tellLeft(presence.settle(now: room.eventLoop.now))
    write()
    if let next = presence.nextDeadline { schedule(in: max(next - room.eventLoop.now, .nanoseconds(0))) }
    if !intake.isEmpty { schedule(in: TimeAmount(configuration.interval)) }
    releaseRoomIfQuiet()
  }

  private func tellLeft(_ gone: [(author: ActivityAuthor, milliseconds: Int64)]) {
    for (author, milliseconds) in gone {
      let entry = ActivityEntry(id: makeID(), kind: .left, author: author, milliseconds: milliseconds)
      outbox.append(ActivityBursts.Told(entry: entry, hasGrown: false))
    }
  }

  // MARK: Writing

  /// Hands all that waits to the feed.
  ///
  /// - Parameter completion: Called, by whatever the feed's executor runs, when it is stored or was not taken.
  private func write(completion: @escaping @Sendable () -> Void = {}) {
    guard !outbox.isEmpty else { return completion() }
    if feed == nil { feed = room.registry?.lease(feedName, by: .process, on: room.eventLoop) }
    guard let feed else { return completion() }
    let told = outbox.removeAll()
    let (room, configuration) = (room, configuration)
    feed.whenOpen { error in
      guard error == nil, feed.refusalOfChanges == nil else {
        room.executor.enqueue { room.activity?.takeBack(told, from: feed, hasFailed: error != nil) }
        return completion()
      }
      let grown = Set(told.filter(\.hasGrown).map(\.entry.id))
      feed.edit { ActivityLog($0, configuration).put(told.map(\.entry), grown: grown) }
      feed.whenStored { _ in completion() }
    }
  }

  /// Keeps what the feed did not take for later.
  private func takeBack(_ told: [ActivityBursts.Told], from feed: Room, hasFailed: Bool) {
    guard room.isOpen else { return }
    if hasFailed, self.feed === feed { releaseFeed() }
    outbox.putBack(told)
    schedule(in: ActivityRecorder.retryDelay)
  }

  // MARK: Keeping rooms

  private func holdRoom() {
    guard !holdsRoom, let registry = room.registry else { return }
    holdsRoom = registry.lease(room.name, by: .process, on: room.eventLoop) != nil
  }

  private func releaseRoomIfQuiet() {
    guard holdsRoom, task == nil else { return }
    holdsRoom = false
    room.registry?.release(room, by: .process)
  }

  private func releaseFeed() {
    if let feed { room.registry?.release(feed, by: .process) }
    feed = nil
  }

  /// Tells what is left to tell, and that all who were there have left, as the node stops.
  ///
  /// - Parameter completion: Called when that is stored.
  func finish(completion: @escaping @Sendable () -> Void) {
    task?.cancel()
    summarise(takeIntake())
    tellLeft(presence.removeAll(milliseconds: configuration.now()))
    write(completion: completion)
  }

  /// Gives up, since the room is gone.
  func end() {
    task?.cancel()
    (task, dueAt) = (nil, nil)
    releaseFeed()
    guard holdsRoom else { return }
    holdsRoom = false
    room.registry?.release(room, by: .process)
  }
}
