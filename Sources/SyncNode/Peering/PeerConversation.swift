import CRDT
import Logging
import NIOCore
import Synchronization

/// The conversation with another node over one connection: hellos first, then any number of rooms.
///
/// Either side opens a room by saying its state, when the room is in use or has something that the other is not known to
/// have stored. A room that neither side uses any more is closed again when both have all of it.
// Sendable: what changes is touched on the connection's event loop only.
final class PeerConversation: Conversation, @unchecked Sendable {
  /// How many rooms are compared at a time that nobody uses.
  private static let catchingUpMax = 64
  /// What is said of a room that a side has nothing to do with.
  private static let notReplicated = "not replicated here"

  private let node: Node
  private let connection: Connection
  /// What this side wants, if it is the one that dialled.
  private let wanted: RoomSelection?
  /// What the other side may do here: the side that dialled decides whom to trust by dialling.
  private var grant = Grant.everything
  private var admission: Admission?
  /// What came before it was known.
  private var waiting: [ByteBuffer]?
  /// The other node; set by its hello.
  private(set) var remote: PeerID?
  /// Which rooms go over the connection: what the one who dialled wants.
  private(set) var rooms = RoomSelection.all
  /// Whether what this side sends is taken on the other.
  private(set) var mayWrite = true
  private var members = NameTable<Member>()
  /// Those that the peer opened.
  private var openedByPeer = NameSet()
  /// Rooms that were opened and that the other side has nothing to do with.
  private let refusedRooms = Mutex(NameSet())
  /// Rooms in which either side may lack something that the other has.
  private var unequal = NameSet()
  /// Whether it is known which rooms the peer is behind in.
  private var hasAllRooms = false
  private var isSynced = false
  /// Rooms to be opened, as others are done.
  private var waitingRooms = CircularBuffer<String>()
  /// Rooms that were opened for nothing else, and are not equal yet.
  private var catchingUp = NameSet()
  private var helloTimeout: Scheduled<Void>?
  /// The highest number of a delta that any room has sent.
  private let highest = Atomic<UInt64>(0)
  /// Called with the other node when the hellos are exchanged, and whenever both sides have all or no longer do.
  var onProgress: ((PeerID, _ isSynced: Bool) -> Void)?

  /// - Parameters:
  ///   - wanted: Which rooms this side wants, when it has dialled: it says hello at once. Nil on the other side.
  ///   - token: What this side shows for its rights, when it has dialled.
  init(node: Node, connection: Connection, wanted: RoomSelection?, token: String = "") {
    self.node = node
    self.connection = connection
    self.wanted = wanted
    if let wanted {
      rooms = wanted
      sayHello(wanted, token: token)
    }
    connection.intake.treatAsPeer()
    // As long as a connection that is accepted may take to say who it is.
    let limit = TimeAmount.seconds(Int64(node.configuration.limits.unauthenticatedSecondsMax))
    helloTimeout = connection.eventLoop.scheduleTask(in: limit) { [weak self] in
      self?.connection.refuse(.badHello, "a hello did not come")
    }
  }

  /// The other node.
  var id: PeerID {
    guard let remote else { preconditionFailure("a room is open with a node that has not said hello") }
    return remote
  }

  var eventLoop: any EventLoop { connection.eventLoop }

  /// Whether the room `name` goes over the connection whether it is used or not. Callable from anywhere once the hellos are
  /// exchanged: what they say does not change then.
  func replicates(_ name: String) -> Bool {
    mayWrite && rooms != .inUse && rooms.includes(name) && grant.nodeAccess(in: name) != nil && !isRefused(name)
  }

  private func isRefused(_ name: String) -> Bool { refusedRooms.withLock { $0.contains(name) } }

  /// A number that is not below that of any delta sent so far. Callable from anywhere.
  var highestNumber: UInt64 { highest.load(ordering: .relaxed) }

  /// Notes the number of a delta that was sent. Callable from anywhere.
  func noteSent(_ number: UInt64) { highest.max(number, ordering: .relaxed) }

  private func sayHello(_ rooms: RoomSelection, token: String = "") {
    let hello = PeerMessage.Hello(id: node.id, rooms: rooms, isReadOnly: !grant.includesWriting, token: token)
    let framing = Framing(transport: connection.transport, address: [])
    connection.send(framing.frame { hello.write(to: &$0) })
  }

