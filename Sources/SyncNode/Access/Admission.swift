import Foundation
import Logging
import NIOCore

/// What somebody may do at the moment: asked of the application at first, when the grant ends, and whenever rights may have
/// changed. On one event loop, which is that of the connection it is about.
// Sendable: what changes is touched on `eventLoop` only.
final class Admission: @unchecked Sendable {
  /// A grant that lasts longer is looked at again in between, so that clocks may be set meanwhile.
  private static let checkSecondsMax = 3600.0

  private let node: Node
  private let eventLoop: any EventLoop
  private var request: AccessRequest
  private var onOutcome: ((Result<Grant, AccessDenied>) -> Void)?
  private var grant: Grant?
  /// Counts what was asked, so that only the last answer holds.
  private var askedCount = 0
  private var check: Scheduled<Void>?
  private var isOver = false

  /// Nothing is asked before ``start(_:)``.
  init(to node: Node, for request: AccessRequest, on eventLoop: any EventLoop) {
    self.node = node
    self.request = request
    self.eventLoop = eventLoop
  }

  /// Asks the application, which answers at once when everybody may do everything.
  ///
  /// - Parameter onOutcome: Called with each answer that changes what may be done, until ``end()``. After a denial there is
  ///   none.
  func start(_ onOutcome: @escaping (Result<Grant, AccessDenied>) -> Void) {
    self.onOutcome = onOutcome
    review()
  }

  /// Shows another token.
  func renew(_ token: String) {
    request.token = token
    review()
  }

  /// Asks again.
  func review() {
    guard !isOver else { return }
    askedCount += 1
    let count = askedCount
    node.grant(for: request, on: eventLoop) { result in
      guard !self.isOver, count == self.askedCount else { return }
      self.receive(result)
    }
  }

  /// Asks no more.
  func end() {
    isOver = true
    onOutcome = nil
    check?.cancel()
    check = nil
  }

  private func receive(_ result: Result<Grant, GrantFailure>) {
    let denied: AccessDenied
    switch result {
    case .success(let new):
      if let expiry = new.expiry, expiry <= Date() {
        denied = AccessDenied("your access has ended: sign in again", .unauthenticated)
        break
      }
      if let grant, grant.subject != new.subject {
        // What was written and who was present is attributed to the one who came.
        denied = AccessDenied("this is another user's token: connect anew")
        break
      }
      let isChanged = grant?.rules != new.rules
      grant = new
      scheduleCheck()
      if isChanged { onOutcome?(.success(new)) }
      return
    case .failure(.unknown) where grant.map { !$0.isOver } ?? false:
      // Whoever is in stays in while nobody can tell, for as long as was said.
      return scheduleCheck()
    case .failure(.unknown):
      denied = AccessDenied("access cannot be checked now")
    case .failure(.denied(let why)):
      denied = why
    }
    let onOutcome = onOutcome
    end()
    onOutcome?(.failure(denied))
  }

  private func scheduleCheck() {
    check?.cancel()
    guard let expiry = grant?.expiry else { return check = nil }
    let seconds = min(max(expiry.timeIntervalSinceNow, 0), Admission.checkSecondsMax)
    check = eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1000) + 1)) { self.review() }
  }
}

/// Why there is no grant.
enum GrantFailure: Error {
  /// The application says no.
  case denied(AccessDenied)
  /// The application cannot tell.
  case unknown
}

extension Grant {
  /// Whether its end has come.
  fileprivate var isOver: Bool { expiry.map { $0 <= Date() } ?? false }
}
