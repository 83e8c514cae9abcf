import NIOCore

/// What a room has handed to the store, and who waits until it is stored.
struct Journal {
  /// The number of the last update handed to the store.
  private(set) var lastSequence: Int64 = 0
  /// The number of the last update that the store has committed.
  private var storedSequence: Int64 = 0
  /// Updates and bytes in the log since the last snapshot.
  private(set) var logUpdates = 0
  private(set) var logBytes = 0
  /// Bytes of the last snapshot.
  private(set) var snapshotBytes = 0
  /// Up to where each peer is known to have stored the log.
  var acknowledgedSequences: [PeerID: Int64] = [:]
  /// Whether a snapshot is on its way to the store.
  var isCompacting = false
  /// In the order of their numbers. Many may wait, and they go one by one.
  private var waiting = CircularBuffer<(sequence: Int64, action: (Bool) -> Void)>()

  /// The journal of an empty document.
  init() {}

  /// The journal of a document as it was loaded.
  init(_ stored: StoredDocument) {
    lastSequence = stored.lastSequence
    storedSequence = stored.lastSequence
    logUpdates = stored.updates.count
    logBytes = stored.updates.reduce(0) { $0 + $1.count }
    snapshotBytes = stored.snapshot?.count ?? 0
    acknowledgedSequences = stored.acknowledgedSequences
  }

  /// Whether the store has committed all updates that it was handed.
  var isStored: Bool { storedSequence == lastSequence }

  /// Counts an update that goes to the store.
  ///
  /// - Returns: The update's number.
  mutating func append(byteCount: Int) -> Int64 {
    lastSequence += 1
    logUpdates += 1
    logBytes += byteCount
    return lastSequence
  }

  /// Keeps `action` until all that was handed over so far is committed. The argument says whether it was stored.
  mutating func wait(_ action: @escaping (Bool) -> Void) { waiting.append((lastSequence, action)) }

  /// Notes that the store has committed all up to `sequence`.
  ///
  /// - Returns: What waited for it, to be called with true.
  mutating func markStored(upTo sequence: Int64) -> [(Bool) -> Void] {
    storedSequence = max(storedSequence, sequence)
    var ready: [(Bool) -> Void] = []
    while let first = waiting.first, first.sequence <= storedSequence { ready.append(waiting.removeFirst().action) }
    return ready
  }

  /// Gives up on the store.
  ///
  /// - Returns: All that waited, to be called with false.
  mutating func takeWaiting() -> [(Bool) -> Void] {
    defer { waiting.removeAll() }
    return waiting.map(\.action)
  }

  /// Starts a new log behind the marker of a new epoch.
  ///
  /// - Returns: All that waited, to be called with false.
  mutating func restart(at sequence: Int64) -> [(Bool) -> Void] {
    let waiting = takeWaiting()
    var stored = StoredDocument()
    stored.lastSequence = sequence
    let isCompacting = isCompacting
    self = Journal(stored)
    self.isCompacting = isCompacting
    return waiting
  }

  /// Whether the log has grown enough to be folded into a snapshot.
  func needsCompaction(_ policy: Compaction) -> Bool {
    guard !isCompacting else { return false }
    return logUpdates >= policy.updatesMax || logBytes >= max(policy.bytesMax, snapshotBytes)
  }

  /// Starts a new log after a snapshot of `byteCount` bytes.
  mutating func startCompaction(byteCount: Int) {
    isCompacting = true
    logUpdates = 0
    logBytes = 0
    snapshotBytes = byteCount
  }
}
