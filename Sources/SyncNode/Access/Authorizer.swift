import Foundation

/// Decides who may do what: the application's, asked before a client or another node gets anything, when its grant ends, and
/// whenever the application calls ``Node/reviewAccess()``.
///
/// ```swift
/// struct Members: Authorizer {
///   func grant(for request: AccessRequest) async throws -> Grant {
///     guard let user = await users.user(withToken: request.token) else {
///       throw AccessDenied("sign in first", .unauthenticated)
///     }
///     return Grant(rooms: user.projects.map { "project:\($0)" }, access: user.isGuest ? .read : .write)
///   }
/// }
/// ```
public protocol Authorizer: Sendable {
  /// What whoever makes the request may do.
  ///
  /// - Throws: ``AccessDenied`` with the reason that the other side is told. Any other error means that it cannot be told now:
  ///   nobody new gets in, and whoever is in stays.
  func grant(for request: AccessRequest) async throws -> Grant
}

/// Who wants in, and what it shows for it.
public struct AccessRequest: Equatable, Sendable {
  /// The room that a client wants to join; nil for a node, whose grant is for its whole link, and for an operator who asks
  /// how the node is.
  public let room: String?
  /// The node, if it is one.
  public let peer: PeerID?
  /// What it shows: a query parameter `token`, a bearer token, a subprotocol `bearer.TOKEN`, Hocuspocus' token, or that of a
  /// node's hello.
  public internal(set) var token: String?
  /// Its address.
  public let address: String
  /// The DNS names and URIs of the certificate that it showed and that was verified; none without one.
  public internal(set) var certificateNames: [String]

  /// A request; nodes make them, and tests of an ``Authorizer``.
  public init(room: String?, peer: PeerID?, token: String?, address: String, certificateNames: [String] = []) {
    self.room = room
    self.peer = peer
    self.token = token
    self.address = address
    self.certificateNames = certificateNames
  }
}

/// What somebody may do, and for how long.
public struct Grant: Equatable, Sendable {
  /// What may be done in some of the rooms.
  public struct Rule: Equatable, Sendable {
    /// The rooms' names, in which `*` stands for any characters or none.
    public var rooms: String
    /// What may be done there.
    public var access: Access

    /// What may be done in the rooms that match a pattern.
    public init(rooms: String, access: Access) {
      self.rooms = rooms
      self.access = access
    }
  }

  /// What may be done where. In a room for which several rules hold, that is the most that any of them allows.
  public var rules: [Rule]
  /// Who it is, always the same for the same person; nil when that is not known.
  public var subject: String?
  /// What others may be shown as its name.
  public var displayName: String?
  /// When it ends. Who has a room open by then loses it, unless a new grant has come.
  public var expiry: Date?

  /// A grant by rules.
  public init(rules: [Rule], subject: String? = nil, displayName: String? = nil, expiry: Date? = nil) {
    self.rules = rules
    self.subject = subject
    self.displayName = displayName
    self.expiry = expiry
  }

  /// A grant for the rooms that match one of the patterns.
  public init(rooms: [String] = ["*"], access: Access = .write) {
    self.init(rules: rooms.map { Rule(rooms: $0, access: access) })
  }

  /// Whether it is for somebody, by the bytes of their name: Unicode takes more for equal than those who sign people up do.
  package func isSubject(_ name: String) -> Bool { subject.map { $0.utf8.elementsEqual(name.utf8) } ?? false }

  /// Everything, everywhere, for ever.
  static let everything = Grant(access: .admin)

  /// What may be done in the room `name`; nil when it is not to be entered.
  public func access(in name: String) -> Access? {
    rules.filter { RoomSelection.matches(name, $0.rooms) }.map(\.access).max()
  }

  /// Whether any room may be changed.
  var includesWriting: Bool { rules.contains { $0.access >= .write } }

  /// Whether everything may be done in all rooms.
  var includesEverything: Bool { rules.contains { $0.rooms == "*" && $0.access == .admin } }
}

/// What may be done in a room; each level includes those before it.
public enum Access: Int, Comparable, Sendable {
  /// All that happens is seen. Whoever only reads is not seen by others.
  case read
  /// Presence is shown, and messages are sent to the application.
  case comment
  /// The document is changed.
  case write
  /// Documents are recreated; with all rooms, the node's status is seen.
  case admin

  /// Whether `right` allows more than `left`.
  public static func < (left: Access, right: Access) -> Bool { left.rawValue < right.rawValue }
}

/// Why somebody does not get in.
public struct AccessDenied: Error, Equatable, Sendable, CustomStringConvertible {
  /// What would help.
  public enum Kind: Sendable {
    /// It is not known who it is: another token.
    case unauthenticated
    /// It is known, and may not: other rights.
    case forbidden
  }

  /// What the other side is told, and its user may see.
  public let description: String
  /// What would help.
  public let kind: Kind

  /// A denial for the reason `description`.
  public init(_ description: String, _ kind: Kind = .forbidden) {
    self.description = description
    self.kind = kind
  }

  /// What its connection is cut off for.
  var refusal: Refusal { kind == .unauthenticated ? .unauthenticated : .forbidden }
}

extension Access {
  /// How a token says it.
  public var claim: String {
    switch self {
    case .read: "read"
    case .comment: "comment"
    case .write: "write"
    case .admin: "admin"
    }
  }

  /// The level that a token calls `claim`; nil when there is none.
  public init?(claim: String) {
    guard let access = [Access.read, .comment, .write, .admin].first(where: { $0.claim == claim }) else { return nil }
    self = access
  }
}
