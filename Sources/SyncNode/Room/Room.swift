import CRDT
import Logging
import NIOCore
import Tracing

/// One document, who is in it, and who is present: the owner of all three, on one event loop.
///
/// ```
///            load                 nobody left
///  loading ────────► open ─────────────────────► closed
///     └── load failed ──┴── append failed ─────────►
/// ```
/// What arrives while the room loads waits in order, so nobody ever sees a document that is not whole. Messages are
/// handled in Room+Messages, storing in Room+Storage.
// Sendable: all that changes is touched by what `executor` runs only, which the entry points see to.
final class Room: @unchecked Sendable {
  /// What a room needs from its node.
  struct Environment: Sendable {
    let store: any UpdateStore
    let limits: Limits
    let compaction: Compaction
    let idle: TimeAmount
    /// How long a client stays present whose connection was cut.
    let presenceGrace: TimeAmount
    /// How often a room compares itself with its peers, give or take half.
    let peerCheck: TimeAmount
    let answerPartBytes: Int
    /// What is handled beside the event loop: what has as many bytes.
    let longBytes: Int
    /// Where that is.
    let worker: RoomExecutor.Worker
    let logger: Logger
    let randomNumbers: RandomSource
    let hooks: Hooks
    let metrics: NodeMetrics
    let tracer: NodeTracer
    /// Called when the document has changed, by what the room's executor runs.
    let onChange: @Sendable (Room) -> Void
    /// What is told of who does what.
    let activity: Node.Configuration.Activity
    /// The nodes that are connected and replicate a room.
    let connectedPeers: @Sendable (_ room: String) -> [PeerID]

    /// An empty document, for edits of a client of its own.
    func makeDocument() -> Document {
      var generator = randomNumbers
      return Document(clientID: .random(using: &generator))
    }
  }

  private enum State {
    case loading(waiting: [@Sendable () -> Void])
    case open
    case closed(reason: String)
  }

  let name: String
  let executor: RoomExecutor
  let environment: Environment
  private(set) weak var registry: RoomRegistry?
  private var state = State.loading(waiting: [])

  var document: Document
  /// Which of its lives the document is in, and who wrote in earlier ones.
  var epoch = Epoch.first
  var retired = RetiredClients()
  /// Whether something in the document waits for missing updates.
  var isWaiting = false
  var awareness: Awareness
  var subscribers = Subscribers()
  /// The member that spoke for a client last; when it leaves, the client is gone.
  var presenceOwners: [ClientID: Member] = [:]
  /// Clients whose connection was cut a moment ago.
  var orphans: [ClientID: Orphan] = [:]
  /// Clients of which not everybody has been told yet, with the node that said so; and when that is due.
  var untoldPresence: [ClientID: Member?] = [:]
  var presenceDue = NIODeadline.uptimeNanoseconds(0)
  var presenceFlush: Scheduled<Void>?
  /// Answers that are on their way, in parts.
  var answers: [Member: Answer] = [:]
  /// Members that have something which could not be taken, and how many messages they wait to hear of.
  var postponed: [Member: Int] = [:]
  /// What is sent to clients behind the part that is held back for them until all in it is stored.
  var heldBack: [Member: [ByteBuffer]] = [:]
  var journal = Journal()
  /// What clients write.
  var load: RoomLoad
  /// When what is being handled was read from a socket, or began; nil in between.
  private var arrival: NIODeadline?
  var measuredSize = MeasuredSize()
  /// Memory as the registry was told of it, and what has come since.
  var notedBytes = 0
  var unnotedBytes = 0
  /// What clients are refused for that come to the room when it is closed; nil when it failed.
  private var closedFor: Refusal?
  /// The other nodes that have the room open with us.
  var peers = RoomPeers()
  /// Peers that are to hear, at the end of this tick, how far their deltas have come.
  var unacknowledgedPeers: [Member] = []
  /// Peers whose acknowledgements are not in the store yet.
  var unstoredAcknowledgements: [PeerID] = []
  /// Acknowledgements that were handed to the store, which has not answered yet.
  var acknowledgementsUnderWay = 0
  /// Who waits until a peer, or all, have stored the log up to an entry.
  var flushed: [(sequence: Int64, peer: PeerID?, action: (RoomError?) -> Void)] = []
  /// Updates appended since peers were compared with last.
  var changesSinceCheck = 0
  private var peerCheck: Scheduled<Void>?
  /// What changes in the document.
  var changes = Feed<RoomChange>()
  /// What else happens.
  var events = Feed<RoomEvent>()
  /// Who is present, whenever that changes.
  var presence = Feed<[ClientID: Value]>()
  /// What clients send to the application rather than to the document.
  var statelessMessages = Feed<StatelessMessage>()
  /// Who does what here, and where that is told: a room has one of them at most.
  var activity: ActivityRecorder?
  var activityIndexer: ActivityIndexer?
  /// What comes into a feed of activity.
  var activityEntries = Feed<ActivityEntry>()
  /// What the handles of this process say of themselves.
  var ownPresence: [ClientID: OwnPresence] = [:]
  var presenceCheck: RepeatedTask?
  private var unload: Scheduled<Void>?

