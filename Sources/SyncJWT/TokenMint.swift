import Foundation
import SyncNode

/// Makes tokens over HTTP as `syncctl token mint` makes them, for the service whose tokens are checked here.
public struct TokenMint: TokenIssuer {
  private let signer: TokenSigner
  private let audience: String?
  private let issuer: String?

  /// - Parameters:
  ///   - signer: What tokens are signed with.
  ///   - audience: The service that they are for (`aud`), if it asks for one.
  ///   - issuer: Who makes them (`iss`), if the service asks for it.
  public init(_ signer: TokenSigner, audience: String? = nil, issuer: String? = nil) {
    self.signer = signer
    self.audience = audience
    self.issuer = issuer
  }

  /// A token for somebody, signed.
  public func issue(_ draft: TokenDraft) async throws -> IssuedToken {
    // A token has whole seconds.
    let end = (Date().timeIntervalSince1970 + draft.lifetime / .seconds(1)).rounded(.down)
    var claims = TokenClaims(
      subject: draft.subject, displayName: draft.displayName, rules: draft.rules,
      expiry: Date(timeIntervalSince1970: end))
    if let id = draft.id { claims.id = id }
    if let audience { claims.audiences = [audience] }
    claims.issuer = issuer
    return IssuedToken(token: try await signer.sign(claims), expiry: claims.expiry)
  }
}
