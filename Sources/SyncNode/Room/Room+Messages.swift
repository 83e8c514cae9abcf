import CRDT
import Logging
import NIOCore

// The messages of y-protocols, as the room answers them. All of this is run by the room's executor, with the room open.

extension Room {
  /// Starts the conversation: asks for what we lack, and says who is present.
  func greet(_ member: Member) {
    // On a multiplexed socket the client asks first, and is asked then.
    if !member.framing.isMultiplexed, member.access >= .write { askForMissing(member) }
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
      let error = UpdateError(error.code, at: error.byteOffset + message.readerIndex)
      member.connection.refuse(.unreadableMessage, "\(error)")
    } catch {
      preconditionFailure("a message failed with another error than what can be read: \(error)")
    }
    // Only then, so that a client cannot have more under way than the store keeps up with.
    let byteCount = message.writerIndex
    whenStored { _ in member.connection.intake.finish(byteCount: byteCount) }
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
      member.connection.refuse(.unreadableMessage, "\(error)")
    }
    whenStored { _ in member.connection.intake.finish(byteCount: message.readableBytes) }
  }

  private func handle(
    _ message: ProtocolMessage, of bytes: UnsafeRawBufferPointer, from member: Member
  ) throws(UpdateError) {
    let payload = UnsafeRawBufferPointer(rebasing: bytes[message.payload])
    do {
      switch message.kind {
      case .syncStep1:
        let known = try StateVector(decoding: payload)
        let isOutdated = !retired.isEmpty && retired.haveWritten(known, besides: document.stateVector)
        if isOutdated { tellOutdated(member) } else { answer(known, to: member) }
      case .syncStep2:
        charge(payload.count, to: member)
        if try admits(payload, from: member), try fits(payload, from: member) { try merge(payload, from: member) }
      case .update:
        charge(payload.count, to: member)
        guard try admits(payload, from: member), try fits(payload, from: member) else { break }
        try apply(payload, message: UnsafeRawBufferPointer(rebasing: bytes[message.range]), from: member)
      case .awareness:
        applyAwareness(try AwarenessUpdate(decoding: payload), from: member)
      case .queryAwareness:
        member.askForAwareness()
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
  /// Sends what a client that knows `known` lacks: a step 2, behind as many updates as keep each message small.
  private func answer(_ known: StateVector, to member: Member) {
    // Hocuspocus asks back in this order, so that its provider counts the answer.
    if member.framing.isMultiplexed { askForMissing(member) }
    startAnswer(since: known, to: member)
  }

  /// Applies an update that a client has just written: its own bytes go to the store and, in `message`, to the others at
  /// once. Their sender hears of it when they are stored.
  private func apply(
    _ update: UnsafeRawBufferPointer, message: UnsafeRawBufferPointer, from member: Member
  ) throws(UpdateError) {
    var broadcast = Broadcast(message, since: arrivalOrNow)
    if try applyNews(update, from: member) {
      let bytes = [UInt8](update)
      let sequence = append(bytes, from: member.origin)
      subscribers.send(&broadcast, except: member, answered: Set(answers.keys).union(heldBack.keys))
      sendBehindHeldBack(&broadcast, except: member)
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
      for change in changes { share(change, from: member.origin, sender: member) }
    }
    // An answer holds all that the client has written until then.
    let statuses = (postponed.removeValue(forKey: member) ?? 0) + 1
    guard member.peer == nil, member.acknowledgement == .syncStatus else { return }
    for _ in 0..<statuses { sendSyncStatus(to: member) }
  }

  /// Stores an update and passes it on: as an update message, and as a delta to peers.
  func share(_ update: [UInt8], from origin: ChangeOrigin, sender: Member?) {
    let sequence = append(update, from: origin)
    if let sender, sender.peer != nil { peers[sender]?.noteReceived(sequence) }
    sendToPeers(update, sequence: sequence, except: sender)
    var message = ByteWriter(capacity: update.count + 16)
    message.writeUpdateMessage(update)
    message.withBytes { bytes in
      var broadcast = Broadcast(bytes, since: arrivalOrNow)
      subscribers.send(&broadcast, except: sender, answered: Set(answers.keys).union(heldBack.keys))
      sendBehindHeldBack(&broadcast, except: sender)
      if let sender, sender.peer == nil, sender.acknowledgement == .echo {
        sendWhenStored(broadcast.frame(sender.framing), to: sender)
      }
    }
  }

  /// Applies an update; when it leaves something that waits for missing updates, asks its sender for them.
  ///
  /// - Returns: Whether the update held anything new.
  func applyNews(_ update: UnsafeRawBufferPointer, from member: Member) throws(UpdateError) -> Bool {
    let result = try document.apply(update)
    let wasWaiting = isWaiting
    isWaiting = result.isPending
    if wasWaiting, !isWaiting { tell(.complete) }
    guard isWaiting, result.pendingChanged else { return result.changed }
    // The first of many is enough to know of.
    logger.log(
      level: wasWaiting ? .debug : .notice, "an update waits for missing ones",
      metadata: member.metadata.merging(["bytes": "\(result.pendingByteCount)"]) { $1 })
    tell(.waiting(byteCount: result.pendingByteCount, from: member.origin))
    askForMissing(member)
    return true
  }

  func askForMissing(_ member: Member) {
    if isReadOnly { return postpone(member, updates: 0) }
    if member.peer != nil { return askPeerForMissing(member) }
    member.send(member.framing.frame { $0.writeSyncStep1(document.stateVector) })
  }

  func sendSyncStatus(to member: Member) {
    sendWhenStored(member.framing.frame { MultiplexedMessage.writeSyncStatus(isStored: true, to: &$0) }, to: member)
  }

  func sendWhenStored(_ frame: ByteBuffer, to member: Member) {
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
    for change in changes { share(change, from: .local, sender: nil) }
  }
}

// MARK: Stateless messages

extension Room {
  /// Hands a message to the application, unless its sender may only read. Callable from anywhere.
  func receiveStateless(_ payload: String, from member: Member) {
    executor.run {
      guard member.access >= .comment else { return }
      self.statelessMessages.send(
        StatelessMessage(payload: payload, source: member.connection.source, subject: member.subject))
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
