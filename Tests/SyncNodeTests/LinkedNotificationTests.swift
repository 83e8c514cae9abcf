import CRDT
import Testing

@testable import SyncNode

@Suite("Notifications on linked nodes")
struct LinkedNotificationTests {
  @Test("What one node tells is told live on another, and what one marks is marked there")
  func live() async throws {
    try await TestServer.run { first in
      try await TestServer.run(.linked(to: try first.address("tcp"))) { second in
        let here = try await first.node.notifications(for: "ada")
        let there = try await second.node.notifications(for: "ada")
        var arrivals = there.arrivals.makeAsyncIterator()
        try await first.node.notify(user: "ada", category: .system, title: "a")
        let notification = try #require(await arrivals.next())
        #expect(notification.title == "a")
        try await there.mark(.archived, [notification.id])
        try await until("it is archived here") { try await here.page(.archived).items.count == 1 }
        #expect(try await here.unreadCount() == 0)
        // What is muted on one is muted on the other once that knows.
        try await there.updatePreferences { $0.mutes = [.category(.system)] }
        try await until("it is known here") { try await !here.preferences().mutes.isEmpty }
        #expect(try await first.node.notify(user: "ada", category: .system, title: "b") == .muted(.category(.system)))
      }
    }
  }

  @Test("Of a key that two nodes told of without knowing of each other the newest is shown, and only that is kept")
  func keys() async throws {
    let clock = try ManualClock()
    let folder = try TemporaryFolder()
    try await TestServer.run(clock.configuration()) { server in
      let here = try await server.node.notifications(for: "ada")
      try await server.node.notify(user: "ada", category: .performance, title: "Build 41", key: "build")
      let alone = try Node(clock.configuration(.file(folder.file("away.sqlite"))))
      clock.advance(seconds: 1)
      try await alone.notify(user: "ada", category: .performance, title: "Build 42", key: "build")
      await alone.stop()

      var configuration = clock.configuration(.file(folder.file("away.sqlite")))
      configuration.peers = [.init(try server.address("tcp"))]
      let linked = try Node(configuration)
      let there = try await linked.notifications(for: "ada")
      for inbox in [here, there] {
        try await until("both are there") { try await inbox.notifications().count == 2 }
        #expect(try await inbox.list().items.map(\.notification.title) == ["Build 42"])
        #expect(try await inbox.unreadCount() == 1)
      }
      clock.advance(seconds: 1)
      let outcome = try await server.node.notify(user: "ada", category: .performance, title: "Build 43", key: "build")
      guard case .replaced = outcome else {
        Issue.record("\(outcome)")
        return
      }
      for inbox in [here, there] {
        try await until("the others are gone") {
          try await inbox.notifications().map(\.title) == ["Build 43"]
        }
      }
      await linked.stop()
    }
  }
}
