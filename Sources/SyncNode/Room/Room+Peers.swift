import CRDT
import Logging
import NIOCore

// How a room talks to other nodes. All of this is run by the room's executor, with the room open.

extension Room {
  /// Starts the conversation with another node.
  ///
  /// - Parameter asks: Whether we speak first; else the peer has said its state.
  func greetPeer(_ member: Member, of peer: PeerConversation, asks: Bool) {
    peers[member] = PeerProgress(
      acknowledgedSequence: journal.acknowledgedSequences[peer.id] ?? 0, lastSent: peer.highestNumber)
    sendEpoch(to: member)
    if asks { sendState(to: member, wantsAnswer: true) }
    if awareness.count > 0 { sendAllAwareness(to: member) }
    startPeerCheck()
  }

  /// Starts the conversation anew, since the document has.
  func greetAgain(_ member: Member) {
    guard let peer = member.peer else { return }
    noteUndone(with: member)
    peers[member] = PeerProgress(acknowledgedSequence: 0, lastSent: peer.highestNumber)
    sendEpoch(to: member)
    sendState(to: member, wantsAnswer: true)
  }

  /// Handles one message of another node.
  ///
  /// - Throws: What cannot be read; the offset is counted from the start of the message.
  func handle(_ message: PeerMessage, of bytes: UnsafeRawBufferPointer, from member: Member) throws(UpdateError) {
    switch message {
    case .epoch(let epoch):
      handle(epoch, from: member)
    case .state(let state):
      guard isCurrent(state.epoch, from: member) else { break }
      noteIfIndependent(state, of: member)
      if state.isReadOnly { noteReadOnly(member) }
      peers[member]?.receive(state, own: document.stateVector)
      if state.wantsAnswer { sendState(to: member, wantsAnswer: false) }
      answer(state, to: member)
    case .delta(let delta, let update):
      guard isCurrent(delta.epoch, from: member) else { break }
      do {
        try receive(delta, UnsafeRawBufferPointer(rebasing: bytes[update]), from: member)
      } catch {
        throw UpdateError(error.code, at: error.byteOffset + update.lowerBound)
      }
    case .acknowledgement(let acknowledgement):
      guard peers[member]?.canBeTrue(acknowledgement) != false else {
        return member.connection.refuse(.falseAcknowledgement, "it acknowledges what was never sent")
      }
      if peers[member]?.receive(acknowledgement) == true { noteAcknowledged(by: member) }
      closeIfDone(with: member)
    case .document, .hello, .close, .ping, .pong:
      // Answered elsewhere.
      break
    }
  }

  /// Sends no more to a peer that takes nothing, and waits for it no more.
  private func noteReadOnly(_ member: Member) {
    member.noteReadOnlyThere()
    resumeFlushed()
    closeIfDone(with: member)
  }

  /// Tells the application when two documents meet that have nothing in common.
  private func noteIfIndependent(_ state: PeerMessage.State, of member: Member) {
    let (own, other) = (document.stateVector.clocks, state.stateVector.clocks)
    guard !own.isEmpty, !other.isEmpty, let peer = member.peer, peers[member]?.isSending == false,
      !other.keys.contains(where: { own[$0] != nil })
    else { return }
    logger.notice("merging with an independent document", metadata: member.metadata)
    tell(.metIndependentDocument(peer.id))
  }

  /// Says what we have, which makes the peer send what we lack.
  func sendState(to member: Member, wantsAnswer: Bool) {
    let state = PeerMessage.State(
      stateVector: document.stateVector, deletionDigest: deletionDigest, wantsAnswer: wantsAnswer, isInUse: isInUse,
      isReadOnly: member.access < .write, epoch: epoch)
    member.send(member.framing.frame { state.write(to: &$0) })
  }

  /// Asks for what is missing, once until the answer starts.
  func ask(_ member: Member) {
    guard peers[member]?.isAsking == false else { return }
    peers[member]?.isAsking = true
    sendState(to: member, wantsAnswer: false)
  }

  /// What equal delete sets have the same of.
  private var deletionDigest: UInt64 { document.deleteSet.encode().fnv1a }
}

// MARK: Deltas

extension Room {
  /// Sends what the peer lacks, in parts of which each can be applied at once.
  private func answer(_ state: PeerMessage.State, to member: Member) {
    guard peers[member] != nil, member.takesDeltas else { return }
    peers[member]?.startAnswer()
    if hasMore(than: state) {
      startAnswer(since: state.stateVector, to: member)
    } else {
      answers[member] = nil
      if let frame = frame(part: Document.emptyUpdate, isStart: true, isEnd: true, for: member) { member.send(frame) }
      noteOwnStored(for: member)
    }
  }

  /// One part of an answer as a whole frame; nil when the peer is gone.
  func frame(part: [UInt8], isStart: Bool, isEnd: Bool, for member: Member) -> ByteBuffer? {
    guard let delta = peers[member]?.sendAnswerPart(isStart: isStart, endingAt: isEnd ? journal.lastSequence : nil)
    else { return nil }
    member.peer?.noteSent(delta.number)
    return frame(delta, part, for: member)
  }

