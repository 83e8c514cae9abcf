import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Who does what in projects: relays that are linked, stock Yjs clients with tokens, and `syncctl activity`.
@Suite struct ActivityTests {
  private let folder: TemporaryFolder
  private let secret: String

  init() throws {
    folder = try TemporaryFolder()
    secret = folder.file("secret.txt").path
    try Data("a secret that nobody guesses, long enough\n".utf8).write(to: URL(filePath: secret))
  }

  private func mint(_ subject: String, _ rules: String...) async throws -> String {
    let arguments =
      ["token", "mint", "--secret", secret, "--subject", subject, "--lifetime", "1h"]
      + rules.flatMap { ["--room", $0] }
    let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.standardOutput.trimmingCharacters(in: .newlines)
  }

  private func tokenFile(_ token: String) throws -> String {
    let path = folder.file("\(token.hashValue).token").path
    try Data(token.utf8).write(to: URL(filePath: path))
    return path
  }

  private func relay(
    _ name: String, port: Int = 0, peers: [String] = [], options: [String] = []
  ) async throws -> Relay {
    let token = peers.isEmpty ? [] : ["--peer-token-file", try tokenFile(try await mint("relay", "*=admin"))]
    return try await Relay.start(
      store: folder.file(name), port: port, tcpPort: 0, peers: peers,
      options: ["--jwt-secret", secret] + token + options)
  }

  private func open(_ yjs: ClientHost, _ user: String, _ room: String = "project:1", at relay: Relay) async throws
    -> Client
  {
    let token = try await mint(user, "project:*=write")
    let client = try await yjs.open(
      "\(user) in \(room) at \(relay.port)", at: relay.url, room: room, token: (way: .parameter, text: token))
    try await client.waitUntilSynced()
    return client
  }

  /// What a stock client sees in a feed: the newest of each entry.
  private func told(_ feed: Client) async throws -> [JSON] {
    var entries: [JSON: JSON] = [:]
    var order: [JSON] = []
    for element in try await feed.array("activity") {
      guard let value = element["value"], let id = value["id"] else { continue }
      if entries[id] == nil { order.append(id) }
      entries[id] = value
    }
    return order.compactMap { entries[$0] }
  }

  private func activity(_ arguments: [String], at relay: Relay, by token: String) async throws -> Outcome {
    let place = ["--url", "http://127.0.0.1:\(relay.port)", "--token-file", try tokenFile(token)]
    return try await outcome(of: ChildProcess(TestFiles.syncctl, ["activity"] + arguments + place))
  }

  /// Asks a relay over HTTP.
  private func request(
    _ relay: Relay, _ query: String = "", by token: String?, body: String? = nil
  ) async throws -> (status: Int?, text: String) {
    var request = URLRequest(
      url: try #require(URL(string: "http://127.0.0.1:\(relay.port)/api/activity\(query)")))
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    if let body {
      request.httpMethod = "POST"
      request.httpBody = Data(body.utf8)
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as? HTTPURLResponse)?.statusCode, String(decoding: data, as: UTF8.self))
  }

