import NIOCore

/// A connection that a client or another node has with a node.
public struct ConnectionReport: Codable, Equatable, Sendable {
  /// Tells it from others of this process, also in the log.
  public let id: UInt64
  /// The other side's address.
  public let address: String
  /// Who has a room open over it, where an authorizer says who that is.
  public let users: [String]
  /// How long it has been there.
  public let seconds: Double
  /// Bytes that wait to be sent over it.
  public let waitingBytes: Int
  /// Whether it is not read at the moment, because too much came over it.
  public let isPaused: Bool
}

extension Node {
  /// All connections over which clients or nodes talk with this one, the oldest first.
  public func connections() async throws -> [ConnectionReport] {
    var reports: [ConnectionReport] = []
    for group in connectionGroups {
      reports += try await group.eventLoop.submit { group.reports }.get()
    }
    return reports.sorted { $0.id < $1.id }
  }
}

extension ConnectionGroup {
  /// To be asked on the event loop.
  fileprivate var reports: [ConnectionReport] { all.map(\.report) }
}
