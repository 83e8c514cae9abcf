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
  private let node: Node
  private let connection: Connection
  /// By address.
  private var members: [[UInt8]: Member] = [:]
  /// What came for documents of which it is not known yet whether the client may open them, by address.
  private var waiting: [[UInt8]: [ByteBuffer]] = [:]
  /// What goes on instead, when the other side turned out to be a node.
  private var peer: PeerConversation?

  init(node: Node, connection: Connection) {
    self.node = node
    self.connection = connection
  }

  func receive(_ message: ByteBuffer) {
    if peer == nil, members.isEmpty, waiting.isEmpty, message.withUnsafeReadableBytes({ PeerMessage.isHello($0) }) {
      peer = PeerConversation(node: node, connection: connection, wanted: nil)
    }
    if let peer { return peer.receive(message) }
    do {
      try message.withUnsafeReadableBytes { bytes in
        try receive(MultiplexedMessage(decoding: bytes), of: bytes, as: message)
      }
    } catch {
      connection.refuse(.unreadableMessage, "\(error)")
      connection.finishHandling(byteCount: message.writerIndex)
    }
  }

  private func receive(_ parts: MultiplexedMessage, of bytes: UnsafeRawBufferPointer, as message: ByteBuffer) {
    let address = [UInt8](bytes[parts.address])
    if waiting[address] != nil, parts.kind != .ping, parts.kind != .pong {
      waiting[address]?.append(message)
      return
    }
    switch parts.kind {
    case .document:
      if let member = members[address] {
        var message = message
        message.moveReaderIndex(to: parts.kindOffset)
        return member.room.receive(message, from: member)
      }
    case .authentication(let token):
      open(address, token: String(decoding: bytes[token], as: UTF8.self))
    case .stateless(let payload):
      if let member = members[address] {
        member.room.receiveStateless(String(decoding: bytes[payload], as: UTF8.self), from: member)
      }
    case .close:
      close(address)
    case .ping:
      connection.send(MultiplexedMessage.pong.withUnsafeBytes { connection.transport.message($0) })
    case .pong:
      break
    }
    connection.finishHandling(byteCount: message.writerIndex)
  }

  func end() {
    peer?.end()
    // In an order, so that the same events always have the same consequences.
    for member in members.values.sorted(by: { $0.room.name < $1.room.name }) { member.room.leave(member) }
    members = [:]
    waiting = [:]
  }
}

// MARK: Opening and closing documents

extension MultiplexedConversation {
  private func open(_ address: [UInt8], token: String) {
    // A provider that renews its token has its document already.
    guard members[address] == nil else { return }
    let limits = node.configuration.limits
    let name = String(decoding: address.prefix { $0 != 0 }, as: UTF8.self)
    guard !name.isEmpty, address.count <= limits.roomNameBytesMax else {
      return deny(address, "a document's name has 1 to \(limits.roomNameBytesMax) bytes")
    }
    guard members.count + waiting.count < limits.documentsPerConnectionMax else {
      return deny(address, "a connection has at most \(limits.documentsPerConnectionMax) documents")
    }
    waiting[address] = []
    let request = AccessRequest(room: name, peer: nil, token: token, address: connection.source)
    node.grant(for: request, on: connection.eventLoop) { result in
      guard !self.connection.isClosing, let messages = self.waiting.removeValue(forKey: address) else { return }
      switch result {
      case .success(let grant): self.join(name, at: address, grant)
      case .failure(let denied): self.deny(address, denied.description)
      }
      for message in messages { self.receive(message) }
    }
  }

  private func join(_ name: String, at address: [UInt8], _ grant: Grant) {
    guard let access = grant.access(in: name), let room = node.rooms.lease(name, on: connection.eventLoop) else {
      return connection.close(.goingAway, "the server stops")
    }
    let member = Member(
      room: room, connection: connection, framing: framing(address), access: access,
      deny: { [weak self] refusal, reason in self?.expel(address, refusal, reason) })
    members[address] = member
    member.send(member.framing.frame { MultiplexedMessage.writeAuthenticated(access, to: &$0) })
    room.join(member)
  }

  /// Ends a document for what the client did; the socket stays open.
  private func expel(_ address: [UInt8], _ refusal: Refusal, _ reason: String) {
    guard let member = members.removeValue(forKey: address) else { return }
    member.room.leave(member)
    connection.note(refusal, reason)
    deny(address, reason)
    member.end()
  }

  private func deny(_ address: [UInt8], _ reason: String) {
    connection.send(framing(address).frame { MultiplexedMessage.writePermissionDenied(reason, to: &$0) })
  }

  private func framing(_ address: [UInt8]) -> Framing { Framing(transport: connection.transport, address: address) }

  private func close(_ address: [UInt8]) {
    let member = members.removeValue(forKey: address)
    if let member { member.room.leave(member) }
    // Also when it was denied meanwhile: the client waits for the answer.
    connection.send(framing(address).frame { MultiplexedMessage.writeClose("provider_initiated", to: &$0) })
    member?.end()
  }
}
