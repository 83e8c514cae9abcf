import CRDT

/// One document of a client, with who is present in it: kept in memory over all connections, as stock providers do.
final class SimulatedReplica {
  /// Something that was sent and is not known to be stored.
  private struct Unacknowledged {
    let update: [UInt8]
    /// What must be stored once it is.
    let markers: [String]
  }

  let name: String
  private(set) var document: Document
  private(set) var awareness: Awareness
  /// What stands before its messages on a connection with many documents.
  var address: [UInt8]
  /// Whether the connection is there and the document is open on it.
  private(set) var isOpen = false
  /// Whether the node has answered over this connection.
  private(set) var isSynchronised = false
  /// What was sent over this connection, oldest first.
  private var unacknowledged: [Unacknowledged] = []

  init(name: String, clientID: ClientID) {
    self.name = name
    address = Array(name.utf8)
    document = Document(clientID: clientID)
    awareness = Awareness(ownClient: clientID)
  }

  /// Whether the node has said of all that was sent that it is stored.
  var isAcknowledged: Bool { unacknowledged.isEmpty }

  var clientID: ClientID { document.clientID }

  /// Who is present, as far as the client knows.
  var present: Set<ClientID> { Set(awareness.states.entries.map(\.client)) }
}

// Each of these returns the messages to be sent, without an address.

extension SimulatedReplica {
  /// Starts with a connection.
  func open() -> [[UInt8]] {
    isOpen = true
    isSynchronised = false
    unacknowledged = []
    let own = AwarenessUpdate(awareness.states.entries.filter { $0.client == clientID })
    return [message { $0.writeSyncStep1(self.document.stateVector) }] + awarenessMessages(own)
  }

  /// Forgets the document, as a reload does: the node has another one, which begins anew.
  func reload(as clientID: ClientID) {
    document = Document(clientID: clientID)
    awareness = Awareness(ownClient: clientID)
  }

  /// Ends with the connection: of the others nothing is known any more.
  func close(now: UInt64) {
    isOpen = false
    isSynchronised = false
    unacknowledged = []
    _ = awareness.remove(present.subtracting([clientID]).sorted(), now: now)
  }

  /// Changes the document, and sends what was changed while there is a connection.
  ///
  /// - Parameter marker: What is written by it; nil when something is only deleted.
  func edit(marker: String?, _ body: (Document) -> Void) -> [[UInt8]] {
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    body(document)
    subscription.cancel()
    guard isOpen else { return [] }
    for update in updates { unacknowledged.append(.init(update: update, markers: marker.map { [$0] } ?? [])) }
    return updates.map { update in message { $0.writeUpdateMessage(update) } }
  }

  /// States something new of the client, or that it leaves.
  func state(_ text: String?, now: UInt64) -> [[UInt8]] {
    let entry = awareness.setState(text.map { Array($0.utf8) }, now: now)
    return isOpen ? awarenessMessages(AwarenessUpdate(entry.map { [$0] } ?? [])) : []
  }

  /// Renews the own presence and forgets others that are silent, every three seconds.
  func check(now: UInt64) -> [[UInt8]] {
    let outcome = awareness.check(now: now)
    return isOpen ? awarenessMessages(AwarenessUpdate(outcome.accepted)) : []
  }

  /// Takes messages of y-protocols in.
  ///
  /// - Parameters:
  ///   - echoes: Whether an update that comes back is an acknowledgement; else each step 2 and update gets a status.
  ///   - stored: Told of markers that are said to be stored.
  func receive(
    _ bytes: UnsafeRawBufferPointer, echoes: Bool, now: UInt64, stored: ([String]) -> Void
  ) throws -> [[UInt8]] {
    var answers: [[UInt8]] = []
    var reader = ProtocolMessageReader(bytes)
    while let part = try reader.next() {
      let payload = UnsafeRawBufferPointer(rebasing: bytes[part.payload])
      switch part.kind {
      case .syncStep1:
        let update = document.encodeUpdate(since: try StateVector(decoding: payload))
        // Nothing of y-websocket's tells that a step 2 is stored.
        if !echoes { unacknowledged.append(.init(update: update, markers: Simulation.markers(of: document))) }
        answers.append(message { $0.writeSyncStep2(update) })
      case .syncStep2:
        try document.apply(payload)
        isSynchronised = true
      case .update:
        if echoes, let index = unacknowledged.firstIndex(where: { $0.update.elementsEqual(payload) }) {
          stored(unacknowledged.remove(at: index).markers)
        }
        try document.apply(payload)
      case .awareness:
        let outcome = awareness.apply(try AwarenessUpdate(decoding: payload), now: now)
        // Stock providers say all that is news to them, whoever said it.
        let entries = outcome.accepted + (outcome.restated.map { [$0] } ?? [])
        answers += awarenessMessages(AwarenessUpdate(entries))
      case .queryAwareness:
        answers += awarenessMessages(awareness.states)
      case .authentication: break
      }
    }
    return answers
  }

  /// Takes the word of the node on the oldest of what was sent.
  ///
  /// - Returns: Whether anything was sent that it can be about.
  func receiveStatus(stored: ([String]) -> Void) -> Bool {
    guard !unacknowledged.isEmpty else { return false }
    stored(unacknowledged.removeFirst().markers)
    return true
  }

  private func awarenessMessages(_ update: AwarenessUpdate) -> [[UInt8]] {
    update.isEmpty ? [] : [message { $0.writeAwarenessMessage(update) }]
  }

  private func message(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    write(&writer)
    return writer.bytes()
  }
}
