import CRDT
import Foundation
import SyncHTTP
import SyncNode

extension StoreReplica {
  func activity(of feed: FeedRoom, _ query: ActivityQuery) throws -> ActivityPage {
    do {
      return try open().activity(of: feed.id, query)
    } catch let error as StoreError {
      throw Failure(.unreachable, "\(error)")
    }
  }

  func record(_ event: ActivityAPI.Event, in feed: FeedRoom) async throws -> ActivityEntry {
    do {
      return try await write { writer in
        try writer.transaction { transaction in
          try transaction.record(
            kind: ActivityEntry.Kind(rawValue: event.kind), text: event.text, by: event.user, path: event.path,
            inProject: feed.id)
        }
      }
    } catch let error as ActivityError {
      throw Failure(.usage, "\(error)")
    }
  }
}

extension NodeReplica {
  func activity(of feed: FeedRoom, _ query: ActivityQuery) async throws -> ActivityPage {
    var parameters: [(name: String, value: String)] = [
      ("room", feed.subject ?? feed.name), ("limit", "\(query.limit)"),
    ]
    func add(_ name: String, _ value: (some CustomStringConvertible)?) {
      if let value { parameters.append((name, value.description)) }
    }
    add("user", query.user)
    add("kind", query.kind?.rawValue)
    add("path", query.path)
    add("after", query.after)
    add("until", query.until)
    add("search", query.search)
    add("before", query.before)
    guard let page: ActivityPage = try await get(ActivityAPI.path, parameters) else {
      throw Failure(.unreachable, "\(place) tells of no activity: it is of another version")
    }
    return page
  }

  func record(_ event: ActivityAPI.Event, in feed: FeedRoom) async throws -> ActivityEntry {
    try await post(ActivityAPI.path, [], event)
  }
}
