import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Exit codes and error messages of `syncctl`.
@Suite struct CommandLineTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// One line on stderr, nothing on stdout.
  private func expectRefusal(_ outcome: Outcome, status: Int32, mentions words: String...) {
    #expect(outcome.status == status, "\(outcome)")
    #expect(outcome.standardOutput.isEmpty, "\(outcome)")
    let lines = outcome.standardError.split(separator: "\n")
    #expect(lines.count == 1, "\(outcome)")
    for word in words { #expect(outcome.standardError.contains(word), "\(outcome)") }
  }

  @Test("Shells get completions that know all commands", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) async throws {
    let script = try await syncctl("--generate-completion-script", shell)
    #expect(script.status == 0 && script.standardError.isEmpty, "\(script)")
    for word in ["serve", "rooms", "watch", "version", "--url"] {
      #expect(script.standardOutput.contains(shell == "fish" ? word.replacing("--", with: "") : word), "\(word)")
    }
  }

  @Test(
    "Wrong usage exits with 2",
    arguments: [
      ["fly"], ["show"], ["serve", "--port", "many"], ["serve", "--port", "70000"], ["rooms", "--colour"],
      ["show", "room", "--format", "poem"], ["serve", "--peer", "http://x"], ["serve", "--peer", "tcp://x"],
      ["serve", "--peer-rooms", "a*"], ["serve", "--peer", "tls://x"], ["serve", "--tls-key", "x"],
      ["serve", "--ping-interval", "0"], ["serve", "--jwt-secret", "a", "--jwt-key-set", "b"],
      ["serve", "--jwt-revoked", "x"], ["serve", "--jwt-audience", "x"], ["token", "verify", "x"],
      ["token", "mint", "--secret", "x", "--subject", "a", "--room", "*=all", "--lifetime", "1h"],
      ["token", "mint", "--secret", "x", "--subject", "a", "--room", "*=read", "--lifetime", "1 week"],
      ["token", "mint", "--subject", "a", "--room", "*=read", "--lifetime", "1h"],
      ["serve", "--tls-certificate", "x"], ["serve", "--tls-client-roots", "x"], ["serve", "--trusted-proxy", "::1"],
      ["serve", "--behind-proxy", "--trusted-proxy", "x"], ["serve", "--allow-origin", "app.example"],
      ["serve", "--peer-key", "x"], ["serve", "--peer", "ws://x", "--peer-trust-roots", "x"],
      ["inspect"], ["inspect", "-", "--as", "poem"], ["inspect", "-", "--limit", "-1"], ["merge"], ["merge", "-", "-"],
      ["inspect", "-", "--as", "capture", "--encoding", "raw"], ["convert", "-", "--to", "v3"],
      ["convert", "-", "--to", "json", "--output-encoding", "hex"], ["export"], ["export", "--all"],
      ["export", "room", "--all", "-o", "x"], ["export", "--all", "-o", "x", "--format", "text"], ["import", "room"],
      ["import", "", "-"], ["import", "room", "-", "--all", "x"], ["compact", "--history-days", "-1"],
    ])
  func wrongUsage(_ arguments: [String]) async throws {
    let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
    #expect(outcome.status == 2, "\(outcome)")
    #expect(!outcome.standardError.isEmpty)
  }

  @Test(
    "Help exits with 0",
    arguments: [["--help"], ["help", "serve"], ["show", "--help"], ["help", "inspect"], ["merge", "--help"]])
  func help(_ arguments: [String]) async throws {
    let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
    #expect(outcome.status == 0 && !outcome.standardOutput.isEmpty, "\(outcome)")
  }

  @Test("A store that does not exist is not made by a reading command, which exits with 3")
  func missingStore() async throws {
    let store = folder.file("missing.sqlite")
    for arguments in [["rooms"], ["show", "room"], ["export", "room"]] {
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["--store", store.path]))
      expectRefusal(outcome, status: 3, mentions: "missing.sqlite")
    }
    #expect(!FileManager.default.fileExists(atPath: store.path))
  }

  @Test("A room that does not exist exits with 3 and names it")
  func missingRoom() async throws {
    let store = folder.file("store.sqlite")
    let relay = try await Relay.start(store: store)
    for command in ["show", "export"] {
      expectRefusal(try await syncctl(command, "nowhere", "--store", store.path), status: 3, mentions: "nowhere")
    }
    relay.process.signal(SIGTERM)
    try await relay.process.waitForExit()
  }

  @Test("Ctrl-C and SIGTERM end a relay with clients connected, with exit code 0", arguments: [SIGINT, SIGTERM])
  func stopsOnSignals(_ signal: Int32) async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let yjs = try ClientHost.yjs()
    let client = try await yjs.open("client", at: relay.url, room: "room")
    try await client.waitUntilSynced()
    try await client.burst("item", count: 20)
    try await eventually("the burst is stored") { try await client.state().acknowledgedCount == 20 }
    relay.process.signal(signal)
    #expect(try await relay.process.waitForExit() == 0, "\(relay.process.standardError)")
    let closure = try await eventually("the client's socket is closed") { try await client.state().closures.first }
    #expect(closure.hasPrefix("1001") || closure.hasPrefix("1012"), "close code and reason: \(closure)")
  }

  @Test("A port that is taken exits with 3 and says so")
  func portTaken() async throws {
    let relay = try await Relay.start(store: folder.file("first.sqlite"))
    let store = folder.file("second.sqlite").path
    let outcome = try await syncctl("serve", "--port", "\(relay.port)", "--store", store, "--log-level", "error")
    expectRefusal(outcome, status: 3, mentions: "\(relay.port)")
  }

  @Test("Files for TLS that cannot be used exit with 3 and are named, before a store is made")
  func unusableTLSFiles() async throws {
    let store = folder.file("store.sqlite")
    let missing = folder.file("missing.pem").path
    for arguments in [
      ["--tls-certificate", missing, "--tls-key", missing],
      ["--peer", "wss://localhost", "--peer-trust-roots", missing],
    ] {
      let serve = ["serve", "--port", "0", "--store", store.path] + arguments
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, serve))
      expectRefusal(outcome, status: 3, mentions: missing)
    }
    #expect(!FileManager.default.fileExists(atPath: store.path))
  }

  @Test("Without protection a relay refuses to listen beyond this machine, with exit code 4 and what to pass")
  func refusesRemoteAccess() async throws {
    let store = folder.file("store.sqlite")
    let outcome = try await syncctl("serve", "--host", "0.0.0.0", "--port", "0", "--store", store.path)
    expectRefusal(
      outcome, status: 4, mentions: "0.0.0.0", "--allow-remote-without-auth", "--behind-proxy",
      "--allow-remote-without-tls")
    let nodes = try await syncctl(
      "serve", "--host", "0.0.0.0", "--port", "0", "--tcp-port", "0", "--store", store.path, "--behind-proxy",
      "--allow-remote-without-auth")
    expectRefusal(nodes, status: 4, mentions: "0.0.0.0", "pass --tls-certificate or --allow-remote-without-tls")
    #expect(!FileManager.default.fileExists(atPath: store.path))
  }

  @Test("The relay answers health checks over HTTP")
  func healthChecks() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    for path in ["healthz", "readyz"] {
      let url = try #require(URL(string: "http://127.0.0.1:\(relay.port)/\(path)"))
      let (_, response) = try await URLSession.shared.data(from: url)
      #expect((response as? HTTPURLResponse)?.statusCode == 200, "\(path)")
    }
  }
}
