import Logging
import NIOCore
import Synchronization

/// One peer's socket, as rooms see it: where frames go, with bounds on what waits to be sent.
///
/// Rooms on other event loops hold it too, but call only what is marked as callable from anywhere.
// Sendable: what changes is touched on `eventLoop` only, or atomic.
final class Connection: @unchecked Sendable {
  /// Distinguishes the connections of this process.
  typealias ID = UInt64
  private static let nextID = Atomic<ID>(1)

  let id: ID
  /// The peer's address, for logs.
  let source: String
  let eventLoop: any EventLoop
  let transport: Transport
  let start = NIODeadline.now()
  private let group: ConnectionGroup
  private let limits: Limits
  /// A place in the pipeline: frames are complete already and go out below it. Nil once detached.
  private var context: ChannelHandlerContext?
  /// What comes in, and how much of it.
  let intake: Intake
  /// Who has a document open over the connection.
  private var users: Set<String> = []
  /// Members with answers that go on when there is room in the socket, the next one first.
  private var answering = CircularBuffer<Member>()
  /// Whether a room was asked for the next part of an answer.
  private var isPartUnderWay = false
  /// Ends of large answers, and what was sent after them: they go out as the peer reads.
  private var backlog = CircularBuffer<(frame: ByteBuffer, isAnswer: Bool)>()
  private var backlogAnswerBytes = 0
  private var backlogOtherBytes = 0
  /// Members whose awareness did not go out.
  private var heldBack: [Member] = []
  /// Whether the peer was heard since it was last asked.
  private var isAlive = true
  /// Whether it has little time to show that.
  private var isProbed = false
  /// Bounds what the other side may do until it is let in; nil then, and where it is not bounded.
  private var arrival: ArrivalHandler?
  /// Whether a close frame was sent; nothing follows it.
  private(set) var isClosing = false
  /// Why the connection ends: as this side or the other said first.
  private(set) var closure: (code: CloseCode?, reason: String)?
  private var framesAfterClose = 0
  /// Bytes that were written since the last flush. Below TLS, the channel knows of them only after it.
  private var unflushedBytes = 0
  /// Whether the group flushes it at the end of this tick.
  var isFlushScheduled = false
  /// Leaves the rooms; called once, when the connection starts to close.
  private var onClosing: (() -> Void)?
  /// Asks anew what the other side may do.
  private(set) var onReview: (() -> Void)?

  /// - Parameters:
  ///   - context: Where whole frames go out, on whose event loop this is called: for a WebSocket that of the frame encoder.
  ///   - source: Who is at the other end, when that is not the channel's remote address.
  init(
    context: ChannelHandlerContext, source: String? = nil, transport: Transport, group: ConnectionGroup, limits: Limits
  ) {
    id = Connection.nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    self.source = source ?? context.channel.remoteAddress?.source ?? "unknown"
    eventLoop = context.eventLoop
    self.context = context
    self.transport = transport
    self.group = group
    self.limits = limits
    intake = Intake(eventLoop: eventLoop, limits: limits, slowdowns: group.slowdowns)
    arrival = try? context.pipeline.syncOperations.handler(type: ArrivalHandler.self)
    group.insert(self)
    arrival?.connection = self
    intake.onPause = { [weak self] in self?.setReading(!$0) }
    if group.isStopping { closeNow(Connection.stopping.code, Connection.stopping.reason) }
  }

  /// What lines of the log tell of it.
  var metadata: Logger.Metadata { ["connection": "\(id)", "peer": "\(source)"] }

  /// Carries a conversation, and calls `end`, which ends it, when the connection starts to close.
  func carry(_ conversation: any Conversation, end: @escaping () -> Void) {
    guard !isClosing else { return end() }
    onClosing = end
    onReview = { conversation.reviewAccess() }
  }

  /// Whether it ends without a word of the other side, which may soon be back: the network failed, or it was too slow.
  var isCut: Bool { isClosing && (closure == nil || closure?.code == .tryAgainLater) }

