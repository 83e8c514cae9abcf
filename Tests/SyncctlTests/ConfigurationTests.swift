import Foundation
import SyncNode
import Testing

/// What a relay is told by options, the environment and a file.
@Suite struct ConfigurationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await outcome(of: ChildProcess(TestFiles.syncctl, arguments, environment: environment))
  }

  private func file(_ content: String) throws -> String {
    let file = folder.file("\(UUID().uuidString).json")
    try Data(content.utf8).write(to: file)
    return file.path
  }

  /// What `config check` tells of each setting, by its name.
  private func settings(_ arguments: [String], environment: [String: String] = [:]) async throws -> [String: JSON] {
    let outcome = try await run(["config", "check", "--json"] + arguments, environment: environment)
    #expect(outcome.status == 0, "\(outcome)")
    try expectSchema("config", outcome.standardOutput)
    guard case .array(let rows) = try outcome.json() else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: rows.compactMap { row in
        guard case .string(let name)? = row["name"] else { return nil }
        return (name, row)
      })
  }

  @Test("An option goes before the environment, that before the file, and that before the default")
  func precedence() async throws {
    let path = try file(
      #"""
      {
        "listen": {"host": "::1", "port": 1, "tcp-port": 2, "ping-interval": 5, "behind-proxy": true,
                   "trusted-proxy": ["10.0.0.0/8", "::1"], "allow-origin": ["https://one.example"]},
        "peers": {"peer": ["ws://one.example", "ws://two.example"], "peer-rooms-in-use": true},
        "storage": {"store": "file.sqlite", "history-days": 30},
        "process": {"log-level": "error"},
        "limits": {"message-bytes": "4MiB"}
      }
      """#)
    let settings = try await settings(
      ["--port", "3", "--peer=ws://three.example", "--peer", "ws://four.example"],
      environment: [
        "SYNCCTL_CONFIG": path, "SYNCCTL_PORT": "4", "SYNCCTL_TCP_PORT": "5", "SYNCCTL_BEHIND_PROXY": "true",
        "SYNCCTL_PEER_ROOMS_IN_USE": "false", "SYNCCTL_LOG_LEVEL": "", "SYNCCTL_DURABILITY": "normal",
        "SYNCCTL_ALLOW_ORIGIN": "https://two.example,https://*.example.com",
      ])
    let expected: [(name: String, value: JSON, source: JSON?)] = [
      ("host", "::1", .string(path)), ("port", 3, "--port"), ("tcp-port", 5, "$SYNCCTL_TCP_PORT"),
      ("ping-interval", 5, .string(path)), ("behind-proxy", true, "$SYNCCTL_BEHIND_PROXY"),
      ("trusted-proxy", ["10.0.0.0/8", "::1"], .string(path)),
      ("allow-origin", ["https://two.example", "https://*.example.com"], "$SYNCCTL_ALLOW_ORIGIN"),
      ("peer", ["ws://three.example", "ws://four.example"], "--peer"),
      ("peer-rooms-in-use", false, "$SYNCCTL_PEER_ROOMS_IN_USE"), ("store", "file.sqlite", .string(path)),
      ("ephemeral", false, nil), ("durability", "normal", "$SYNCCTL_DURABILITY"), ("history-days", 30, .string(path)),
      ("stop-timeout", 10, nil), ("log-level", "error", .string(path)), ("message-bytes", 4_194_304, .string(path)),
      ("tls-key", .null, nil),
    ]
    for (name, value, source) in expected {
      let setting = settings[name]
      #expect(setting?["value"] == value && setting?["source"] == source, "\(name): \(setting ?? nil)")
    }
    let table = try await run(["config", "check", "--config", path])
    let row = /peers.peer +ws:\/\/one.example, ws:\/\/two.example +\S+\.json/
    #expect(table.status == 0 && table.standardOutput.contains(row), "\(table)")
    #expect(table.standardOutput.contains(/storage.ephemeral +false +default/), "\(table)")
  }

  @Test("All options of a relay are settings, and no others")
  func completeness() async throws {
    let help = try await run(["help", "serve"]).standardOutput
    let options = Set(help.matches(of: /(?m)^  (?:-h, )?--([a-z-]+)/).map { String($0.1) })
    let limits = Limits.table.map(\.name)
    let settings = Set(try await settings([]).keys).subtracting(limits)
    #expect(settings == options.subtracting(["help", "config", "limit"]))
  }

  @Test("A relay runs as its file says")
  func serves() async throws {
    let store = folder.file("store.sqlite")
    let path = try file(
      """
      {
        "listen": {"port": 0, "tcp-port": 0},
        "storage": {"store": "\(store.path)", "durability": "normal"},
        "limits": {"message-bytes": "1KiB"}
      }
      """)
    let relay = try await Relay.waitUntilReady(
      ChildProcess(TestFiles.syncctl, ["serve", "--config", path]), store: store)
    #expect(relay.tcpPort != nil)
    let client = try await ClientHost.yjs().open("client", at: relay.url, room: "room")
    try await client.waitUntilSynced()
    try await client.burst(String(repeating: "x", count: 1 << 10), count: 1)
    let closure = try await eventually("the client's socket is closed") { try await client.state().closures.first }
    #expect(closure.hasPrefix("1009"), "close code and reason: \(closure)")
  }

  @Test("What makes no sense exits with 2 and names where it stands and what is near, before a store is made")
  func nonsense() async throws {
    let store = folder.file("store.sqlite").path
    let cases: [(content: String, environment: [String: String], words: [String])] = [
      ("[]", [:], ["is no object"]), (#"{"listen": 5}"#, [:], ["listen is no object"]),
      (#"{"lsten": {}}"#, [:], ["`lsten`", "did you mean `listen`?"]),
      (#"{"colours": {}}"#, [:], ["`colours`", "listen, tls, peers"]),
      (#"{"listen": {"prot": 1}}"#, [:], ["`listen.prot`", "did you mean `port`?"]),
      (#"{"listen": {"peer": ["ws://a"]}}"#, [:], ["`peer`", "move it to `peers`"]),
      (#"{"listen": {"port": "8787"}}"#, [:], ["listen.port", "a whole number"]),
      (#"{"listen": {"port": 70000}}"#, [:], ["70000", "--port is from"]),
      (#"{"listen": {"port": 1e300}}"#, [:], ["listen.port", "a whole number"]),
      (#"{"listen": {"port": null}}"#, [:], ["listen.port"]),
      (#"{"listen": {"behind-proxy": 1}}"#, [:], ["listen.behind-proxy", "true or false"]),
      (#"{"listen": {"host": true}}"#, [:], ["listen.host", "a text"]),
      (#"{"peers": {"peer": "ws://a"}}"#, [:], ["peers.peer", "an array of texts"]),
      (#"{"peers": {"peer": ["ws://a", 5]}}"#, [:], ["peers.peer", "an array of texts"]),
      (#"{"peers": {"peer": ["http://a"]}}"#, [:], ["http://a", "--peer is from"]),
      (#"{"tls": {"tls-key": "x"}}"#, [:], ["go together", "--tls-key is from"]),
      (#"{"storage": {"ephemeral": true}}"#, [:], ["exclude each other", "--ephemeral is from"]),
      (#"{"process": {"log-level": "--ephemeral"}}"#, [:], ["--ephemeral", "--log-level is from"]),
      (#"{"process": {"config": "x"}}"#, [:], ["`process.config`"]),
      (#"{"limits": {"message-bytes": true}}"#, [:], ["limits.message-bytes", "neither"]),
      ("{}", ["SYNCCTL_PORT": "many"], ["$SYNCCTL_PORT", "a whole number"]),
      ("{}", ["SYNCCTL_PROT": "1"], ["$SYNCCTL_PROT", "did you mean `$SYNCCTL_PORT`?"]),
      ("{}", ["SYNCCTL_BEHIND_PROXY": "maybe"], ["$SYNCCTL_BEHIND_PROXY", "true or false"]),
      ("{}", ["SYNCCTL_PEER": "ws://a,b"], ["'b'", "--peer is from $SYNCCTL_PEER"]),
    ]
    for (content, environment, words) in cases {
      let path = try file(content)
      for command in [["serve"], ["config", "check"]] {
        let arguments = command + ["--port", "0", "--store", store, "--config", path]
        let isAboutPort = words.contains { $0.contains("PORT") || $0.contains("--port is") }
        let kept = isAboutPort ? arguments.filter { !["--port", "0"].contains($0) } : arguments
        let outcome = try await run(kept, environment: environment)
        #expect(outcome.status == 2 && outcome.standardOutput.isEmpty, "\(content) \(environment): \(outcome)")
        #expect(outcome.standardError.split(separator: "\n").count == 1, "\(outcome)")
        for word in words { #expect(outcome.standardError.contains(word), "\(content) \(environment): \(outcome)") }
        if content != "{}" { #expect(outcome.standardError.contains(path), "\(outcome)") }
      }
    }
    #expect(!FileManager.default.fileExists(atPath: store))
  }

  @Test("A check exits as the relay would: with 3 for a file that cannot be used, with 4 for what is not allowed")
  func otherFailures() async throws {
    let missing = folder.file("missing.txt").path
    let secret = try await run(["config", "check", "--config", file(#"{"access": {"jwt-secret": "\#(missing)"}}"#)])
    #expect(secret.status == 3 && secret.standardError.contains("missing.txt"), "\(secret)")
    let none = try await run(["config", "check", "--config", missing])
    #expect(none.status == 3 && none.standardError.contains("missing.txt"), "\(none)")
    let open = try await run(["config", "check", "--config", file(#"{"listen": {"host": "0.0.0.0"}}"#)])
    #expect(open.status == 4 && open.standardError.contains("--allow-remote-without-auth"), "\(open)")
    let help = try await run(["serve", "--help", "--config", missing])
    #expect(help.status == 0, "\(help)")
  }
}
