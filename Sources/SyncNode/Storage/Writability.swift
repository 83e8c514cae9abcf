import Synchronization

/// Whether a store takes writes, and who is to hear when it does again.
///
/// A store that could not append something takes nothing more until it has found, by itself, that it can: whatever was
/// on its way then fails, so that nothing is stored behind something that is missing.
final class Writability: Sendable {
  private struct State {
    var failure: StoreError?
    var onRecovery: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// Why the store takes no writes; nil while it does.
  var failure: StoreError? { state.withLock { $0.failure } }

  /// Notes that the store takes no writes any more.
  ///
  /// - Returns: Whether it did until now.
  @discardableResult
  func fail(_ error: StoreError) -> Bool {
    state.withLock { state in
      defer { state.failure = error }
      return state.failure == nil
    }
  }

  /// Notes that the store takes writes again, and tells.
  func recover() {
    let action = state.withLock { state in
      defer { state.failure = nil }
      return state.failure == nil ? nil : state.onRecovery
    }
    action?()
  }

  /// Has `action` called, on any thread, whenever the store takes writes again.
  func whenRecovered(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onRecovery = action } }
}
