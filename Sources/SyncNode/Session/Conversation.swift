import NIOCore

/// What goes on over one connection: which rooms it is in, and who gets its messages. On the connection's event loop.
protocol Conversation: AnyObject {
  /// Takes one whole message, counted by the connection as being handled.
  func receive(_ message: ByteBuffer)

  /// Leaves all rooms, since the connection closes.
  func end()
}

/// One room over one socket (y-websocket).
final class RoomConversation: Conversation {
  private let member: Member

  /// Joins `room`, which was leased for it.
  init(room: Room, connection: Connection) {
    member = Member(room: room, connection: connection, framing: Framing(transport: connection.transport, address: nil))
    room.join(member)
  }

  func receive(_ message: ByteBuffer) { member.room.receive(message, from: member) }

  func end() { member.room.leave(member) }
}
