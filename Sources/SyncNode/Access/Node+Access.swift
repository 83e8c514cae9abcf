import Foundation
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
        let isIncluded = request.room.map { grant.clientAccess(in: $0) != nil } ?? true
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

  /// Lets in who administers a room, or all rooms: whoever may see who wrote what there, and how the node is.
  ///
  /// - Parameters:
  ///   - token: What is shown for it.
  ///   - address: Where it comes from.
  ///   - room: The room; nil for all.
  /// - Throws: ``AccessDenied``, unless nobody is asked who may do what.
  public func checkAdministrator(of room: String? = nil, token: String?, at address: String) async throws {
    let grant = try await currentGrant(for: room, token: token, at: address)
    let isAdministrator = room.map { grant.access(in: $0) == .admin } ?? grant.includesEverything
    guard isAdministrator else {
      throw AccessDenied("this is for administrators of \(room == nil ? "all rooms" : "the room")")
    }
  }

  /// Lets in who may do something in a room, to a feed as to what it is beside.
  ///
  /// - Parameters:
  ///   - access: What is to be done.
  ///   - room: The room.
  ///   - token: What is shown for it.
  ///   - address: Where it comes from.
  /// - Returns: The grant, with who it is.
  /// - Throws: ``AccessDenied``.
  public func checkAccess(
    _ access: Access, in room: String, token: String?, at address: String
  ) async throws -> Grant {
    let grant = try await currentGrant(for: room, token: token, at: address)
    guard let actual = grant.access(in: room) ?? grant.clientAccess(in: room), actual >= access else {
      throw AccessDenied("this takes the right to \(access) in the room")
    }
    return grant
  }

  /// What somebody may do who comes with a request.
  private func currentGrant(for room: String?, token: String?, at address: String) async throws(AccessDenied) -> Grant {
    let request = AccessRequest(room: room, peer: nil, token: token, address: address)
    let eventLoop = configuration.eventLoopGroup.next()
    let result = await withCheckedContinuation { continuation in
      grant(for: request, on: eventLoop) { continuation.resume(returning: $0) }
    }
    switch result {
    case .success(let grant):
      if let expiry = grant.expiry, expiry <= Date() { throw AccessDenied("your access has ended", .unauthenticated) }
      return grant
    case .failure(.denied(let denied)): throw denied
    case .failure(.unknown): throw AccessDenied("access cannot be checked now")
    }
  }
}