  func end() {
    node.peers.remove(self)
    // Whoever waits for this peer waits no more.
    for room in node.rooms.all { room.executor.enqueue { room.resumeFlushed() } }
    helloTimeout?.cancel()
    admission?.end()
    for (_, member) in members.sorted(by: { $0.key < $1.key }) { member.room.leave(member) }
    members = NameTable()
    waiting = nil
    waitingRooms.removeAll()
    catchingUp.removeAll()
  }
}

// MARK: Receiving

extension PeerConversation {
  func receive(_ message: ByteBuffer) {
    if waiting != nil {
      waiting?.append(message)
      return
    }
    do {
      try message.withUnsafeReadableBytes { bytes in
        let (address, parts) = try PeerMessage.decode(bytes)
        let name = String(decoding: bytes[address], as: UTF8.self)
        try receive(parts, in: name, message)
      }
    } catch {
      connection.refuse(.unreadableMessage, "\(error)")
      connection.intake.finish(byteCount: message.readableBytes)
    }
  }

  private func receive(_ parts: PeerMessage, in name: String, _ message: ByteBuffer) throws(UpdateError) {
    if case .hello(let hello) = parts, name.isEmpty {
      receive(hello)
    } else if case .close(let reason, let code) = parts, name.isEmpty {
      node.configuration.logger.info(
        "the peer ends", metadata: connection.metadata.merging(["reason": "\(reason)"]) { $1 })
      let code = code.flatMap { UInt16(exactly: $0) }.map { CloseCode(rawValue: $0) }
      connection.finishClosing(answer: ByteBuffer(), code, reason: reason)
    } else if remote == nil {
      connection.refuse(.badHello, "a hello comes first")
    } else {
      switch parts {
      case .ping: connection.send(MultiplexedMessage.pong.withUnsafeBytes { connection.transport.message($0) })
      case .pong, .hello: break
      case .close(let reason, _):
        if reason == PeerConversation.notReplicated, members[name] != nil {
          refusedRooms.withLock { $0.insert(name) }
        }
        forget(name)
      case .state, .delta, .acknowledgement, .epoch, .document:
        if let member = member(for: name, parts) { return member.room.receive(message, parts, from: member) }
        refuseRoom(name, parts)
      }
    }
    connection.intake.finish(byteCount: message.readableBytes)
  }

  private func receive(_ hello: PeerMessage.Hello) {
    guard remote == nil else { return connection.refuse(.badHello, "a hello comes once") }
    guard hello.version == PeerMessage.Hello.currentVersion else {
      return connection.refuse(.badHello, "version \(hello.version) of the protocol is not known here")
    }
    guard hello.id != node.id else { return connection.refuse(.badHello, "the peer is this node itself") }
    helloTimeout?.cancel()
    guard wanted == nil else { return establish(hello) }
    let certificate = connection.clientCertificate
    guard certificate != .missing else {
      return connection.refuse(.forbidden, "a node shows a certificate that this one trusts")
    }
    waiting = []
    let token = hello.token.isEmpty ? nil : hello.token
    let request = AccessRequest(
      room: nil, peer: hello.id, token: token, address: connection.source, certificateNames: certificate.names)
    admission = Admission(to: node, for: request, on: eventLoop)
    connection.beginDecision()
    admission?.start { [unowned self] in self.receive($0, hello) }
  }

  private func receive(_ outcome: Result<Grant, AccessDenied>, _ hello: PeerMessage.Hello) {
    connection.endDecision(isAdmitted: (try? outcome.get()) != nil)
    guard !connection.isClosing else { return }
    switch outcome {
    case .success(let grant):
      // What goes over a link is settled when it begins.
      guard let messages = waiting else { return connection.close(.tryAgainLater, "other rights hold now") }
      waiting = nil
      self.grant = grant
      rooms = hello.rooms
      sayHello(.all)
      establish(hello)
      for message in messages { receive(message) }
    case .failure(let denied):
      connection.refuse(denied.refusal, denied.description)
    }
  }

  func reviewAccess() { admission?.review() }

  private func establish(_ hello: PeerMessage.Hello) {
    remote = hello.id
    mayWrite = !hello.isReadOnly
    node.peers.insert(self)
    onProgress?(hello.id, false)
    openRooms()
  }

