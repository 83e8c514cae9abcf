import Foundation
import SyncNode

/// Something that webhooks tell of.
///
/// What is posted is JSON:
/// ```
/// {"type": "document.changed", "timestamp": "2026-11-27T10:00:00.000Z", "data": {"room": "project:42", …}}
/// ```
public struct WebhookEvent: Equatable, Sendable {
  /// What happened.
  public enum Kind: String, CaseIterable, Codable, Sendable {
    /// Clients of this node, or the application, have changed a room's document; `data` is ``DocumentChange``.
    case documentChanged = "document.changed"
    /// A room's document was recreated and is empty; `data` has its `room`.
    case documentRecreated = "document.recreated"
    /// A room that nobody had open is loaded; `data` has its `room`.
    case roomOpened = "room.opened"
    /// Nobody has used a room for a while; it is stored and unloaded. `data` has its `room`.
    case roomIdle = "room.idle"
    /// An alert of this node fires; `data` is the ``SyncNode/Alert``.
    case alertFired = "alert.fired"
    /// An alert of this node is over; `data` is the ``SyncNode/Alert``.
    case alertResolved = "alert.resolved"

    static let list = allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// What was changed within a moment in one room.
  public struct DocumentChange: Equatable, Codable, Sendable {
    /// The room's name.
    public let room: String
    /// Who wrote, by what the node knows them by; those who have no name are not in it, nor is the application. At most 100.
    public internal(set) var users: [String]
    /// How many updates it was.
    public internal(set) var updates: Int
    /// Their bytes.
    public internal(set) var bytes: Int
    /// When the first one came, in milliseconds since 1970.
    public let since: Int64
    /// When the last one came.
    public internal(set) var until: Int64
  }

  /// What `data` of most events is.
  struct InRoom: Codable {
    let room: String
  }

  /// What happened.
  public let kind: Kind
  /// In which room; nil for what is about none.
  public let room: String?
  /// When, in milliseconds since 1970.
  public let milliseconds: Int64
  /// What is posted.
  public let body: [UInt8]

  init(_ kind: Kind, in room: String?, at milliseconds: Int64, _ data: some Encodable) {
    self.kind = kind
    self.room = room
    self.milliseconds = milliseconds
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      body = [UInt8](try encoder.encode(Body(type: kind, timestamp: WebhookEvent.time(milliseconds), data: data)))
    } catch {
      preconditionFailure("what an event says is JSON: \(error)")
    }
  }

  private static func time(_ milliseconds: Int64) -> String {
    // Half a millisecond more, since what is formatted is cut.
    Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  private struct Body<Content: Encodable>: Encodable {
    let type: Kind
    let timestamp: String
    let data: Content
  }
}
