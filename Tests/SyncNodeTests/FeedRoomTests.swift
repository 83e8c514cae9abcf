import CRDT
import Testing

@testable import SyncNode

@Suite("Feed rooms")
struct FeedRoomTests {
  /// Grants by rules that the token spells: `ROOMS=ACCESS`.
  private struct TokenRules: Authorizer {
    static let levels: [String: Access] = ["read": .read, "write": .write, "admin": .admin]

    func grant(for request: AccessRequest) async throws -> Grant {
      let rules = (request.token ?? "").split(separator: ",").compactMap { rule -> Grant.Rule? in
        let parts = rule.split(separator: "=")
        guard parts.count == 2, let access = TokenRules.levels[String(parts[1])] else { return nil }
        return Grant.Rule(rooms: String(parts[0]), access: access)
      }
      return Grant(rules: rules, subject: "ada")
    }
  }

  @Test("A feed's room says what it is of")
  func names() throws {
    #expect(FeedRoom(name: "activity:42") == FeedRoom(.activity, of: "42"))
    #expect(FeedRoom(name: "activity:a:b")?.subject == "project:a:b")
    #expect(FeedRoom(name: "notifications:ada")?.subject == "user:ada")
    #expect(FeedRoom(name: "system") == FeedRoom(.system))
    #expect(FeedRoom(.analytics, of: "acme").name == "analytics:acme")
    // An acute accent is one character with the colon before it.
    #expect(FeedRoom(name: "activity:\u{301}42") == FeedRoom(.activity, of: "\u{301}42"))
    #expect(FeedRoom(activityOf: "project:\u{301}42") == FeedRoom(.activity, of: "\u{301}42"))
    for name in ["", "activity", "activity:", "system:", "system:x", "Activity:1", "project:42", "user:ada", "notes"] {
      #expect(FeedRoom(name: name) == nil, "\(name)")
    }
  }

  @Test("A feed is read by whoever may read what it is beside, and changed by administrators")
  func rights() {
    func rights(_ rules: (String, Access)..., in room: String) -> Access? {
      Grant(rules: rules.map { Grant.Rule(rooms: $0.0, access: $0.1) }).clientAccess(in: room)
    }
    #expect(rights(("project:42", .write), in: "activity:42") == .read)
    #expect(rights(("project:42", .read), in: "activity:42") == .read)
    #expect(rights(("project:4", .write), in: "activity:42") == nil)
    #expect(rights(("user:ada", .write), in: "notifications:ada") == .read)
    #expect(rights(("*", .write), in: "notifications:ada") == .read)
    #expect(rights(("*", .write), in: "notifications:\u{301}ada") == .read)
    #expect(rights(("*", .write), in: "system") == .read)
    #expect(rights(("user:*", .write), in: "system") == nil)
    #expect(rights(("*", .admin), in: "system") == .admin)
    #expect(rights(("project:42", .admin), in: "activity:42") == .read)
    #expect(rights(("project:42", .write), in: "project:42") == .write)
    let link = Grant(rules: [Grant.Rule(rooms: "project:*", access: .write)])
    #expect(link.nodeAccess(in: "activity:42") == .write)
    #expect(link.nodeAccess(in: "notifications:ada") == nil)
  }

  @Test("A client that writes to a feed changes nothing and is told why")
  func forgery() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = TokenRules()
    try await TestServer.run(configuration) { server in
      let feed = try await server.node.open("activity:42")
      try await feed.edit { $0.text("t").append("from the node") }
      let client = try await server.connect("activity:42?token=project:42=write")
      try await client.send(Message.syncStep1())
      #expect(try Document.text(of: try await client.payload(.syncStep2)) == "from the node")
      try await client.sendUpdate(Insertion.update("forged", client: 1))
      let closure = try await client.closure()
      #expect(closure.code == 4403 && closure.reason == "only reading is allowed here")
      #expect(try await feed.read { $0.text("t").string } == "from the node")
      let stranger = try await server.connect("activity:42?token=project:1=write").closure()
      #expect(stranger.reason == "the room is not for you")
    }
  }
}
