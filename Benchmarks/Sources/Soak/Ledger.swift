import Synchronization

/// What clients did and saw.
final class Ledger: Sendable {
  /// What was counted since the start, and how long deliveries took since it was last asked.
  struct Counts {
    var connections = 0
    var joined = 0
    var lagged = 0
    var written = 0
    var acknowledged = 0
    var delivered = 0
    /// Connections that the relay ended, or would not make.
    var lost = 0
    /// Milliseconds.
    var delays: [Double] = []
  }

  private struct State {
    var counts = Counts()
    /// The last value that was acknowledged, by room and key.
    var acknowledged: [String: [String: Int]] = [:]
  }

  private let state = Mutex(State())

  func change(_ body: (inout Counts) -> Void) { state.withLock { body(&$0.counts) } }

  func noteAcknowledged(_ value: Int, of key: String, in room: String) {
    state.withLock { state in
      state.counts.acknowledged += 1
      state.acknowledged[room, default: [:]][key] = value
    }
  }

  /// What was counted; the delays are forgotten.
  func take() -> Counts {
    state.withLock { state in
      defer { state.counts.delays.removeAll(keepingCapacity: true) }
      return state.counts
    }
  }

  /// What must be there in the end.
  var acknowledged: [String: [String: Int]] { state.withLock { $0.acknowledged } }
}