  /// Forgets the channel, which is closed.
  func detach() {
    eventLoop.preconditionInEventLoop()
    context = nil
    group.remove(self)
    intake.end()
    for user in users { group.counter.leave(as: user) }
    users = []
    startClosing()
  }

  /// What is known of who connected. To be asked after a TLS handshake, on the event loop.
  var clientCertificate: ClientCertificate { context?.pipeline.syncOperations.clientCertificate ?? .missing }

  private func startClosing() {
    isClosing = true
    answering.removeAll()
    backlog.removeAll()
    heldBack = []
    onClosing?()
    onClosing = nil
    onReview = nil
  }
}

// MARK: Sending

extension Connection {
  /// Sends a whole frame. A peer that reads too slowly for it is cut loose: it synchronises when it is back.
  ///
  /// - Parameter arrival: When what is sent came here; nil when it is not measured how long it takes.
  func send(_ frame: ByteBuffer, since arrival: NIODeadline? = nil) {
    eventLoop.preconditionInEventLoop()
    guard let context, !isClosing else { return }
    guard backlog.isEmpty else {
      backlogOtherBytes += frame.readableBytes
      if backlogOtherBytes > limits.outgoingBytesMax { return closeAsTooSlow() }
      return backlog.append((frame, isAnswer: false))
    }
    if !context.channel.isWritable, bufferedBytes(context) > limits.outgoingBytesMax { return closeAsTooSlow() }
    write(frame, context)
    if let arrival { group.noteDelivery(since: arrival) }
  }

  /// Has a member's room send the parts of its answer, one at a time: each when the peer has read most of what came before
  /// it.
  func continueAnswer(of member: Member) {
    eventLoop.preconditionInEventLoop()
    guard !isClosing else { return }
    if !answering.contains(member) { answering.append(member) }
    askForPart()
  }

  /// Notes that a room has done what it was asked for.
  ///
  /// - Parameter goesOn: Whether the answer has more parts.
  func finishPart(of member: Member, goesOn: Bool) {
    isPartUnderWay = false
    if goesOn { continueAnswer(of: member) } else { askForPart() }
  }

  private func askForPart() {
    guard !isPartUnderWay, backlog.isEmpty, context?.channel.isWritable == true, let member = answering.popFirst()
    else { return }
    isPartUnderWay = true
    member.room.sendAnswerPart(to: member)
  }

  /// Sends the whole frames that end an answer: each when the peer has read most of what came before it.
  ///
  /// They may be more than the bound on what waits, but a peer that has not read so much of earlier ones is cut loose.
  func sendAnswer(_ frames: [ByteBuffer]) {
    eventLoop.preconditionInEventLoop()
    guard let context, !isClosing else { return }
    if backlogAnswerBytes + bufferedBytes(context) > limits.outgoingBytesMax { return closeAsTooSlow() }
    for frame in frames {
      backlogAnswerBytes += frame.readableBytes
      backlog.append((frame, isAnswer: true))
    }
    sendBacklog()
  }

  /// Sends what waited for room in the socket. To be called whenever there is room again.
  func noteWritability() {
    sendBacklog()
    askForPart()
    sendHeldBack()
  }

  /// Sends what waits behind a large answer, as far as there is room.
  private func sendBacklog() {
    while let context, context.channel.isWritable, let (frame, isAnswer) = backlog.popFirst() {
      if isAnswer { backlogAnswerBytes -= frame.readableBytes } else { backlogOtherBytes -= frame.readableBytes }
      write(frame, context)
    }
  }

  /// Sends a frame with awareness of one member, unless too much waits already: then all states of its room are sent once
  /// there is room.
  func sendAwareness(_ frame: ByteBuffer, of member: Member) {
    eventLoop.preconditionInEventLoop()
    guard let context, !isClosing else { return }
    guard context.channel.isWritable, backlog.isEmpty else {
      if !heldBack.contains(member) { heldBack.append(member) }
      return
    }
    write(frame, context)
  }

