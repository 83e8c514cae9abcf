import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Relays that let in by token, with stock clients, other relays and `syncctl token`.
@Suite struct TokenRelayTests {
  private let folder: TemporaryFolder
  private let secret: String
  private let revoked: String

  init() throws {
    folder = try TemporaryFolder()
    secret = folder.file("secret.txt").path
    revoked = folder.file("revoked.txt").path
    try write("a secret that nobody guesses, long enough\n", to: secret)
    try write("", to: revoked)
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
  }

  private func mint(_ subject: String, _ rules: String..., options: [String] = []) async throws -> String {
    let arguments =
      ["token", "mint", "--secret", secret, "--subject", subject, "--lifetime", "1h"] + options
      + rules.flatMap { ["--room", $0] }
    let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.standardOutput.trimmingCharacters(in: .newlines)
  }

  private func relay(_ name: String, peers: [String] = [], options: [String] = []) async throws -> Relay {
    try await Relay.start(
      store: folder.file(name), tcpPort: 0, peers: peers,
      options: ["--jwt-secret", secret, "--jwt-revoked", revoked] + options)
  }

  @Test("Stock clients are let in by their tokens, for what these say, however they are shown")
  func clients() async throws {
    let relay = try await relay("store.sqlite")
    let yjs = try ClientHost.yjs()
    let writing = try await mint("ada", "project:*=write")
    var clients: [Client] = []
    for way in TokenWay.allCases {
      clients.append(
        try await yjs.open("\(way)", at: relay.url, room: "project:1", token: (way: way, text: writing)))
    }
    clients.append(try await yjs.openMultiplexed("hocuspocus", at: relay.url, room: "project:1", token: writing))
    for client in clients { try await client.waitUntilSynced() }
    for client in clients { try await client.burst(client.name, count: 5) }
    try await eventuallyEqual(clients) { $0.list.count == 20 }
    #expect(try await clients[3].state().scope == "read-write")

    let reading = try await mint("bob", "*=read")
    let reader = try await yjs.open(
      "reader", at: relay.url, room: "project:1", awareness: ["name": "bob"], token: (way: .parameter, text: reading))
    try await eventuallyEqual([clients[0], reader])
    let guest = try await yjs.openMultiplexed(
      "guest", at: relay.url, room: "project:1", session: "guest", token: reading)
    try await eventually("the guest's scope") { try await guest.state().scope == "readonly" }
    let readerID = try await reader.state().clientID
    try await reader.insert("forbidden", at: 0)
    let refusal = try await eventually("the refusal") { try await reader.state().closures.first }
    #expect(refusal == "4403 only reading is allowed here")
    #expect(try await !clients[0].content().text.contains("forbidden"))
    #expect(try await clients[0].state().awareness["\(readerID)"] == nil)

    for (room, token, closure) in [
      ("other", writing, "4403 the room is not for you"), ("project:1", "forged", "4401 the token cannot be read"),
    ] {
      let client = try await yjs.open(closure, at: relay.url, room: room, token: (way: .parameter, text: token))
      let actual = try await eventually("the end") { try await client.state().closures.first }
      #expect(actual.hasPrefix(closure))
    }
    let nobody = try await yjs.openMultiplexed(
      "nobody", at: relay.url, room: "project:1", session: "nobody", token: "")
    try await eventually("the denial") { try await nobody.state().denials == ["show a token"] }
  }

  @Test("A token that is revoked counts no more, also for whoever is in, and others go on")
  func revocation() async throws {
    let relay = try await relay("store.sqlite")
    let yjs = try ClientHost.yjs()
    let adas = try await mint("ada", "*=write", options: ["--id", "lost"])
    let ada = try await yjs.open("ada", at: relay.url, room: "room", token: (way: .parameter, text: adas))
    let bob = try await yjs.openMultiplexed("bob", at: relay.url, room: "room", token: try await mint("bob", "*=write"))
    try await ada.insert("a", at: 0)
    try await eventuallyEqual([ada, bob]) { $0.text == "a" }
    try write("lost # its laptop was stolen\n", to: revoked)
    let closure = try await eventually("the end") { try await ada.state().closures.first }
    #expect(closure == "4401 the token was revoked")
    try await bob.burst("bob", count: 3)
    try await eventually("bob goes on") { try await bob.state().acknowledgedCount == 3 }
    try await eventually("ada's attempts") { try await ada.state().closures.count > 1 }
    #expect(try await ada.content().list.isEmpty)
  }

