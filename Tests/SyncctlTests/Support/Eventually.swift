import NIOCore
import NIOPosix

/// Thrown when something that a test waits for does not come.
struct DeadlineExceeded: Error, CustomStringConvertible {
  let description: String
}

/// Polls `condition` until it gives a value.
///
/// The deadline counts only after many looks: on a machine busy with other tests this task may hardly have run.
/// - Parameter what: what is waited for, as a sentence.
func eventually<Value>(
  _ what: @autoclosure () -> String, within limit: Duration = .seconds(30),
  _ condition: () async throws -> Value?
) async throws -> Value {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  var looks = 0
  while true {
    if let value = try await condition() { return value }
    looks += 1
    guard clock.now < deadline || looks < 200 else {
      throw DeadlineExceeded(description: "not so within \(limit): \(what())")
    }
    // By a timer of NIO: one of Dispatch got lost once on a busy Linux, and every test waited for ever.
    try await MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
  }
}

/// Polls `condition` until it holds.
func eventually(
  _ what: @autoclosure () -> String, within limit: Duration = .seconds(30),
  _ condition: () async throws -> Bool
) async throws {
  try await eventually(what(), within: limit) { try await condition() ? () : nil }
}
