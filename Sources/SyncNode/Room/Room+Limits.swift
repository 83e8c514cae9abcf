import CRDT
import Logging
import NIOCore

// What a client's update may cost. Nodes are not bound by it: what one node has taken, all take, or they would never be
// equal. All of this is run by the room's executor, with the room open.

/// How much smaller a document was, when it was looked at, than its snapshot and log are.
struct MeasuredSize {
  var snapshotBytes = 0
  var logBytes = 0
  var savedBytes = 0
  /// When it may be looked at again.
  var next = NIODeadline.uptimeNanoseconds(0)
}

extension Room {
  /// Whether a client's update keeps within the limits. When not, it has been told why, unless there was nothing new in it.
  ///
  /// - Throws: What cannot be read.
  func fits(_ update: UnsafeRawBufferPointer, from member: Member) throws(UpdateError) -> Bool {
    guard let (refusal, reason) = try excess(of: update) else { return true }
    let bytes = [UInt8](update)
    guard try hasNews(bytes) else {
      acknowledgeKnown(bytes, to: member)
      return false
    }
    switch member.acknowledgement {
    case .echo:
      member.connection.refuse(refusal, reason)
    case .syncStatus:
      member.connection.note(refusal, reason)
      member.send(member.framing.frame { MultiplexedMessage.writeSyncStatus(isStored: false, to: &$0) })
    }
    return false
  }

  /// What an update would be too much of.
  func excess(of update: UnsafeRawBufferPointer) throws(UpdateError) -> (Refusal, reason: String)? {
    let limits = environment.limits
    // Most updates are so small that nothing has to be known of them.
    if document.pendingBytes > limits.pendingBytesMax - Room.pendingBytesPerByte * update.count {
      let pendingBytes = try document.pendingBytes(after: update)
      if pendingBytes > limits.pendingBytesMax, pendingBytes > document.pendingBytes {
        return (.tooMuchPending, "more than \(limits.pendingBytesMax) bytes would wait for missing updates")
      }
    }
    // Deleting is what helps.
    guard update.first != 0 else { return nil }
    if documentBytes(adding: update.count) > limits.documentBytesMax {
      return (.largeDocument, "the document would have more than \(limits.documentBytesMax) bytes")
    }
    if registry?.hasMemory(for: update.count, in: self) == false {
      return (.outOfMemory, "no memory is left for changes: try again later")
    }
    return nil
  }

  /// What a byte of an update takes when it waits, at most: a deletion has three bytes.
  private static let pendingBytesPerByte = 256

  private static let measuredBytesPerSecond = Double(16 << 20)

  /// An upper bound of the document's size as an update with `byteCount` bytes more: what is stored of it, and when that is
  /// too much, what it is.
  private func documentBytes(adding byteCount: Int) -> Int {
    let stored = journal.snapshotBytes + journal.logBytes
    if measuredSize.snapshotBytes != journal.snapshotBytes || measuredSize.logBytes > journal.logBytes {
      measuredSize = MeasuredSize()
    }
    let bytesMax = environment.limits.documentBytesMax
    let known = stored - measuredSize.savedBytes + byteCount
    guard known > bytesMax, journal.logBytes > measuredSize.logBytes, eventLoop.now >= measuredSize.next else {
      return known
    }
    let byteCountNow = document.encodeUpdate().count
    measuredSize = MeasuredSize(
      snapshotBytes: journal.snapshotBytes, logBytes: journal.logBytes,
      savedBytes: stored - byteCountNow,
      // It is as much work as the document is large, and must not become all that the event loop does.
      next: eventLoop.now + .nanoseconds(Int64(Double(byteCountNow) / Room.measuredBytesPerSecond * 1e9)))
    return stored - measuredSize.savedBytes + byteCount
  }
}

// MARK: Memory

extension Room {
  /// Tells the registry about how much memory the room takes, when it has grown by so many bytes that it matters.
  func noteMemory(grownBy byteCount: Int) {
    unnotedBytes += byteCount
    if unnotedBytes >= max(Room.unnotedBytesMax, notedBytes / 8) { noteMemory() }
  }

  private static let unnotedBytesMax = 16 << 10

  /// Tells the registry about how much memory the room takes: the document's buffers; what is stored of it, which stands for
  /// content outside of them; and presence.
  func noteMemory() {
    unnotedBytes = 0
    notedBytes = document.memoryBytes + journal.snapshotBytes + journal.logBytes + awareness.byteCount
    registry?.note(notedBytes, of: self)
  }

  /// Unloads the room if nobody uses it and all is stored. Callable from anywhere.
  func unloadNow() { executor.enqueue { self.unloadIfUnused() } }
}

extension Room {
  /// The last owner of a document.
  // Sendable: one thread has it after the other.
  private final class Released: @unchecked Sendable {
    var document: Document?

    init(_ document: Document) { self.document = document }
  }

  /// Gives the document's memory back: where that is much, beside the event loop, since it takes the system a while.
  func releaseDocument() {
    guard notedBytes >= environment.longBytes else { return }
    let released = Released(document)
    document = environment.makeDocument()
    environment.worker(.long) { released.document = nil }
  }
}
