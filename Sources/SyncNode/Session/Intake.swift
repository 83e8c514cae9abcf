import NIOCore
import Synchronization

/// What comes in over one connection: how much of it waits to be handled, and how much may come in a second. Beyond either
/// the socket is not read for a while.
///
/// Rooms on other event loops reach it by their members' connections, but call only what is marked as callable from anywhere.
// Sendable: what changes is touched on `eventLoop` only, or atomic, or behind a lock.
final class Intake: @unchecked Sendable {
  /// Clients take a connection on which nothing is heard for dead, and come back at once.
  private static let slowdownMax = TimeAmount.seconds(10)
  /// Messages of a client that are not yet handled and stored: small ones cost by their number, and their room may be on a
  /// busy event loop.
  private static let unhandledMessagesMax = 128

  private let eventLoop: any EventLoop
  private let limits: Limits
  private let slowdowns: Counter<Slowdown>
  private var messageBudget: TokenBucket
  private var byteBudget: TokenBucket
  /// Rooms on other event loops take from it.
  private let updateBudget: Mutex<TokenBucket>
  private let unhandledBytes = Atomic<Int>(0)
  private let unhandledMessages = Atomic<Int>(0)
  private var unhandledMessagesMax = Intake.unhandledMessagesMax
  /// Whether too much waits to be handled.
  private var isOverloaded = false
  /// Until when more than its share came from the peer; nil when that is not so.
  private var slowedUntil: NIODeadline?
  /// Whether nothing more is read, and the end of what was is waited for.
  private let isDraining = Atomic(false)
  private var onDrained: (() -> Void)?
  private var isOver = false
  /// Whether the socket is not read.
  private(set) var isPaused = false
  /// Called when the socket is to be read again, or no more.
  var onPause: ((_ isPaused: Bool) -> Void)?

  /// Bounds what a client sends.
  init(eventLoop: any EventLoop, limits: Limits, slowdowns: Counter<Slowdown>) {
    self.eventLoop = eventLoop
    self.limits = limits
    self.slowdowns = slowdowns
    messageBudget = TokenBucket(perSecond: limits.clientMessagesPerSecondMax, now: eventLoop.now)
    byteBudget = TokenBucket(perSecond: limits.clientBytesPerSecondMax, now: eventLoop.now)
    updateBudget = Mutex(TokenBucket(perSecond: limits.clientUpdatesPerSecondMax, now: eventLoop.now))
  }

  /// Grants what another node may send, instead of what a client may.
  func treatAsPeer() {
    unhandledMessagesMax = .max
    messageBudget = TokenBucket(perSecond: limits.peerMessagesPerSecondMax, now: eventLoop.now)
    byteBudget = TokenBucket(perSecond: limits.peerBytesPerSecondMax, now: eventLoop.now)
  }

  /// Bounds nothing any more, since the connection closes: reading goes on, for the peer's answer.
  func end() {
    isOver = true
    onDrained = nil
    update()
  }

  private func update() {
    let shouldPause = !isOver && (isOverloaded || slowedUntil != nil || isDraining.load(ordering: .relaxed))
    guard shouldPause != isPaused else { return }
    isPaused = shouldPause
    onPause?(shouldPause)
  }
}

// MARK: How much waits

extension Intake {
  /// Counts a frame that completes no message: a fragment, a ping.
  ///
  /// - Returns: Whether it is to be handled; when not, there were too many.
  func countFrame() -> Bool { messageBudget.take(now: eventLoop.now) }

  /// Counts a message that goes to its room, and stops reading when too much waits there or for the store.
  ///
  /// - Returns: Whether the message is to be handled; when not, there were too many.
  func start(byteCount: Int) -> Bool {
    guard messageBudget.take(now: eventLoop.now) else { return false }
    if let delay = byteBudget.spend(byteCount, now: eventLoop.now) { slowDown(until: eventLoop.now + delay, .bytes) }
    let total = unhandledBytes.wrappingAdd(byteCount, ordering: .acquiringAndReleasing).newValue
    let count = unhandledMessages.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
    if total > limits.unhandledBytesMax || count > unhandledMessagesMax, !isOverloaded {
      isOverloaded = true
      update()
    }
    return true
  }

  /// Uncounts a message that is handled and stored. Callable from anywhere.
  func finish(byteCount: Int) {
    let count = unhandledMessages.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
    let total = unhandledBytes.wrappingSubtract(byteCount, ordering: .sequentiallyConsistent).newValue
    if total == 0, isDraining.load(ordering: .sequentiallyConsistent) { eventLoop.execute { self.finishDraining() } }
    // Reading stopped above one of the bounds, so whatever waited then crosses half of it on its way down.
    let resumeAt = (bytes: limits.unhandledBytesMax / 2, messages: Intake.unhandledMessagesMax / 2)
    guard total <= resumeAt.bytes && total + byteCount > resumeAt.bytes || count == resumeAt.messages else { return }
    eventLoop.execute {
      guard self.unhandledBytes.load(ordering: .sequentiallyConsistent) <= resumeAt.bytes,
        self.unhandledMessagesMax == .max
          || self.unhandledMessages.load(ordering: .sequentiallyConsistent) <= resumeAt.messages
      else { return }
      self.isOverloaded = false
      self.update()
    }
  }

  /// Reads no more.
  ///
  /// - Parameters:
  ///   - limit: For how long to wait.
  ///   - action: Called once: when all that came until now is handled and stored, or after a while; not after ``end()``.
  func drain(within limit: TimeAmount, then action: @escaping () -> Void) {
    guard !isOver, !isDraining.load(ordering: .relaxed) else { return }
    onDrained = action
    isDraining.store(true, ordering: .sequentiallyConsistent)
    update()
    eventLoop.assumeIsolated().scheduleTask(in: limit) { self.finishDraining() }
    if unhandledBytes.load(ordering: .sequentiallyConsistent) == 0 { finishDraining() }
  }

  private func finishDraining() {
    let action = onDrained
    onDrained = nil
    action?()
  }
}

// MARK: How much comes in a second

extension Intake {
  /// Counts an update that a client has written. Callable from anywhere.
  func chargeUpdate() {
    let now = eventLoop.now
    guard let delay = updateBudget.withLock({ $0.spend(1, now: now) }) else { return }
    eventLoop.runOrExecute { self.slowDown(until: now + delay, .updates) }
  }

  /// Leaves unread for a while, longer if it is so already, what the peer sends. Callable from anywhere.
  func slowDown(for delay: TimeAmount, _ slowdown: Slowdown) {
    eventLoop.runOrExecute {
      let now = self.eventLoop.now
      let latest = now + Intake.slowdownMax
      self.slowDown(until: min((self.slowedUntil.map { max($0, now) } ?? now) + delay, latest), slowdown)
    }
  }

  private func slowDown(until end: NIODeadline, _ slowdown: Slowdown) {
    guard !isOver else { return }
    let known = slowedUntil
    slowedUntil = max(known ?? end, end)
    guard known == nil else { return }
    slowdowns.count(slowdown)
    update()
    scheduleSpeedUp()
  }

  private func scheduleSpeedUp() {
    guard let slowedUntil else { return }
    eventLoop.scheduleTask(deadline: slowedUntil) {
      guard let end = self.slowedUntil, !self.isOver else { return }
      guard end <= self.eventLoop.now else { return self.scheduleSpeedUp() }
      self.slowedUntil = nil
      self.update()
    }
  }
}
