import Foundation
import JWTKit
import SyncNode

/// What a token says: who somebody is, and what it may do until when.
///
/// ```json
/// {"sub": "ada", "name": "Ada Lovelace", "rooms": {"project:*": "write", "board": "comment"},
///  "exp": 1767225600, "jti": "3f0c", "aud": "notes", "iss": "accounts"}
/// ```
/// `sub`, `rooms` and `exp` must be there.
public struct TokenClaims: Equatable, Sendable {
  /// `sub`: who it is for, always the same for the same person.
  public var subject: String
  /// `name`: what others may be shown as its name.
  public var displayName: String?
  /// `rooms`: what may be done where, by patterns in which `*` stands for any characters.
  public var rules: [Grant.Rule]
  /// `exp`: when it ends.
  public var expiry: Date
  /// `nbf`: when it begins.
  public var notBefore: Date?
  /// `iat`: when it was made.
  public var issuedAt: Date?
  /// `jti`: what it is revoked by.
  public var id: String?
  /// `iss`: who made it.
  public var issuer: String?
  /// `aud`: the services it is for; empty when it does not say.
  public var audiences: [String]

  /// The claims of a token for `subject` until `expiry`, made now, with an identifier of its own.
  public init(subject: String, displayName: String? = nil, rules: [Grant.Rule], expiry: Date) {
    self.subject = subject
    self.displayName = displayName
    self.rules = rules
    self.expiry = expiry
    issuedAt = Date()
    id = UUID().uuidString.lowercased()
    audiences = []
  }
}

/// The claims as they stand in a token.
struct TokenPayload: JWTPayload {
  let sub: String
  let name: String?
  let rooms: [String: String]
  let exp: ExpirationClaim
  let nbf: NotBeforeClaim?
  let iat: IssuedAtClaim?
  let jti: String?
  let iss: String?
  let aud: AudienceClaim?

  init(_ claims: TokenClaims) {
    sub = claims.subject
    name = claims.displayName
    rooms = Dictionary(claims.rules.map { ($0.rooms, $0.access.claim) }, uniquingKeysWith: { max($0, $1) })
    exp = ExpirationClaim(value: claims.expiry)
    nbf = claims.notBefore.map { NotBeforeClaim(value: $0) }
    iat = claims.issuedAt.map { IssuedAtClaim(value: $0) }
    jti = claims.id
    iss = claims.issuer
    aud = claims.audiences.isEmpty ? nil : AudienceClaim(value: claims.audiences)
  }

  /// Refuses keys of other kinds than those that are documented, which a key set may hold.
  func verify(using algorithm: some JWTAlgorithm) async throws {
    guard ["HS256", "ES256", "EdDSA", "RS256"].contains(algorithm.name) else {
      throw JWTError.signatureVerificationFailed
    }
  }

  /// - Throws: ``AccessDenied`` when a level is not known.
  func claims() throws(AccessDenied) -> TokenClaims {
    var rules: [Grant.Rule] = []
    for (pattern, level) in rooms.sorted(by: { $0.key < $1.key }) {
      guard let access = Access(claim: level) else {
        throw AccessDenied(
          "the token grants “\(level)”, which is none of read, comment, write, admin", .unauthenticated)
      }
      rules.append(Grant.Rule(rooms: pattern, access: access))
    }
    var claims = TokenClaims(subject: sub, displayName: name, rules: rules, expiry: exp.value)
    claims.notBefore = nbf?.value
    claims.issuedAt = iat?.value
    claims.id = jti
    claims.issuer = iss
    claims.audiences = aud?.value ?? []
    return claims
  }
}
