import CRDT
import Foundation
import Synchronization
import Testing

@testable import SyncNode

@Suite("Activity")
struct ActivityTests {
  /// A clock that goes on only when it is told to.
  private final class Clock: Sendable {
    private let milliseconds = Mutex<Int64>(1_700_000_000_000)

    var now: Int64 { milliseconds.withLock { $0 } }

    func advance(_ seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
  }

  private let clock = Clock()
  private let book = RightsBook([
    "ada": .all(.write, for: "ada"), "bob": .all(.write, for: "bob"), "eve": .all(.read, for: "eve"),
    "guest": .all(.write), "root": .all(.admin, for: "root"),
  ])

  /// People, and entries that are told at once.
  private func configuration(_ store: Node.Configuration.Store = .ephemeral) -> Node.Configuration {
    var configuration = book.configuration
    configuration.store = store
    configuration.activity.interval = .milliseconds(5)
    configuration.activity.reconnectGrace = .seconds(3600)
    configuration.activity.now = { [clock] in clock.now }
    return configuration
  }

  private func entries(_ server: TestServer, _ kind: ActivityEntry.Kind? = .edited) async throws -> [ActivityEntry] {
    var query = ActivityQuery()
    query.kind = kind
    return try await server.node.activity(of: "1").entries(query).entries
  }

  private func entry(
    _ server: TestServer, _ what: String, where condition: (ActivityEntry) -> Bool
  ) async throws -> ActivityEntry {
    try await eventually(what) { try await entries(server, nil).first(where: condition) }
  }

  // MARK: What is written

