import CRDT
import Foundation
import Testing

@testable import SyncNode

@Suite("Notifications over HTTP")
struct NotificationAPITests {
  /// Who has which token.
  private static let rights = RightsBook([
    "ada": Grant(rules: [.init(rooms: "user:ada", access: .write)], subject: "ada"),
    "display": Grant(rules: [.init(rooms: "user:ada", access: .read)], subject: "display"),
    "builds": Grant(rules: [.init(rooms: "notifications:*", access: .write)], subject: "builds"),
    "root": Grant(rules: [.init(rooms: "*", access: .admin)], subject: "root"),
  ])

  private func run(
    _ change: (inout Node.Configuration) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
  ) async throws {
    var configuration = NotificationAPITests.rights.configuration
    configuration.notificationCategories = ["billing"]
    change(&configuration)
    try await TestServer.run(configuration, listener: .http, body)
  }

  private func ask(
    _ server: TestServer, _ path: String, as token: String?, _ method: String = "GET", _ content: String? = nil
  ) async throws -> APIAnswer {
    try await server.ask("/api/notifications\(path)", as: token, method, content)
  }

  private func notify(_ server: TestServer, as token: String? = "builds", _ content: String) async throws -> APIAnswer {
    try await ask(server, "?user=ada", as: token, "POST", content)
  }