  /// Has all states of a member's room sent once this tick is over and there is room.
  func askForAwareness(of member: Member) {
    eventLoop.preconditionInEventLoop()
    guard !isClosing, !heldBack.contains(member) else { return }
    heldBack.append(member)
    eventLoop.execute { self.sendHeldBack() }
  }

  private func sendHeldBack() {
    guard !heldBack.isEmpty, backlog.isEmpty, context?.channel.isWritable == true else { return }
    let members = heldBack
    heldBack = []
    for member in members { member.room.sendAwareness(to: member) }
  }

  /// Sends a pong, which waits for nothing. Who does not read gets none: a later one says as much.
  func sendPong(_ payload: ByteBuffer) {
    if let context, !isClosing, context.channel.isWritable { write(transport.pong(payload), context) }
  }

  private func closeAsTooSlow() { refuse(.slowReader, "the connection is too slow") }

  /// How much is written before the channel is made to look at whether that is too much.
  private static let unflushedBytesMax = 64 << 10

  /// Hands all that was sent to the socket. Called once per tick by the group.
  func flush() {
    unflushedBytes = 0
    context?.flush()
  }

  private func write(_ frame: ByteBuffer, _ context: ChannelHandlerContext) {
    context.write(NIOAny(frame), promise: nil)
    unflushedBytes += frame.readableBytes
    if unflushedBytes < Connection.unflushedBytesMax { group.scheduleFlush(of: self) } else { flush() }
  }

  private func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
    (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }
}

// MARK: Closing

extension Connection {
  /// How long a peer may take to answer a close frame.
  private static let closeTimeout = TimeAmount.seconds(3)

  /// Cuts the other side off for what it did, which is counted. Callable from anywhere.
  func refuse(_ refusal: Refusal, _ reason: String) {
    eventLoop.runOrExecute {
      guard !self.isClosing else { return }
      self.note(refusal, reason)
      self.closeNow(refusal.code, reason)
    }
  }

  /// Counts a refusal, and tells the operator. Callable from anywhere.
  func note(_ refusal: Refusal, _ reason: String) {
    group.note(refusal, reason, source: source, connection: id)
  }

  /// Sends a close frame and closes when the peer has answered, or has not for a while. Callable from anywhere.
  func close(_ code: CloseCode, _ reason: String) {
    if eventLoop.inEventLoop {
      closeNow(code, reason)
    } else {
      eventLoop.execute { self.closeNow(code, reason) }
    }
  }

  /// How a connection is closed when the server stops.
  private static let stopping = (code: CloseCode.goingAway, reason: "the server stops")

  /// Reads no more, and closes (1001) when the peer was told of all that it had sent until now and that is stored; or after
  /// a while.
  func drain(within limit: TimeAmount) {
    eventLoop.preconditionInEventLoop()
    intake.drain(within: limit) { self.closeNow(Connection.stopping.code, Connection.stopping.reason) }
  }

  private func closeNow(_ code: CloseCode, _ reason: String) {
    guard let context, !isClosing else { return }
    closure = closure ?? (code, reason)
    startClosing()
    write(transport.close(code, reason), context)
    // Reading goes on, for the answer: closing with unread bytes would reset the connection under the close frame.
    intake.end()
    eventLoop.scheduleTask(in: Connection.closeTimeout) { self.context?.close(promise: nil) }
  }

  /// Answers a close frame of the peer, and closes; or only closes, when this is the peer's answer.
  ///
  /// - Parameter reason: Why the peer ends.
  func finishClosing(answer: ByteBuffer, _ code: CloseCode?, reason: String) {
    guard let context else { return }
    closure = closure ?? (code, reason)
    guard !isClosing, transport != .tcp else { return context.close(promise: nil) }
    startClosing()
    context.writeAndFlush(NIOAny(transport.closeReply(answer))).whenComplete { _ in
      self.context?.close(promise: nil)
    }
  }
}

