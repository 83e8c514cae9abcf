import CRDT
import Logging
import NIOCore

/// Many documents over one socket (Hocuspocus): each begins with the client's token and ends by a message of either side.
///
/// A node that dials says hello instead, and the rest is a ``PeerConversation``.
///
/// Messages for a document that is not open are dropped: those that come before its token are repeated by what the client
/// says after it, and those behind its end are too late.
// Sendable: what changes is touched on the connection's event loop only.
final class MultiplexedConversation: Conversation, @unchecked Sendable {
  /// A document that the client has asked for.
  private struct Opening {
    let admission: Admission
    /// Nil until it is known that the client may open it.
    var member: Member?
    /// What came before.
    var waiting: [ByteBuffer] = []
  }

  private let node: Node
  private let connection: Connection
  /// By address.
  private var openings: [[UInt8]: Opening] = [:]
  /// What goes on instead, when the other side turned out to be a node.
  private var peer: PeerConversation?

  init(node: Node, connection: Connection) {
    self.node = node
    self.connection = connection
  }

  func receive(_ message: ByteBuffer) {
    if peer == nil, openings.isEmpty, message.withUnsafeReadableBytes({ PeerMessage.isHello($0) }) {
      peer = PeerConversation(node: node, connection: connection, wanted: nil)
    }
    if let peer { return peer.receive(message) }
    do {
      try message.withUnsafeReadableBytes { bytes in
        try receive(MultiplexedMessage(decoding: bytes), of: bytes, as: message)
      }
    } catch {
      connection.refuse(.unreadableMessage, "\(error)")
      connection.intake.finish(byteCount: message.writerIndex)
    }
  }

  private func receive(_ parts: MultiplexedMessage, of bytes: UnsafeRawBufferPointer, as message: ByteBuffer) {
    let address = [UInt8](bytes[parts.address])
    if let opening = openings[address], opening.member == nil, parts.kind != .ping, parts.kind != .pong {
      openings[address]?.waiting.append(message)
      return
    }
    switch parts.kind {
    case .document:
      if let member = openings[address]?.member {
        var message = message
        message.moveReaderIndex(to: parts.kindOffset)
        return member.room.receive(message, from: member)
      }
    case .authentication(let token):
      show(String(decoding: bytes[token], as: UTF8.self), for: address)
    case .stateless(let payload):
      if let member = openings[address]?.member {
        member.room.receiveStateless(String(decoding: bytes[payload], as: UTF8.self), from: member)
      }
    case .close:
      close(address)
    case .ping:
      connection.send(MultiplexedMessage.pong.withUnsafeBytes { connection.transport.message($0) })
    case .pong:
      break
    }
    connection.intake.finish(byteCount: message.writerIndex)
  }

  func reviewAccess() {
    peer?.reviewAccess()
    for opening in openings.values { opening.admission.review() }
  }

  func end() {
    peer?.end()
    for opening in openings.values { opening.admission.end() }
    // In an order, so that the same events always have the same consequences.
    let members = openings.values.compactMap(\.member)
    for member in members.sorted(by: { $0.room.name < $1.room.name }) { member.room.leave(member) }
    openings = [:]
  }
}

// MARK: Opening and closing documents

extension MultiplexedConversation {
  /// Opens a document, or goes on with it by another token.
  private func show(_ token: String, for address: [UInt8]) {
    if let opening = openings[address] { return opening.admission.renew(token) }
    let limits = node.configuration.limits
    let name = String(decoding: address.prefix { $0 != 0 }, as: UTF8.self)
    guard !name.isEmpty, address.count <= limits.roomNameBytesMax else {
      return deny(address, "a document's name has 1 to \(limits.roomNameBytesMax) bytes")
    }
    guard openings.count < limits.roomsPerConnectionMax else {
      let reason = "a connection has at most \(limits.roomsPerConnectionMax) documents"
      connection.note(.tooManyRooms, reason)
      return deny(address, reason)
    }
    let request = AccessRequest(
      room: name, peer: nil, token: token, address: connection.source,
      certificateNames: connection.clientCertificate.names)
    let admission = Admission(to: node, for: request, on: connection.eventLoop)
    openings[address] = Opening(admission: admission)
    connection.beginDecision()
    admission.start { [unowned self] in self.receive($0, name, at: address) }
  }

  private func receive(_ outcome: Result<Grant, AccessDenied>, _ name: String, at address: [UInt8]) {
    connection.endDecision(isAdmitted: (try? outcome.get()) != nil)
    guard !connection.isClosing, let opening = openings[address] else { return }
    switch outcome {
    case .success(let grant):
      guard let access = grant.clientAccess(in: name) else { preconditionFailure("a grant leaves its own room out") }
      if let member = opening.member { return change(to: access, for: member) }
      openings[address]?.waiting = []
      join(name, at: address, grant.subject, access)
    case .failure(let denied):
      if opening.member != nil { return expel(address, denied.refusal, denied.description) }
      openings[address] = nil
      connection.note(denied.refusal, denied.description)
      deny(address, denied.description)
    }
    for message in opening.waiting { receive(message) }
  }

  private func join(_ name: String, at address: [UInt8], _ subject: String?, _ access: Access) {
    guard connection.count(as: subject) else { return }
    guard let room = node.rooms.lease(name, by: .client, on: connection.eventLoop) else {
      _ = remove(address)
      return node.endWithoutRoom(connection) { self.deny(address, $0) }
    }
    let member = Member(
      room: room, connection: connection, framing: framing(address), access: access, subject: subject,
      deny: { [weak self] refusal, reason in self?.expel(address, refusal, reason) })
    openings[address]?.member = member
    sayAuthenticated(access, to: member)
    room.join(member)
  }

  private func change(to access: Access, for member: Member) {
    sayAuthenticated(access, to: member)
    member.room.change(to: access, for: member)
  }

  private func sayAuthenticated(_ access: Access, to member: Member) {
    member.send(member.framing.frame { MultiplexedMessage.writeAuthenticated(access, to: &$0) })
  }

  /// Ends a document for what the client did; the socket stays open.
  private func expel(_ address: [UInt8], _ refusal: Refusal, _ reason: String) {
    guard let member = remove(address) else { return }
    connection.note(refusal, reason)
    deny(address, reason)
    member.end()
  }

  private func deny(_ address: [UInt8], _ reason: String) {
    connection.send(framing(address).frame { MultiplexedMessage.writePermissionDenied(reason, to: &$0) })
  }

  private func framing(_ address: [UInt8]) -> Framing { Framing(transport: connection.transport, address: address) }

  private func close(_ address: [UInt8]) {
    let member = remove(address)
    // Also when it was denied meanwhile: the client waits for the answer.
    connection.send(framing(address).frame { MultiplexedMessage.writeClose("provider_initiated", to: &$0) })
    member?.end()
  }

  /// Forgets a document.
  private func remove(_ address: [UInt8]) -> Member? {
    guard let opening = openings.removeValue(forKey: address) else { return nil }
    opening.admission.end()
    if let member = opening.member { member.room.leave(member) }
    return opening.member
  }
}