  /// An empty room on the event loop of `turns`; ``load(registry:)`` must follow.
  init(name: String, turns: RoomTurns, environment: Environment) {
    self.name = name
    executor = RoomExecutor(turns: turns, worker: environment.worker)
    self.environment = environment
    document = environment.makeDocument()
    awareness = Awareness(limits: environment.limits.awareness)
    load = RoomLoad(limits: environment.limits, now: turns.eventLoop.now)
  }

  var eventLoop: any EventLoop { executor.eventLoop }

  /// A logger that names the room.
  var logger: Logger {
    var logger = environment.logger
    logger[metadataKey: "room"] = "\(name)"
    return logger
  }

  /// Milliseconds of a clock that never goes back.
  var now: UInt64 { eventLoop.now.uptimeNanoseconds / 1_000_000 }

  /// Whether the document is whole and takes changes.
  var isOpen: Bool { if case .open = state { true } else { false } }

  /// Whether the room has ended for good.
  var isClosed: Bool { if case .closed = state { true } else { false } }
}

// MARK: Loading and closing

extension Room {
  /// Starts to load the document. Called once, by the registry that made the room.
  func load(registry: RoomRegistry) {
    executor.run {
      self.registry = registry
      let span = self.environment.tracer.start("load a document")
      span.attributes["room"] = self.name
      self.environment.store.load(self.name) { result in
        span.attributes["bytes"] = (try? result.get())?.byteCount ?? 0
        span.end(result)
        self.executor.enqueue { self.finishLoading(result) }
      }
    }
  }

  private func finishLoading(_ result: Result<StoredDocument, StoreError>) {
    guard case .loading = state else { return }
    let read: @Sendable () -> Result<StoredDocument, any Error> = {
      Result {
        let stored = try result.get()
        try self.document.apply(stored)
        return stored
      }
    }
    if (try? result.get())?.byteCount ?? 0 >= environment.longBytes {
      executor.runAside(read, then: open)
    } else {
      open(read())
    }
  }

  private func open(_ result: Result<StoredDocument, any Error>) {
    do {
      let stored = try result.get()
      epoch = stored.epoch
      retired = stored.retired
      isWaiting = document.pending != nil
      journal = Journal(stored)
      noteMemory()
      startActivity(stored)
      if registry?.hasNoMemory(for: self) == true {
        closedFor = .outOfMemory
        return close(reason: "no memory is left for the room: try again later")
      }
      environment.hooks.onLoad?(name)
      resumeMessages()
    } catch {
      logger.error("cannot load the document", metadata: ["error": "\(error)"])
      close(reason: "the document cannot be loaded")
    }
  }

