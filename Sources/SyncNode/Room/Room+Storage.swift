import CRDT
import Logging
import NIOCore

extension Room {
  /// Hands an update to the store. When that fails the room ends: its document holds what the store does not, and a
  /// client that finds its edits there would not send them again. This process's readers hear of it.
  ///
  /// - Returns: The update's number in the log.
  func append(_ update: [UInt8], from origin: ChangeOrigin) -> Int64 {
    let sequence = journal.append(byteCount: update.count)
    let record = UpdateRecord(
      name: name, sequence: sequence, source: origin.description, subject: origin.subject, bytes: update)
    let metrics = environment.metrics
    metrics.noteAppend(byteCount: update.count)
    let start = NIODeadline.now()
    environment.store.append(record) { result in
      metrics.noteAnswer(after: .now() - start, isStored: (try? result.get()) != nil)
      self.executor.run { self.finishAppend(sequence, result) }
    }
    if journal.needsCompaction(environment.compaction) { compact() }
    changesSinceCheck += 1
    noteMemory(grownBy: update.count)
    noteChange(update, from: origin)
    activity?.note(update, from: origin)
    activityIndexer?.noteAppend()
    return sequence
  }

  private func noteChange(_ update: [UInt8], from origin: ChangeOrigin) {
    guard !changes.isEmpty || environment.hooks.onChange != nil else { return }
    let change = RoomChange(room: name, update: update, origin: origin)
    changes.send(change)
    environment.hooks.onChange?(change)
  }

  /// Tells of something that is no change of the document.
  func tell(_ event: RoomEvent) {
    events.send(event)
    environment.hooks.onEvent?(name, event)
  }

  /// Calls `action` once all that was appended so far is committed; at once when it is. The argument is false when the
  /// room has failed.
  func whenStored(_ action: @escaping (Bool) -> Void) {
    if !isOpen {
      action(false)
    } else if journal.isStored {
      action(true)
    } else {
      journal.wait(action)
    }
  }

  private func finishAppend(_ sequence: Int64, _ result: Result<Void, StoreError>) {
    switch result {
    case .success:
      for action in journal.markStored(upTo: sequence) { action(true) }
    case .failure(let error):
      guard isOpen else { return }
      logger.error("cannot store an update", metadata: ["error": "\(error)"])
      close(reason: "the update could not be stored")
    }
  }

  /// Folds the log into a snapshot of the document as it is then, which holds every update appended so far.
  private func compact() {
    guard journal.snapshotBytes + journal.logBytes >= environment.longBytes else {
      return storeSnapshot(document.encodeUpdate())
    }
    journal.isCompacting = true
    executor.enqueue {
      guard self.isOpen else { return self.journal.isCompacting = false }
      self.executor.runAside({ self.document.encodeUpdate() }, then: self.storeSnapshot)
    }
  }

  private func storeSnapshot(_ bytes: [UInt8]) {
    journal.startCompaction(byteCount: bytes.count)
    let snapshot = SnapshotRecord(name: name, sequence: journal.lastSequence, bytes: bytes)
    environment.store.compact(snapshot) { result in
      self.executor.run { self.finishCompaction(result) }
    }
  }

  private func finishCompaction(_ result: Result<Void, StoreError>) {
    journal.isCompacting = false
    switch result {
    case .success: logger.debug("compacted the log", metadata: ["bytes": "\(journal.snapshotBytes)"])
    // The log is still there and still whole; the next time it has grown as much again, this is tried again.
    case .failure(let error): logger.warning("cannot compact the log", metadata: ["error": "\(error)"])
    }
  }
}
