import CRDT
import Logging
import NIOCore

// The y-websocket protocol, as the room answers it. All of this runs on the room's event loop, with the room open.

extension Room {
  /// Starts the conversation: asks for what we lack, and says who is present.
  func greet(_ connection: Connection) {
    askForMissing(connection)
    if awareness.count > 0 { sendAllAwareness(to: connection) }
  }

  /// Handles all protocol messages of one WebSocket message. Bytes that cannot be read end their connection, and nobody
  /// else's; what came before them in the message holds.
  func handle(_ message: ByteBuffer, from connection: Connection) {
    do {
      try message.withUnsafeReadableBytes { bytes in
        var reader = ProtocolMessageReader(bytes)
        var parts: [ProtocolMessage] = []
        while let part = try reader.next() { parts.append(part) }
        for part in parts { try handle(part, of: bytes, from: connection) }
      }
    } catch {
      logger.info("refused a message", metadata: ["peer": "\(connection.source)", "error": "\(error)"])
      connection.close(.invalidContent, "\(error)")
    }
    // Only then, so that a client cannot have more under way than the store keeps up with.
    let byteCount = message.readableBytes
    whenStored { _ in connection.finishHandling(byteCount: byteCount) }
  }

  private func handle(
    _ message: ProtocolMessage, of bytes: UnsafeRawBufferPointer, from connection: Connection
  ) throws(UpdateError) {
    let payload = UnsafeRawBufferPointer(rebasing: bytes[message.payload])
    do {
      switch message.kind {
      case .syncStep1:
        let known = try StateVector(decoding: payload)
        send(to: connection) { $0.writeSyncStep2(document.encodeUpdate(since: known)) }
      case .syncStep2:
        try merge(payload, from: connection)
      case .update:
        let frame = ServerFrame.binary(UnsafeRawBufferPointer(rebasing: bytes[message.range]))
        try apply(payload, frame: frame, from: connection)
      case .awareness:
        applyAwareness(try AwarenessUpdate(decoding: payload), from: connection)
      case .queryAwareness:
        sendAllAwareness(to: connection)
      case .authentication:
        // Only a server has something to say here.
        break
      }
    } catch {
      // Counted from the start of the WebSocket message, as its sender sees it.
      throw UpdateError(error.code, at: error.byteOffset + message.payload.lowerBound)
    }
  }

  /// Sends one protocol message to one connection.
  private func send(to connection: Connection, _ write: (inout ByteWriter) -> Void) {
    let frame = frame(write)
    connection.eventLoop.runOrExecute { connection.send(frame) }
  }

  private func frame(_ write: (inout ByteWriter) -> Void) -> ByteBuffer {
    var writer = ByteWriter()
    write(&writer)
    return writer.withBytes { ServerFrame.binary($0) }
  }
}

// MARK: Updates

extension Room {
  /// Applies an update that a client has just written: its own bytes go to the store and, in `frame`, to the others at
  /// once and to their sender when they are stored. A stock client has no other acknowledgement than this echo.
  private func apply(_ update: UnsafeRawBufferPointer, frame: ByteBuffer, from connection: Connection)
    throws(UpdateError)
  {
    if try applyNews(update, from: connection) {
      append([UInt8](update), source: connection.source)
      subscribers.send(frame, except: connection)
    }
    // Known content is acknowledged too: its sender may not have seen the first echo.
    echo(frame, to: connection)
  }

  /// Applies the answer to our step 1, which repeats much that is known: only what is new is stored and passed on.
  private func merge(_ update: UnsafeRawBufferPointer, from connection: Connection) throws(UpdateError) {
    var changes: [[UInt8]] = []
    let subscription = document.observeUpdates { changes.append($0.update) }
    defer { subscription.cancel() }
    guard try applyNews(update, from: connection) else { return }
    // What waits for missing updates is in no event, so the bytes go on as they came.
    if changes.isEmpty || isWaiting { changes = [[UInt8](update)] }
    for change in changes { share(change, source: connection.source, sender: connection) }
  }

  /// Stores an update and passes it on as an update message.
  private func share(_ update: [UInt8], source: String, sender: Connection?) {
    append(update, source: source)
    let frame = frame { $0.writeUpdateMessage(update) }
    subscribers.send(frame, except: sender)
    if let sender { echo(frame, to: sender) }
  }

  /// Applies an update; when it leaves something that waits for missing updates, asks its sender for them.
  ///
  /// - Returns: Whether the update held anything new.
  private func applyNews(_ update: UnsafeRawBufferPointer, from connection: Connection) throws(UpdateError) -> Bool {
    let pendingBefore = isWaiting ? document.pending : nil
    let result = try document.apply(update)
    isWaiting = result.isPending
    guard isWaiting, document.pending != pendingBefore else { return result.changed }
    logger.notice(
      "an update waits for missing ones",
      metadata: ["peer": "\(connection.source)", "bytes": "\(document.pending?.byteCount ?? 0)"])
    askForMissing(connection)
    return true
  }

  private func askForMissing(_ connection: Connection) {
    send(to: connection) { $0.writeSyncStep1(document.stateVector) }
  }

  private func echo(_ frame: ByteBuffer, to connection: Connection) {
    whenStored { isStored in
      if isStored { connection.eventLoop.runOrExecute { connection.send(frame) } }
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

// MARK: Awareness

extension Room {
  /// Sends the states of all who are present to one connection.
  func sendAllAwareness(to connection: Connection) {
    let frame = frame { $0.writeAwarenessMessage(awareness.states) }
    connection.eventLoop.runOrExecute { connection.sendAwareness(frame) }
  }

  private func applyAwareness(_ update: AwarenessUpdate, from connection: Connection) {
    let outcome = awareness.apply(update, now: now)
    for entry in outcome.accepted { presenceOwners[entry.client] = entry.isRemoval ? nil : connection }
    // To the sender too: stock clients take a connection for dead when nothing comes back for 30 seconds.
    broadcastAwareness(AwarenessUpdate(outcome.accepted))
    if !outcome.outdated.isEmpty {
      let frame = frame { $0.writeAwarenessMessage(AwarenessUpdate(outcome.outdated)) }
      connection.eventLoop.runOrExecute { connection.sendAwareness(frame) }
    }
  }

  /// Removes the clients that `connection` spoke for last.
  func removePresence(of connection: Connection) {
    let clients = presenceOwners.filter { $0.value === connection }.keys.sorted()
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

  private func broadcastAwareness(_ update: AwarenessUpdate) {
    guard !update.isEmpty else { return }
    subscribers.sendAwareness(frame { $0.writeAwarenessMessage(update) })
  }
}
