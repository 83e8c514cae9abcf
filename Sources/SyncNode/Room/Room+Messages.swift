import CRDT
import Logging
import NIOCore

// The messages of y-protocols, as the room answers them. All of this runs on the room's event loop, with the room open.

extension Room {
  /// A document that is larger goes over in several messages, each of which shows the peer that we live.
  static let answerPartBytes = 256 << 10

  /// Starts the conversation: asks for what we lack, and says who is present.
  func greet(_ member: Member) {
    // On a multiplexed socket the client asks first, and is asked then.
    if !member.framing.isMultiplexed { askForMissing(member) }
    if awareness.count > 0 { sendAllAwareness(to: member) }
  }

  /// Handles all protocol messages of one WebSocket message. Bytes that cannot be read end their connection, and nobody
  /// else's; what came before them in the message holds.
  ///
  /// - Parameter message: Readable from its first protocol message on; errors are counted from its start.
  func handle(_ message: ByteBuffer, from member: Member) {
    do {
      try message.withUnsafeReadableBytes { bytes in
        var reader = ProtocolMessageReader(bytes)
        var parts: [ProtocolMessage] = []
        while let part = try reader.next() { parts.append(part) }
        for part in parts { try handle(part, of: bytes, from: member) }
      }
    } catch let error as UpdateError {
      refuse(UpdateError(error.code, at: error.byteOffset + message.readerIndex), from: member)
    } catch {
      refuse(error, from: member)
    }
    // Only then, so that a client cannot have more under way than the store keeps up with.
    let byteCount = message.writerIndex
    whenStored { _ in member.connection.finishHandling(byteCount: byteCount) }
  }

  /// Handles one message of another node.
  func handle(_ message: ByteBuffer, _ parts: PeerMessage, from member: Member) {
    if case .document(let offset) = parts {
      var message = message
      message.moveReaderIndex(to: offset)
      return handle(message, from: member)
    }
    do {
      try message.withUnsafeReadableBytes { try handle(parts, of: $0, from: member) }
    } catch {
      refuse(error, from: member)
    }
    whenStored { _ in member.connection.finishHandling(byteCount: message.readableBytes) }
  }

  private func refuse(_ error: any Error, from member: Member) {
    logger.info("refused a message", metadata: ["peer": "\(member.connection.source)", "error": "\(error)"])
    member.connection.close(.invalidContent, "\(error)")
  }

  private func handle(
    _ message: ProtocolMessage, of bytes: UnsafeRawBufferPointer, from member: Member
  ) throws(UpdateError) {
    let payload = UnsafeRawBufferPointer(rebasing: bytes[message.payload])
    do {
      switch message.kind {
      case .syncStep1:
        try answer(StateVector(decoding: payload), to: member)
      case .syncStep2:
        try merge(payload, from: member)
      case .update:
        try apply(payload, message: UnsafeRawBufferPointer(rebasing: bytes[message.range]), from: member)
      case .awareness:
        applyAwareness(try AwarenessUpdate(decoding: payload), from: member)
      case .queryAwareness:
        sendAllAwareness(to: member)
      case .authentication:
        // Only a server has something to say here.
        break
      }
    } catch {
      // Counted from the start of the message, as its sender sees it.
      throw UpdateError(error.code, at: error.byteOffset + message.payload.lowerBound)
    }
  }
}

// MARK: Updates

extension Room {
  /// Sends what a peer that knows `known` lacks: a step 2, behind as many updates as keep each message small.
  private func answer(_ known: StateVector, to member: Member) {
    // Hocuspocus asks back in this order, so that its provider counts the answer.
    if member.framing.isMultiplexed { askForMissing(member) }
    let update = document.encodeUpdate(since: known)
    guard update.count > Room.answerPartBytes else {
      return member.send(member.framing.frame { $0.writeSyncStep2(update) })
    }
    let parts: [[UInt8]]
    do {
      parts = try Update.parts(of: update, ofAbout: Room.answerPartBytes)
    } catch {
      preconditionFailure("the document's own update cannot be read: \(error)")
    }
    let frames = parts.enumerated().map { index, part in
      member.framing.frame { index + 1 < parts.count ? $0.writeUpdateMessage(part) : $0.writeSyncStep2(part) }
    }
    member.sendAnswer(frames)
  }

  /// Applies an update that a client has just written: its own bytes go to the store and, in `message`, to the others at
  /// once. Their sender hears of it when they are stored.
  private func apply(
    _ update: UnsafeRawBufferPointer, message: UnsafeRawBufferPointer, from member: Member
  ) throws(UpdateError) {
    var broadcast = Broadcast(message)
    if try applyNews(update, from: member) {
      let bytes = [UInt8](update)
      let sequence = append(bytes, source: member.connection.source)
      subscribers.send(&broadcast, except: member)
      sendToPeers(bytes, sequence: sequence, except: nil)
    }
    // Known content is acknowledged too: its sender may not have seen the first acknowledgement.
    switch member.acknowledgement {
    case .echo: sendWhenStored(broadcast.frame(member.framing), to: member)
    case .syncStatus: sendSyncStatus(to: member)
    }
  }

