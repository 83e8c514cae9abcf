import Logging
import NIOCore
import ServiceLifecycle
import SyncNode
import Synchronization

/// Has renewed keys and revoked tokens count, for those who are connected too, without a restart.
public struct TokenReload: Service {
  private let authorizer: TokenAuthorizer
  private let node: Node
  private let interval: TimeAmount

  /// - Parameters:
  ///   - authorizer: Whose files to look at.
  ///   - node: Whose connections to ask about anew when a file has changed.
  ///   - interval: How often to look.
  public init(of authorizer: TokenAuthorizer, for node: Node, interval: Duration = .seconds(2)) {
    self.authorizer = authorizer
    self.node = node
    self.interval = TimeAmount(interval)
  }

  /// Looks at the files until the service group shuts down gracefully or the task is cancelled.
  public func run() async {
    let failure = LastFailure()
    let looks = node.configuration.eventLoopGroup.next().scheduleRepeatedAsyncTask(
      initialDelay: interval, delay: interval
    ) { [self] task in
      let look = node.configuration.eventLoopGroup.next().makePromise(of: Void.self)
      look.completeWithTask { await self.look(failure) }
      return look.futureResult
    }
    try? await gracefulShutdown()
    looks.cancel()
  }

  private func look(_ failure: LastFailure) async {
    let logger = node.configuration.logger
    do throws(TokenError) {
      guard try await authorizer.reload() else { return }
      logger.notice("keys or revoked tokens were read anew")
      node.reviewAccess()
      failure.error.withLock { $0 = nil }
    } catch {
      let isNew = failure.error.withLock { last in
        defer { last = error }
        return last != error
      }
      if isNew { logger.error("cannot read keys or revoked tokens anew, the old ones hold: \(error)") }
    }
  }

  /// What cannot be used is told of once.
  private final class LastFailure: Sendable {
    let error = Mutex<TokenError?>(nil)
  }
}
