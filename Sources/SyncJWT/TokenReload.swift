import Logging
import ServiceLifecycle
import SyncNode

/// Has renewed keys and revoked tokens count, for those who are connected too, without a restart.
public struct TokenReload: Service {
  private let authorizer: TokenAuthorizer
  private let node: Node
  private let interval: Duration

  /// - Parameters:
  ///   - authorizer: Whose files to look at.
  ///   - node: Whose connections to ask about anew when a file has changed.
  ///   - interval: How often to look.
  public init(of authorizer: TokenAuthorizer, for node: Node, interval: Duration = .seconds(2)) {
    self.authorizer = authorizer
    self.node = node
    self.interval = interval
  }

  /// Looks at the files until the service group shuts down gracefully or the task is cancelled.
  public func run() async {
    await cancelWhenGracefulShutdown {
      // What cannot be used is told of once.
      var last: TokenError?
      while (try? await Task.sleep(for: interval)) != nil {
        do throws(TokenError) {
          guard try await authorizer.reload() else { continue }
          node.configuration.logger.notice("keys or revoked tokens were read anew")
          node.reviewAccess()
          last = nil
        } catch {
          if error != last {
            node.configuration.logger.error("cannot read keys or revoked tokens anew, the old ones hold: \(error)")
          }
          last = error
        }
      }
    }
  }
}
