import Foundation
import NIOHTTP1

/// Where a request for a WebSocket has its token.
public enum AccessToken {
  /// How a subprotocol begins that is a token: browsers let pages set nothing else but the address.
  private static let subprotocolPrefix = "bearer."
  private static let subprotocolHeader = "Sec-WebSocket-Protocol"

  /// The query parameter `token`, percent-decoded, or else a bearer token, or else a subprotocol `bearer.TOKEN`; nil when
  /// there is none of them.
  static func find(in head: HTTPRequestHead) -> String? {
    parameter(of: head.uri) ?? bearer(in: head.headers) ?? subprotocol(in: head.headers)
  }

  private static func parameter(of uri: String) -> String? {
    guard let start = uri.firstIndex(of: "?") else { return nil }
    for parameter in uri[uri.index(after: start)...].split(separator: "&") where parameter.hasPrefix("token=") {
      return parameter.dropFirst("token=".count).removingPercentEncoding
    }
    return nil
  }

  private static func bearer(in headers: HTTPHeaders) -> String? {
    headers.first(name: "Authorization").flatMap { bearer(in: $0) }
  }

  private static func subprotocol(in headers: HTTPHeaders) -> String? {
    headers[canonicalForm: subprotocolHeader].first { $0.hasPrefix(subprotocolPrefix) }
      .map { String($0.dropFirst(subprotocolPrefix.count)) }
  }

  /// The token of a header `Authorization`; nil when it is of another kind.
  public static func bearer(in authorization: String) -> String? {
    let scheme = "bearer "
    return authorization.lowercased().hasPrefix(scheme) ? String(authorization.dropFirst(scheme.count)) : nil
  }

  /// The answer to the subprotocols that a client offers: it fails unless one is chosen, and they mean nothing here, so it
  /// gets its first that is no token.
  static func subprotocolAnswer(to head: HTTPRequestHead) -> HTTPHeaders {
    let offered = head.headers[canonicalForm: subprotocolHeader]
    guard let chosen = offered.first(where: { !$0.hasPrefix(subprotocolPrefix) }) ?? offered.first else { return [:] }
    return [subprotocolHeader: String(chosen)]
  }
}
