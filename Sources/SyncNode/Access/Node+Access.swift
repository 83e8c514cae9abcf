import Foundation
import Logging
import NIOCore
import NIOHTTP1

extension Node {
  /// Asks the application what somebody may do, and answers on `eventLoop`: at once when everybody may do everything.
  func grant(
    for request: AccessRequest, on eventLoop: any EventLoop,
    completion: @escaping @Sendable (Result<Grant, AccessDenied>) -> Void
  ) {
    guard let authorizer = configuration.authorizer else { return completion(.success(.everything)) }
    let logger = configuration.logger
    Task {
      let result: Result<Grant, AccessDenied>
      do {
        let grant = try await authorizer.grant(for: request)
        let isIncluded = request.room.map { grant.access(in: $0) != nil } ?? true
        result = isIncluded ? .success(grant) : .failure(AccessDenied("the room is not for you"))
      } catch let denied as AccessDenied {
        result = .failure(denied)
      } catch {
        logger.error("cannot tell who may do what", metadata: ["error": "\(error)"])
        result = .failure(AccessDenied("access cannot be checked now"))
      }
      eventLoop.execute { completion(result) }
    }
  }
}

extension Node {
  /// Whether whoever shows `token` may see what is in all rooms: everybody, when nobody is asked who may do what.
  public func grantsAllRooms(to token: String?, at address: String) async -> Bool {
    let request = AccessRequest(room: nil, peer: nil, token: token, address: address)
    let eventLoop = configuration.eventLoopGroup.next()
    return await withCheckedContinuation { continuation in
      grant(for: request, on: eventLoop) { result in
        continuation.resume(returning: (try? result.get())?.includesEverything ?? false)
      }
    }
  }
}

/// Where a request for a WebSocket has its token.
public enum AccessToken {
  /// The query parameter `token`, percent-decoded, or else a bearer token; nil when there is neither.
  static func find(in head: HTTPRequestHead) -> String? { parameter(of: head.uri) ?? bearer(in: head.headers) }

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

  /// The token of a header `Authorization`; nil when it is of another kind.
  public static func bearer(in authorization: String) -> String? {
    let scheme = "bearer "
    return authorization.lowercased().hasPrefix(scheme) ? String(authorization.dropFirst(scheme.count)) : nil
  }
}
