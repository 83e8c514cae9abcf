import Foundation

extension StoreTransaction {
  /// Tells of something in a project's activity; its feed is made when there is none.
  ///
  /// - Parameters: As of ``ActivityFeed/record(kind:text:by:path:)``; without a user it was told by the command line.
  /// - Throws: ``ActivityError``, and nothing is told; ``StoreError`` (`damaged`).
  /// - Complexity: O(*n*) in the bytes of the feed.
  public func record(
    kind: ActivityEntry.Kind, text: String? = nil, by user: String? = nil, path: String? = nil,
    inProject project: String
  ) throws -> ActivityEntry {
    try ActivityError.check(kind: kind, text: text, user: user, path: path, Limits())
    var generator = SystemRandomNumberGenerator()
    // What is kept is for the node to say.
    var configuration = Node.Configuration.Activity()
    configuration.countMax = .max
    configuration.ageMax = nil
    let entry = ActivityEntry(
      id: ActivityEntry.makeID(using: &generator), kind: kind,
      author: user.map { ActivityAuthor(user: $0) } ?? .commandLine, milliseconds: configuration.now(), path: path,
      text: text)
    let room = FeedRoom(.activity, of: project).name
    try edit(room, author: .commandLine) { ActivityLog($0, configuration).put([entry]) }
    return entry
  }
}
