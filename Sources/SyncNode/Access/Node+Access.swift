import Logging
import NIOCore

extension Node {
  /// Asks the application what somebody may do, and answers on `eventLoop`: at once when everybody may do everything.
  func grant(
    for request: AccessRequest, on eventLoop: any EventLoop,
    completion: @escaping @Sendable (Result<Grant, GrantFailure>) -> Void
  ) {
    guard let authorizer = configuration.authorizer else { return completion(.success(.everything)) }
    let logger = configuration.logger
    Task {
      let result: Result<Grant, GrantFailure>
      do {
        let grant = try await authorizer.grant(for: request)
        let isIncluded = request.room.map { grant.access(in: $0) != nil } ?? true
        result = isIncluded ? .success(grant) : .failure(.denied(AccessDenied("the room is not for you")))
      } catch let denied as AccessDenied {
        result = .failure(.denied(denied))
      } catch {
        logger.error("cannot tell who may do what", metadata: ["error": "\(error)"])
        result = .failure(.unknown)
      }
      eventLoop.execute { completion(result) }
    }
  }

  /// Asks the application anew about everybody who is connected. To be called when rights have changed, or when somebody is
  /// to be put out: whoever is denied then loses the room or the connection, and others go on with what they may do now.
  ///
  /// A grant's own end needs no call.
  public func reviewAccess() {
    for group in connectionGroups { group.reviewAccess() }
  }

  /// What whoever shows `token` may do as an operator: see the status of the whole node.
  ///
  /// - Throws: ``AccessDenied`` unless everything is granted in all rooms, as it is when nobody is asked who may do what.
  public func checkOperator(token: String?, at address: String) async throws {
    let request = AccessRequest(room: nil, peer: nil, token: token, address: address)
    let eventLoop = configuration.eventLoopGroup.next()
    let result = await withCheckedContinuation { continuation in
      grant(for: request, on: eventLoop) { continuation.resume(returning: $0) }
    }
    switch result {
    case .success(let grant) where grant.includesEverything: return
    case .success: throw AccessDenied("this is for administrators of all rooms")
    case .failure(.denied(let denied)): throw denied
    case .failure(.unknown): throw AccessDenied("access cannot be checked now")
    }
  }
}
