import NIOCore

/// What clients write in one room: when it is more than the room may have, each is slowed down to its share, so that few
/// who write much do not keep out those who write little.
struct RoomLoad {
  private let limits: Limits
  private var updates: TokenBucket
  private var bytes: TokenBucket
  /// Who has written in this second, and how many had in the one before.
  private var writers: Set<Connection.ID> = []
  private var writersBefore = 0
  private var second: NIODeadline

  init(limits: Limits, now: NIODeadline) {
    self.limits = limits
    updates = TokenBucket(perSecond: limits.roomUpdatesPerSecondMax, now: now)
    bytes = TokenBucket(perSecond: limits.roomBytesPerSecondMax, now: now)
    second = now
  }

  /// Counts an update.
  ///
  /// - Returns: How long its writer had better wait, if there is too much: as long as the update takes of the writer's share.
  mutating func spend(_ byteCount: Int, by writer: Connection.ID, now: NIODeadline) -> TimeAmount? {
    if now - second >= .seconds(1) {
      writersBefore = now - second < .seconds(2) ? writers.count : 0
      writers.removeAll(keepingCapacity: true)
      second = now
    }
    writers.insert(writer)
    let (tooManyUpdates, tooManyBytes) = (updates.spend(1, now: now), bytes.spend(byteCount, now: now))
    guard tooManyUpdates != nil || tooManyBytes != nil else { return nil }
    let seconds = max(
      1 / Double(limits.roomUpdatesPerSecondMax), Double(byteCount) / Double(limits.roomBytesPerSecondMax))
    return .nanoseconds(Int64(min(seconds * Double(max(writers.count, writersBefore)), 10) * 1e9))
  }
}

extension Room {
  /// Counts an update that a client has written, and slows down whoever writes too much.
  func charge(_ byteCount: Int, to member: Member) {
    guard member.peer == nil else { return }
    member.connection.intake.chargeUpdate()
    if let delay = load.spend(byteCount, by: member.connection.id, now: eventLoop.now) {
      member.connection.intake.slowDown(for: delay, .room)
    }
  }
}