  private func hasMore(than state: PeerMessage.State) -> Bool {
    if document.pending != nil || deletionDigest != state.deletionDigest { return true }
    switch document.stateVector.compare(state.stateVector) {
    case .after, .concurrent: return true
    case .equal, .before: return false
    }
  }

  private func frame(_ delta: PeerMessage.Delta, _ update: [UInt8], for member: Member) -> ByteBuffer {
    var delta = delta
    delta.epoch = epoch
    return update.withUnsafeBytes { bytes in member.framing.frame { delta.write(bytes, to: &$0) } }
  }

  /// Sends something new, entry `sequence` of the log, to all peers that can make use of it but the one it came from.
  func sendToPeers(_ update: [UInt8], sequence: Int64, except sender: Member?) {
    for member in peers.members where member != sender && peers[member]?.isSending == true {
      // The answer that is on its way ends with it.
      if answers[member] != nil { continue }
      guard let delta = peers[member]?.sendNews(sequence) else { continue }
      member.send(frame(delta, update, for: member))
      noteOwnStored(for: member)
      noteUndone(with: member)
    }
    environment.onChange(self)
  }

  private func receive(
    _ delta: PeerMessage.Delta, _ update: UnsafeRawBufferPointer, from member: Member
  ) throws(UpdateError) {
    // What is not taken is not acknowledged: it stays in the peer's queue until it may write here, and something can be
    // stored.
    guard member.access >= .write, !isReadOnly else { return }
    guard let reception = peers[member]?.receive(delta) else { return }
    if peers[member]?.repeated ?? 0 > environment.limits.repeatedDeltasMax {
      return member.connection.refuse(.replay, "it repeats what it has sent")
    }
    if reception != .known {
      if peers[member]?.isReceivingAnswer == true {
        // Catching up is no use of the room.
        let changes = changesSinceCheck
        defer { changesSinceCheck = changes }
        try merge(update, from: member)
      } else if try applyNews(update, from: member) {
        share([UInt8](update), from: member.origin, sender: member)
      }
    }
    if reception != .known { noteUndone(with: member) }
    if reception == .gap {
      logger.notice("a delta is missing", metadata: member.metadata)
      ask(member)
    }
    if delta.isEnd, reception == .next { peers[member]?.endAnswer() }
    scheduleAcknowledgement(to: member)
    let number = peers[member]?.lastReceived ?? 0
    whenStored { isStored in
      guard isStored else { return }
      self.peers[member]?.storedReceived = number
      self.scheduleAcknowledgement(to: member)
    }
  }

  /// Asks a peer again, since what it sent waits for something else.
  func askPeerForMissing(_ member: Member) { ask(member) }
}

// MARK: Acknowledgements

extension Room {
  /// Tells the peer, once it is so, that all it was sent so far is stored here.
  func noteOwnStored(for member: Member) {
    guard let number = peers[member]?.lastSent else { return }
    member.peer?.noteSent(number)
    whenStored { isStored in
      guard isStored else { return }
      self.peers[member]?.storedSent = number
      self.scheduleAcknowledgement(to: member)
    }
  }

  /// Tells the peer how far its deltas have come, at the end of this tick.
  private func scheduleAcknowledgement(to member: Member) {
    guard !unacknowledgedPeers.contains(member) else { return }
    unacknowledgedPeers.append(member)
    guard unacknowledgedPeers.count == 1 else { return }
    executor.enqueue {
      let members = self.unacknowledgedPeers
      self.unacknowledgedPeers = []
      for member in members {
        self.sendAcknowledgement(to: member)
        self.closeIfDone(with: member)
      }
    }
  }

  private func sendAcknowledgement(to member: Member) {
    guard let acknowledgement = peers[member]?.nextAcknowledgement() else { return }
    member.send(member.framing.frame { acknowledgement.write(to: &$0) })
  }

  /// Lets a peer go. It hears first how far its deltas have come, or it would have to ask again.
  private func close(with member: Member) {
    sendAcknowledgement(to: member)
    member.peer?.close(self, member)
  }

  private func noteAcknowledged(by member: Member) {
    guard let progress = peers[member], let peer = member.peer else { return }
    // There may be two connections to the same node.
    let known = journal.acknowledgedSequences[peer.id] ?? 0
    journal.acknowledgedSequences[peer.id] = max(known, progress.acknowledgedSequence)
    resumeFlushed()
    // A later one replaces it in any case, and one that gets lost with the process is found out by the next comparison.
    storeAcknowledgement(of: peer.id, after: Room.acknowledgementDelay)
  }

  /// How long a room stays closed that has to be opened again.
  private static let reopeningDelay = TimeAmount.seconds(1)
  /// How long a peer's acknowledgement may wait to be stored.
  private static let acknowledgementDelay = TimeAmount.milliseconds(200)
  /// How long it waits when the store could not take it.
  private static let acknowledgementRetryDelay = TimeAmount.seconds(5)