  /// The room that a message is about. A state that asks for ours opens it; whatever else comes for a room that is not open
  /// was on its way when it was closed.
  private func member(for name: String, _ parts: PeerMessage) -> Member? {
    if let member = members[name] { return member }
    guard case .state(let state) = parts, state.wantsAnswer else { return nil }
    let roomsMax = node.configuration.limits.roomsPerPeerMax
    guard openedByPeer.count < roomsMax else {
      connection.refuse(.tooManyRooms, "more than \(roomsMax) rooms")
      return nil
    }
    guard let member = open(name, asks: false) else { return nil }
    openedByPeer.insert(name)
    return member
  }

  /// Answers a state for a room that is not replicated here, so that the peer does not wait.
  private func refuseRoom(_ name: String, _ parts: PeerMessage) {
    guard case .state(let state) = parts, state.wantsAnswer, !connection.isClosing else { return }
    let framing = Framing(transport: connection.transport, address: Array(name.utf8))
    connection.send(framing.frame { MultiplexedMessage.writeClose(PeerConversation.notReplicated, to: &$0) })
  }
}

// MARK: Rooms

extension PeerConversation {
  /// Opens the rooms that are in use, and one after the other those that the peer is behind in.
  private func openRooms() {
    guard let remote else { return }
    for name in node.rooms.names(onlyUsed: rooms == .inUse) { open(name, asks: true) }
    guard mayWrite else { return noteProgress() }
    node.store.unacknowledged(by: remote) { [self] names in
      eventLoop.execute { self.catchUp(names) }
    }
  }

  private func catchUp(_ names: [String]) {
    guard !connection.isClosing else { return }
    waitingRooms.append(
      contentsOf: names.filter { rooms.includes($0) && grant.nodeAccess(in: $0) != nil && members[$0] == nil })
    hasAllRooms = true
    openWaiting()
    noteProgress()
  }

  private func openWaiting() {
    while catchingUp.count < PeerConversation.catchingUpMax, let name = waitingRooms.popFirst() {
      if open(name, asks: true) != nil { catchingUp.insert(name) }
    }
  }

  /// Opens the room `name`, unless it is open or not replicated.
  @discardableResult
  private func open(_ name: String, asks: Bool) -> Member? {
    guard remote != nil, members[name] == nil, !connection.isClosing, rooms.includes(name),
      let access = grant.nodeAccess(in: name), !name.isEmpty,
      name.utf8.count <= node.configuration.limits.roomNameBytesMax,
      !(asks && isRefused(name)), let room = node.rooms.lease(name, by: .peer, on: eventLoop)
    else { return nil }
    let framing = Framing(transport: connection.transport, address: Array(name.utf8))
    let member = Member(room: room, connection: connection, framing: framing, access: access, peer: self)
    members[name] = member
    noteEqual(false, name)
    room.join(member, of: self, asks: asks)
    return member
  }

  /// Opens a room that is used now, or has changed. Callable from anywhere.
  func offer(_ name: String, isUsed: Bool) {
    eventLoop.runOrExecute {
      if isUsed || self.rooms != .inUse { self.open(name, asks: true) }
    }
  }

  /// Notes that both sides have all of a room, or no longer do. Called by what the room's executor runs.
  func note(isEqual: Bool, of room: Room, with member: Member) {
    eventLoop.runOrExecute {
      guard self.members[room.name] == member else { return }
      if isEqual, self.catchingUp.remove(room.name) { self.openWaiting() }
      self.noteEqual(isEqual, room.name)
    }
  }

  private func noteEqual(_ isEqual: Bool, _ name: String) {
    if isEqual { unequal.remove(name) } else { unequal.insert(name) }
    noteProgress()
  }

  /// Tells when both sides have come to have all, or no longer do.
  private func noteProgress() {
    let isSyncedNow = (hasAllRooms || !mayWrite) && waitingRooms.isEmpty && unequal.isEmpty
    guard isSyncedNow != isSynced, let remote else { return }
    isSynced = isSyncedNow
    onProgress?(remote, isSynced)
  }

  /// Closes a room that neither side has anything to do with. Called by what the room's executor runs.
  func close(_ room: Room, _ member: Member) {
    eventLoop.runOrExecute {
      guard self.members[room.name] == member else { return }
      member.send(member.framing.frame { MultiplexedMessage.writeClose("idle", to: &$0) })
      self.forget(room.name)
    }
  }

  private func forget(_ name: String) {
    guard let member = members.removeValue(forKey: name) else { return }
    openedByPeer.remove(name)
    member.room.leave(member)
    if catchingUp.remove(name) { openWaiting() }
    noteEqual(true, name)
  }
}
