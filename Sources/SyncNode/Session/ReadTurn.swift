import NIOCore

/// How much is read from a client at once. All of it is handled before anybody else has a turn, and small messages cost by
/// their number: so it is less where there are many of them.
struct ReadTurn {
  private static let messages = 8...32
  private static let bytes = 256...32 << 10

  private(set) var byteCount = 2 << 10
  private var messageCount = 0

  /// Counts a frame of this turn.
  mutating func count() { messageCount += 1 }

  /// Ends a turn.
  ///
  /// - Returns: Whether the next ones are of another size.
  mutating func end() -> Bool {
    let before = byteCount
    if messageCount > ReadTurn.messages.upperBound {
      byteCount = max(byteCount * ReadTurn.messages.upperBound / messageCount, ReadTurn.bytes.lowerBound)
    } else if messageCount < ReadTurn.messages.lowerBound {
      byteCount = min(byteCount * 2, ReadTurn.bytes.upperBound)
    }
    messageCount = 0
    return byteCount != before
  }

  /// Has a channel read so much at once.
  func apply(to channel: any Channel) throws {
    guard let options = channel.syncOptions else { return }
    try options.setOption(.maxMessagesPerRead, value: 1)
    try options.setOption(
      .recvAllocator,
      value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: min(2 << 10, byteCount), maximum: byteCount))
  }
}
