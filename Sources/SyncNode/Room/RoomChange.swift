import CRDT

/// A change of a room's document that was news here.
public struct RoomChange: Equatable, Sendable {
  /// The room's name.
  public let room: String
  /// What changed, as an update V1: enough to keep a copy of the document by.
  public let update: [UInt8]
  /// Where it came from.
  public let origin: ChangeOrigin
}

/// Where a change came from.
public enum ChangeOrigin: Hashable, Sendable, CustomStringConvertible {
  /// This process, by a ``RoomHandle``.
  case local
  /// A client, at an address; the subject of its grant is nil when it is not known who it is.
  case client(address: String, subject: String?)
  /// Another node, at an address.
  case peer(PeerID, address: String)

  /// `local`, or the address, as in the store's log.
  public var description: String {
    switch self {
    case .local: "local"
    case .client(let address, _), .peer(_, let address): address
    }
  }

  /// Whom a client's grant is for; nil when that is not known, and for all but clients.
  public var subject: String? {
    if case .client(_, let subject) = self { subject } else { nil }
  }
}

/// Something about a room that is no change of its document.
public enum RoomEvent: Equatable, Sendable {
  /// A part of the document of so many bytes waits for updates that have not come. They were asked for.
  case waiting(byteCount: Int, from: ChangeOrigin)
  /// Nothing waits any more.
  case complete
  /// Another node has a document of the same name that nothing of this one is in: both were created without knowing of each
  /// other, and are merged.
  case metIndependentDocument(PeerID)
  /// The document was recreated, here or on another node, and is empty. What it was, so many bytes as an update, is kept
  /// aside.
  case recreated(copyByteCount: Int)
}

/// What an application does when something happens in a room.
///
/// Hooks run where the messages of their room are handled, one after the other: what takes time belongs into a task.
public struct Hooks: Sendable {
  /// Called before a client's update is applied; throwing refuses it, with the error's description as reason.
  ///
  /// A client without a message for that (y-websocket's) is disconnected with code 4403. Nodes are not asked: what one
  /// node has accepted, all have, or they would never be equal.
  public var validate: (@Sendable (_ update: ProposedUpdate) throws -> Void)?
  /// Called for each change, from wherever it came.
  public var onChange: (@Sendable (RoomChange) -> Void)?
  /// Called for all else that is told of rooms, as by ``RoomHandle/events``.
  public var onEvent: (@Sendable (_ room: String, _ event: RoomEvent) -> Void)?
  /// Called when a room that nobody used is loaded.
  public var onLoad: (@Sendable (_ room: String) -> Void)?
  /// Called when a room that nobody uses has been stored and unloaded.
  public var onIdle: (@Sendable (_ room: String) -> Void)?
  /// Called when an alert of this node fires or resolves.
  public var onAlert: (@Sendable (Alert) -> Void)?

  /// No hooks.
  public init() {}
}

/// An update that a client wants to make.
public struct ProposedUpdate: Equatable, Sendable {
  /// The room's name.
  public let room: String
  /// The update, V1. It can be read, but may repeat what is known.
  public let update: [UInt8]
  /// Who sent it.
  public let origin: ChangeOrigin
  /// The places in the room's document that the update would change.
  ///
  /// What is not ``TouchedPaths/isComplete`` may change any place, now or when what it waits for has come: a hook that guards
  /// places refuses it.
  public let touched: TouchedPaths
}
