/// Where identifiers and waits are drawn from. Copies share what is drawn.
struct RandomSource: RandomNumberGenerator, Sendable {
  /// The system's random numbers.
  static let system = RandomSource { UInt64.random(in: .min ... .max) }

  private let draw: @Sendable () -> UInt64

  init(_ draw: @escaping @Sendable () -> UInt64) { self.draw = draw }

  func next() -> UInt64 { draw() }
}
