import CRDT
import Logging
import NIOCore

// Whose updates are taken. All of this is run by the room's executor, with the room open.

extension Room {
  /// Lets a member do more or less than before. Callable from anywhere.
  func change(to access: Access, for member: Member) {
    whenOpen { error in
      guard error == nil else { return }
      let couldWrite = member.access >= .write
      member.access = access
      if access < .comment { self.removePresence(of: member) }
      self.activity?.note(member)
      if !couldWrite, access >= .write { self.askForMissing(member) }
    }
  }

  /// Whether a client's update is to be applied. When not, it has been told why, unless there was nothing in it.
  ///
  /// - Throws: What cannot be read.
  func admits(_ update: UnsafeRawBufferPointer, from member: Member) throws(UpdateError) -> Bool {
    let validate = environment.hooks.validate
    guard member.access < .write || validate != nil || !retired.isEmpty || isReadOnly else { return true }
    let bytes = [UInt8](update)
    if !retired.isEmpty, try retired.haveWritten(bytes, besides: document.stateVector) {
      tellOutdated(member)
      return false
    }
    guard member.access >= .write else {
      if try hasNews(bytes) {
        refuse(member, "only reading is allowed here")
      } else {
        acknowledgeKnown(bytes, to: member)
      }
      return false
    }
    if isReadOnly {
      if try hasNews(bytes) {
        postpone(member, updates: 1)
      } else {
        acknowledgeKnown(bytes, to: member)
      }
      return false
    }
    guard let validate else { return true }
    // The application gets only what can be read.
    let touched = try document.touchedPaths(by: bytes)
    do {
      try validate(ProposedUpdate(room: name, update: bytes, origin: member.origin, touched: touched))
      return true
    } catch {
      refuse(member, "\(error)")
      return false
    }
  }

  /// Whether there is anything in an update that the document does not have.
  func hasNews(_ update: [UInt8]) throws(UpdateError) -> Bool {
    let missing = try Update.difference(update, since: document.stateVector)
    if try !Update.inspect(missing).structs.isEmpty { return true }
    return try !Update.deleteSet(of: update).isSubset(of: document.deleteSet)
  }

  private func refuse(_ member: Member, _ reason: String) {
    switch member.acknowledgement {
    case .echo:
      member.connection.refuse(.forbidden, reason)
    case .syncStatus:
      logger.info("refused an update", metadata: member.metadata.merging(["reason": "\(reason)"]) { $1 })
      member.send(member.framing.frame { MultiplexedMessage.writeSyncStatus(isStored: false, to: &$0) })
    }
  }

  /// Answers an update that changes nothing as if it had been applied, when what it holds is stored.
  func acknowledgeKnown(_ update: [UInt8], to member: Member) {
    switch member.acknowledgement {
    case .echo: sendWhenStored(member.framing.frame { $0.writeUpdateMessage(update) }, to: member)
    case .syncStatus: sendSyncStatus(to: member)
    }
  }
}
