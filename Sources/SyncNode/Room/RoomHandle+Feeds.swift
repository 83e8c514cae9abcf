import CRDT
import NIOCore

// What happens in a room, as sequences. Each starts when it is asked for and ends with the room.

extension RoomHandle {
  /// Each change of the document from now on, from wherever it came.
  ///
  /// A reader that falls behind by more than 1,000 changes loses the oldest: what must be complete reads the document.
  public var changes: AsyncStream<RoomChange> { room.stream(of: \.changes, keptMax: 1000) }

  /// What else happens from now on: that a part of the document waits for what has not come.
  public var events: AsyncStream<RoomEvent> { room.stream(of: \.events, keptMax: 1000) }

  /// Who is present and what they say of themselves: now, and whenever that changes. States that are no JSON are left out.
  ///
  /// A reader that falls behind gets the latest only.
  public var presence: AsyncStream<[ClientID: Value]> {
    room.stream(of: \.presence, keptMax: 1) { $0.awareness.values }
  }

  /// Says who this handle is and what it is about, to all who are in the room, until nil is said or the handle is gone.
  public func setPresence(_ value: Value?) {
    let (room, client) = (room, clientID)
    let state = value.map { Array($0.jsonString().utf8) }
    room.executor.run { room.setPresence(state, of: client) }
  }

  /// What clients send to the application rather than to the document, from now on: Hocuspocus' stateless messages.
  ///
  /// Nothing of it is stored or passed on. A reader that falls behind by more than 1,000 messages loses the oldest.
  public var statelessMessages: AsyncStream<StatelessMessage> { room.stream(of: \.statelessMessages, keptMax: 1000) }

  /// Sends a stateless message to all clients of the room whose protocol has them, which is Hocuspocus'.
  public func sendStateless(_ payload: String) {
    let room = room
    room.executor.run { room.sendStateless(payload) }
  }
}

/// A message that a client sent to the application, beside its document.
public struct StatelessMessage: Equatable, Sendable {
  /// What it says, in the application's own terms.
  public let payload: String
  /// Where it came from: the peer's address.
  public let source: String
  /// Who it came from: the subject of its grant; nil when that is not known.
  public let subject: String?
}
