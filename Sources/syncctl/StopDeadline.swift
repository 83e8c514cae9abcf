import Dispatch
import ServiceLifecycle

/// Ends the process when stopping takes too long, as it does when the disk does not answer.
///
/// The last service of its group, so that it is the first to hear that the group stops.
struct StopDeadline: Service {
  let seconds: Int

  func run() async throws {
    try? await gracefulShutdown()
    let failure = Failure(
      .check,
      "the relay did not stop within \(seconds) seconds, so something may not be stored; clients keep what was not"
        + " acknowledged, and the store is checked when it is opened again")
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) { failure.exit() }
  }
}