  /// Lets all that arrives wait until ``resumeMessages()``.
  func holdMessages() { state = .loading(waiting: []) }

  /// Handles all that has waited, in order, until something of it makes the rest wait again.
  func resumeMessages() {
    guard case .loading(let waiting) = state else { return }
    state = .open
    executor.runFirst(waiting.map { action in { self.whenLoaded(action) } })
  }

  /// Runs `action` once the room is loaded or has failed to: at once when that is so already.
  private func whenLoaded(_ action: @escaping @Sendable () -> Void) {
    if case .loading(var waiting) = state {
      // One owner while it grows.
      state = .loading(waiting: [])
      waiting.append(action)
      state = .loading(waiting: waiting)
    } else {
      action()
    }
  }

  /// Ends the room for good: its members' connections are closed and come back to a room that is loaded anew.
  func close(reason: String) {
    if case .closed = state { return }
    var held: [@Sendable () -> Void] = []
    if case .loading(let waiting) = state { held = waiting }
    endActivity()
    state = .closed(reason: reason)
    registry?.discard(self)
    for member in subscribers.all + peers.members { member.connection.close(.internalError, reason) }
    answers = [:]
    stopPeerCheck()
    failFlushes(reason: reason)
    for action in journal.takeWaiting() { action(false) }
    finishFeeds()
    for action in held { action() }
  }

  private func finishFeeds() {
    changes.finish()
    events.finish()
    presence.finish()
    statelessMessages.finish()
  }

  /// Unloads the room after a while, unless somebody uses it again by then. Callable from anywhere.
  func scheduleUnload() {
    guard environment.store.isPersistent else { return }
    executor.run {
      self.unload?.cancel()
      self.unload = self.executor.schedule(in: self.environment.idle) { self.unloadIfUnused() }
    }
  }

  /// Unloads the room if nobody uses it and all is stored, else after a while.
  func unloadIfUnused() {
    guard !isClosed else { return }
    // The next room of this name must find all in the store.
    guard isOpen, journal.isStored, !journal.isCompacting, unstoredAcknowledgements.isEmpty,
      acknowledgementsUnderWay == 0
    else {
      registry?.keep(self)
      return scheduleUnload()
    }
    guard registry?.removeIfUnused(self) == true else { return }
    endActivity()
    state = .closed(reason: "the room was unloaded")
    finishFeeds()
    releaseDocument()
    environment.hooks.onIdle?(name)
    logger.debug("unloaded the room")
  }
}

// MARK: Joining and leaving. Callable from anywhere

extension Room {
  /// Takes a member in, once the document is loaded; it has a lease already.
  func join(_ member: Member) {
    executor.run {
      self.whenLoaded {
        if case .closed(let reason) = self.state { return self.turnAway(member, reason) }
        self.subscribers.insert(member)
        self.logger.debug("joined", metadata: member.metadata)
        self.startPresenceCheck()
        self.greet(member)
        self.activity?.note(member)
      }
    }
  }

  private func turnAway(_ member: Member, _ reason: String) {
    guard let closedFor else { return member.connection.close(.internalError, reason) }
    member.connection.refuse(closedFor, reason)
  }

  /// Takes another node in, once the document is loaded; it has a lease already.
  ///
  /// - Parameter asks: Whether we speak first.
  func join(_ member: Member, of peer: PeerConversation, asks: Bool) {
    executor.run {
      self.whenLoaded {
        if case .closed(let reason) = self.state { return self.turnAway(member, reason) }
        self.startPresenceCheck()
        self.greetPeer(member, of: peer, asks: asks)
      }
    }
  }

