import CRDT

@testable import SyncNode

/// What a node has written: it outlives crashes.
final class SimulatedDisk {
  let nodeID: PeerID
  var documents: [String: StoredDocument] = [:]
  /// What was put aside.
  var copies: [String: [DocumentCopy]] = [:]
  /// Whether nothing more can be written.
  var isFull = false {
    didSet { if !isFull { onRoom?() } }
  }
  /// Called when something can be written again.
  var onRoom: (() -> Void)?

  init(nodeID: PeerID) { self.nodeID = nodeID }

  /// Puts a document aside and begins another.
  func begin(_ record: EpochRecord) {
    var stored = documents[record.name] ?? StoredDocument()
    stored.epoch = record.epoch
    stored.retired = record.retired
    if let sequence = record.sequence {
      if let update = record.copy {
        copies[record.name, default: []].append(DocumentCopy(number: 1, milliseconds: 0, update: update))
      }
      stored.snapshot = nil
      stored.updates = [[0, 0]]
      stored.lastSequence = sequence
      stored.acknowledgedSequences = [:]
    }
    documents[record.name] = stored
  }

  /// The document `name` as it would be loaded.
  func document(_ name: String) throws -> Document { try Document(documents[name] ?? StoredDocument()) }

  /// Whether the marker is in what is written of `name` or was put aside of it, even where it waits for something else.
  func holds(_ marker: String, in name: String) -> Bool {
    guard let stored = documents[name] else { return false }
    let pieces =
      stored.updates.reversed() + (stored.snapshot.map { [$0] } ?? [])
      + (copies[name] ?? []).map(\.update)
    return pieces.contains { Simulation.contains($0, marker) }
  }

  /// Whether `peer` is known to have all that is written here of `name`.
  func hasAcknowledged(_ name: String, by peer: PeerID) -> Bool {
    guard let stored = documents[name], stored.lastSequence > 0 else { return true }
    return stored.acknowledgedSequences[peer] ?? 0 >= stored.lastSequence
  }
}

/// What a commit is struck by.
enum CommitFault: CaseIterable {
  /// The process ends before anything is written.
  case crashBefore
  /// The process ends when all is written, before anybody hears of it.
  case crashAfter
}

/// The store of one life of a node: writes to its disk after a while, all that waits together.
// Sendable: a simulation runs on one thread.
final class SimulatedStore: UpdateStore, @unchecked Sendable {
  private enum Work {
    case begin(EpochRecord, (Result<Void, StoreError>) -> Void)
    case append(UpdateRecord, (Result<Void, StoreError>) -> Void)
    case compact(SnapshotRecord, (Result<Void, StoreError>) -> Void)
    case acknowledge(AcknowledgementRecord, (Result<Void, StoreError>) -> Void)

    var isAppend: Bool { if case .append = self { true } else { false } }
  }

  private let disk: SimulatedDisk
  /// Runs an action after a while, unless the process has ended by then.
  private let schedule: (@escaping () -> Void) -> Void
  /// What strikes the next commit, if anything.
  private let nextFault: () -> CommitFault?
  private let crash: () -> Void
  private var waiting: [Work] = []

  init(
    disk: SimulatedDisk, schedule: @escaping (@escaping () -> Void) -> Void, nextFault: @escaping () -> CommitFault?,
    crash: @escaping () -> Void
  ) {
    self.disk = disk
    self.schedule = schedule
    self.nextFault = nextFault
    self.crash = crash
    disk.onRoom = { [weak self] in self?.noteRoom() }
  }

  var isPersistent: Bool { true }
  var nodeID: PeerID { disk.nodeID }
  let writability = Writability()

  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void) {
    schedule { completion(.success(self.disk.documents[name] ?? StoredDocument())) }
  }

  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(.append(record, completion))
  }

  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(.compact(snapshot, completion))
  }

  func begin(_ record: EpochRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    enqueue(.begin(record, completion))
  }

  func copies(of name: String, completion: @escaping @Sendable (Result<[DocumentCopy], StoreError>) -> Void) {
    schedule { completion(.success(self.disk.copies[name] ?? [])) }
  }

  func acknowledge(
    _ record: AcknowledgementRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    enqueue(.acknowledge(record, completion))
  }

  func unacknowledged(by peer: PeerID, completion: @escaping @Sendable ([String]) -> Void) {
    schedule {
      completion(self.disk.documents.keys.sorted().filter { !self.disk.hasAcknowledged($0, by: peer) })
    }
  }

  func queues(completion: @escaping @Sendable (Result<[PeerQueue], StoreError>) -> Void) { completion(.success([])) }

  func close() async {}

  private func enqueue(_ work: Work) {
    waiting.append(work)
    if waiting.count == 1 { schedule { self.commit() } }
  }

  private func commit() {
    let batch = waiting
    waiting = []
    let fault = nextFault()
    if fault == .crashBefore { return crash() }
    if disk.isFull, writability.failure == nil, batch.contains(where: \.isAppend) {
      writability.fail(StoreError(.diskFull, path: "disk"))
    }
    // Room that has just come is not known yet.
    let isFull = disk.isFull || writability.failure != nil
    var results: [() -> Void] = []
    for work in batch {
      let result = isFull ? Result<Void, StoreError>.failure(StoreError(.diskFull, path: "disk")) : .success(())
      switch work {
      case .append(let record, let completion):
        let last = disk.documents[record.name]?.lastSequence ?? 0
        if !isFull, record.sequence != last + 1 {
          results.append { completion(.failure(StoreError(.failed, path: "disk", detail: "one before it is missing"))) }
          continue
        }
        if !isFull {
          disk.documents[record.name, default: StoredDocument()].updates.append(record.bytes)
          disk.documents[record.name]?.lastSequence = record.sequence
        }
        results.append { completion(result) }
      case .compact(let snapshot, let completion):
        if !isFull {
          let stored = disk.documents[snapshot.name] ?? StoredDocument()
          let covered = stored.updates.count - Int(stored.lastSequence - snapshot.sequence)
          disk.documents[snapshot.name]?.snapshot = snapshot.bytes
          disk.documents[snapshot.name]?.updates.removeFirst(covered)
        }
        results.append { completion(result) }
      case .begin(let record, let completion):
        if !isFull { disk.begin(record) }
        results.append { completion(result) }
      case .acknowledge(let record, let completion):
        if !isFull { disk.documents[record.name]?.acknowledgedSequences[record.peer] = record.sequence }
        results.append { completion(result) }
      }
    }
    if fault == .crashAfter { return crash() }
    for result in results { result() }
  }

  /// Finds out after a while that there is room.
  private func noteRoom() {
    guard writability.failure != nil else { return }
    schedule { if !self.disk.isFull { self.writability.recover() } }
  }
}
