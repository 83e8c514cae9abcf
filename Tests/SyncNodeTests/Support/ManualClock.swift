import Foundation
import Synchronization

@testable import SyncNode

/// A clock that stands still until it is told to go on.
final class ManualClock: Sendable {
  private let now: Mutex<Int64>

  /// - Parameter time: Where it stands at first, as in 2026-11-26T12:00:00Z.
  init(_ time: String = "2026-11-26T12:00:00Z") throws {
    now = Mutex(try ManualClock.milliseconds(time))
  }

  /// Milliseconds since 1970.
  static func milliseconds(_ time: String) throws -> Int64 {
    Int64(try Date(time, strategy: .iso8601).timeIntervalSince1970 * 1000)
  }

  var milliseconds: Int64 { now.withLock { $0 } }

  func advance(seconds: Int64) { now.withLock { $0 += seconds * 1000 } }

  func set(_ time: String) throws {
    let time = try ManualClock.milliseconds(time)
    now.withLock { $0 = time }
  }

  /// A configuration that logs what is critical only, with this clock.
  func configuration(_ store: Node.Configuration.Store = .ephemeral) -> Node.Configuration {
    var configuration = Node.Configuration.quiet(store)
    configuration.wallClock = WallClock { self.milliseconds }
    return configuration
  }
}