  /// Forgets a member and gives its lease back. To be called on its connection's event loop.
  func leave(_ member: Member) {
    let isCut = member.connection.isCut
    // Never at once: a broadcast that is under way may be what ended the connection.
    executor.enqueue {
      self.whenLoaded {
        self.subscribers.remove(member)
        self.logger.debug("left", metadata: member.metadata)
        self.answers[member] = nil
        self.postponed[member] = nil
        self.removePeer(member)
        self.removePresence(of: member, isCut: isCut)
        self.activity?.noteEnd(of: member)
        self.stopPresenceCheckIfUnused()
        self.registry?.release(self, by: member.peer == nil ? .client : .peer)
      }
    }
  }

  /// Handles a message once the document is loaded. All of its bytes count, those before its first readable one too.
  func receive(_ message: ByteBuffer, from member: Member) {
    let arrival = NIODeadline.now()
    executor.run {
      self.whenLoaded {
        if self.isOpen {
          self.executor.run(isLong: self.isLong(message)) {
            self.since(arrival) { self.handle(message, from: member) }
          }
        } else {
          member.connection.intake.finish(byteCount: message.writerIndex)
        }
      }
    }
  }

  /// Handles a message of another node once the document is loaded.
  func receive(_ message: ByteBuffer, _ parts: PeerMessage, from member: Member) {
    let arrival = NIODeadline.now()
    executor.run {
      self.whenLoaded {
        if self.isOpen {
          self.executor.run(isLong: self.isLong(message)) {
            self.since(arrival) { self.handle(message, parts, from: member) }
          }
        } else {
          member.connection.intake.finish(byteCount: message.readableBytes)
        }
      }
    }
  }

  /// Handles what arrived at a time, which what is sent on by it is measured from.
  private func since(_ arrival: NIODeadline, _ body: () -> Void) {
    self.arrival = arrival
    body()
    self.arrival = nil
  }

  /// When what is being handled arrived.
  var arrivalOrNow: NIODeadline { arrival ?? .now() }

  private func isLong(_ message: ByteBuffer) -> Bool { message.readableBytes >= environment.longBytes }

  /// Sends the states of all who are present to one member.
  func sendAwareness(to member: Member) {
    executor.run {
      if self.isOpen { self.sendAllAwareness(to: member) }
    }
  }

  /// Runs `body` with the document once it is loaded, and completes when all it changed is stored.
  ///
  /// - Parameter completion: Called by what the room's executor runs; with an error when the room failed.
  func perform(_ body: @escaping @Sendable (Room) -> Void, completion: @escaping @Sendable (RoomError?) -> Void) {
    whenOpen { error in
      if let error { return completion(error) }
      body(self)
      self.whenStored { isStored in
        completion(isStored ? nil : RoomError(room: self.name, reason: "the change could not be stored"))
      }
    }
  }

  /// Runs `action` once the room is loaded, with an error when it is closed. Callable from anywhere.
  func whenOpen(_ action: @escaping @Sendable (RoomError?) -> Void) {
    executor.run {
      self.whenLoaded {
        if case .closed(let reason) = self.state { return action(RoomError(room: self.name, reason: reason)) }
        action(nil)
      }
    }
  }

  /// Starts to compare with peers now and then.
  func startPeerCheck() {
    guard peerCheck == nil else { return }
    // What was written before is caught up with.
    changesSinceCheck = 0
    schedulePeerCheck()
  }

  private func schedulePeerCheck() {
    let delay = environment.peerCheck.nanoseconds
    var generator = environment.randomNumbers
    let jittered = TimeAmount.nanoseconds(Int64.random(in: delay / 2...delay / 2 * 3, using: &generator))
    peerCheck = executor.schedule(in: jittered) {
      guard !self.isClosed, !self.peers.isEmpty else { return }
      if self.isOpen { self.checkPeers() }
      self.schedulePeerCheck()
    }
  }

  func stopPeerCheck() {
    peerCheck?.cancel()
    peerCheck = nil
  }
}

/// A room that cannot be used: its document could not be loaded, or a change could not be stored.
public struct RoomError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The room's name.
  public let room: String
  /// What happened.
  public let reason: String

  /// One line: the room and what happened.
  public var description: String { "room \(room): \(reason)" }
}
