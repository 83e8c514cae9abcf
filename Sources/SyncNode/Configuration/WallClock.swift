import Foundation

/// What time it is for people, on which the clocks of several machines agree more or less.
struct WallClock: Sendable {
  /// The system's clock.
  static let system = WallClock { Int64(Date().timeIntervalSince1970 * 1000) }

  private let read: @Sendable () -> Int64

  init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

  /// Milliseconds since 1970.
  var milliseconds: Int64 { read() }
}