  private func storeAcknowledgement(of peer: PeerID, after delay: TimeAmount) {
    guard !unstoredAcknowledgements.contains(peer) else { return }
    unstoredAcknowledgements.append(peer)
    guard unstoredAcknowledgements.count == 1 else { return }
    _ = executor.schedule(in: delay) { self.storeAcknowledgements() }
  }

  /// Not before the log itself is stored: if that failed, its numbers would be given to other updates, which the peer
  /// does not have.
  private func storeAcknowledgements() {
    let peers = unstoredAcknowledgements
    unstoredAcknowledgements = []
    whenStored { isStored in
      if isStored { self.storeAcknowledgements(of: peers) }
    }
  }

  private func storeAcknowledgements(of peers: [PeerID]) {
    for peer in peers {
      guard let sequence = journal.acknowledgedSequences[peer] else { continue }
      let record = AcknowledgementRecord(name: name, peer: peer, sequence: sequence)
      acknowledgementsUnderWay += 1
      environment.store.acknowledge(record) { result in
        self.executor.run {
          self.acknowledgementsUnderWay -= 1
          guard case .failure = result else { return }
          self.storeAcknowledgement(of: peer, after: Room.acknowledgementRetryDelay)
        }
      }
    }
  }

  /// Calls `action` when `peer`, or every connected peer, has stored all that is in the log now.
  func whenFlushed(to peer: PeerID?, _ action: @escaping (RoomError?) -> Void) {
    flushed.append((journal.lastSequence, peer, action))
    resumeFlushed()
  }

  /// Tells all who wait for peers that it is in vain.
  func failFlushes(reason: String) {
    let entries = flushed
    flushed = []
    for entry in entries { entry.action(RoomError(room: name, reason: reason)) }
  }

  /// Calls those whose peers have stored enough, or are gone.
  func resumeFlushed() {
    guard !flushed.isEmpty else { return }
    let readers = Set(peers.members.filter { !$0.takesDeltas }.compactMap { $0.peer?.id })
    let connected =
      environment.connectedPeers(name).filter { !readers.contains($0) }
      + peers.members.filter(\.takesDeltas).compactMap { $0.peer?.id }
    var waiting: [(sequence: Int64, peer: PeerID?, action: (RoomError?) -> Void)] = []
    var ready: [(RoomError?) -> Void] = []
    for entry in flushed {
      let required = entry.peer.map { [$0] } ?? connected
      let isDone = required.allSatisfy { journal.acknowledgedSequences[$0] ?? 0 >= entry.sequence }
      if isDone { ready.append(entry.action) } else { waiting.append(entry) }
    }
    flushed = waiting
    for action in ready { action(nil) }
  }

  /// Forgets a peer that is gone.
  func removePeer(_ member: Member) {
    guard let progress = peers[member] else { return }
    peers[member] = nil
    unacknowledgedPeers.removeAll { $0 === member }
    storeAcknowledgements()
    resumeFlushed()
    if peers.isEmpty { stopPeerCheck() }
    guard member.takesDeltas, !progress.hasStored(journal.lastSequence) else { return }
    // Something was written while the room was being closed. Not at once: closing and opening must not chase each other.
    _ = executor.schedule(in: Room.reopeningDelay) {
      if self.isOpen { self.environment.onChange(self) }
    }
  }

  /// Compares with all peers: what got lost on the way without a trace is found. Peers that have nothing to do with a
  /// room that nobody uses let it go.
  func checkPeers() {
    let wasInUse = isInUse
    changesSinceCheck = 0
    for member in peers.members {
      if !wasInUse, peers[member]?.isInUseThere != true, isDone(with: member) {
        close(with: member)
      } else if member.access >= .write {
        peers[member]?.isAsking = false
        sendState(to: member, wantsAnswer: true)
      }
    }
  }

  /// Whether the room had better stay open with peers: somebody has it open here, somebody is present at another node,
  /// which others hear of through this one, or something was written lately.
  private var isInUse: Bool { changesSinceCheck > 0 || awareness.count > 0 || registry?.hasUsers(self) == true }

  /// Whether the peer and we have all that the other has, and have stored it.
  private func isDone(with member: Member) -> Bool {
    guard let progress = peers[member], member.peer != nil else { return false }
    let hasAll = progress.hasCaughtUp && progress.storedReceived >= progress.lastReceived
    return (hasAll || member.access < .write) && (progress.hasStored(journal.lastSequence) || !member.takesDeltas)
  }

  /// Notes that the peer has not stored something yet.
  private func noteUndone(with member: Member) {
    guard peers[member]?.isDone == true else { return }
    peers[member]?.isDone = false
    member.peer?.note(isEqual: false, of: self, with: member)
  }

  /// Notes when both sides have all, so that the next room can be opened, and lets a room go that nobody uses.
  private func closeIfDone(with member: Member) {
    guard isDone(with: member) else { return }
    if peers[member]?.isDone == false {
      peers[member]?.isDone = true
      member.peer?.note(isEqual: true, of: self, with: member)
    }
    if peers[member]?.isInUseThere == false, !isInUse { close(with: member) }
  }
}

extension Document {
  /// An update without content.
  fileprivate static let emptyUpdate: [UInt8] = [0, 0]
}
