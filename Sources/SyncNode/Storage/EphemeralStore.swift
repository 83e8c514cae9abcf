import CRDT
import Foundation
import Synchronization

/// Keeps nothing but copies that were put aside: documents live in their rooms and are gone with the process.
final class EphemeralStore: UpdateStore {
  let nodeID: PeerID
  let writability = Writability()
  private let copies = Mutex<[(name: String, copy: DocumentCopy)]>([])

  var isPersistent: Bool { false }

  /// - Parameter generator: Where the node's identifier is drawn from.
  init(using generator: RandomSource) {
    var generator = generator
    nodeID = .random(using: &generator)
  }

  func load(_ name: String, completion: @escaping @Sendable (Result<StoredDocument, StoreError>) -> Void) {
    completion(.success(StoredDocument()))
  }

  func append(_ record: UpdateRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    completion(.success(()))
  }

  func compact(_ snapshot: SnapshotRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    completion(.success(()))
  }

  func acknowledge(
    _ record: AcknowledgementRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    completion(.success(()))
  }

  func begin(_ record: EpochRecord, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    if let update = record.copy {
      let time = Int64(Date().timeIntervalSince1970 * 1000)
      copies.withLock {
        $0.append((record.name, DocumentCopy(number: Int64($0.count) + 1, milliseconds: time, update: update)))
      }
    }
    completion(.success(()))
  }

  func copies(of name: String, completion: @escaping @Sendable (Result<[DocumentCopy], StoreError>) -> Void) {
    completion(.success(copies.withLock { $0.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.copy) }))
  }

  /// Rooms that have content are loaded, and known to the registry.
  func unacknowledged(by peer: PeerID, completion: @escaping @Sendable ([String]) -> Void) { completion([]) }

  func queues(completion: @escaping @Sendable (Result<[PeerQueue], StoreError>) -> Void) { completion(.success([])) }

  func close() async {}
}
