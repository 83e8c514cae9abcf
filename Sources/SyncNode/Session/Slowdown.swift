import Synchronization

/// Why a connection is not read for a while: what there was too much of.
public enum Slowdown: String, CaseIterable, Sendable {
  /// Updates over one connection.
  case updates
  /// Bytes over one connection.
  case bytes
  /// What all clients of a room write in it.
  case room
}

/// How often something has happened since the node started.
final class Counter<Event: Hashable & Sendable>: Sendable {
  private let counts = Mutex<[Event: Int]>([:])
  private let onCount: @Sendable (Event) -> Void

  /// - Parameter onCount: Called for each event.
  init(onCount: @escaping @Sendable (Event) -> Void = { _ in }) { self.onCount = onCount }

  var all: [Event: Int] { counts.withLock { $0 } }

  func count(_ event: Event) {
    counts.withLock { $0[event, default: 0] += 1 }
    onCount(event)
  }
}
