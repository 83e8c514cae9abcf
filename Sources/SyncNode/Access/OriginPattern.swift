/// Web pages that may connect, by their origin: `https://app.example`, `https://*.example.com` for all names below one, a
/// port behind either, or `*` for all pages.
public struct OriginPattern: Hashable, Sendable, CustomStringConvertible {
  /// All pages.
  public static let any = OriginPattern(origin: nil, description: "*")

  /// Nil for all.
  private let origin: Origin?
  /// The pattern as it was written.
  public let description: String

  private init(origin: Origin?, description: String) {
    self.origin = origin
    self.description = description
  }

  /// Reads a pattern.
  ///
  /// - Returns: Nil when it is none: it needs `http://` or `https://`, and has nothing behind the host and the port.
  public init?(_ text: String) {
    if text == "*" {
      self = .any
    } else {
      guard let origin = Origin(text) else { return nil }
      self.init(origin: origin, description: text)
    }
  }

  /// Whether a page's origin is among these.
  func matches(_ other: Origin) -> Bool {
    guard let origin else { return true }
    guard origin.scheme == other.scheme, origin.port == other.port else { return false }
    guard origin.host.hasPrefix("*.") else { return origin.host == other.host }
    return other.host.hasSuffix(origin.host.dropFirst()) && other.host.utf8.count >= origin.host.utf8.count
  }

  /// Whether the host of a page that matches may be `host`.
  func matches(host: String) -> Bool {
    guard let origin else { return true }
    return matches(Origin(scheme: origin.scheme, host: host, port: origin.port))
  }
}

/// Where a web page comes from: what browsers say in the header `Origin`.
struct Origin: Hashable {
  let scheme: String
  /// In small letters; IPv6 addresses in brackets.
  let host: String
  /// The port, also when it goes without saying.
  let port: Int

  init(scheme: String, host: String, port: Int) {
    self.scheme = scheme
    self.host = host
    self.port = port
  }

  /// Reads an origin; nil for `null`, which browsers say for pages that have none, and for schemes of theirs.
  init?(_ text: String) {
    let text = text.lowercased()
    guard let scheme = ["https", "http"].first(where: { text.hasPrefix($0 + "://") }),
      let authority = Authority(text.dropFirst(scheme.utf8.count + 3))
    else { return nil }
    self.init(scheme: scheme, host: authority.host, port: authority.port ?? (scheme == "https" ? 443 : 80))
  }
}

/// A host with or without a port, as in the header `Host`.
struct Authority: Hashable {
  /// In small letters; IPv6 addresses in brackets.
  let host: String
  let port: Int?

  init?(_ text: some StringProtocol) {
    let text = text.lowercased()
    guard text.first != "[" || text.contains("]") else { return nil }
    let host = text.first == "[" ? text.prefix { $0 != "]" } + "]" : text.prefix { $0 != ":" }
    let rest = text.dropFirst(host.count)
    guard !host.isEmpty, !host.contains(where: { "/?#@\\ ".contains($0) }) else { return nil }
    self.host = String(host)
    guard !rest.isEmpty else {
      port = nil
      return
    }
    guard rest.first == ":", let port = UInt16(rest.dropFirst()) else { return nil }
    self.port = Int(port)
  }
}
