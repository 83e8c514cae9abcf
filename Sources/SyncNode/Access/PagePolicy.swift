import NIOCore

/// Which web pages may connect.
///
/// A browser runs the pages of strangers on machines that reach what strangers do not: the loopback interface, a network
/// behind a firewall. It says where a page comes from, and programs that are no browsers say nothing and are let in. Who
/// controls a name may let it resolve to any address while a page is open (DNS rebinding), so that page and server seem to
/// have the same host; that they do counts only where it cannot be made up.
struct PagePolicy {
  /// Whose pages are let in; nil for those of this machine and those that come from the server itself.
  let allowed: [OriginPattern]?

  /// What a request says, and how it came.
  struct Request {
    /// The header `Origin`; nil when there is none.
    var origin: String?
    /// The header `Host`; nil when there is none.
    var host: String?
    /// Whether the name in `host` was checked by somebody else: by a browser that was shown a certificate for it, or by a
    /// proxy that serves it.
    var isHostVerified = false
    /// Whether only this machine reaches the server.
    var isLoopback = false
  }

  /// Why a request is refused; nil when it is not.
  func refusal(of request: Request) -> String? {
    guard let text = request.origin else { return hostRefusal(of: request) }
    let origin = Origin(text)
    if let allowed {
      let isAllowed = origin.map { origin in allowed.contains { $0.matches(origin) } } ?? allowed.contains(.any)
      return isAllowed ? nil : "pages of \(text) are not allowed here"
    }
    guard let origin else { return "pages without an origin of their own are not allowed here" }
    if ListenAddress.isLoopback(origin.host) { return nil }
    let host = request.host.flatMap { Authority($0) }?.host
    if origin.host == host, request.isHostVerified || Self.isAddress(origin.host) { return nil }
    return "pages of \(text) are not allowed here"
  }

  /// A page whose name resolves to this machine reads what is here without saying where it comes from.
  private func hostRefusal(of request: Request) -> String? {
    guard request.isLoopback, !request.isHostVerified, let text = request.host, let host = Authority(text)?.host else {
      return nil
    }
    if ListenAddress.isLoopback(host) || Self.isAddress(host) { return nil }
    if allowed?.contains(where: { $0.matches(host: host) }) == true { return nil }
    return "this server is not \(host)"
  }

  /// Whether a host is an address, which nobody else can let resolve to another.
  private static func isAddress(_ host: String) -> Bool {
    let address = host.first == "[" ? String(host.dropFirst().dropLast()) : host
    return (try? SocketAddress(ipAddress: address, port: 0)) != nil
  }
}
