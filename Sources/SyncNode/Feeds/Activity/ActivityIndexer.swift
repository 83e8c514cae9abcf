import CRDT
import Logging
import NIOCore

/// Hands what comes into a project's feed to the store's index, whoever told it, and to those who follow the feed.
///
/// The store knows up to which update of the feed its index goes. What is missing there, after a crash or when the feed was
/// written by another program, is added when the room is loaded.
// Sendable: touched by what the room's executor runs only.
final class ActivityIndexer: @unchecked Sendable {
  /// How long entries wait for others to be indexed with: each time is a transaction. Whoever searches meanwhile has the
  /// feed itself looked through.
  private static let delay = TimeAmount.seconds(1)
  /// After how many times the index is trimmed.
  private static let trimInterval = 64

  private unowned let room: Room
  private let configuration: Node.Configuration.Activity
  private var subscription: Subscription?
  private var waiting: [String: ActivityEntry] = [:]
  private var task: Scheduled<Void>?
  private var flushes = 0
  /// Whether all of the feed is to be indexed.
  private var isWhole = false
  /// How many events of the application may still be told.
  var events: TokenBucket

  /// - Parameter indexedSequence: Up to which update of the feed the index goes; nil when it has nothing of it.
  init(of room: Room, indexedSequence: Int64?) {
    self.room = room
    configuration = room.environment.activity
    events = TokenBucket(perSecond: room.environment.limits.activityEventsPerSecondMax, now: room.eventLoop.now)
    observe()
    if indexedSequence != room.journal.lastSequence { indexAll() }
  }

  /// Begins anew with another document of the room.
  func restart() {
    waiting = [:]
    observe()
    indexAll()
  }

  private func observe() {
    subscription = ActivityEntry.observe(room.document) { [unowned self] entry in
      waiting[entry.id] = entry
      room.activityEntries.send(entry)
    }
  }

  private func indexAll() {
    isWhole = true
    schedule()
  }

  /// Notes that something was appended to the room's log.
  func noteAppend() { schedule() }

  private func schedule() {
    guard task == nil, room.environment.store.isPersistent else { return }
    let room = room
    task = room.executor.schedule(in: ActivityIndexer.delay) { room.activityIndexer?.flush() }
  }

  /// Hands over all that waits.
  func flush() {
    guard let task else { return }
    task.cancel()
    self.task = nil
    guard room.isOpen else { return }
    let entries = isWhole ? ActivityLog.entries(of: room.document) : Array(waiting.values)
    (waiting, isWhole) = ([:], false)
    let trims = flushes % ActivityIndexer.trimInterval == 0
    flushes += 1
    let record = ActivityIndexRecord(
      name: room.name, entries: entries, sequence: room.journal.lastSequence,
      countMax: trims ? configuration.indexCountMax : nil,
      timeMin: trims ? configuration.indexAgeMax.map { configuration.now() - $0.milliseconds } : nil)
    let room = room
    room.environment.store.index(record) { result in
      guard case .failure(let error) = result else { return }
      room.logger.warning("cannot index the activity", metadata: ["error": "\(error)"])
      room.executor.enqueue { room.activityIndexer?.isWhole = true }
    }
  }

  /// Hands over what waits, since the room is gone.
  func end() {
    subscription?.cancel()
    task?.cancel()
  }
}

/// What comes into the index of a project's feed.
struct ActivityIndexRecord: Sendable {
  /// The name of the feed's room.
  let name: String
  let entries: [ActivityEntry]
  /// Up to which update of the feed the index goes with that.
  let sequence: Int64
  /// How many entries of the feed are kept; nil to leave them.
  let countMax: Int?
  /// The time of the oldest entry that is kept; nil to leave them.
  let timeMin: Int64?
}
