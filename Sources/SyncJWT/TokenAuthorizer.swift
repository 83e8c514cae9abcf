import Foundation
import JWTKit
import Logging
import SyncNode
import Synchronization

/// Lets in who has a JSON Web Token (RFC 7519), for what ``TokenClaims`` say: made by the application's own sign-in, or by
/// `syncctl token mint`.
///
/// Clients show their token by a query parameter, a header, a subprotocol or Hocuspocus' message, nodes in their hello. Run a
/// ``TokenReload`` beside the node, so that renewed keys and revoked tokens count at once.
public final class TokenAuthorizer: Authorizer {
  /// The clocks of two machines may differ by so many seconds.
  private static let clockSkewSeconds = 60.0
  /// Longer tokens are not looked at.
  private static let tokenBytesMax = 16 << 10

  /// The files that are read, each with what it was like then.
  private struct Files: Sendable {
    var keys: JWTKeyCollection
    var revoked: Set<String>
    var stamps: [FileStamp?]
  }

  private let source: TokenKeySource
  private let revocationFile: String?
  private let audience: String?
  private let issuer: String?
  private let files: Mutex<Files>

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - keys: What tokens are checked with.
  ///   - revocationFile: A file with the identifiers (`jti`) of tokens that count no more, one a line; what follows a `#` is
  ///     a comment. Nil when none is revoked.
  ///   - audience: What this service is called: tokens must name it in `aud`. Nil takes only tokens that name no service.
  ///   - issuer: Who must have made tokens (`iss`); nil when the key says enough.
  /// - Throws: ``TokenError`` when a file cannot be used.
  public init(
    keys source: TokenKeySource, revocationFile: String? = nil, audience: String? = nil, issuer: String? = nil
  ) async throws(TokenError) {
    self.source = source
    self.revocationFile = revocationFile
    self.audience = audience
    self.issuer = issuer
    files = Mutex(try await TokenAuthorizer.read(source, revocationFile))
  }

  private static func read(_ source: TokenKeySource, _ revocationFile: String?) async throws(TokenError) -> Files {
    // Before the content: a change in between is seen the next time.
    let stamps = stamps(source, revocationFile)
    let revoked = try revocationFile.map { path throws(TokenError) in revocations(in: try TokenFile.read(path)) } ?? []
    return Files(keys: try await source.load(), revoked: revoked, stamps: stamps)
  }

  private static func stamps(_ source: TokenKeySource, _ revocationFile: String?) -> [FileStamp?] {
    ([source.path] + (revocationFile.map { [$0] } ?? [])).map { FileStamp(path: $0) }
  }

  private static func revocations(in content: String) -> Set<String> {
    let lines = content.split(whereSeparator: \.isNewline).map { line in
      line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
    }
    return Set(lines.filter { !$0.isEmpty })
  }

  /// Reads the files again if they have changed since they were read.
  ///
  /// - Returns: Whether they had.
  /// - Throws: ``TokenError`` when a file cannot be used; what was read before holds on.
  public func reload() async throws(TokenError) -> Bool {
    let stamps = TokenAuthorizer.stamps(source, revocationFile)
    guard files.withLock({ $0.stamps != stamps }) else { return false }
    let read = try await TokenAuthorizer.read(source, revocationFile)
    files.withLock { $0 = read }
    return true
  }

  /// What a token says, if it counts now.
  ///
  /// - Throws: ``AccessDenied`` with the reason.
  public func verify(_ token: String) async throws(AccessDenied) -> TokenClaims {
    guard token.utf8.count <= TokenAuthorizer.tokenBytesMax else {
      throw AccessDenied("the token has more than \(TokenAuthorizer.tokenBytesMax) bytes", .unauthenticated)
    }
    let (keys, revoked) = files.withLock { ($0.keys, $0.revoked) }
    let claims = try await TokenAuthorizer.payload(of: token, keys).claims()
    let now = Date()
    guard claims.expiry > now else { throw AccessDenied("the token has expired", .unauthenticated) }
    if let start = claims.notBefore, start.timeIntervalSince(now) > TokenAuthorizer.clockSkewSeconds {
      throw AccessDenied("the token does not count yet", .unauthenticated)
    }
    guard audience.map({ claims.audiences.contains($0) }) ?? claims.audiences.isEmpty else {
      throw AccessDenied("the token is for another service", .unauthenticated)
    }
    guard issuer == nil || claims.issuer == issuer else {
      throw AccessDenied("the token was made by somebody else than is trusted here", .unauthenticated)
    }
    if let id = claims.id, revoked.contains(id) { throw AccessDenied("the token was revoked", .unauthenticated) }
    return claims
  }

  private static func payload(of token: String, _ keys: JWTKeyCollection) async throws(AccessDenied) -> TokenPayload {
    do {
      return try await keys.verify(token, as: TokenPayload.self, iteratingKeys: true)
    } catch let error as JWTError where error.errorType == .malformedToken {
      throw AccessDenied("the token cannot be read, or lacks one of sub, rooms and exp", .unauthenticated)
    } catch {
      throw AccessDenied("the token is not signed by a key that is trusted here", .unauthenticated)
    }
  }

  /// What the token of a request allows.
  public func grant(for request: AccessRequest) async throws -> Grant {
    guard let token = request.token, !token.isEmpty else { throw AccessDenied("show a token", .unauthenticated) }
    let claims = try await verify(token)
    return Grant(
      rules: claims.rules, subject: claims.subject, displayName: claims.displayName, expiry: claims.expiry)
  }
}
