import NIOCore
import Synchronization

/// Wakes a loop: now or later, once for any number of calls that come before it looks.
final class WakeUp: Sendable {
  /// One element for the calls since the last one.
  let calls: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let eventLoop: any EventLoop
  private let timer = Mutex<Scheduled<Void>?>(nil)

  init(on eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    (calls, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  deinit { timer.withLock { $0?.cancel() } }

  /// Wakes the loop now. Callable from anywhere.
  func call() { continuation.yield() }

  /// Wakes the loop after a while, and not when it was to be woken before.
  func call(in delay: TimeAmount) {
    let next = eventLoop.scheduleTask(in: delay) { [continuation] in _ = continuation.yield() }
    timer.withLock { timer in
      timer?.cancel()
      timer = next
    }
  }
}
