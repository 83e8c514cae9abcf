import CRDT
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import SyncNode
@testable import SyncWebhooks

/// Somebody who is told: answers as is said, and keeps what came.
private final class Receiver: Sendable {
  struct Delivery: Sendable {
    let id: String
    let seconds: Int64
    let signature: String
    let body: [UInt8]

    var type: String { json["type"].stringValue ?? "" }
    var data: Value { json["data"] }
    private var json: Value { (try? Value(json: String(decoding: body, as: UTF8.self))) ?? .null }
  }

  private struct State {
    var answers: [HTTPResponse.Status] = []
    var deliveries: [Delivery] = []
    var port: Int?
  }

  private let state = Mutex(State())

  /// Everything that came, in the order in which it came.
  var deliveries: [Delivery] { state.withLock { $0.deliveries } }

  var url: String { "http://127.0.0.1:\(state.withLock { $0.port } ?? 0)/hook" }

  /// Answers the next requests so, and 204 after that.
  func answer(_ statuses: [HTTPResponse.Status]) { state.withLock { $0.answers += statuses } }

  /// Runs `body` with a receiver on a free port.
  static func run(_ body: (Receiver) async throws -> Void) async throws {
    let receiver = Receiver()
    let router = Router()
    router.post("hook") { request, _ in
      let bytes = try await request.body.collect(upTo: 1 << 20)
      return receiver.take(request.headers, [UInt8](bytes.readableBytesView))
    }
    var logger = Logger(label: "receiver")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in receiver.state.withLock { $0.port = channel.localAddress?.port } }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      let result: Result<Void, any Error>
      do {
        try await until("the receiver listens") { receiver.state.withLock { $0.port != nil } }
        result = .success(try await body(receiver))
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      try result.get()
    }
  }

  private func take(_ headers: HTTPFields, _ body: [UInt8]) -> Response {
    func header(_ name: String) -> String { headers.first { $0.name.canonicalName == name }?.value ?? "" }
    let delivery = Delivery(
      id: header("webhook-id"), seconds: Int64(header("webhook-timestamp")) ?? 0,
      signature: header("webhook-signature"), body: body)
    let status = state.withLock { state in
      state.deliveries.append(delivery)
      return state.answers.isEmpty ? .noContent : state.answers.removeFirst()
    }
    return Response(status: status, headers: status == .found ? [.location: "/hook"] : [:])
  }
}

@Suite("Webhooks: who is told, signed, again until it is taken")
struct WebhookTests {
  private static let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLjSw")