  /// Applies an answer, which repeats much that is known: only what is new is stored and passed on.
  func merge(_ update: UnsafeRawBufferPointer, from member: Member) throws(UpdateError) {
    var changes: [[UInt8]] = []
    let subscription = document.observeUpdates { changes.append($0.update) }
    defer { subscription.cancel() }
    if try applyNews(update, from: member) {
      // What waits for missing updates is in no event, so the bytes go on as they came.
      if changes.isEmpty || isWaiting { changes = [[UInt8](update)] }
      for change in changes { share(change, source: member.connection.source, sender: member) }
    }
    if member.peer == nil, member.acknowledgement == .syncStatus { sendSyncStatus(to: member) }
  }

  /// Stores an update and passes it on: as an update message, and as a delta to peers.
  func share(_ update: [UInt8], source: String, sender: Member?) {
    let sequence = append(update, source: source)
    if let sender, sender.peer != nil { peers[sender]?.noteReceived(sequence) }
    sendToPeers(update, sequence: sequence, except: sender)
    var message = ByteWriter(capacity: update.count + 16)
    message.writeUpdateMessage(update)
    message.withBytes { bytes in
      var broadcast = Broadcast(bytes)
      subscribers.send(&broadcast, except: sender)
      if let sender, sender.peer == nil, sender.acknowledgement == .echo {
        sendWhenStored(broadcast.frame(sender.framing), to: sender)
      }
    }
  }

  /// Applies an update; when it leaves something that waits for missing updates, asks its sender for them.
  ///
  /// - Returns: Whether the update held anything new.
  func applyNews(_ update: UnsafeRawBufferPointer, from member: Member) throws(UpdateError) -> Bool {
    let pendingBefore = isWaiting ? document.pending : nil
    let result = try document.apply(update)
    isWaiting = result.isPending
    guard isWaiting, document.pending != pendingBefore else { return result.changed }
    logger.notice(
      "an update waits for missing ones",
      metadata: ["peer": "\(member.connection.source)", "bytes": "\(document.pending?.byteCount ?? 0)"])
    askForMissing(member)
    return true
  }

  private func askForMissing(_ member: Member) {
    if member.peer != nil { return askPeerForMissing(member) }
    member.send(member.framing.frame { $0.writeSyncStep1(document.stateVector) })
  }

  private func sendSyncStatus(to member: Member) {
    sendWhenStored(member.framing.frame { MultiplexedMessage.writeSyncStatus(isStored: true, to: &$0) }, to: member)
  }

  private func sendWhenStored(_ frame: ByteBuffer, to member: Member) {
    whenStored { isStored in
      if isStored { member.send(frame) }
    }
  }

  /// Lends the document to `body`, and stores and passes on what it changed.
  func edit(_ body: (Document) -> Void) {
    var changes: [[UInt8]] = []
    let subscription = document.observeUpdates { changes.append($0.update) }
    body(document)
    subscription.cancel()
    for change in changes { share(change, source: "local", sender: nil) }
  }
}

// MARK: Stateless messages

extension Room {
  /// Hands a message to the application. Callable from anywhere.
  func receiveStateless(_ payload: String, from member: Member) {
    eventLoop.runOrExecute {
      self.statelessMessages.send(StatelessMessage(payload: payload, source: member.connection.source))
    }
  }

  /// Sends a message of the application to all whose protocol has such.
  func sendStateless(_ payload: String) {
    var message = ByteWriter()
    MultiplexedMessage.writeStateless(payload, to: &message)
    message.withBytes { bytes in
      var broadcast = Broadcast(bytes)
      subscribers.send(&broadcast, except: nil) { $0.isMultiplexed }
    }
  }
}

// MARK: Awareness

extension Room {
  /// Sends the states of all who are present to one member.
  func sendAllAwareness(to member: Member) {
    member.sendAwareness(member.framing.frame { $0.writeAwarenessMessage(awareness.states) })
  }

  func applyAwareness(_ update: AwarenessUpdate, from member: Member) {
    let outcome = awareness.apply(update, now: now)
    // Who is present through a peer may be so through another one, too: those go when nothing is heard of them any more.
    let owner = member.peer == nil ? member : nil
    for entry in outcome.accepted { presenceOwners[entry.client] = entry.isRemoval ? nil : owner }
    // To the sender too: stock clients take a connection for dead when nothing comes back for 30 seconds.
    broadcastAwareness(AwarenessUpdate(outcome.accepted), exceptPeer: member)
    if !outcome.outdated.isEmpty {
      member.sendAwareness(member.framing.frame { $0.writeAwarenessMessage(AwarenessUpdate(outcome.outdated)) })
    }
  }

  /// Removes the clients that `member` spoke for last.
  func removePresence(of member: Member) {
    let clients = presenceOwners.filter { $0.value === member }.keys.sorted()
    forget(clients, awareness.remove(clients, now: now))
  }

  /// Removes clients that have been silent for too long.
  func removeOutdatedPresence() {
    let removal = awareness.removeOutdated(now: now)
    forget(removal.entries.map(\.client), removal)
  }

  private func forget(_ clients: [ClientID], _ removal: AwarenessUpdate) {
    for client in clients { presenceOwners[client] = nil }
    broadcastAwareness(removal)
  }

  private func broadcastAwareness(_ update: AwarenessUpdate, exceptPeer sender: Member? = nil) {
    guard !update.isEmpty else { return }
    var message = ByteWriter()
    message.writeAwarenessMessage(update)
    message.withBytes { bytes in
      var broadcast = Broadcast(bytes)
      subscribers.sendAwareness(&broadcast)
      for peer in peers.members where peer != sender { peer.sendAwareness(broadcast.frame(peer.framing)) }
    }
  }
}
