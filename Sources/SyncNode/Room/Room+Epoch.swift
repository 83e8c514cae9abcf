import CRDT
import Logging
import NIOCore

// How a room's document begins anew. All of this is run by the room's executor.

extension Room {
  /// Begins a new epoch here.
  ///
  /// - Parameter completion: Called when it is stored, or with an error.
  func recreate(completion: @escaping @Sendable (RoomError?) -> Void) {
    if let refusal = refusalOfChanges { return completion(refusal) }
    var generator = environment.randomNumbers
    begin(epoch.next(using: &generator), retired, because: "it was recreated here", completion)
  }

  /// Puts the document aside and begins another epoch with an empty one. What arrives meanwhile waits.
  ///
  /// The log goes on behind a marker, an empty update: peers that are away get to know of the new epoch as of anything else
  /// in the log.
  private func begin(
    _ epoch: Epoch, _ others: RetiredClients, because reason: String,
    _ completion: @escaping @Sendable (RoomError?) -> Void = { _ in }
  ) {
    var retired = retired
    retired.formUnion(others)
    retired.insert(writersOf: document)
    let copy = document.stateVector.clocks.isEmpty && document.pending == nil ? nil : document.encodeUpdate()
    let marker = journal.lastSequence + 1
    let record = EpochRecord(name: name, epoch: epoch, retired: retired, sequence: marker, copy: copy)
    holdMessages()
    // They are of the document that ends here.
    answers = [:]
    environment.store.begin(record) { result in
      self.executor.enqueue {
        guard !self.isClosed else { return completion(RoomError(room: self.name, reason: "the room is gone")) }
        switch result {
        case .success:
          self.finishBeginning(record, at: marker)
          self.logger.notice(
            "the document begins anew",
            metadata: [
              "because": "\(reason)", "generation": "\(epoch.generation)", "bytes aside": "\(copy?.count ?? 0)",
            ])
          completion(nil)
        case .failure(let error):
          self.logger.error("cannot begin anew", metadata: ["error": "\(error)"])
          self.close(reason: "the document could not be recreated")
          completion(RoomError(room: self.name, reason: "\(error)"))
        }
      }
    }
  }

  private func finishBeginning(_ record: EpochRecord, at marker: Int64) {
    document = environment.makeDocument()
    isWaiting = false
    epoch = record.epoch
    retired = record.retired
    startActivity()
    for action in journal.restart(at: marker) { action(false) }
    noteMemory()
    failFlushes(reason: "the document was recreated")
    // They all have the old one.
    for member in subscribers.all { tellOutdated(member) }
    for member in peers.members { greetAgain(member) }
    tell(.recreated(copyByteCount: record.copy?.count ?? 0))
    // Those that the room is not open with.
    environment.onChange(self)
    resumeMessages()
  }

  /// Tells a client that it has a document that holds no more, and gives it nothing of the new one: it would merge them.
  func tellOutdated(_ member: Member) {
    let reason = "the document was recreated: reload it, your copy is kept aside"
    if let deny = member.deny {
      member.connection.eventLoop.runOrExecute { deny(.outdated, reason) }
    } else {
      member.connection.refuse(.outdated, reason)
    }
  }
}

// MARK: Agreeing with peers

extension Room {
  /// Handles what a peer says of its epoch.
  func handle(_ message: PeerMessage.NewEpoch, from member: Member) {
    if message.epoch > epoch {
      guard member.access == .admin else {
        return member.connection.refuse(.forbidden, "only an administrator recreates a document")
      }
      // It is heard of again when the states are compared.
      guard !isReadOnly else { return }
      begin(message.epoch, message.retired, because: "it was recreated on \(member.connection.source)")
    } else if message.epoch < epoch {
      sendEpoch(to: member)
    } else {
      retire(message.retired, from: member)
    }
  }

  /// Whether a state or delta is about the epoch that holds here. When not, the one who is behind is told.
  func isCurrent(_ epoch: Epoch, from member: Member) -> Bool {
    if epoch == self.epoch { return true }
    if epoch < self.epoch { sendEpoch(to: member) } else { ask(member) }
    return false
  }

  /// Says which epoch holds here, unless it is the first, which every document starts in.
  func sendEpoch(to member: Member) {
    guard epoch > .first else { return }
    let message = PeerMessage.NewEpoch(epoch: epoch, retired: retired)
    member.send(member.framing.frame { message.write(to: &$0) })
  }

  /// Notes clients that a peer knows to have written in an earlier epoch, and passes them on when any are new.
  private func retire(_ others: RetiredClients, from member: Member) {
    var union = retired
    union.formUnion(others)
    guard union != retired else {
      if others != retired { sendEpoch(to: member) }
      return
    }
    retired = union
    let record = EpochRecord(name: name, epoch: epoch, retired: retired, sequence: nil, copy: nil)
    environment.store.begin(record) { result in
      guard case .failure(let error) = result else { return }
      // It is heard of again whenever the room is opened with a peer.
      self.logger.warning("cannot note retired clients", metadata: ["error": "\(error)"])
    }
    for peer in peers.members where peer != member || union != others { sendEpoch(to: peer) }
  }
}