  private func webhook(
    _ url: String, _ events: Set<WebhookEvent.Kind> = [.documentChanged], rooms: [String]? = nil
  ) throws -> Webhook {
    try Webhook(url: url, secret: try #require(WebhookTests.secret), events: events, rooms: rooms)
  }

  /// Runs `body` with a node that tells `webhooks`, and each failed attempt's next one at once, until there were `attempts`.
  private func run(
    _ webhooks: [Webhook], queue path: String? = nil, attempts: Int = 3, pendingMax: Int = 100,
    _ configuration: Node.Configuration = .quiet(), _ body: (Node, Webhooks) async throws -> Void
  ) async throws {
    var logger = Logger(label: "webhooks")
    logger.logLevel = .critical
    let schedule = WebhookSchedule(
      delays: Array(repeating: 1, count: attempts - 1), pendingMax: pendingMax, deadMax: 100)
    let webhooks = try Webhooks(
      webhooks, queue: path, schedule: schedule, changeInterval: .milliseconds(50),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
    var configuration = configuration
    webhooks.listen(to: &configuration.hooks)
    let node = try Node(configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await webhooks.run() }
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(node, webhooks))
      } catch {
        result = .failure(error)
      }
      await node.stop()
      group.cancelAll()
      try await group.waitForAll()
      try result.get()
    }
  }

  private func write(_ text: String, in room: String, by user: String?, on node: Node) async throws {
    let document = Document()
    document.text("t").append(text)
    let origin = ChangeOrigin.client(address: "127.0.0.1:1", subject: user)
    #expect(try await node.open(room).merge(document.encodeUpdate(), from: origin))
  }

  @Test("What is written within a moment is told once, with who wrote it, signed with the secret")
  func changes() async throws {
    try await Receiver.run { receiver in
      try await run([webhook(receiver.url)]) { node, webhooks in
        try await write("a", in: "notes", by: "ada", on: node)
        try await write("b", in: "notes", by: "bob", on: node)
        try await write("c", in: "notes", by: nil, on: node)
        try await until("all is told") {
          receiver.deliveries.reduce(0) { $0 + Int($1.data["updates"].doubleValue ?? 0) } == 3
        }
        let told = receiver.deliveries
        #expect(told.allSatisfy { $0.type == "document.changed" && $0.data["room"] == .string("notes") })
        let users = told.flatMap { delivery -> [Value] in
          if case .array(let users) = delivery.data["users"] { users } else { [] }
        }
        #expect(Set(users.compactMap(\.stringValue)) == ["ada", "bob"])
        let secret = try #require(WebhookTests.secret)
        for delivery in told {
          #expect(delivery.id.hasPrefix("msg_"))
          let signature = secret.signature(id: delivery.id, seconds: delivery.seconds, body: delivery.body)
          #expect(delivery.signature == signature)
        }
        try await until("nothing waits") { try await webhooks.deliveries().isEmpty }
        #expect(try await webhooks.reports()[0].delivered == told.count)
      }
    }
  }

  @Test("Each is told of the events and rooms that it wants, and of feeds only by name")
  func selection() async throws {
    try await Receiver.run { projects in
      try await Receiver.run { rooms in
        let webhooks = [
          try webhook(projects.url, rooms: ["project:*", "system"]),
          try webhook(rooms.url, [.roomOpened, .alertFired]),
        ]
        var configuration = Node.Configuration.quiet()
        configuration.activity.rooms = []
        try await run(webhooks, configuration) { node, _ in
          try await write("a", in: "other", by: nil, on: node)
          try await write("a", in: "project:1", by: nil, on: node)
          try await write("a", in: "system", by: nil, on: node)
          try await until("both rooms are told of") {
            Set(projects.deliveries.map { $0.data["room"] }) == [.string("project:1"), .string("system")]
          }
          try await until("rooms that were opened are told of") { rooms.deliveries.count == 2 }
          #expect(projects.deliveries.allSatisfy { $0.type == "document.changed" })
          #expect(Set(rooms.deliveries.map { $0.data["room"] }) == [.string("other"), .string("project:1")])
        }
      }
    }
  }

  @Test("An alert is told when it fires and when it is over")
  func alerts() async throws {
    try await Receiver.run { receiver in
      var configuration = Node.Configuration.quiet()
      configuration.measuresHealth = true
      configuration.alertRules = [
        AlertRule("hot", application: "acme", metric: "heat", .value, .above, 10, seconds: 0, severity: .info)
      ]
      try await run([webhook(receiver.url, [.alertFired, .alertResolved])], configuration) { node, _ in
        let heat = try MetricName("heat")
        try node.analytics("acme").record(11, of: heat, .gauge)
        try await until("it fires") { receiver.deliveries.map(\.type) == ["alert.fired"] }
        try node.analytics("acme").record(1, of: heat, .gauge)
        try await until("it is over") { receiver.deliveries.map(\.type) == ["alert.fired", "alert.resolved"] }
        #expect(receiver.deliveries[1].data["rule"] == .string("hot"))
      }
    }
  }

  @Test("What is not taken is posted again, the same, until it is")
  func retries() async throws {
    try await Receiver.run { receiver in
      receiver.answer([.internalServerError, .found])
      try await run([webhook(receiver.url)]) { node, webhooks in
        try await write("a", in: "notes", by: nil, on: node)
        try await until("it is taken at last") {
          try await webhooks.reports()[0].delivered == 1
        }
        let told = receiver.deliveries
        // A redirection is a failure, and not followed.
        #expect(told.count == 3)
        #expect(Set(told.map(\.id)).count == 1 && Set(told.map(\.body)).count == 1)
        let counts = try await webhooks.reports()[0]
        #expect(counts.pending == 0 && counts.dead == 0 && counts.lastFailure == nil)
      }
    }
  }

  @Test("What nobody takes is dead, and is tried again or forgotten when somebody says so")
  func deadLetters() async throws {
    try await Receiver.run { receiver in
      receiver.answer(Array(repeating: .badRequest, count: 4))
      try await run([webhook(receiver.url)], attempts: 2) { node, webhooks in
        for room in ["one", "two"] { try await write("a", in: room, by: nil, on: node) }
        try await until("both are dead") { try await webhooks.deliveries(.dead).count == 2 }
        let dead = try await webhooks.deliveries(.dead)
        #expect(dead.allSatisfy { $0.attempts == 2 && $0.failure == "400 Bad Request" && $0.state == .dead })
        #expect(try await webhooks.reports()[0].dead == 2)
        #expect(try await webhooks.retry(["unknown"]) == 0)
        #expect(try await webhooks.retry([dead[0].id]) == 1)
        try await until("one is taken") { try await webhooks.reports()[0].delivered == 1 }
        #expect(try await webhooks.discard() == 1)
        #expect(try await webhooks.deliveries().isEmpty)
        #expect(receiver.deliveries.last?.id == dead[0].id)
      }
    }
  }

  @Test("What waits when the process ends is posted by the next; of webhooks that are no more, it is given up")
  func restart() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("queue")
    try await Receiver.run { receiver in
      let gone = try webhook("http://127.0.0.1:1/gone")
      receiver.answer([.internalServerError])
      var logger = Logger(label: "webhooks")
      logger.logLevel = .critical
      let queue = try WebhookQueue(path: path)
      let outbox = WebhookOutbox(
        [try webhook(receiver.url), gone], queue: queue, wakeUps: [], logger: logger)
      let event = WebhookEvent(.roomIdle, in: "notes", at: 1, WebhookEvent.InRoom(room: "notes"))
      try await withCheckedThrowingContinuation { continuation in
        queue.append(event, for: outbox.webhooks.map(\.url), now: 1) { continuation.resume(with: $0) }
      }
      try queue.close()
      try await run([webhook(receiver.url)], queue: path) { _, webhooks in
        try await until("it is taken") { try await webhooks.reports()[0].delivered == 1 }
        let dead = try await webhooks.deliveries()
        #expect(dead.map(\.url) == [gone.url] && dead.map(\.failure) == ["there is no such webhook any more"])
      }
      #expect(receiver.deliveries.last?.type == "room.idle")
      #expect(try await Webhooks.deliveries(inQueue: path, .dead, limit: 10).count == 1)
    }
  }

  @Test("No more wait than may; what comes then is dead at once, and the latest dead are kept")
  func bounds() async throws {
    let queue = try WebhookQueue(path: nil, schedule: WebhookSchedule(delays: [1], pendingMax: 2, deadMax: 3))
    for number in 1...10 {
      let event = WebhookEvent(.roomIdle, in: "\(number)", at: 1, WebhookEvent.InRoom(room: "\(number)"))
      try await withCheckedThrowingContinuation { continuation in
        queue.append(event, for: ["http://one"], now: 1) { continuation.resume(with: $0) }
      }
    }
    let counts = try await queue.counts(of: "http://one")
    #expect(counts == WebhookQueue.Counts(pending: 2, dead: 3, lastFailure: "2 others waited"))
    #expect(try await queue.deliveries(.dead, limit: 10).map(\.room) == ["10", "9", "8"])
    #expect(try await queue.deliveries(.pending, limit: 10).map(\.room) == ["2", "1"])
  }

  @Test(
    "The waits between attempts grow, give or take a fifth, and are as long as the receiver asks for, within bounds")
  func schedule() {
    let schedule = WebhookSchedule(delays: [1_000, 60_000], delayMax: 100_000)
    var generator = SystemRandomNumberGenerator()
    func wait(_ attempts: Int, _ wish: Int64? = nil) -> Int64? {
      schedule.next(after: attempts, at: 5_000, wish: wish, using: &generator).map { $0 - 5_000 }
    }
    #expect((800...1_200).contains(wait(1) ?? 0))
    #expect((48_000...72_000).contains(wait(2) ?? 0))
    #expect(wait(3) == nil)
    #expect(wait(1, 30_000) == 30_000)
    #expect(wait(1, .max) == 100_000)
    #expect((800...1_200).contains(wait(1, -5) ?? 0))
  }

  @Test("A file that is something else is left as it was")
  func foreignFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("queue")
    try Data("hello, this is no database".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: WebhookError.self) { try WebhookQueue(path: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello, this is no database")
    let store = folder.file("store.sqlite")
    _ = try SQLiteStore(path: store, durability: .full, bytesMax: .max, history: nil, logger: Logger(label: "test"))
    #expect(throws: WebhookError.self) { try WebhookQueue(path: store) }
  }

  @Test(
    "What makes no sense in a file of webhooks is named",
    arguments: [
      ("{}", "the file is no JSON array of webhooks"),
      ("[", "the file is no JSON"),
      (#"[{"secret": "x"}]"#, "webhook 1: `url` is missing"),
      (#"[{"url": 1}]"#, "webhook 1: `url` is of another kind than it must be"),
      (#"[{"url": "http://a", "secret": "x", "rums": []}]"#, "webhook 1: there is no `rums`"),
      (#"[{"url": "ftp://a", "secret": "SECRET"}]"#, "webhook 1: `url` is an address"),
      (#"[{"url": "http://a", "secret": "hunter2"}]"#, "webhook 1: `secret` is `whsec_` and 24 to 64 bytes"),
      (#"[{"url": "http://a"}]"#, "webhook 1: it has either a `secret` or a `secretFile`"),
      (#"[{"url": "http://a", "secretFile": "/no/such"}]"#, "webhook 1: `secretFile`: /no/such cannot be read"),
      (#"[{"url": "http://a", "secret": "SECRET", "events": ["x"]}]"#, "webhook 1: there is no event `x`"),
      (#"[{"url": "http://a", "secret": "SECRET", "events": []}]"#, "webhook 1: `events` has at least one"),
      (#"[{"url": "http://a", "secret": "SECRET", "rooms": []}]"#, "webhook 1: `rooms` has at least one pattern"),
      (
        #"[{"url": "http://a", "secret": "SECRET"}, {"url": "http://a", "secret": "SECRET"}]"#,
        "webhook 2: another one has the same `url`"
      ),
    ])
  func badFiles(json: String, problem: String) throws {
    let text = json.replacing("SECRET", with: try #require(WebhookTests.secret).text)
    do {
      _ = try [Webhook](json: [UInt8](text.utf8))
      Issue.record("it is taken")
    } catch {
      #expect(error.description.hasPrefix(problem))
    }
  }

  @Test("A secret is what Standard Webhooks says, and signs so")
  func secrets() throws {
    let secret = try #require(WebhookTests.secret)
    #expect(WebhookSecret(secret.text) == secret)
    let new = WebhookSecret()
    #expect(WebhookSecret(new.text) == new && new != WebhookSecret())
    for text in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLjSw", "whsec_!!!!"] {
      #expect(WebhookSecret(text) == nil)
    }
    let body = [UInt8](#"{"test": 2432232314}"#.utf8)
    #expect(
      secret.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: body)
        == "v1,q6KMVIJHk4Gs770FfR5f591Ftx7uVJSGl5wHV1ri978=")
  }
}
