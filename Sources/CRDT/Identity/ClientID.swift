/// Names one replica of a document: the author of a range of clocks.
///
/// Yjs 13 draws 32-bit identifiers, Yjs 14 and yrs use up to 53 bits, so the value is 64 bits wide everywhere and at
/// most 2^53 − 1. Two replicas that write under one identifier corrupt each other; draw a fresh one per session.
public struct ClientID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByIntegerLiteral
{
  /// The largest identifier that JavaScript peers can read, 2^53 − 1.
  public static let max = ClientID(rawValue: (1 << 53) - 1)

  /// The number on the wire.
  public let rawValue: UInt64

  /// - Precondition: `rawValue` ≤ 2^53 − 1.
  public init(rawValue: UInt64) {
    precondition(rawValue < 1 << 53, "a client identifier has at most 53 bits")
    self.rawValue = rawValue
  }

  /// A known identifier, as in `Document(clientID: 7)`.
  public init(integerLiteral value: UInt64) { self.init(rawValue: value) }

  /// A fresh identifier of 32 bits, as Yjs draws it.
  public static func random() -> ClientID {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  /// A fresh identifier of 32 bits from `generator`; never 0.
  public static func random(using generator: inout some RandomNumberGenerator) -> ClientID {
    ClientID(rawValue: UInt64.random(in: 1...UInt64(UInt32.max), using: &generator))
  }

  /// Orders identifiers by number; the order decides ties between concurrent insertions.
  public static func < (left: ClientID, right: ClientID) -> Bool { left.rawValue < right.rawValue }

  /// The number in decimal.
  public var description: String { String(rawValue) }
}

/// Counts the units a client has written: UTF-16 code units of text, array elements, map entries.
///
/// A document holds clocks up to 2^32 − 1; the wire allows 2^53 − 1, so a clock is 64 bits wide in public.
public typealias Clock = UInt64

/// Names one unit of one client: the unit `clock` of `client`.
public struct ItemID: Hashable, Sendable, CustomStringConvertible {
  /// The author.
  public var client: ClientID
  /// The unit's number among all the author's units, from 0.
  public var clock: Clock

  /// The unit `clock` of `client`.
  public init(client: ClientID, clock: Clock) {
    self.client = client
    self.clock = clock
  }

  /// `client:clock`.
  public var description: String { "\(client):\(clock)" }
}
