import NIOCore

/// What goes on over one connection: which rooms it is in, and who gets its messages. On the connection's event loop.
protocol Conversation: AnyObject {
  /// Takes one whole message, counted by the connection as being handled.
  func receive(_ message: ByteBuffer)

  /// Asks anew what the other side may do.
  func reviewAccess()

  /// Leaves all rooms, since the connection closes.
  func end()
}

/// A conversation that also takes text.
protocol TextConversation: Conversation {
  /// Takes one whole message of text, counted by the connection as being handled.
  func receive(text: ByteBuffer)
}

/// One room over one socket (y-websocket).
// Sendable: what changes is touched on the connection's event loop only.
final class RoomConversation: Conversation, @unchecked Sendable {
  private let name: String
  private let node: Node
  private let connection: Connection
  private let admission: Admission
  /// Nil until it is known that the client may join, and after the end.
  private var member: Member?
  /// What came before. No more than the connection reads ahead.
  private var waiting: [ByteBuffer] = []

  /// Joins the room `name` once the application has nothing against it.
  init(_ name: String, of node: Node, token: String?, over connection: Connection) {
    self.name = name
    self.node = node
    self.connection = connection
    let request = AccessRequest(
      room: name, peer: nil, token: token, address: connection.source,
      certificateNames: connection.clientCertificate.names)
    admission = Admission(to: node, for: request, on: connection.eventLoop)
    connection.beginDecision()
    admission.start { [unowned self] in self.receive($0) }
  }

  private func receive(_ outcome: Result<Grant, AccessDenied>) {
    connection.endDecision(isAdmitted: (try? outcome.get()) != nil)
    guard !connection.isClosing else { return }
    switch outcome {
    case .success(let grant):
      guard let access = grant.clientAccess(in: name) else { preconditionFailure("a grant leaves its own room out") }
      if let member { member.room.change(to: access, for: member) } else { join(grant.subject, access) }
    case .failure(let denied):
      connection.refuse(denied.refusal, denied.description)
    }
  }

  private func join(_ subject: String?, _ access: Access) {
    guard connection.count(as: subject) else { return }
    guard let room = node.rooms.lease(name, by: .client, on: connection.eventLoop) else {
      return node.endWithoutRoom(connection)
    }
    let framing = Framing(transport: connection.transport, address: nil)
    let member = Member(room: room, connection: connection, framing: framing, access: access, subject: subject)
    self.member = member
    room.join(member)
    for message in waiting { room.receive(message, from: member) }
    waiting = []
  }

  func receive(_ message: ByteBuffer) {
    if let member { member.room.receive(message, from: member) } else { waiting.append(message) }
  }

  func reviewAccess() { admission.review() }

  func end() {
    admission.end()
    if let member { member.room.leave(member) }
    member = nil
    waiting = []
  }
}

extension Node {
  /// Tells a client that it does not get a room: because the node stops, or because there is no memory for another one.
  ///
  /// - Parameter deny: Denies the room alone, where the connection has others.
  func endWithoutRoom(_ connection: Connection, deny: ((_ reason: String) -> Void)? = nil) {
    guard rooms.isOpen else { return connection.close(.goingAway, "the server stops") }
    let reason = "no memory is left for another room: try again later"
    guard let deny else { return connection.refuse(.outOfMemory, reason) }
    connection.note(.outOfMemory, reason)
    deny(reason)
  }
}
