import Foundation

/// Makes tokens that an ``Authorizer`` takes, for those who administer all rooms of a node.
public protocol TokenIssuer: Sendable {
  /// A token for somebody.
  ///
  /// - Throws: What keeps it from being made.
  func issue(_ draft: TokenDraft) async throws -> IssuedToken
}

/// Who a token is to be for, and what may be done with it.
public struct TokenDraft: Equatable, Sendable {
  /// Who it is for, always the same for the same person.
  public var subject: String
  /// What others may be shown as its name.
  public var displayName: String?
  /// What may be done where.
  public var rules: [Grant.Rule]
  /// For how long.
  public var lifetime: Duration
  /// What it is revoked by; nil for one of its own.
  public var id: String?

  /// A token for `subject`.
  public init(
    subject: String, displayName: String? = nil, rules: [Grant.Rule], lifetime: Duration, id: String? = nil
  ) {
    self.subject = subject
    self.displayName = displayName
    self.rules = rules
    self.lifetime = lifetime
    self.id = id
  }
}

/// A token that was made.
public struct IssuedToken: Equatable, Sendable {
  /// What is to be shown.
  public let token: String
  /// When it ends.
  public let expiry: Date

  /// A token that ends at `expiry`.
  public init(token: String, expiry: Date) {
    self.token = token
    self.expiry = expiry
  }
}
