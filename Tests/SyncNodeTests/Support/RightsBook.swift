import Foundation
import Synchronization

@testable import SyncNode

/// Grants what stands in a book, by token; what does not is denied.
final class RightsBook: Authorizer {
  private struct Entries {
    var grants: [String: Grant]
    var isClosed = false
    var askedCount = 0
  }

  private struct Closed: Error {}

  private let entries: Mutex<Entries>

  /// - Parameter grants: By token; the empty one is for those who show none.
  init(_ grants: [String: Grant]) { entries = Mutex(Entries(grants: grants)) }

  /// Changes what a token allows; nil when it is good for nothing any more.
  func set(_ token: String, _ grant: Grant?) { entries.withLock { $0.grants[token] = grant } }

  /// Has every question fail from now on.
  func close() { entries.withLock { $0.isClosed = true } }

  /// How often somebody was asked about.
  var askedCount: Int { entries.withLock { $0.askedCount } }

  func grant(for request: AccessRequest) async throws -> Grant {
    try entries.withLock { entries in
      entries.askedCount += 1
      if entries.isClosed { throw Closed() }
      guard let grant = entries.grants[request.token ?? ""] else {
        throw AccessDenied("the token was revoked", .unauthenticated)
      }
      return grant
    }
  }

  /// A configuration that logs what is critical only, and asks this book.
  var configuration: Node.Configuration {
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = self
    return configuration
  }
}

extension Grant {
  /// A grant for all rooms.
  static func all(_ access: Access, for subject: String? = nil, until expiry: Date? = nil) -> Grant {
    Grant(rules: [Rule(rooms: "*", access: access)], subject: subject, expiry: expiry)
  }
}