// MARK: Who is there

extension Connection {
  /// Notes that the other side has said who it is, and that it is being decided whether it is let in.
  func beginDecision() { arrival?.beginDecision() }

  /// Notes what was decided.
  func endDecision(isAdmitted: Bool) {
    arrival?.endDecision(isAdmitted: isAdmitted)
    if isAdmitted { arrival = nil }
  }

  /// Counts the connection as one of `user`'s, until it ends; one of somebody unknown is not counted.
  ///
  /// - Returns: Whether it goes on; when not, it was cut off.
  func count(as user: String?) -> Bool {
    guard let user, !users.contains(user) else { return true }
    guard group.counter.enter(as: user) else {
      refuse(.tooManyConnectionsOfUser, "you have \(limits.connectionsPerUserMax) other connections: close one of them")
      return false
    }
    users.insert(user)
    return true
  }
}

// MARK: Looking at it

extension Connection {
  /// How it is.
  var report: ConnectionReport {
    ConnectionReport(
      id: id, address: source, users: users.sorted(), seconds: Double((NIODeadline.now() - start).nanoseconds) * 1e-9,
      waitingBytes: backlogAnswerBytes + backlogOtherBytes + (context.map { bufferedBytes($0) } ?? 0),
      isPaused: intake.isPaused)
  }
}

// MARK: Liveness and flow control

extension Connection {
  /// How long a peer may take to show that it lives, when another connection speaks for it.
  private static let probeTimeout = TimeAmount.seconds(5)

  /// Notes that the peer lives.
  func noteAlive() { isAlive = true }

  /// Asks the peer whether it lives, and closes the connection when it has not answered the last time.
  func ping() {
    guard let context else { return }
    guard isAlive || intake.isPaused else { return context.close(promise: nil) }
    isAlive = false
    if !isClosing { write(transport.ping, context) }
  }

  /// Finds out whether the peer still lives, and closes the connection when it does not. Callable from anywhere.
  func probe() {
    eventLoop.runOrExecute {
      guard let context = self.context, !self.isClosing, !self.intake.isPaused, !self.isProbed else { return }
      self.isProbed = true
      self.isAlive = false
      self.write(self.transport.ping, context)
      self.eventLoop.scheduleTask(in: Connection.probeTimeout) {
        self.isProbed = false
        if !self.isAlive, !self.intake.isPaused { self.context?.close(promise: nil) }
      }
    }
  }

  /// Counts a frame that completes no message: a fragment, a ping.
  ///
  /// - Returns: Whether it is to be handled; when not, there were too many.
  func countFrame() -> Bool {
    guard !isClosing, !intake.countFrame() else { return true }
    refuse(.flood, "too many frames")
    return false
  }

  /// Counts a frame that comes while the connection closes: what was on its way is read for the answer to the close frame.
  ///
  /// - Returns: Whether to go on reading; when not, too much has come for that.
  func countAfterClose() -> Bool {
    framesAfterClose += 1
    return framesAfterClose <= Connection.framesAfterCloseMax
  }

  private static let framesAfterCloseMax = 1_000

  /// Counts a message that goes to its room.
  ///
  /// - Returns: Whether the message is to be handled; when not, there were too many.
  func startHandling(byteCount: Int) -> Bool {
    if intake.start(byteCount: byteCount) { return true }
    refuse(.flood, "too many messages")
    return false
  }

  private func setReading(_ isOn: Bool) {
    // What the peer has answered meanwhile was not read.
    if isOn { isAlive = true }
    guard let context else { return }
    // The option fails on a closed channel only, which is read no more in any case.
    try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
  }
}

extension Connection: Hashable {
  static func == (left: Connection, right: Connection) -> Bool { left === right }

  func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