  @Test(
    "Administrators of all rooms have tokens made over HTTP, which count here and end as asked",
    arguments: [true, false])
  func tokensOverHTTP(withSecret: Bool) async throws {
    let keys = try TestKeys(in: folder.url)
    let options =
      withSecret
      ? ["--jwt-secret", secret]
      : ["--jwt-public-key", keys.publicKey, "--jwt-private-key", keys.privateKey, "--jwt-audience", "notes"]
    let relay = try await Relay.start(store: folder.file("tokens.sqlite"), options: options)
    func minted(_ subject: String, _ rule: String) async throws -> String {
      let key =
        withSecret ? ["--secret", secret] : ["--private-key", keys.privateKey, "--audience", "notes"]
      let arguments = ["token", "mint", "--subject", subject, "--room", rule, "--lifetime", "1h"] + key
      return try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
        .standardOutput.trimmingCharacters(in: .newlines)
    }
    func ask(_ token: String, _ body: String) async throws -> (status: Int?, answer: JSON) {
      var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(relay.port)/api/tokens")))
      request.httpMethod = "POST"
      request.httpBody = Data(body.utf8)
      request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
      let (data, response) = try await URLSession.shared.data(for: request)
      return ((response as? HTTPURLResponse)?.statusCode, try JSONDecoder().decode(JSON.self, from: data))
    }
    let body = #"{"subject": "ada", "name": "Ada", "rooms": {"project:*": "write"}, "lifetimeSeconds": 60}"#
    let made = try await ask(try await minted("backend", "*=admin"), body)
    #expect(made.status == 201, "\(made)")
    guard case .string(let token)? = made.answer["token"] else { return }
    let yjs = try ClientHost.yjs()
    let ada = try await yjs.openMultiplexed("ada", at: relay.url, room: "project:1", token: token)
    try await ada.waitUntilSynced()
    #expect(try await ada.state().scope == "read-write")
    let elsewhere = try await yjs.openMultiplexed(
      "elsewhere", at: relay.url, room: "secret", session: "elsewhere", token: token)
    try await eventually("the denial") { try await elsewhere.state().denials?.isEmpty == false }

    let refused = try await ask(token, body)
    #expect(refused.status == 403 && refused.answer["error"]?["code"] == .string("forbidden"), "\(refused)")
    for wrong in [
      #"{"subject": "", "rooms": {"*": "read"}, "lifetimeSeconds": 60}"#,
      #"{"subject": "a", "rooms": {"*": "own"}, "lifetimeSeconds": 60}"#,
      #"{"subject": "a", "rooms": {}, "lifetimeSeconds": 60}"#,
      #"{"subject": "a", "rooms": {"*": "read"}, "lifetimeSeconds": 0}"#,
      #"{"subject": "a", "rooms": {"*": "read"}, "lifetimeSeconds": 60, "admin": true}"#,
    ] {
      let answer = try await ask(try await minted("backend", "*=admin"), wrong)
      #expect(answer.status == 400 && answer.answer["error"]?["code"] == .string("invalidBody"), "\(wrong): \(answer)")
    }
  }

  @Test("A relay links to another by a token, and operators see the status by one")
  func relays() async throws {
    let first = try await relay("first.sqlite")
    let token = try await mint("second", "*=admin")
    let tokenFile = folder.file("token.txt").path
    try write(token + "\n", to: tokenFile)
    let second = try await relay("second.sqlite", peers: [first.tcpURL], options: ["--peer-token-file", tokenFile])
    let yjs = try ClientHost.yjs()
    let writing = try await mint("ada", "*=write")
    let clients = [
      try await yjs.open("one", at: first.url, room: "room", token: (way: .header, text: writing)),
      try await yjs.open("two", at: second.url, room: "room", token: (way: .header, text: writing)),
    ]
    for client in clients { try await client.burst(client.name, count: 5) }
    try await eventuallyEqual(clients) { $0.list.count == 10 }

    for (token, expected) in [(nil, 401), ("forged", 401), (writing, 403), (token, 200)] as [(String?, Int)] {
      var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(first.port)/statusz")))
      if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
      let status = (try await URLSession.shared.data(for: request).1 as? HTTPURLResponse)?.statusCode
      #expect(status == expected)
    }
  }

  @Test("`token verify` says what a relay makes of a token")
  func verify() async throws {
    let token = try await mint("ada", "board=comment", "project:*=write", options: ["--name", "Ada", "--id", "1"])
    let options = ["--jwt-secret", secret, "--jwt-revoked", revoked]
    func verify(_ more: String...) async throws -> Outcome {
      try await outcome(of: ChildProcess(TestFiles.syncctl, ["token", "verify", token] + options + more))
    }
    let claims = try #require(try expectSchema("token", await verify("--json").standardOutput).first)
    #expect(claims["sub"] == "ada" && claims["name"] == "Ada" && claims["jti"] == "1")
    #expect(claims["rooms"] == ["board": "comment", "project:*": "write"])
    #expect(try await verify().standardOutput.contains("project:*=write"))
    try write("1\n", to: revoked)
    let refusal = try await verify()
    #expect(refusal.status == 1 && refusal.standardError.contains("the token was revoked"), "\(refusal)")
    let missing = try await syncctl("serve", "--ephemeral", "--jwt-secret", folder.file("missing").path)
    #expect(missing.status == 3 && missing.standardError.contains("cannot be read"), "\(missing)")
  }
}

/// A pair of keys for tokens.
private struct TestKeys {
  let privateKey: String
  let publicKey: String

  init(in folder: URL) throws {
    privateKey = folder.appending(path: "key.pem").path
    publicKey = folder.appending(path: "public.pem").path
    try OpenSSL.run(["genpkey", "-algorithm", "ed25519", "-out", privateKey])
    try OpenSSL.run(["pkey", "-in", privateKey, "-pubout", "-out", publicKey])
  }
}