  @Test("What users write at two linked relays is told on both, once each and of the right users")
  func linked() async throws {
    let first = try await relay("first.sqlite")
    let second = try await relay("second.sqlite", peers: [first.tcpURL])
    let yjs = try ClientHost.yjs()
    let ada = try await open(yjs, "ada", at: first)
    let bob = try await open(yjs, "bob", at: second)
    try await ada.insert("milk", at: 0)
    try await bob.set("colour", "green")
    let feeds = [
      try await open(yjs, "ada", "activity:1", at: first), try await open(yjs, "bob", "activity:1", at: second),
    ]
    for feed in feeds {
      let entries = try await eventually("both are told") {
        let entries = try await told(feed)
        return entries.filter { $0["kind"] == "edited" }.count == 2 ? entries : nil
      }
      let words = entries.map { entry in
        "\(entry["user"] ?? "?") \(entry["kind"] ?? "?") \(entry["path"] ?? "-") \(entry["text"] ?? "-")"
      }
      #expect(
        Set(words).count == 4 && words.count == 4
          && words.contains { $0.contains("ada") && $0.contains("edited") && $0.contains("milk") }
          && words.contains { $0.contains("bob") && $0.contains("edited") && $0.contains("map/colour") }, "\(words)")
    }
    // A burst is one entry that grows.
    for _ in 0..<3 {
      try await ada.insert("x", at: 0)
      let length = try await ada.content().text.count
      for feed in feeds {
        try await eventually("it has grown") {
          let texts = try await told(feed).filter { $0["user"] == "ada" && $0["kind"] == "edited" }.map { $0["text"] }
          return texts.count == 1 && texts[0] == .string(String(repeating: "x", count: length - 4) + "milk")
        }
      }
    }
    #expect(try await feeds[0].array("activity").count == 4)
  }

  @Test("A forged entry is refused and changes nothing, and so is an event by whoever may not tell any")
  func forgery() async throws {
    let relay = try await relay("store.sqlite")
    let yjs = try ClientHost.yjs()
    let ada = try await open(yjs, "ada", at: relay)
    try await ada.insert("milk", at: 0)
    let feed = try await open(yjs, "ada", "activity:1", at: relay)
    try await eventually("it is told") { try await told(feed).contains { $0["kind"] == "edited" } }
    try await feed.tell(
      "forge", ["root": "activity", "value": ["time": 5, "value": ["id": "x", "kind": "edited", "user": "bob"]]])
    let refusal = try await eventually("the refusal") { try await feed.state().closures.first }
    #expect(refusal == "4403 only reading is allowed here")

    let (writer, teller) = (try await mint("ada", "project:*=write"), try await mint("ada", "activity:1=write"))
    let root = try await mint("root", "*=admin")
    let event = #"{"room": "project:1", "kind": "deployed", "text": "version 7"}"#
    let forged = #"{"room": "project:1", "kind": "deployed", "user": "bob"}"#
    let cases: [(token: String?, body: String, status: Int)] = [
      (nil, event, 401), ("forged", event, 401), (writer, event, 403), (teller, forged, 403), (teller, event, 201),
      (root, forged, 201), (teller, "", 400), (teller, "[]", 400), (teller, #"{"room": "project:1"}"#, 400),
      (teller, #"{"room": "notes", "kind": "x"}"#, 400), (teller, #"{"room": "project:2", "kind": "x"}"#, 403),
      (teller, #"{"room": "project:1", "kind": "edited"}"#, 400),
      (teller, #"{"room": "project:1", "kind": "a b"}"#, 400),
      (teller, #"{"room": "project:1", "kind": "x", "text": "\#(String(repeating: "x", count: 2000))"}"#, 413),
      (teller, #"{"room": "project:1", "kind": "x", "text": "\#(String(repeating: "x", count: 100_000))"}"#, 413),
    ]
    for (token, body, status) in cases {
      let answer = try await request(relay, by: token, body: body)
      #expect(answer.status == status, "\(body.prefix(80)): \(answer)")
    }
    let page = try await request(relay, "?room=project:1&kind=deployed", by: writer)
    let entries = try JSONDecoder().decode(JSON.self, from: Data(page.text.utf8))["entries"]
    #expect(entries?[0]?["user"] == "bob" && entries?[1]?["user"] == "ada" && entries?[2] == nil)
    let reader = try await open(yjs, "bob", "activity:1", at: relay)
    #expect(try await told(reader).allSatisfy { $0["id"] != "x" })
  }

  @Test("Whoever may read a project searches what was written a second ago, and nobody else does")
  func searching() async throws {
    let relay = try await relay("store.sqlite")
    let yjs = try ClientHost.yjs()
    let ada = try await open(yjs, "ada", at: relay)
    try await ada.insert("Käsebrot needs butter", at: 0)
    let reader = try await mint("eve", "project:1=read")
    let found = try await eventually("it is found") {
      let outcome = try await activity(["1", "--search", "butter kasebrot", "--json"], at: relay, by: reader)
      #expect(outcome.status == 0, "\(outcome)")
      let lines = try expectSchema("activity", outcome.standardOutput)
      return lines[0][0]
    }
    #expect(found["user"] == "ada" && found["path"] == "text" && found["text"] == "Käsebrot needs butter")
    for query in [
      "", "?room=notes", "?room=project:1&limit=0", "?room=project:1&limit=501", "?room=project:1&before=x",
      "?room=project:1&after=x", "?room=project:1&until=-1",
    ] { #expect(try await request(relay, query, by: reader).status == 400, "\(query)") }
    for search in ["%22", "AND", "%00", "a%22%20OR", "*", "NEAR(", "%F0%9F%98%80"] {
      let answer = try await request(
        relay, "?room=project:1&search=\(search)&user=\(search)&path=\(search)", by: reader)
      #expect(answer.status == 200, "\(search): \(answer)")
    }
    #expect(try await request(relay, "?room=project:1", by: try await mint("eve", "project:2=read")).status == 403)
    #expect(try await request(relay, "?room=project:1", by: nil).status == 401)
    let refused = try await activity(["1"], at: relay, by: try await mint("eve", "project:2=read"))
    #expect(refused.status == 4 && refused.standardError.contains("refuses it"))

    relay.process.signal(SIGTERM)
    try await relay.process.waitForExit()
    let text = try await syncctl("activity", "project:1", "--store", relay.store.path, "--user", "ada")
    #expect(text.status == 0 && text.standardOutput.contains("text +21 “Käsebrot needs butter”"), "\(text)")
    #expect(try await syncctl("verify", "--store", relay.store.path).status == 0)
  }

  @Test("A short reconnect is neither told as leaving nor as joining, and a long absence is")
  func reconnecting() async throws {
    let relay = try await relay("store.sqlite", options: ["--activity-grace", "3600"])
    let yjs = try ClientHost.yjs()
    let ada = try await open(yjs, "ada", at: relay)
    for _ in 0..<3 {
      try await ada.cut()
      try await eventually("she is back") {
        let state = try await ada.state()
        return state.isConnected && state.isSynced
      }
    }
    try await ada.insert("milk", at: 0)
    let feed = try await open(yjs, "ada", "activity:1", at: relay)
    try await eventually("it is told") { try await told(feed).contains { $0["kind"] == "edited" } }
    #expect(try await told(feed).map { $0["kind"] } == ["joined", "edited"])
    relay.process.signal(SIGTERM)
    try await relay.process.waitForExit()
    let rest = try await syncctl("activity", "1", "--store", relay.store.path, "--json").json()
    #expect(rest[0]?["kind"] == "left" && rest[3] == nil)

    let again = try await self.relay("other.sqlite", options: ["--activity-grace", "0"])
    let bob = try await open(yjs, "bob", at: again)
    let other = try await open(yjs, "ada", "activity:1", at: again)
    try await bob.disconnect()
    try await eventually("he has left") {
      try await told(other).contains { $0["user"] == "bob" && $0["kind"] == "left" }
    }
  }

  @Test("What is done while relays are apart is told on both when they are linked again")
  func apart() async throws {
    let first = try await relay("first.sqlite")
    var second = try await relay("second.sqlite", peers: [first.tcpURL])
    let yjs = try ClientHost.yjs()
    let ada = try await open(yjs, "ada", at: first)
    let feed = try await open(yjs, "ada", "activity:1", at: first)
    try await ada.insert("together ", at: 0)
    let bob = try await open(yjs, "bob", at: second)
    try await eventuallyEqual([ada, bob]) { $0.text == "together " }
    second.process.signal(SIGTERM)
    try await second.process.waitForExit()
    // On its own, with the same store.
    second = try await relay("second.sqlite")
    let alone = try await open(yjs, "bob", at: second)
    try await eventually("his copy") { try await alone.content().text == "together " }
    try await alone.set("alone", true)
    try await ada.set("meanwhile", true)
    try await eventually("it is told there") {
      try await activity(["1", "--path", "map/alone"], at: second, by: try await mint("bob", "project:1=read"))
        .standardOutput.contains("bob")
    }
    second.process.signal(SIGTERM)
    try await second.process.waitForExit()
    second = try await relay("second.sqlite", peers: [first.tcpURL])
    let late = try await open(yjs, "bob", "activity:1", at: second)
    for client in [feed, late] {
      let paths = try await eventually("all is told") { () -> [JSON?]? in
        let entries = try await told(client).filter { $0["kind"] == "edited" }
        return entries.count == 3 ? entries.map { $0["path"] } : nil
      }
      #expect(Set(paths) == ["text", "map/alone", "map/meanwhile"])
    }
    // Each has an index of all.
    for relay in [first, second] {
      let reader = try await mint("eve", "project:1=read")
      for path in ["text", "map/alone", "map/meanwhile"] {
        let outcome = try await activity(["1", "--path", path, "--kind", "edited", "--json"], at: relay, by: reader)
        #expect(try outcome.json()[0] != nil && outcome.json()[1] == nil, "\(path): \(outcome)")
      }
    }
  }

  @Test("The commands follow a feed, record events, and name what is wrong with their arguments")
  func commands() async throws {
    let relay = try await relay("store.sqlite")
    let root = try await mint("root", "*=admin")
    let place = ["--url", "http://127.0.0.1:\(relay.port)", "--token-file", try tokenFile(root)]
    let following = try ChildProcess(
      TestFiles.syncctl, ["activity", "1", "--follow", "--kind", "deployed", "--limit", "2", "--json"] + place)
    try await eventually("it follows") { following.standardError.contains("following `project:1`") }
    for (arguments, text) in [
      (["record", "1", "deployed", "version 7"], "root  deployed “version 7”"),
      (["record", "project:1", "built"], "root  built"),
      (["record", "1", "deployed", "--user", "ada", "--path", "a/b"], "ada  deployed a/b"),
    ] {
      let outcome = try await activity(arguments, at: relay, by: root)
      #expect(outcome.status == 0 && outcome.standardOutput.contains(text), "\(outcome)")
    }
    #expect(try await following.waitForExit() == 0)
    let lines = try expectSchema("activity", following.standardOutput)
    #expect(lines.map { $0["user"] } == ["root", "ada"])
    for (arguments, status) in [
      (["record", "1", "edited"], 4), (["record", "1", "a b"], 4), (["1", "--limit", "0"], 2),
      (["1", "--since", "x"], 2),
      (["record", "1", "x", String(repeating: "x", count: 1001)], 4), (["1", "--since", "2026-11-25"], 0),
    ] as [([String], Int32)] {
      let outcome = try await activity(arguments, at: relay, by: root)
      #expect(outcome.status == status, "\(arguments): \(outcome)")
    }
    #expect(try await syncctl("activity", "1", "--follow", "--store", relay.store.path).status == 2)

    let rest = folder.file("rest.sqlite").path
    #expect(try await syncctl("activity", "record", "1", "noted", "at rest", "--store", rest).status == 3)
    #expect(try await syncctl("set", "project:1", "a", "1", "--store", relay.store.path).status == 3)
    relay.process.signal(SIGTERM)
    try await relay.process.waitForExit()
    let noted = try await syncctl("activity", "record", "1", "noted", "at rest", "--json", "--store", relay.store.path)
    #expect(noted.status == 0)
    #expect(try expectSchema("activity", noted.standardOutput).first?["source"] == "command line")
    let list = try await syncctl("activity", "1", "--search", "rest", "--store", relay.store.path)
    #expect(list.standardOutput.contains("(command line)  noted “at rest”"), "\(list)")
  }
}
