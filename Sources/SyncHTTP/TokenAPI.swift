import Foundation
import Hummingbird
import SyncNode

/// Tokens, made over HTTP for administrators of all rooms.
///
/// ```
/// POST /api/tokens   {"subject", "name", "rooms": {"project:*": "write"}, "lifetimeSeconds", "id"}: a token for somebody
/// ```
/// `name` and `id` may be left out. 409 where the server has nothing to sign with.
struct TokenAPI: Sendable {
  private static let lifetimeSecondsMax = 36_500 * 86_400
  private static let roomsMax = 100
  private static let textBytesMax = 256

  private struct Draft: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
      case subject, name, rooms, lifetimeSeconds, id
    }

    let subject: String
    let name: String?
    let rooms: [String: String]
    let lifetimeSeconds: Int
    let id: String?

    init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let members = try decoder.container(keyedBy: CodingKeys.self)
      subject = try members.decode(String.self, forKey: .subject)
      name = try members.decodeIfPresent(String.self, forKey: .name)
      rooms = try members.decode([String: String].self, forKey: .rooms)
      lifetimeSeconds = try members.decode(Int.self, forKey: .lifetimeSeconds)
      id = try members.decodeIfPresent(String.self, forKey: .id)
    }
  }

  private struct Token: Encodable {
    let token: String
    let expires: Date
  }

  let node: Node
  let issuer: (any TokenIssuer)?

  func addRoutes(to router: Router<NodeRequestContext>) {
    router.post("/api/tokens") { request, context in
      try await context.requireAdministrator(by: request, on: node)
      guard let issuer else {
        throw APIError(
          .conflict, "there is no key here to sign tokens with",
          hint: "start the relay with --jwt-secret or --jwt-private-key, or make tokens with `syncctl token mint`")
      }
      let issued = try await issuer.issue(TokenAPI.draft(try await request.jsonBody()))
      return try Response(json: Token(token: issued.token, expires: issued.expiry), status: .created)
    }
  }

  private static func draft(_ body: Draft) throws -> TokenDraft {
    for (name, text) in [("subject", body.subject), ("name", body.name), ("id", body.id)] {
      guard let text else { continue }
      guard (1...textBytesMax).contains(text.utf8.count) else {
        throw APIError(.invalidBody, "`\(name)` has 1 to \(textBytesMax) bytes")
      }
    }
    guard (1...lifetimeSecondsMax).contains(body.lifetimeSeconds) else {
      throw APIError(.invalidBody, "`lifetimeSeconds` is 1 to \(lifetimeSecondsMax)")
    }
    guard (1...roomsMax).contains(body.rooms.count) else {
      throw APIError(.invalidBody, "`rooms` has 1 to \(roomsMax) patterns")
    }
    let rules = try body.rooms.sorted { $0.key < $1.key }.map { pattern, level in
      guard (1...textBytesMax).contains(pattern.utf8.count) else {
        throw APIError(.invalidBody, "`rooms`: a pattern has 1 to \(textBytesMax) bytes")
      }
      guard let access = Access(claim: level) else {
        throw APIError(.invalidBody, "`rooms`: what may be done is read, comment, write or admin")
      }
      return Grant.Rule(rooms: pattern, access: access)
    }
    return TokenDraft(
      subject: body.subject, displayName: body.name, rules: rules, lifetime: .seconds(body.lifetimeSeconds), id: body.id
    )
  }
}
