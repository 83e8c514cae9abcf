import CRDT
import Testing

@testable import SyncNode

@Suite("Marks of notifications")
struct NotificationMarkTests {
  private let clock: ManualClock

  init() throws { clock = try ManualClock() }

  /// Runs `body` with a user that was told three things, the oldest first.
  private func withInbox(_ body: (Node, NotificationInbox, [String]) async throws -> Void) async throws {
    let node = try Node(clock.configuration())
    for title in ["a", "b", "c"] {
      try await node.notify(user: "ada", category: .system, title: title)
      clock.advance(seconds: 1)
    }
    let inbox = try await node.notifications(for: "ada")
    try await body(node, inbox, try await inbox.list().items.reversed().map(\.id))
    await node.stop()
  }

  @Test("What is marked is listed by its state, and counted")
  func states() async throws {
    try await withInbox { _, inbox, ids in
      func titles(_ state: NotificationList.State) async throws -> String {
        try await inbox.page(state).items.map(\.notification.title).joined()
      }
      #expect(try await inbox.mark(.read, [ids[0], ids[1], ids[0]]) == 2)
      #expect(try await inbox.mark(.read, [ids[0]]) == 0)
      #expect(try await inbox.mark(.archived, [ids[1]]) == 1)
      #expect(try await [titles(.unread), titles(.read), titles(.archived), titles(.all)] == ["c", "a", "b", "cba"])
      #expect(try await inbox.unreadCount() == 1)
      let archived = try #require(try await inbox.page(.archived).items.first)
      #expect(archived.readMilliseconds == clock.milliseconds && archived.archivedMilliseconds == clock.milliseconds)
      #expect(try await inbox.mark(.unread, ids) == 2)
      #expect(try await inbox.mark(.unarchived, ids) == 1)
      #expect(try await inbox.unreadCount() == 3)
      #expect(try await inbox.markAll(.archived) == 3)
      #expect(try await titles(.archived) == "cba")
    }
  }

  @Test("Of marks of which one is of nothing that is shown, none is made")
  func unknown() async throws {
    try await withInbox { node, inbox, ids in
      let error = await #expect(throws: NotificationError.self) { try await inbox.mark(.read, [ids[0], "x"]) }
      #expect(error?.code == .unknownNotification && error?.field == "ids")
      #expect(try await inbox.unreadCount() == 3)
      try await node.notify(user: "ada", category: .system, title: "d", lifetime: .seconds(10))
      let expired = try #require(try await inbox.list().items.first).id
      clock.advance(seconds: 10)
      await #expect(throws: NotificationError.self) { try await inbox.mark(.archived, [expired]) }
    }
  }

  @Test("Marks of devices that do not know of each other are all made, and reading outlives un-reading")
  func merging() throws {
    func merged(_ bodies: (Document) -> Void...) throws -> NotificationMarks {
      let base = Document()
      NotificationMarks.mark(["a", "b"], as: .read, in: base, present: [], now: 1)
      let devices = try bodies.map { body in
        let device = Document()
        try device.apply(base.encodeUpdate())
        body(device)
        return device
      }
      for device in devices { for other in devices { try device.apply(other.encodeUpdate()) } }
      #expect(Set(devices.map { $0.jsonString() }).count == 1)
      return NotificationMarks(devices[0])
    }
    func mark(_ ids: [String], _ mark: NotificationMark, _ time: Int64) -> (Document) -> Void {
      { NotificationMarks.mark(ids, as: mark, in: $0, present: [], now: time) }
    }
    let apart = try merged(mark(["c"], .read, 2), mark(["c"], .archived, 3))
    #expect(apart.read["c"] == 2 && apart.archived["c"] == 3 && apart.read["a"] == 1)
    #expect(try merged(mark(["a"], .unread, 2), mark(["b"], .unread, 2)).read.isEmpty)
    #expect(try merged(mark(["c"], .read, 2), mark(["c"], .read, 2)).read["c"] == 2)
    // One device takes back what it knows; the other makes a mark that it cannot know of.
    let both = try merged(
      mark(["a"], .unread, 2),
      { device in
        mark(["a"], .unread, 2)(device)
        mark(["a"], .read, 3)(device)
      })
    #expect(both.read["a"] == 3)
  }

  @Test("Marks of what is gone are forgotten after a week, and beyond a number of them")
  func forgotten() throws {
    let document = Document()
    let day: Int64 = 86_400_000
    func mark(_ ids: [String], present: Set<String>, at day: Int64, absentMax: Int = 1000) -> Set<String> {
      NotificationMarks.mark(
        ids, as: .read, in: document, present: present, absentMax: absentMax, now: day * 86_400_000)
      return Set(NotificationMarks(document).read.keys)
    }
    #expect(mark(["a", "b"], present: ["a", "b"], at: 1) == ["a", "b"])
    #expect(mark(["c"], present: ["b", "c"], at: 8) == ["a", "b", "c"], "it may be on its way")
    #expect(mark(["d"], present: ["b", "c", "d"], at: 9) == ["b", "c", "d"])
    #expect(mark(["e"], present: ["e"], at: 9, absentMax: 2) == ["c", "d", "e"])
    // Twice there, and something else.
    document.array("read").append(contentsOf: [["time": Value(9 * day), "value": "e"], "nonsense"])
    #expect(mark(["e"], present: ["e"], at: 9) == ["c", "d", "e"])
    #expect(document.array("read").count == 3)
  }

  @Test("What is told is told to those who listen, once, and the unread count follows what any device does")
  func live() async throws {
    try await withInbox { node, inbox, ids in
      var arrivals = inbox.arrivals.makeAsyncIterator()
      var counts = inbox.unreadCounts.makeAsyncIterator()
      #expect(await counts.next() == 3)
      try await node.notify(user: "ada", category: .system, title: "d")
      #expect(await arrivals.next()?.title == "d")
      #expect(await counts.next() == 4)
      // As a client does.
      try await node.open("user:ada").edit { document in
        document.array("read").append(["time": 1, "value": .string(ids[0])])
      }
      #expect(await counts.next() == 3)
      try await node.notify(user: "ada", category: .system, title: "e", key: "k")
      #expect(await arrivals.next()?.title == "e")
      try await node.notify(user: "ada", category: .system, title: "f", key: "k")
      #expect(await arrivals.next()?.title == "f")
    }
  }

  @Test("What is held back is told to those who listen when it is due, without anything else happening")
  func due() async throws {
    let node = try Node(.quiet())
    let inbox = try await node.notifications(for: "ada")
    var arrivals = inbox.arrivals.makeAsyncIterator()
    var counts = inbox.unreadCounts.makeAsyncIterator()
    #expect(await counts.next() == 0)
    let now = WallClock.system.milliseconds
    let notification = UserNotification(
      id: "a", category: .system, title: "digest", body: "", link: nil, room: nil, sender: nil, key: nil,
      milliseconds: now, dueMilliseconds: now + 100, expiryMilliseconds: nil, isQuiet: false)
    try await node.open("notifications:ada").edit { document in
      _ = NotificationLog(document, limits: Limits()).add(notification, now: now)
    }
    #expect(await arrivals.next() == notification)
    #expect(await counts.next() == 1)
    #expect(WallClock.system.milliseconds >= now + 100)
    await node.stop()
  }
}
