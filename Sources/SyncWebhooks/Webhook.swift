import Foundation
import SyncNode

/// Somebody who is told of what happens: an address, and what it is told of.
///
/// In JSON:
/// ```
/// {"url": "https://example.org/hook", "secretFile": "hook.secret", "events": ["document.changed"], "rooms": ["project:*"]}
/// ```
/// with `secret` in place of `secretFile` where the text itself is to stand there. Without `events` it is told of all; without
/// `rooms`, of all rooms but those in which nodes tell of themselves (``SyncNode/FeedRoom``).
public struct Webhook: Equatable, Sendable {
  /// Where events are posted: an address with http or https.
  public let url: String
  /// What they are signed with.
  public let secret: WebhookSecret
  /// What it is told of.
  public let events: Set<WebhookEvent.Kind>
  /// Patterns of the rooms it is told of, in which `*` stands for any characters; nil for all that are no feeds.
  public let rooms: [String]?

  /// Tells `url` of `events` in `rooms`.
  ///
  /// - Throws: When `url` is no address, or nothing could ever happen that it is told of.
  public init(
    url: String, secret: WebhookSecret, events: Set<WebhookEvent.Kind> = Set(WebhookEvent.Kind.allCases),
    rooms: [String]? = nil
  ) throws(WebhookError) {
    guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme),
      parts.host?.isEmpty == false,
      parts.fragment == nil
    else { throw WebhookError("`url` is an address that begins with https:// or http://") }
    guard !events.isEmpty else { throw WebhookError("`events` has at least one: \(WebhookEvent.Kind.list)") }
    guard rooms?.isEmpty != true, rooms?.contains("") != true else {
      throw WebhookError("`rooms` has at least one pattern, and none is empty: leave it out for all rooms")
    }
    self.url = url
    self.secret = secret
    self.events = events
    self.rooms = rooms
  }

  /// Whether it is told of something that happened in a room, or in none.
  func wants(_ kind: WebhookEvent.Kind, in room: String?) -> Bool {
    guard events.contains(kind) else { return false }
    guard let room else { return true }
    guard let rooms else { return FeedRoom(name: room) == nil }
    return rooms.contains { RoomSelection.matches(room, $0) }
  }
}

/// Why webhooks cannot be used: what is wrong, and where.
public struct WebhookError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension [Webhook] {
  /// The webhooks in a JSON array.
  ///
  /// - Throws: What is wrong, with the webhook's number, from 1, and its member.
  public init(json: [UInt8]) throws(WebhookError) {
    let entries: [Webhook.Entry]
    do {
      entries = try JSONDecoder().decode([Webhook.Entry].self, from: Data(json))
    } catch let error as DecodingError {
      throw WebhookError(Webhook.Entry.description(of: error))
    } catch {
      throw WebhookError("\(error)")
    }
    var webhooks: [Webhook] = []
    for (index, entry) in entries.enumerated() {
      do {
        webhooks.append(try entry.webhook())
      } catch {
        throw WebhookError("webhook \(index + 1): \(error)")
      }
    }
    try webhooks.check()
    self = webhooks
  }

  /// - Throws: When two have the same address: what waits for one could not be told from what waits for the other.
  func check() throws(WebhookError) {
    var known: Set<String> = []
    for (index, webhook) in enumerated() where !known.insert(webhook.url).inserted {
      throw WebhookError("webhook \(index + 1): another one has the same `url`")
    }
  }
}

extension Webhook {
  /// A webhook in JSON.
  fileprivate struct Entry: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
      case url, secret, secretFile, events, rooms
    }

    let url: String
    let secret: String?
    let secretFile: String?
    let events: [String]?
    let rooms: [String]?

    init(from decoder: any Decoder) throws {
      let names = try decoder.singleValueContainer().decode([String: Ignored].self).keys
      if let unknown = names.filter({ Key(rawValue: $0) == nil }).min() {
        let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "there is no `\(unknown)`, but \(known)"))
      }
      let members = try decoder.container(keyedBy: Key.self)
      url = try members.decode(String.self, forKey: .url)
      secret = try members.decodeIfPresent(String.self, forKey: .secret)
      secretFile = try members.decodeIfPresent(String.self, forKey: .secretFile)
      events = try members.decodeIfPresent([String].self, forKey: .events)
      rooms = try members.decodeIfPresent([String].self, forKey: .rooms)
    }

    func webhook() throws(WebhookError) -> Webhook {
      let kinds = try events.map { (names) throws(WebhookError) -> Set<WebhookEvent.Kind> in
        var kinds: Set<WebhookEvent.Kind> = []
        for name in names {
          guard let kind = WebhookEvent.Kind(rawValue: name) else {
            throw WebhookError("there is no event `\(name)`, but \(WebhookEvent.Kind.list)")
          }
          kinds.insert(kind)
        }
        return kinds
      }
      return try Webhook(
        url: url, secret: try readSecret(), events: kinds ?? Set(WebhookEvent.Kind.allCases), rooms: rooms)
    }

    private func readSecret() throws(WebhookError) -> WebhookSecret {
      switch (secret, secretFile) {
      case (let text?, nil):
        guard let secret = WebhookSecret(text) else { throw WebhookError("`secret` is \(WebhookSecret.form)") }
        return secret
      case (nil, let path?):
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
          throw WebhookError("`secretFile`: \(path) cannot be read")
        }
        guard let secret = WebhookSecret(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
          throw WebhookError("`secretFile`: what \(path) holds is not \(WebhookSecret.form)")
        }
        return secret
      default: throw WebhookError("it has either a `secret` or a `secretFile`")
      }
    }

    static func description(of error: DecodingError) -> String {
      func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
        let path = context.codingPath + (key.map { [$0] } ?? [])
        guard let index = path.first?.intValue else { return "the file is no JSON array of webhooks" }
        let member = path.dropFirst().first.map { " `\($0.stringValue)`" } ?? ""
        return "webhook \(index + 1):\(member)"
      }
      switch error {
      case .keyNotFound(let key, let context): return "\(place(context, key)) is missing"
      case .typeMismatch(_, let context), .valueNotFound(_, let context):
        return context.codingPath.isEmpty ? place(context) : "\(place(context)) is of another kind than it must be"
      case .dataCorrupted(let context):
        return context.codingPath.isEmpty ? "the file is no JSON" : "\(place(context)) \(context.debugDescription)"
      @unknown default: return "the file cannot be read"
      }
    }
  }

  /// Any JSON value.
  private struct Ignored: Decodable {
    init(from decoder: any Decoder) {}
  }
}
