import Logging
import NIOCore
import Synchronization

/// One side of a conversation about a room: a socket of y-websocket's, one of the documents of a multiplexed socket, or
/// another node.
final class Member: Sendable {
  let room: Room
  let connection: Connection
  let framing: Framing
  /// What it may do; changed by what the room's executor runs.
  private let currentAccess: Atomic<Access>
  /// Who it is, when that is known.
  let subject: String?
  /// The conversation with the other node, if it is one.
  let peer: PeerConversation?
  /// Ends this room alone; nil where that is the connection's end. To be called on the connection's event loop.
  let deny: (@Sendable (Refusal, _ reason: String) -> Void)?
  /// Whether a node has said that it takes nothing of this room.
  private let isReadOnlyThere = Atomic(false)
  /// Whether the conversation is over, while its connection goes on.
  private let isOver = Atomic(false)

  init(
    room: Room, connection: Connection, framing: Framing, access: Access = .write, subject: String? = nil,
    peer: PeerConversation? = nil, deny: (@Sendable (Refusal, _ reason: String) -> Void)? = nil
  ) {
    self.room = room
    self.connection = connection
    self.framing = framing
    currentAccess = Atomic(access)
    self.subject = subject
    self.peer = peer
    self.deny = deny
  }

  /// What lines of the log tell of it.
  var metadata: Logger.Metadata {
    var metadata = connection.metadata
    if let subject { metadata["user"] = "\(subject)" }
    if let peer { metadata["node"] = "\(peer.id)" }
    return metadata
  }

  /// What it may do.
  var access: Access {
    get { currentAccess.load(ordering: .relaxed) }
    set { currentAccess.store(newValue, ordering: .relaxed) }
  }

  /// Whether what is sent to it is taken there, if it is a node.
  var takesDeltas: Bool { peer?.mayWrite == true && !isReadOnlyThere.load(ordering: .relaxed) }

  /// Notes that a node takes nothing of this room, by the rights of this one.
  func noteReadOnlyThere() { isReadOnlyThere.store(true, ordering: .relaxed) }

  /// Where changes from here come from.
  var origin: ChangeOrigin {
    peer.map { .peer($0.id, address: connection.source) } ?? .client(address: connection.source, subject: subject)
  }

  /// How a client hears that what it wrote is stored.
  enum Acknowledgement {
    /// By its own update, which comes back (y-websocket has nothing else).
    case echo
    /// By a message of its own for each update (Hocuspocus).
    case syncStatus
  }

  /// How a client hears that what it wrote is stored.
  var acknowledgement: Acknowledgement { framing.isMultiplexed ? .syncStatus : .echo }

  /// Sends a whole frame, after all that was sent before; nothing after ``end()``. Callable from anywhere.
  func send(_ frame: ByteBuffer) {
    connection.eventLoop.runOrExecute {
      if !self.isOver.load(ordering: .relaxed) { self.connection.send(frame) }
    }
  }

  /// Sends nothing more: when the document is opened again at the same address, what was still to be said would be taken
  /// for answers to what comes now. To be called on the connection's event loop.
  func end() { isOver.store(true, ordering: .relaxed) }

  /// Has the parts of an answer sent, as the peer reads. Callable from anywhere.
  func continueAnswer() {
    connection.eventLoop.runOrExecute { self.connection.continueAnswer(of: self) }
  }

  /// Sends the whole frames that end an answer, as the peer reads. Callable from anywhere.
  func sendAnswer(_ frames: [ByteBuffer]) {
    connection.eventLoop.runOrExecute { self.connection.sendAnswer(frames) }
  }

  /// Has all states sent, once, however often that is asked for until there is room in the socket. Callable from anywhere.
  func askForAwareness() {
    connection.eventLoop.runOrExecute { self.connection.askForAwareness(of: self) }
  }

  /// Sends a whole frame with awareness, or all states later. Callable from anywhere.
  func sendAwareness(_ frame: ByteBuffer) {
    connection.eventLoop.runOrExecute { self.connection.sendAwareness(frame, of: self) }
  }
}

extension Member: Hashable {
  static func == (left: Member, right: Member) -> Bool { left === right }

  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Access: AtomicRepresentable {}
