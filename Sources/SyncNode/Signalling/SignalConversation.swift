import CRDT
import NIOCore

/// How browsers find each other that want to link up: y-webrtc's signalling protocol, JSON in messages of text.
///
/// ```
/// ► {"type": "subscribe", "topics": [ROOM, …]}      ► {"type": "publish", "topic": ROOM, …}
/// ► {"type": "unsubscribe", "topics": [ROOM, …]}    ◄ the same with "clients": how many hear it, the sender among them
/// ► {"type": "ping"}                                ◄ {"type": "pong"}
/// ```
/// A topic is a room's name. Browsers that are linked write to each other without asking anybody, so a topic is for those who
/// may write to the room.
// Sendable: what changes is touched on the connection's event loop only.
final class SignalConversation: TextConversation, @unchecked Sendable {
  /// A topic that the client has asked for.
  private struct Subscription {
    let admission: Admission
    var isAdmitted = false
    /// What the client published about it before.
    var waiting: [Value] = []
  }

  /// Messages about a topic that wait until it is known who the client is.
  private static let waitingMax = 16

  private let node: Node
  private let connection: Connection
  private let token: String?
  private var subscriptions = NameTable<Subscription>()

  init(node: Node, token: String?, over connection: Connection) {
    self.node = node
    self.token = token
    self.connection = connection
  }

  func receive(_ message: ByteBuffer) { receive(text: message) }

  func receive(text: ByteBuffer) {
    defer { connection.intake.finish(byteCount: text.readableBytes) }
    let limits = node.configuration.limits
    guard text.readableBytes <= limits.signalBytesMax else {
      return connection.refuse(.largeMessage, "a signal has at most \(limits.signalBytesMax) bytes")
    }
    guard let message = try? Value(json: Array(text.readableBytesView)), case .string(let type) = message["type"] else {
      return connection.refuse(.unreadableMessage, "a signal is a JSON object with a `type`")
    }
    switch type {
    case "subscribe": for topic in topics(of: message) { subscribe(to: topic) }
    case "unsubscribe": for topic in topics(of: message) { unsubscribe(from: topic) }
    case "publish": if case .string(let topic) = message["topic"] { publish(message, about: topic) }
    case "ping": connection.send(frame(.object([.init("type", "pong")])))
    // Later versions may have more.
    default: break
    }
  }

  private func topics(of message: Value) -> [String] {
    guard case .array(let topics) = message["topics"] else { return [] }
    return topics.compactMap { if case .string(let topic) = $0 { topic } else { nil } }
  }

  private func frame(_ message: Value) -> ByteBuffer {
    var json = message.jsonString()
    return json.withUTF8 { connection.transport.text(UnsafeRawBufferPointer($0)) }
  }

  func reviewAccess() {
    for (_, subscription) in subscriptions { subscription.admission.review() }
  }

  func end() {
    for topic in subscriptions.map(\.key).sorted() { unsubscribe(from: topic) }
  }
}

// MARK: Topics

extension SignalConversation {
  private func subscribe(to topic: String) {
    guard !connection.isClosing, subscriptions[topic] == nil else { return }
    let limits = node.configuration.limits
    guard !topic.isEmpty, topic.utf8.count <= limits.roomNameBytesMax else {
      return connection.refuse(.unreadableMessage, "a topic has 1 to \(limits.roomNameBytesMax) bytes")
    }
    guard subscriptions.count < limits.roomsPerConnectionMax else {
      return connection.refuse(.tooManyRooms, "a connection has at most \(limits.roomsPerConnectionMax) topics")
    }
    let request = AccessRequest(
      room: topic, peer: nil, token: token, address: connection.source,
      certificateNames: connection.clientCertificate.names)
    let admission = Admission(to: node, for: request, on: connection.eventLoop)
    subscriptions[topic] = Subscription(admission: admission)
    connection.beginDecision()
    admission.start { [unowned self] in self.receive($0, about: topic) }
  }

  private func receive(_ outcome: Result<Grant, AccessDenied>, about topic: String) {
    let mayWrite = (try? outcome.get()).flatMap { $0.clientAccess(in: topic) }.map { $0 >= .write } ?? false
    connection.endDecision(isAdmitted: mayWrite)
    guard !connection.isClosing, subscriptions[topic] != nil else { return }
    switch outcome {
    case .success(let grant) where mayWrite:
      guard subscriptions[topic]?.isAdmitted == false, connection.count(as: grant.subject) else { return }
      subscriptions[topic]?.isAdmitted = true
      node.signals.subscribe(connection, to: topic)
      let waiting = subscriptions[topic]?.waiting ?? []
      subscriptions[topic]?.waiting = []
      for message in waiting { publish(message, about: topic) }
    case .success:
      connection.refuse(.forbidden, "linking up takes the right to write in the room")
    case .failure(let denied):
      connection.refuse(denied.refusal, denied.description)
    }
  }

  private func unsubscribe(from topic: String) {
    subscriptions.removeValue(forKey: topic)?.admission.end()
    node.signals.unsubscribe(connection, from: topic)
  }

  private func publish(_ message: Value, about topic: String) {
    // Who hears nothing of a topic has nothing to say of it.
    guard let subscription = subscriptions[topic], case .object(let members) = message else { return }
    guard subscription.isAdmitted else {
      // Stock clients say once that they are there. What gets lost of more, they say again.
      if subscription.waiting.count < SignalConversation.waitingMax { subscriptions[topic]?.waiting.append(message) }
      return
    }
    node.signals.publish(about: topic) { count in
      frame(.object(members.filter { $0.name != "clients" } + [.init("clients", .number(Double(count)))]))
    }
  }
}
