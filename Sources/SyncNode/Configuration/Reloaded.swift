import Synchronization

/// A value that is made of files, and made anew when they have changed.
///
/// Whoever asks for the value has the files looked at, at most once in an interval: nothing has to run beside it, and who
/// comes after a change gets what changed. Files that cannot be used leave the value as it was.
final class Reloaded<Value: Sendable>: Sendable {
  /// How often files are looked at, unless something else is said.
  static var defaultInterval: Duration { .seconds(5) }

  private struct State {
    var value: Value
    var stamps: [FileStamp?]
    var lookedAt: ContinuousClock.Instant
  }

  private let paths: [String]
  private let interval: Duration
  private let make: @Sendable () throws(TLSError) -> Value
  private let state: Mutex<State>

  /// Reads the files for the first time.
  ///
  /// - Parameters:
  ///   - paths: The files.
  ///   - interval: How long they are not looked at again.
  ///   - make: Reads them.
  init(
    _ paths: [String], every interval: Duration = defaultInterval,
    make: @escaping @Sendable () throws(TLSError) -> Value
  ) throws(TLSError) {
    // Before they are read: a change while they are is seen the next time.
    let stamps = paths.map { FileStamp(path: $0) }
    self.paths = paths
    self.interval = interval
    self.make = make
    state = Mutex(State(value: try make(), stamps: stamps, lookedAt: .now))
  }

  /// The value of the files as they are, or as they were when they could last be used. May read them.
  ///
  /// - Parameter onChange: Called once for each change of the files, with whether they can be used.
  func current(onChange: (Result<Void, TLSError>) -> Void) -> Value {
    let (value, change) = state.withLock { state -> (Value, Result<Void, TLSError>?) in
      guard state.lookedAt.duration(to: .now) >= interval else { return (state.value, nil) }
      state.lookedAt = .now
      let stamps = paths.map { FileStamp(path: $0) }
      guard stamps != state.stamps else { return (state.value, nil) }
      state.stamps = stamps
      do throws(TLSError) {
        state.value = try make()
        return (state.value, .success(()))
      } catch {
        return (state.value, .failure(error))
      }
    }
    if let change { onChange(change) }
    return value
  }
}
