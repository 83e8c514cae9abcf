/// Tells nodes apart: 16 random bytes, drawn with the store, so that a node with a new store is another peer.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
  /// How many bytes an identifier has.
  static let byteCount = 16

  let bytes: [UInt8]

  /// - Returns: Nil unless there are exactly 16 bytes.
  init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == PeerID.byteCount else { return nil }
    self.bytes = [UInt8](bytes)
  }

  /// - Returns: Nil unless there are exactly 32 hexadecimal digits.
  public init?(hexadecimal text: String) {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 2 * PeerID.byteCount, text.utf8.count == digits.count else { return nil }
    self.init(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }

  /// An identifier that nobody has.
  static func random(using generator: inout some RandomNumberGenerator) -> PeerID {
    PeerID(unchecked: (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// The bytes in hexadecimal.
  public var description: String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
