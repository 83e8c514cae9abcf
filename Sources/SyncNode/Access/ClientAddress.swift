import Foundation
import NIOCore

/// Addresses that share their first bits: `10.0.0.0/8`, or `192.0.2.7` for a single one.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
  /// All addresses of this machine itself.
  public static let loopback: [AddressRange] = [
    AddressRange(bytes: [127, 0, 0, 0], bitCount: 8, description: "127.0.0.0/8"),
    AddressRange(bytes: [UInt8](repeating: 0, count: 15) + [1], bitCount: 128, description: "::1"),
  ]

  /// The first address, 4 or 16 bytes.
  private let bytes: [UInt8]
  private let bitCount: Int
  /// The range as it was written.
  public let description: String

  private init(bytes: [UInt8], bitCount: Int, description: String) {
    self.bytes = bytes
    self.bitCount = bitCount
    self.description = description
  }

  /// Reads a range.
  ///
  /// - Returns: Nil when it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bytes = AddressRange.bytes(of: String(parts[0])) else { return nil }
    let bitCount = parts.count == 1 ? bytes.count * 8 : Int(parts[1])
    guard let bitCount, (0...bytes.count * 8).contains(bitCount) else { return nil }
    self.init(bytes: bytes, bitCount: bitCount, description: text)
  }

  /// Whether an address, without brackets and port, is in the range.
  public func contains(_ address: String) -> Bool {
    guard let other = AddressRange.bytes(of: address), other.count == bytes.count else { return false }
    let whole = bitCount / 8
    guard bytes.prefix(whole) == other.prefix(whole) else { return false }
    let rest = bitCount % 8
    return rest == 0 || (bytes[whole] ^ other[whole]) >> UInt8(8 - rest) == 0
  }

  /// The bytes of an address; those of an IPv4 address that is written as IPv6 are 4.
  private static func bytes(of address: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, address, &bytes) == 1 { return Array(bytes.prefix(4)) }
    guard inet_pton(AF_INET6, address, &bytes) == 1 else { return nil }
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    return bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
  }
}

extension Node {
  /// The address of whoever makes a request, without a port: that of the connection, or, when that is of a trusted proxy,
  /// the last one in `X-Forwarded-For` that is not of such. What stands before it anybody can have written.
  ///
  /// - Parameters:
  ///   - remote: The connection's other end.
  ///   - forwarded: The request's headers `X-Forwarded-For`, in their order; none for what is no request.
  public func clientAddress(of remote: SocketAddress?, forwarded: [String]) -> String {
    guard let direct = remote?.ipAddress else { return remote?.description ?? "unknown" }
    return Node.clientAddress(direct: direct, forwarded: forwarded, proxies: configuration.trustedProxies)
  }

  static func clientAddress(direct: String, forwarded: [String], proxies: [AddressRange]) -> String {
    var address = direct
    var steps = forwarded.joined(separator: ",").split(separator: ",").map { step in
      step.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
    }
    while proxies.contains(where: { $0.contains(address) }), let step = steps.popLast() {
      // A proxy that writes something else than an address is not to be relied on beyond itself.
      guard let next = Node.address(in: String(step)) else { break }
      address = next
    }
    return address
  }

  /// The address in a step, which may come with a port: `192.0.2.7`, `192.0.2.7:80`, `::1` or `[::1]:80`.
  private static func address(in step: String) -> String? {
    let isBare = step.first != "[" && step.count { $0 == ":" } != 1
    guard let host = isBare ? step : Authority(step)?.host else { return nil }
    let bare = host.first == "[" ? String(host.dropFirst().dropLast()) : host
    return try? SocketAddress(ipAddress: bare, port: 0).ipAddress
  }
}

extension SocketAddress {
  /// The address with its port, as it is written in URLs; of a socket in the file system, its path.
  var source: String {
    guard let ipAddress, let port else { return pathname ?? description }
    return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
  }
}
