import CRDT
import Foundation
import Testing

@testable import SyncNode

@Suite("Notifications")
struct NotificationTests {
  private let clock: ManualClock

  init() throws { clock = try ManualClock() }

  /// Runs `body` with a node.
  private func withNode(
    _ change: (inout Node.Configuration) -> Void = { _ in }, _ body: (Node) async throws -> Void
  ) async throws {
    var configuration = clock.configuration()
    change(&configuration)
    let node = try Node(configuration)
    try await body(node)
    await node.stop()
  }

  private func titles(_ page: NotificationList.Page) -> [String] { page.items.map(\.notification.title) }

  @Test("What a user is told is listed with all it says, and stands in its room by the convention")
  func told() async throws {
    try await withNode { node in
      let outcome = try await node.notify(
        user: "ada", category: .userAction, title: "Bob mentioned you", body: "in the minutes", link: "/projects/42",
        room: "project:42", sender: "bob", key: "mention:42", lifetime: .seconds(3600))
      guard case .delivered(let notification) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(notification.milliseconds == clock.milliseconds && !notification.isQuiet)
      let inbox = try await node.notifications(for: "ada")
      let list = try await inbox.list()
      #expect(list.items.map(\.notification) == [notification] && list.unreadCount == 1)
      let json = try await node.open("notifications:ada").read { $0.jsonString() }
      #expect(
        try Value(json: json)["notifications"] == [
          [
            "time": Value(clock.milliseconds),
            "value": [
              "id": .string(notification.id), "category": "user-action", "title": "Bob mentioned you",
              "body": "in the minutes", "link": "/projects/42", "room": "project:42", "sender": "bob",
              "key": "mention:42", "expiry": Value(clock.milliseconds + 3_600_000),
            ],
          ]
        ])
      #expect(try await node.notifications(for: "bob").list().items.isEmpty)
    }
  }

  @Test("Identifiers are UUIDs of version 7, in the order in which they were made, also within a millisecond")
  func identifiers() async throws {
    try await withNode { node in
      for number in 0..<20 { try await node.notify(user: "ada", category: .system, title: "\(number)") }
      let inbox = try await node.notifications(for: "ada")
      let items = try await inbox.list().items
      #expect(items.map(\.notification.title) == (0..<20).reversed().map { "\($0)" })
      for item in items {
        let id = try #require(UUID(uuidString: item.id), "\(item.id)")
        #expect(id.uuid.6 >> 4 == 7 && id.uuid.8 >> 6 == 2)
        #expect(item.id.prefix(13) == items[0].id.prefix(13), "the time")
      }
      #expect(items.map(\.id) == items.map(\.id).sorted(by: >))
    }
  }

  @Test("A notification takes the place of the one with its key, and waits to be read anew")
  func replacement() async throws {
    try await withNode { node in
      let inbox = try await node.notifications(for: "ada")
      try await node.notify(user: "ada", category: .performance, title: "Build 41 failed", key: "build")
      try await node.notify(user: "ada", category: .performance, title: "Disk is full", key: "disk")
      try await inbox.markAll(.read)
      clock.advance(seconds: 1)
      let outcome = try await node.notify(user: "ada", category: .performance, title: "Build 42 works", key: "build")
      guard case .replaced = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(titles(try await inbox.page()) == ["Build 42 works", "Disk is full"])
      #expect(titles(try await inbox.page(.unread)) == ["Build 42 works"])
      #expect(try await inbox.notifications().count == 2)
    }
  }

  @Test("What has expired is not shown, and goes when something else is told")
  func expiry() async throws {
    try await withNode { node in
      let inbox = try await node.notifications(for: "ada")
      try await node.notify(user: "ada", category: .system, title: "Maintenance", lifetime: .seconds(60))
      clock.advance(seconds: 59)
      #expect(try await inbox.unreadCount() == 1)
      clock.advance(seconds: 1)
      #expect(try await inbox.list().items.isEmpty)
      #expect(try await inbox.notifications().count == 1)
      try await node.notify(user: "ada", category: .system, title: "Done")
      #expect(try await inbox.notifications().map(\.title) == ["Done"])
    }
  }

  @Test("A user has so many notifications at most, and for so long")
  func bounds() async throws {
    try await withNode {
      $0.limits.notificationsPerUserMax = 3
      $0.limits.notificationAgeSecondsMax = 100
    } _: { node in
      let inbox = try await node.notifications(for: "ada")
      for number in 0..<5 {
        try await node.notify(user: "ada", category: .system, title: "\(number)")
        clock.advance(seconds: 30)
      }
      #expect(try await inbox.notifications().map(\.title) == ["2", "3", "4"])
      clock.advance(seconds: 30)
      try await node.notify(user: "ada", category: .system, title: "5")
      #expect(try await inbox.notifications().map(\.title) == ["3", "4", "5"])
      clock.advance(seconds: 200)
      try await node.notify(user: "ada", category: .system, title: "6")
      #expect(try await inbox.notifications().map(\.title) == ["6"])
    }
  }

  @Test("Pages follow each other, also when what the last one ended with is gone")
  func paging() async throws {
    try await withNode { node in
      let inbox = try await node.notifications(for: "ada")
      for number in 0..<7 {
        try await node.notify(
          user: "ada", category: .system, title: "\(number)", key: "\(number)")
        clock.advance(seconds: 1)
      }
      let first = try await inbox.page(limit: 3)
      #expect(titles(first) == ["6", "5", "4"])
      let place = try #require(first.next.flatMap { UserNotification.Position($0.description) })
      try await node.notify(user: "ada", category: .system, title: "four", key: "4")
      let second = try await inbox.page(before: place, limit: 3)
      #expect(titles(second) == ["3", "2", "1"])
      let last = try await inbox.page(before: second.next, limit: 3)
      #expect(titles(last) == ["0"] && last.next == nil)
      for text in ["", "1", "x.y", ".", "99999999999999999999.a"] { #expect(UserNotification.Position(text) == nil) }
    }
  }

  @Test("What makes no sense is refused with the field and why, and changes nothing")
  func refusals() async throws {
    try await withNode { node in
      func refusal(
        _ user: String = "ada", _ change: (inout NotificationDraft) -> Void
      ) async throws -> NotificationError? {
        var draft = NotificationDraft(category: .system, title: "Title")
        change(&draft)
        do {
          try await node.notify(user: user, draft)
          return nil
        } catch let error as NotificationError {
          return error
        }
      }
      func long(_ bytes: Int) -> String { String(repeating: "x", count: bytes + 1) }
      let limits = Limits()
      let cases: [(String, NotificationError.Code, (inout NotificationDraft) -> Void)] = [
        ("category", .unknownCategory, { $0.category = "gossip" }), ("title", .missing, { $0.title = "" }),
        ("title", .large, { $0.title = long(limits.notificationTitleBytesMax) }),
        ("body", .large, { $0.body = long(limits.notificationBodyBytesMax) }),
        ("link", .large, { $0.link = "/" + long(limits.notificationLinkBytesMax) }),
        ("key", .large, { $0.key = long(limits.notificationKeyBytesMax) }), ("key", .missing, { $0.key = "" }),
        ("sender", .large, { $0.sender = long(limits.notificationKeyBytesMax) }),
        ("room", .large, { $0.room = long(limits.roomNameBytesMax) }),
        ("expiryMilliseconds", .malformed, { $0.expiryMilliseconds = 0 }),
        ("expiryMilliseconds", .malformed, { $0.expiryMilliseconds = .max }),
      ]
      for (field, code, change) in cases {
        let error = try await refusal("ada", change)
        #expect(error?.field == field && error?.code == code, "\(field): \(String(describing: error))")
      }
      for link in [
        "javascript:alert(1)", "java\nscript:alert(1)", "//elsewhere.example", "/\\elsewhere.example", "http:///x",
        "data:text/html,x", "", "projects/42", " /x", "https://", "HTTPS:/x", "https://a b",
        "//\u{301}elsewhere.example",
      ] {
        let error = try await refusal { $0.link = link }
        #expect(error?.field == "link" && error?.code == .malformed, "\(link)")
      }
      #expect(try await refusal("") { _ in }?.code == .missing)
      #expect(try await refusal(long(limits.roomNameBytesMax)) { _ in }?.field == "user")
      #expect(try await node.notifications(for: "ada").notifications().isEmpty)
      for link in ["/", "/projects/42?x=1#top", "HTTPS://app.example", "http://127.0.0.1:8787/a", "/\u{301}"] {
        #expect(try await refusal { $0.link = link } == nil, "\(link)")
      }
    }
  }

  @Test("An application has categories of its own")
  func categories() async throws {
    try await withNode {
      $0.notificationCategories = ["billing"]
    } _: { node in
      try await node.notify(user: "ada", category: "billing", title: "Invoice")
      #expect(try await node.notifications(for: "ada").unreadCount() == 1)
      await #expect(throws: NotificationError.self) {
        try await node.notify(user: "ada", category: "Billing", title: "Invoice")
      }
    }
  }

  @Test("A sender that sends too many is refused, and others are not")
  func rate() async throws {
    try await withNode {
      $0.limits.notificationsPerSecondMax = 1
    } _: { node in
      let error = await #expect(throws: NotificationError.self) {
        // On a slow machine a second brings one more.
        for number in 0..<1000 {
          try await node.notify(user: "ada", category: .userAction, title: "\(number)", sender: "mallory")
        }
      }
      #expect(error?.code == .tooMany && error?.field == "sender")
      let count = try await node.notifications(for: "ada").notifications().count
      #expect(count >= 10 && count < 1000)
      try await node.notify(user: "ada", category: .userAction, title: "Hello", sender: "bob")
      for _ in 0..<20 { try await node.notify(user: "eve", category: .system, title: "from the application") }
    }
  }

  @Test("A document that says something else than notifications and marks does no harm")
  func nonsense() async throws {
    try await withNode { node in
      let told = try await node.open("notifications:ada")
      let now = clock.milliseconds
      try await told.edit { document in
        let array = document.array("notifications")
        array.append(contentsOf: [
          1, "text", ["value": ["id": 1]], ["time": 1, "value": "x"], ["time": "x", "value": ["id": "a"]],
          ["time": 1e300, "value": ["id": "a", "category": "system", "title": "t"]],
          [
            "time": Value(now),
            "value": ["id": "a", "category": "system", "title": "t", "link": "javascript:alert(1)"],
          ],
        ])
        array.appendMap().set(1, forKey: "id")
      }
      let user = try await node.open("user:ada")
      try await user.edit { document in
        document.text("read").append("nothing")
        document.array("archived").append(contentsOf: [1, ["value": 1], ["time": 1e300, "value": "a"]])
        document.array("archived").appendText()
        document.map("preferences").set("x", forKey: "quiet")
        document.map("preferences").set(["times": ["99:00"], "zone": "Nowhere"], forKey: "digest:*")
        document.map("preferences").setMap(forKey: "mute:category:system")
      }
      let inbox = try await node.notifications(for: "ada")
      let items = try await inbox.list().items
      #expect(items.map(\.notification.title) == ["t"] && items[0].notification.link == nil)
      #expect(items[0].archivedMilliseconds != nil)
      #expect(try await inbox.preferences() == NotificationPreferences())
      try await node.notify(user: "ada", category: .system, title: "next")
      try await inbox.markAll(.unarchived)
      #expect(try await inbox.unreadCount() == 2)
    }
  }
}