  @Test("Who may write notifications tells a user something, who listens has it, and the user marks it")
  func told() async throws {
    try await run { server in
      let told = try await notify(
        server,
        #"{"category":"performance","title":"Build 41","body":"b","link":"/builds/41","room":"project:1","key":"k"}"#
      )
      #expect(told.status == 200 && told.body["outcome"] == "delivered", "\(told)")
      #expect(told.body["notification"]["sender"] == "builds" && told.body["notification"]["link"] == "/builds/41")
      let replaced = try await notify(server, #"{"category":"billing","title":"Build 42","key":"k"}"#)
      #expect(replaced.body["outcome"] == "replaced", "\(replaced)")
      let byRoot = try await notify(
        server, as: "root", #"{"category":"user-action","title":"Hi","sender":"bob"}"#)
      #expect(byRoot.body["notification"]["sender"] == "bob", "\(byRoot)")

      let page = try await ask(server, "?user=ada&state=unread&limit=1", as: "display")
      #expect(page.status == 200 && page.body["unreadCount"] == 2, "\(page)")
      #expect(page.body["notifications"][0]["title"] == "Hi" && page.body["notifications"][1] == .undefined)
      let place = try #require(page.body["next"].stringValue)
      let last = try await ask(server, "?user=ada&before=\(place)", as: "ada")
      #expect(last.body["notifications"][0]["title"] == "Build 42" && last.body["next"] == .undefined, "\(last)")

      let id = try #require(last.body["notifications"][0]["id"].stringValue)
      let read = try await ask(server, "/marks?user=ada", as: "ada", "POST", #"{"mark":"read","ids":["\#(id)"]}"#)
      #expect(read.status == 200 && read.body["changed"] == 1 && read.body["unreadCount"] == 1, "\(read)")
      let all = try await ask(server, "/marks?user=ada", as: "ada", "POST", #"{"mark":"archived","all":true}"#)
      #expect(all.body["changed"] == 2 && all.body["unreadCount"] == 0, "\(all)")
      let archived = try await ask(server, "?user=ada&state=archived", as: "ada")
      #expect(archived.body["notifications"][1]["readMilliseconds"].intValue != nil, "\(archived)")
    }
  }

  @Test("Preferences are read and replaced, and hold for what is told then")
  func preferences() async throws {
    try await run { server in
      let path = "/preferences?user=ada"
      #expect(try await ask(server, path, as: "display").body == ["digests": [], "mutes": []])
      let wanted = #"""
        {"digests":[{"category":"*","times":["09:00"],"zone":"Europe/Berlin"}],
        "mutes":[{"kind":"sender","name":"builds"}],"quietHours":{"from":"22:00","to":"07:00","zone":"Europe/Berlin"}}
        """#
      let put = try await ask(server, path, as: "ada", "PUT", wanted)
      let chosen = try Value(json: wanted)
      #expect(put.status == 200 && put.body == chosen, "\(put)")
      #expect(try await ask(server, path, as: "ada").body == put.body)
      let muted = try await notify(server, #"{"category":"system","title":"x"}"#)
      #expect(muted.body == ["mutedBy": ["kind": "sender", "name": "builds"], "outcome": "muted"], "\(muted)")
      let held = try await notify(server, as: "root", #"{"category":"system","title":"x"}"#)
      #expect(held.body["notification"]["dueMilliseconds"].intValue != nil, "\(held)")
      #expect(try await ask(server, "?user=ada", as: "ada").body["unreadCount"] == 0)
      #expect(try await ask(server, path, as: "ada", "PUT", "{}").body == ["digests": [], "mutes": []])
    }
  }

  @Test("Without the right to it nothing is told, seen, marked or chosen, and nobody passes for another sender")
  func rights() async throws {
    try await run { server in
      let told = #"{"category":"system","title":"x"}"#
      let forged = #"{"category":"system","title":"x","sender":"root"}"#
      let marks = #"{"mark":"read","all":true}"#
      for (path, token, method, content, status) in [
        ("?user=ada", nil, "POST", told, 401), ("?user=ada", "nobody", "POST", told, 401),
        ("?user=ada", "ada", "POST", told, 403), ("?user=ada", "display", "POST", told, 403),
        ("?user=ada", "builds", "POST", forged, 403),
        ("?user=ada", "builds", "GET", nil, 403),
        ("?user=ada", nil, "GET", nil, 401), ("?user=bob", "ada", "GET", nil, 403),
        ("/marks?user=ada", "display", "POST", marks, 403), ("/marks?user=ada", "builds", "POST", marks, 403),
        ("/preferences?user=ada", "builds", "GET", nil, 403), ("/preferences?user=ada", "display", "PUT", "{}", 403),
      ] as [(String, String?, String, String?, Int)] {
        let answer = try await ask(server, path, as: token, method, content)
        #expect(answer.status == status && !answer.message.isEmpty, "\(method) \(path) \(token ?? "-"): \(answer)")
      }
      #expect(try await server.node.notifications(for: "ada").notifications().isEmpty)
      let own = try await notify(server, #"{"category":"system","title":"x","sender":"builds"}"#)
      #expect(own.status == 200, "\(own)")
    }
  }

  @Test("What makes no sense is refused with the field that is wrong, and changes nothing")
  func nonsense() async throws {
    try await run { server in
      let long = String(repeating: "x", count: 9000)
      for (content, field) in [
        ("", "the body is no JSON"), ("[]", "the body is not an object"),
        (#"{"title":"x"}"#, "`category`"), (#"{"category":"system"}"#, "`title`"),
        (#"{"category":"gossip","title":"x"}"#, "`category`"),
        (#"{"category":"system","title":1}"#, "`title` is not a text"),
        (#"{"category":"system","title":"x","titel":"x"}"#, "`titel`"),
        (#"{"category":"system","title":"x","link":"javascript:alert(1)"}"#, "`link`"),
        (#"{"category":"system","title":"x","body":"\#(long)"}"#, "`body`"),
        (#"{"category":"system","title":"x","expiryMilliseconds":1}"#, "`expiryMilliseconds`"),
        (#"{"category":"system","title":"x","expiryMilliseconds":1e99}"#, "the body is no JSON"),
      ] {
        let answer = try await notify(server, as: "root", content)
        #expect(answer.status == 400 && answer.message.contains(field), "\(content.prefix(80)): \(answer)")
      }
      let large = #"{"category":"system","title":"x","body":"\#(String(repeating: "x", count: 1 << 17))"}"#
      #expect(try await notify(server, as: "root", large).status == 413)
      for (content, status, field) in [
        (#"{"mark":"seen","all":true}"#, 400, "`mark`"), (#"{"mark":"read"}"#, 400, "`ids`"),
        (#"{"mark":"read","ids":[],"all":true}"#, 400, "`ids`"),
        (#"{"mark":"read","ids":[1]}"#, 400, "`ids.0`"),
        (#"{"mark":"read","ids":["x"]}"#, 404, "`ids`"),
      ] {
        let answer = try await ask(server, "/marks?user=ada", as: "root", "POST", content)
        #expect(answer.status == status && answer.message.contains(field), "\(content): \(answer)")
      }
      for (content, field) in [
        (#"{"mutes":[{"kind":"mood","name":"x"}]}"#, "`mutes.0.kind`"),
        (#"{"mutes":[{"kind":"room"}]}"#, "`mutes.0.name`"),
        (#"{"mutes":[{"kind":"room","name":""}]}"#, "`mutes.name`"),
        (#"{"quietHours":{"from":"9:00","to":"10:00","zone":"UTC"}}"#, "`quietHours.from`"),
        (#"{"quietHours":{"from":"09:00","to":"10:00","zone":"Nowhere"}}"#, "`quietHours.zone`"),
        (#"{"digests":[{"category":"*","times":[],"zone":"UTC"}]}"#, "`digests.times`"),
        (#"{"digests":[{"category":"*","times":["25:00"],"zone":"UTC"}]}"#, "`digests.0.times`"),
        (#"{"quiet":1}"#, "`quiet`"),
      ] {
        let answer = try await ask(server, "/preferences?user=ada", as: "root", "PUT", content)
        #expect(answer.status == 400 && answer.message.contains(field), "\(content): \(answer)")
      }
      for query in [
        "", "?user=", "?user=ada&state=new", "?user=ada&limit=0", "?user=ada&limit=501", "?user=ada&before=x",
      ] {
        let answer = try await ask(server, query, as: "root")
        #expect(answer.status == 400 && !answer.message.isEmpty, "\(query): \(answer)")
      }
      let inbox = try await server.node.notifications(for: "ada")
      #expect(try await inbox.notifications().isEmpty)
      #expect(try await inbox.preferences() == NotificationPreferences())
    }
  }

  @Test("A sender that sends too many is refused, whoever it says it is")
  func rate() async throws {
    try await run {
      $0.limits.notificationsPerSecondMax = 1
    } _: { server in
      // At once: one after the other they may be slow enough on a busy machine.
      let answers = try await withThrowingTaskGroup(of: APIAnswer.self) { group in
        for _ in 1...60 { group.addTask { try await notify(server, #"{"category":"system","title":"x"}"#) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let refused = answers.filter { $0.status != 200 }
      #expect(!refused.isEmpty && refused.count < answers.count)
      #expect(refused.allSatisfy { $0.status == 429 && $0.message.contains("too many") }, "\(refused)")
      #expect(
        try await notify(server, as: "root", #"{"category":"system","title":"x","sender":"builds"}"#)
          .status
          == 200)
    }
  }
}
