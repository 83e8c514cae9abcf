/// Decides who may do what: the application's, asked before a client or another node gets anything.
///
/// ```swift
/// struct Members: Authorizer {
///   func grant(for request: AccessRequest) async throws -> Grant {
///     guard let user = await users.user(withToken: request.token) else { throw AccessDenied("sign in first") }
///     return Grant(rooms: user.projects.map { "project:\($0)" }, access: user.isGuest ? .read : .write)
///   }
/// }
/// ```
public protocol Authorizer: Sendable {
  /// What whoever makes the request may do.
  ///
  /// - Throws: ``AccessDenied`` with the reason that the other side is told. Of any other error it is told nothing.
  func grant(for request: AccessRequest) async throws -> Grant
}

/// Who wants in, and what it shows for it.
public struct AccessRequest: Equatable, Sendable {
  /// The room that a client wants to join; nil for a node, whose grant is for its whole link, and for an operator who asks
  /// how the node is.
  public let room: String?
  /// The node, if it is one.
  public let peer: PeerID?
  /// What it shows: a query parameter `token`, a bearer token, Hocuspocus' token, or that of a node's hello.
  public let token: String?
  /// Its address.
  public let address: String
}

/// What somebody may do.
public struct Grant: Equatable, Sendable {
  /// The names of the rooms, in which `*` stands for any characters or none.
  public var rooms: [String]
  /// What may be done there.
  public var access: Access

  /// A grant for the rooms that match one of the patterns.
  public init(rooms: [String] = ["*"], access: Access = .write) {
    self.rooms = rooms
    self.access = access
  }

  /// Whether the grant holds for the room `name`.
  func includes(_ name: String) -> Bool { rooms.contains { RoomSelection.matches(name, $0) } }
}

/// What may be done in a room.
public enum Access: Sendable {
  /// All that happens is seen, and presence is shown; nothing is changed.
  case read
  /// The document is changed, too.
  case write
}

/// Why somebody does not get in.
public struct AccessDenied: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the other side is told, and its user may see.
  public let description: String

  /// A denial for the reason `description`.
  public init(_ description: String) { self.description = description }
}
