import Foundation

/// Says which seeds were running when a trap ends the process, since no test is left to say it.
public enum CurrentSeed {
  private static let slotCount = 64
  private static let free = UInt64.max
  /// Read by a signal handler, so raw memory, written under ``lock``.
  private nonisolated(unsafe) static let slots: UnsafeMutablePointer<UInt64> = {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: slotCount)
    slots.initialize(repeating: free, count: slotCount)
    for trap in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE] {
      var action = sigaction()
      sigaction(trap, nil, &action)
      previous[Int(trap)] = action
      signal(trap, reportAndReturn)
    }
    return slots
  }()
  /// By signal number: what was there before, which prints a backtrace if that is enabled.
  private nonisolated(unsafe) static let previous = {
    let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: 32)
    actions.initialize(repeating: sigaction(), count: 32)
    return actions
  }()
  private static let lock = NSLock()

  /// Runs `body`; a trap inside prints `seed`.
  public static func run<Result>(_ seed: UInt64, _ body: () throws -> Result) rethrows -> Result {
    let slot = lock.withLock {
      let slot = (0..<slotCount).first { slots[$0] == free } ?? 0
      slots[slot] = seed
      return slot
    }
    defer { lock.withLock { slots[slot] = free } }
    return try body()
  }

  /// Allocates nothing. Returning runs the trapping instruction again, with the action that was there before.
  private static let reportAndReturn: @convention(c) (Int32) -> Void = { number in
    for slot in 0..<slotCount where slots[slot] != free { printSeed(slots[slot]) }
    sigaction(number, &previous[Int(number)], nil)
  }

  private static func printSeed(_ seed: UInt64) {
    let sentence: StaticString = "\ntrapped while running CRDT_SEED="
    _ = write(STDERR_FILENO, sentence.utf8Start, sentence.utf8CodeUnitCount)
    var divisor: UInt64 = 1
    while seed / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      var digit = UInt8(ascii: "0") + UInt8(seed / divisor % 10)
      _ = write(STDERR_FILENO, &digit, 1)
      divisor /= 10
    }
  }
}