  @Test("What one types at a place without a pause is one entry that grows, with what is left of it")
  func burst() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { $0.text("body").append("helo") }
      let first = try await entry(server, "the beginning") { $0.text == "helo" }
      #expect(first.kind == .edited && first.user == "ada" && first.source == nil && first.path == "body")
      clock.advance(5)
      try await ada.edit { document in
        document.text("body").delete(at: 3, count: 1)
        for character in "lo world" { document.text("body").append(String(character)) }
      }
      let grown = try await entry(server, "all of it") { $0.text == "hello world" }
      #expect(grown.id == first.id && grown.inserted == 12 && grown.deleted == 1)
      #expect(grown.milliseconds == first.milliseconds + 5000 && grown.sinceMilliseconds == first.milliseconds)
      #expect(try await entries(server).count == 1)
      // Its earlier sizes are not in the document any more.
      let feed = try await server.node.open("activity:1")
      let kinds = try await feed.read { document in ActivityLog.entries(of: document).map(\.kind) }
      #expect(kinds == [.edited, .joined])
      #expect(try await feed.read { $0.array("activity").count } == 2)
    }
  }

  @Test("A pause ends an entry, a long time does, another place does, and another author does")
  func ends() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      let bob = try await Typist("project:1?token=bob", of: server, clientID: 2)
      func write(_ text: String, _ typist: Typist, at root: String = "body") async throws -> ActivityEntry {
        let user = typist === ada ? "ada" : "bob"
        try await typist.edit { $0.text(root).append(text) }
        return try await entry(server, text) { $0.user == user && $0.text?.contains(text) == true }
      }
      let first = try await write("one", ada)
      clock.advance(60)
      #expect(try await write("two", ada).id == first.id)
      #expect(try await write("theirs", bob).id != first.id)
      #expect(try await write("title", ada, at: "title").path == "title")
      clock.advance(61)
      let second = try await write("three", ada)
      #expect(second.id != first.id && second.text == "three")
      for minute in 1...10 {
        clock.advance(60)
        #expect(try await write("m\(minute).", ada).id == second.id)
      }
      clock.advance(1)
      #expect(try await write("four", ada).id != second.id)
    }
  }

  @Test("Whoever repeats what others wrote has not written it")
  func repetition() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { $0.text("body").append("secret plan") }
      try await ada.edit { $0.text("body").delete(at: 0, count: 7) }
      _ = try await entry(server, "what ada wrote") { $0.user == "ada" && $0.text == "plan" }
      let bob = try await Typist("project:1?token=bob", of: server, clientID: 2)
      bob.document.text("body").append("!")
      // All that bob has, as if it were his.
      try await bob.client.sendUpdate(bob.document.encodeUpdate())
      let told = try await entry(server, "what bob wrote") { $0.user == "bob" && $0.kind == .edited }
      #expect(told.inserted == 1 && told.deleted == 0 && told.text == "!")
    }
  }

  @Test("Keys, elements and nested types are told by their paths, with the strings in them")
  func places() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { document in
        document.map("meta").set("Greeting", forKey: "a/b~c")
        document.transact {
          let task = document.array("tasks").appendMap()
          task.set(false, forKey: "done")
          task.setText(forKey: "title").append("buy milk")
        }
      }
      #expect(try await entry(server, "the key") { $0.path == "meta/a~1b~0c" }.text == "Greeting")
      let task = try await entry(server, "the element") { $0.path == "tasks" }
      #expect(task.text == "buy milk" && task.inserted == 1)
      try await ada.edit { document in
        document.map("meta").set("Hello", forKey: "a/b~c")
        document.array("tasks")[0].map?["title"]?.text?.append(" today")
      }
      _ = try await entry(server, "the new value") { $0.path == "meta/a~1b~0c" && $0.text == "Hello" }
      _ = try await entry(server, "the nested text") { $0.path == "tasks/0/title" && $0.text == " today" }
    }
  }

  @Test("Many places are told as one for each root, and a great many as one")
  func manyPlaces() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { document in
        document.transact { for key in 0..<20 { document.map("meta").set(.number(1), forKey: "\(key)") } }
      }
      #expect(try await entry(server, "one root") { $0.path == "meta" }.places == 20)
      try await ada.edit { document in
        document.transact { for root in 0..<20 { document.text("t\(root)").append("x") } }
      }
      let all = try await entry(server, "all roots") { $0.path == nil && $0.kind == .edited }
      #expect(all.places == 20 && all.inserted == 20)
    }
  }

  @Test("What is too large to be looked into is told by its author and bytes")
  func large() async throws {
    var configuration = configuration()
    configuration.limits.activitySummaryBytesMax = 1024
    try await TestServer.run(configuration) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { $0.text("body").append(String(repeating: "x", count: 2000)) }
      let told = try await entry(server, "the large one") { $0.kind == .edited }
      #expect(told.bytes > 2000 && told.text == nil && told.path == nil && told.user == "ada")
      try await ada.edit { $0.text("body").append("y") }
      #expect(try await entry(server, "a small one") { $0.path == "body" }.text == "y")
    }
  }

  @Test("A text that is full is shortened, and what follows is another entry")
  func fullText() async throws {
    var configuration = configuration()
    configuration.limits.activityTextBytesMax = 16
    try await TestServer.run(configuration) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { $0.text("body").append("äöü a text that is longer than that") }
      let first = try await entry(server, "the shortened one") { $0.kind == .edited }
      #expect(first.text == "äöü a text tha" || first.text == "äöü a text th")
      try await ada.edit { $0.text("body").append("more") }
      #expect(try await entry(server, "the next") { $0.text == "more" }.id != first.id)
    }
  }

  @Test("Versions are told by name, of whoever made them and not of whom they name")
  func versions() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { document in
        VersionHistory(document).create(name: "monday", author: "bob", date: 5)
      }
      let created = try await entry(server, "the version") { $0.kind == .versionCreated }
      #expect(created.text == "monday" && created.user == "ada")
      try await ada.edit { document in
        let history = VersionHistory(document)
        history.remove(history.versions[0])
      }
      #expect(try await entry(server, "its end") { $0.kind == .versionRemoved }.user == "ada")
      #expect(try await entries(server).isEmpty)
    }
  }

  @Test("The application is told of as such, and unknown clients by nothing that gives them away")
  func authors() async throws {
    try await TestServer.run(configuration()) { server in
      let project = try await server.node.open("project:1")
      try await project.edit { $0.text("body").append("by the application") }
      let application = try await entry(server, "the application") { $0.kind == .edited }
      #expect(application.user == nil && application.source == "application")
      let guest = try await Typist("project:1?token=guest", of: server, clientID: 1)
      try await guest.edit { $0.text("body").append("!") }
      #expect(try await entry(server, "a guest") { $0.text == "!" }.source == "client")
    }
    var open = Node.Configuration.quiet()
    open.activity.interval = .milliseconds(5)
    try await TestServer.run(open) { server in
      let anybody = try await Typist("project:1", of: server, clientID: 1)
      try await anybody.edit { $0.text("body").append("!") }
      #expect(try await entry(server, "an address") { $0.kind == .edited }.source == "127.0.0.1")
    }
  }

  // MARK: Who is there

  @Test("Who is back in time has neither left nor joined, and a second connection is no second person")
  func reconnect() async throws {
    try await TestServer.run(configuration()) { server in
      let first = try await Typist("project:1?token=ada", of: server, clientID: 1)
      let second = try await Typist("project:1?token=ada", of: server, clientID: 2)
      _ = try await entry(server, "ada") { $0.kind == .joined }
      try await first.client.disconnect()
      try await second.client.disconnect()
      let project = try await server.node.open("project:1")
      try await until("nobody is there") { project.room.subscribers.count == 0 }
      let third = try await Typist("project:1?token=ada", of: server, clientID: 3)
      try await third.edit { $0.text("body").append("x") }
      _ = try await entry(server, "what was written") { $0.kind == .edited }
      #expect(Set(try await entries(server, nil).map(\.kind)) == [.edited, .joined])
      #expect(try await entries(server, nil).count == 2)
    }
  }

  @Test("Who is not back in time has left when they went; who only reads is not told of")
  func leaving() async throws {
    var configuration = configuration()
    configuration.activity.reconnectGrace = .milliseconds(20)
    try await TestServer.run(configuration) { server in
      let eve = try await Typist("project:1?token=eve", of: server, clientID: 1)
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 2)
      let went = clock.now
      try await ada.client.disconnect()
      let left = try await entry(server, "ada") { $0.kind == .left }
      #expect(left.user == "ada" && left.milliseconds == went)
      _ = try await Typist("project:1?token=ada", of: server, clientID: 3)
      try await until("she is back") { try await entries(server, .joined).count == 2 }
      try await eve.client.disconnect()
      #expect(try await entries(server, nil).allSatisfy { $0.user == "ada" })
    }
  }

  @Test("Who may only read from now on has left, and a node that stops tells who was there")
  func ended() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("store.sqlite")
    var configuration = configuration(.file(path))
    configuration.activity.reconnectGrace = .milliseconds(20)
    try await TestServer.run(configuration) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      let bob = try await Typist("project:1?token=bob", of: server, clientID: 2)
      _ = try await entry(server, "bob") { $0.user == "bob" }
      book.set("bob", .all(.read, for: "bob"))
      server.node.reviewAccess()
      _ = try await entry(server, "bob's end") { $0.user == "bob" && $0.kind == .left }
      try await ada.edit { $0.text("body").append("the last word") }
      try await until("it is there") {
        try await server.node.open("project:1").read { $0.text("body").string } == "the last word"
      }
      withExtendedLifetime((ada, bob)) {}
    }
    let told = try StoreReader(path: path).activity(of: "1").entries
    #expect(told.filter { $0.user == "ada" }.map(\.kind.rawValue).sorted() == ["edited", "joined", "left"])
    #expect(told.contains { $0.text == "the last word" })
    #expect(try StoreReader(path: path).verify().findings == [])
  }

  // MARK: Bounds

  @Test("A feed keeps its newest entries, and rooms of other names and a node that is told so have none")
  func bounds() async throws {
    var configuration = configuration()
    configuration.activity.countMax = 3
    try await TestServer.run(configuration) { server in
      for number in 1...5 {
        clock.advance(1)
        try await server.node.activity(of: "1").record(kind: "counted", text: "\(number)")
      }
      #expect(try await entries(server, nil).map(\.text) == ["5", "4", "3"])
      let notes = try await Typist("notes?token=ada", of: server, clientID: 1)
      try await notes.edit { $0.text("body").append("x") }
      let room = try await server.node.open("notes")
      try await until("it is there") { try await room.read { $0.text("body").string } == "x" }
      #expect(room.room.activity == nil && server.node.rooms.usage["activity:notes"] == nil)
    }
    configuration.activity.rooms = ["project:public-*"]
    try await TestServer.run(configuration) { server in
      let quiet = try await server.node.open("project:1")
      let told = try await server.node.open("project:public-1")
      #expect(quiet.room.activity == nil && told.room.activity != nil)
    }
  }

  @Test("An event that is too long, of no kind, or of a kind of nodes is refused, and so is a flood of them")
  func events() async throws {
    var configuration = configuration()
    configuration.limits.activityEventsPerSecondMax = 1
    try await TestServer.run(configuration) { server in
      let activity = server.node.activity(of: "1")
      func refusal(
        _ kind: ActivityEntry.Kind, _ text: String? = nil, by user: String? = nil, path: String? = nil
      ) async -> ActivityError.Code? {
        do {
          try await activity.record(kind: kind, text: text, by: user, path: path)
          return nil
        } catch {
          return (error as? ActivityError)?.code
        }
      }
      let long = String(repeating: "x", count: 1001)
      for kind in ["", "a b", "ä", "a/b", "\0", String(repeating: "x", count: 65)] {
        #expect(await refusal(.init(rawValue: kind)) == .invalidKind, "\(kind)")
      }
      for kind in ActivityEntry.Kind.ofNodes { #expect(await refusal(kind) == .reservedKind) }
      #expect(await refusal("a", long) == .largeText)
      #expect(await refusal("a", path: long) == .largePath)
      #expect(await refusal("a", by: long) == .largeUser)
      #expect(await refusal("a", by: "") == .largeUser)
      let before = try await entries(server, nil)
      #expect(before.isEmpty)
      var taken = 0
      var refused = await refusal("a")
      while refused == nil {
        taken += 1
        refused = await refusal("a")
      }
      #expect(taken >= 10 && refused == .tooManyEvents)
      let after = try await entries(server, nil)
      #expect(after.count == taken)
    }
  }

  @Test("Entries come as they happen to whoever follows, and again when they grow")
  func live() async throws {
    try await TestServer.run(configuration()) { server in
      let tail = try await server.node.activity(of: "1").live()
      var iterator = tail.makeAsyncIterator()
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      #expect(await iterator.next()?.kind == .joined)
      try await ada.edit { $0.text("body").append("a") }
      let first = await iterator.next()
      try await ada.edit { $0.text("body").append("b") }
      let second = await iterator.next()
      #expect(first?.text == "a" && second?.text == "ab" && first?.id == second?.id)
      try await server.node.activity(of: "1").record(kind: "deployed", by: "root", path: "body")
      let third = await iterator.next()
      #expect(third?.kind.rawValue == "deployed" && third?.user == "root" && third?.path == "body")
    }
  }

  @Test("A recreated project is told of anew, and nothing of what was there before counts as known")
  func recreation() async throws {
    try await TestServer.run(configuration()) { server in
      let ada = try await Typist("project:1?token=ada", of: server, clientID: 1)
      try await ada.edit { $0.text("body").append("old") }
      _ = try await entry(server, "the old") { $0.text == "old" }
      try await server.node.open("project:1").recreate()
      _ = try await ada.client.closure()
      let again = try await Typist("project:1?token=ada", of: server, clientID: 5)
      try await again.edit { $0.text("body").append("new") }
      #expect(try await entry(server, "the new") { $0.text == "new" }.inserted == 3)
    }
  }
}
