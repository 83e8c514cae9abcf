import Logging
import NIOCore
import Synchronization

/// Counts connections that others have made: in all, from each address and of each user.
final class ConnectionCounter: Sendable {
  private struct State {
    var total = 0
    var byAddress: [String: Int] = [:]
    var byUser: [String: Int] = [:]
  }

  private let limits: Limits
  private let state = Mutex(State())

  init(limits: Limits) { self.limits = limits }

  /// How many there are.
  var count: Int { state.withLock { $0.total } }

  /// Counts one in all.
  ///
  /// - Returns: Whether it may stay.
  func enter() -> Bool {
    state.withLock { state in
      guard state.total < limits.connectionsMax else { return false }
      state.total += 1
      return true
    }
  }

  func leave() { state.withLock { $0.total -= 1 } }

  /// Counts one from an address.
  ///
  /// - Returns: Whether it may stay.
  func enter(from address: String) -> Bool {
    state.withLock { $0.byAddress.add(address, unlessMoreThan: limits.connectionsPerAddressMax) }
  }

  /// How many are counted from an address.
  func count(from address: String) -> Int { state.withLock { $0.byAddress[address] ?? 0 } }

  func leave(from address: String) { state.withLock { $0.byAddress.remove(address) } }

  /// Counts one of a user.
  ///
  /// - Returns: Whether it may stay.
  func enter(as user: String) -> Bool {
    state.withLock { $0.byUser.add(user, unlessMoreThan: limits.connectionsPerUserMax) }
  }

  func leave(as user: String) { state.withLock { $0.byUser.remove(user) } }

  /// What connections from `address` are counted under: an IPv4 address as it is; of an IPv6 address the first half, since
  /// whoever has one has all that differ in the second; whatever else there is under one name.
  static func key(of address: SocketAddress?) -> String {
    guard let text = address?.ipAddress else { return "unknown" }
    return key(ofIP: text) ?? "unknown"
  }

  /// The same for an address as text; nil when it is none.
  static func key(ofIP text: String) -> String? {
    guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
    guard address.protocol == .inet6 else { return text }
    // A `sockaddr_in6` has its address behind 8 bytes.
    let bytes = address.withSockAddr { start, count in Array(UnsafeRawBufferPointer(start: start, count: count)[8..<24])
    }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    if isMapped { return bytes[12...].map { "\($0)" }.joined(separator: ".") }
    let parts = stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
    return parts.joined(separator: ":") + "::/64"
  }
}

extension [String: Int] {
  fileprivate mutating func add(_ key: String, unlessMoreThan max: Int) -> Bool {
    let count = self[key] ?? 0
    guard count < max else { return false }
    self[key] = count + 1
    return true
  }

  fileprivate mutating func remove(_ key: String) {
    guard let count = self[key] else { return }
    self[key] = count > 1 ? count - 1 : nil
  }
}

extension Node {
  /// Counts a connection that was just accepted, until it ends. A listener asks this first, before it reads anything or
  /// sets anything up, and closes the channel when the answer is no.
  ///
  /// One from a trusted proxy is counted where it comes from when its WebSocket is asked for.
  ///
  /// - Returns: Whether the limits allow one more.
  public func admit(_ channel: any Channel) -> Bool {
    guard counter.enter() else { return refuse(.tooManyConnections, channel.remoteAddress?.description) }
    let address = isProxy(channel.remoteAddress) ? nil : ConnectionCounter.key(of: channel.remoteAddress)
    if let address, !counter.enter(from: address) {
      counter.leave()
      return refuse(.tooManyConnectionsFromAddress, address)
    }
    channel.closeFuture.whenComplete { [counter] _ in
      counter.leave()
      if let address { counter.leave(from: address) }
    }
    return true
  }

  /// Counts an admitted connection from a trusted proxy as one from `address`, an IP address without a port, until it ends.
  ///
  /// - Returns: Whether the limits allow one more from there.
  func admit(_ channel: any Channel, forwardedFor address: String) -> Bool {
    let key = ConnectionCounter.key(ofIP: address) ?? "unknown"
    guard counter.enter(from: key) else { return false }
    channel.closeFuture.whenComplete { [counter] _ in counter.leave(from: key) }
    return true
  }

  private func refuse(_ refusal: Refusal, _ address: String?) -> Bool {
    refusals.count(refusal)
    // There may be thousands in a second.
    configuration.logger.debug(
      "refused a connection", metadata: ["peer": "\(address ?? "unknown")", "for": "\(refusal.rawValue)"])
    return false
  }
}

/// Why a connection that was just accepted is closed.
struct ConnectionRefused: Error {}
