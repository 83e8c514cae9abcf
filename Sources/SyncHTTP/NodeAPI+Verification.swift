import Foundation
import NIOCore
import SyncNode
import Synchronization

extension NodeAPI {
  /// What is told of a check of the store: how far it is, each second, and in the end what it found or why it could not.
  package struct VerificationEvent: Codable, Sendable {
    /// Which room is being read.
    package struct Progress: Codable, Equatable, Sendable {
      package let room: String
      /// Rooms that were read before, of how many.
      package let done: Int
      package let count: Int
    }

    /// Nil while SQLite's pages are being checked, and in the end.
    package var progress: Progress?
    package var verification: StoreVerification?
    package var failure: String?
  }

  private static let tellingInterval = Duration.seconds(1)

  /// Checks the store of a node.
  ///
  /// - Parameter tell: Gets at least one event a second, so that who waits knows that somebody is there.
  /// - Throws: What `tell` throws.
  static func verifyStore(
    of node: Node, _ tell: (VerificationEvent) async throws -> Void
  ) async throws {
    let latest = Latest()
    try await withThrowingTaskGroup(of: VerificationEvent?.self) { group in
      group.addTask { await NodeAPI.check(node, latest) }
      while true {
        group.addTask {
          try await Task.sleep(for: tellingInterval)
          return nil
        }
        if let end = try await group.next() ?? nil {
          group.cancelAll()
          return try await tell(end)
        }
        try await tell(VerificationEvent(progress: latest.progress))
      }
    }
  }

  /// - Returns: The last event.
  private static func check(_ node: Node, _ latest: Latest) async -> VerificationEvent {
    do {
      let verification = try await node.verifyStore { room, done, count in
        latest.progress = VerificationEvent.Progress(room: room, done: done, count: count)
      }
      return VerificationEvent(verification: verification)
    } catch let error as StoreError where error.code == .damaged {
      // No path of a file is told.
      return VerificationEvent(failure: "the store is damaged")
    } catch {
      return VerificationEvent(failure: "the store cannot be read")
    }
  }

  static func line(_ event: VerificationEvent) throws -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var line = ByteBuffer(bytes: try encoder.encode(event))
    line.writeString("\n")
    return line
  }
}

/// How far a check is, told by the thread that makes it.
private final class Latest: Sendable {
  private let state = Mutex<NodeAPI.VerificationEvent.Progress?>(nil)

  var progress: NodeAPI.VerificationEvent.Progress? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
