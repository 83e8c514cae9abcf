import NIOCore

/// What goes on over one connection: which rooms it is in, and who gets its messages. On the connection's event loop.
protocol Conversation: AnyObject {
  /// Takes one whole message, counted by the connection as being handled.
  func receive(_ message: ByteBuffer)

  /// Leaves all rooms, since the connection closes.
  func end()
}

/// One room over one socket (y-websocket).
// Sendable: what changes is touched on the connection's event loop only.
final class RoomConversation: Conversation, @unchecked Sendable {
  private let connection: Connection
  /// Nil until it is known that the client may join, and after the end.
  private var member: Member?
  /// What came before. No more than the connection reads ahead.
  private var waiting: [ByteBuffer] = []

  /// Joins the room `name` once the application has nothing against it.
  init(_ name: String, of node: Node, token: String?, over connection: Connection) {
    self.connection = connection
    let request = AccessRequest(room: name, peer: nil, token: token, address: connection.source)
    node.grant(for: request, on: connection.eventLoop) { result in
      guard !connection.isClosing else { return }
      switch result {
      case .success(let grant): self.join(name, of: node, grant)
      case .failure(let denied): connection.refuse(.forbidden, denied.description)
      }
    }
  }

  private func join(_ name: String, of node: Node, _ grant: Grant) {
    guard let access = grant.access(in: name), let room = node.rooms.lease(name, on: connection.eventLoop) else {
      return connection.close(.goingAway, "the server stops")
    }
    let framing = Framing(transport: connection.transport, address: nil)
    let member = Member(room: room, connection: connection, framing: framing, access: access)
    self.member = member
    room.join(member)
    for message in waiting { room.receive(message, from: member) }
    waiting = []
  }

  func receive(_ message: ByteBuffer) {
    if let member { member.room.receive(message, from: member) } else { waiting.append(message) }
  }

  func end() {
    if let member { member.room.leave(member) }
    member = nil
    waiting = []
  }
}
