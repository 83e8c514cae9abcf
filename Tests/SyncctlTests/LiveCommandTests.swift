import CRDT
import Foundation
import Logging
import SyncHTTP
import SyncNode
import Synchronization
import TestSupport
import Testing

/// Commands on relays that run, with `--url`.
@Suite struct LiveCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await outcome(of: ChildProcess(TestFiles.syncctl, arguments, environment: environment))
  }

  /// Waits until all that clients wrote is in the store.
  private func waitUntilStored(_ room: String, on relay: Relay, _ clients: [Client]) async throws {
    let content = try await eventuallyEqual(clients)
    try await eventually("what clients show is stored") {
      let shown = try await run(["show", room, "--json", "--store", relay.store.path]).json()
      return shown["text"] == .string(content.text) && shown["map"] ?? [:] == .object(content.map)
        && shown["list"] ?? [] == .array(content.list)
    }
  }

  @Test("A relay tells of what Yjs and yrs clients wrote to it the same as its store")
  func reading() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: ["--compact-after", "8"])
    let address = "http://127.0.0.1:\(relay.port)"
    let alice = try await ClientHost.yjs().open("alice", at: relay.url, room: "project/%C3%A4%3F=&+1")
    let carol = try await ClientHost.pycrdt().open("carol", at: relay.url, room: "project/%C3%A4%3F=&+1")
    let name = "project/%C3%A4%3F=&+1"
    for client in [alice, carol] { try await client.waitUntilSynced() }
    try await alice.insert("Hello world", at: 0)
    try await carol.push(["title": "one"])
    try await alice.set("theme", "dark")
    try await eventuallyEqual([alice, carol]) { $0.text == "Hello world" && $0.list.count == 1 && $0.map.count == 1 }
    try await carol.delete(at: 0, count: 6)
    for client in [alice, carol] { try await client.burst(client.name, count: 10) }
    try await eventuallyEqual([alice, carol]) { $0.list.count == 21 }
    try await waitUntilStored(name, on: relay, [alice, carol])

    let commands = [
      ["show", name], ["show", name, "--json"], ["show", name, "--path", "text", "--format", "text"],
      ["show", name, "--format", "tree"], ["show", name, "--at", "2"], ["show", name, "--at", "2030-01-01"],
      ["show", name, "--at", "99"], ["log", name], ["log", name, "--json"], ["log", name, "--limit", "1"],
      ["blame", name, "text"], ["blame", name, "list", "--json"], ["copies", name],
      ["diff", "\(name)@2", name], ["diff", "\(name)@2", name, "--json"], ["export", name, "--format", "json"],
      ["show", "projct"], ["log", "projct"], ["blame", "projct", "text"], ["copies", "projct"], ["stats", "projct"],
    ]
    for command in commands {
      let stored = try await run(command + ["--store", relay.store.path])
      let live = try await run(command + ["--url", address])
      #expect(live.status == stored.status, "\(command): \(live)")
      #expect(live.standardOutput == stored.standardOutput, "\(command): \(live)")
      let errors = live.standardError.replacing(address, with: relay.store.path)
      #expect(errors == stored.standardError, "\(command): \(live)")
    }
    let rooms = try await run(["rooms", "--url", address, "--json"])
    try expectSchema("rooms", rooms.standardOutput)
    #expect(try rooms.json()[0]?["clients"] == 2, "\(rooms)")
    let table = try await run(["rooms", "--url", address]).standardOutput
    #expect(table.contains("CLIENTS") && table.contains(name), "\(table)")
    try expectSchema("rooms", try await run(["rooms", "--store", relay.store.path, "--json"]).standardOutput)
    let stats = try await run(["stats", name, "--url", address, "--json"])
    try expectSchema("stats", stats.standardOutput)

    let same = try await run(["diff", relay.store.path, address])
    #expect(same.status == 0, "\(same)")
    let update = folder.file("room.update")
    #expect(try await run(["export", name, "--url", address, "-o", update.path]).status == 0)
    #expect(try await run(["diff", update.path, "\(address)/\(name)"]).status == 0)
    let exported = folder.file("rooms")
    #expect(try await run(["export", "--all", "--url", address, "-o", exported.path]).status == 0)
    let copy = folder.file("copy.sqlite")
    #expect(try await run(["import", "--all", exported.path, "--store", copy.path]).status == 0)
    #expect(try await run(["diff", copy.path, "ws://127.0.0.1:\(relay.port)/"]).status == 0)
  }

  @Test("What is edited reaches clients at once, merges with what they write, and is stored")
  func editing() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let address = "http://127.0.0.1:\(relay.port)"
    let client = try await ClientHost.yjs().open("client", at: relay.url, room: "notes")
    try await client.waitUntilSynced()
    try await client.insert("Hello", at: 0)
    try await waitUntilStored("notes", on: relay, [client])
    func edit(_ arguments: [String], environment: [String: String] = [:]) async throws -> JSON {
      let outcome = try await run(arguments + ["--url", address, "--json"], environment: environment)
      #expect(outcome.status == 0, "\(arguments): \(outcome)")
      return try #require(try expectSchema("edit", outcome.standardOutput).first)
    }
    #expect(try await edit(["insert", "notes", "text", "end", " world"])["bytes"] != 0)
    try await eventuallyEqual([client]) { $0.text == "Hello world" }
    _ = try await edit(["set", "notes", "map", #"{"theme": "light"}"#])
    _ = try await edit(["set", "notes", "map/theme", #""dark""#])
    _ = try await edit(["set", "notes", "list", "[1]"])
    _ = try await edit(["insert", "notes", "list", "end", "2"])
    try await eventuallyEqual([client]) { $0.map == ["theme": "dark"] && $0.list == [1, 2] }
    #expect(try await edit(["set", "notes", "map/theme", #""dark""#])["bytes"] == 0)
    _ = try await edit(["delete", "notes", "text", "0", "1"])
    try await eventuallyEqual([client]) { $0.text == "ello world" }

    // What a client writes while the editor is open stays.
    let (isOpen, mayEnd) = (folder.file("is-open"), folder.file("may-end"))
    let script = folder.file("editor.sh")
    try Data(
      """
      touch '\(isOpen.path)'
      until [ -e '\(mayEnd.path)' ]; do sleep 0.02; done
      sed -i 's/world/there/' "$1"
      """.utf8
    ).write(to: script)
    async let edited = edit(["edit", "notes", "text"], environment: ["EDITOR": "sh '\(script.path)'", "VISUAL": ""])
    try await eventually("the editor is open") { FileManager.default.fileExists(atPath: isOpen.path) }
    try await client.insert("H", at: 0)
    try await waitUntilStored("notes", on: relay, [client])
    try Data().write(to: mayEnd)
    _ = try await edited
    try await eventuallyEqual([client]) { $0.text == "Hello there" }

    let file = folder.file("other.json")
    try Data(#"{"text": "new"}"#.utf8).write(to: file)
    let imported = try await run(["import", "other", file.path, "--url", address])
    #expect(imported.status == 0 && imported.standardOutput.contains("other: created"), "\(imported)")
    let again = try await run(["import", "other", file.path, "--url", address])
    #expect(again.status == 0 && again.standardOutput == "other: nothing new\n", "\(again)")
    // All of it is stored when the command has ended.
    try await relay.crash()
    let shown = try await run(["show", "other", "--store", relay.store.path, "--json"])
    #expect(try shown.json() == ["text": "new"], "\(shown)")
    let notes = try await run(["show", "notes", "--store", relay.store.path, "--json"]).json()
    #expect(notes["text"] == "Hello there", "\(notes)")
    let gone = try await run(["set", "notes", "map/theme", "1", "--url", address])
    #expect(gone.status == 3 && gone.standardError.contains("Connection refused"), "\(gone)")
  }

  @Test("Documents are for those who may read them, histories for administrators, over TLS to whom it is trusted")
  func access() async throws {
    let secret = folder.file("secret.txt")
    try Data("a secret that nobody guesses, long enough\n".utf8).write(to: secret)
    let authority = try TestAuthority()
    let relay = try await Relay.start(
      store: folder.file("store.sqlite"), identity: try authority.issue("DNS:localhost"),
      options: ["--jwt-secret", secret.path])
    let address = "https://localhost:\(relay.port)"
    func token(_ rights: String) async throws -> String {
      let minted = try await syncctl(
        "token", "mint", "--secret", secret.path, "--subject", "ada", "--room", rights, "--lifetime", "1h")
      try #require(minted.status == 0, "\(minted)")
      return minted.standardOutput
    }
    func run(_ arguments: String..., token: String?, trusting roots: String? = authority.rootFile) async throws
      -> Outcome
    {
      var arguments = arguments + ["--url", address]
      if let roots { arguments += ["--trust-roots", roots] }
      if let token {
        let file = folder.file("token.txt")
        try Data(token.utf8).write(to: file)
        arguments += ["--token-file", file.path]
      }
      return try await self.run(arguments)
    }
    let (administrator, writer) = (try await token("*=admin"), try await token("notes=write"))
    let (reader, owner) = (try await token("notes=read"), try await token("notes=admin"))
    let file = folder.file("notes.json")
    try Data(#"{"text": "Hello"}"#.utf8).write(to: file)
    #expect(try await run("import", "notes", file.path, token: writer).status == 0)

    for (command, allowed) in [
      (["show", "notes"], [administrator, owner, writer, reader]), (["log", "notes"], [administrator, owner]),
      (["blame", "notes", "text"], [administrator, owner]), (["rooms"], [administrator]), (["verify"], [administrator]),
      (["insert", "notes", "text", "end", "!"], [administrator, owner, writer]),
    ] {
      for token in [administrator, owner, writer, reader, "nonsense", nil] {
        let isAllowed = token.map { allowed.contains($0) } ?? false
        let arguments = command + ["--url", address, "--trust-roots", authority.rootFile]
        var environment: [String: String] = [:]
        environment["SYNCCTL_TOKEN"] = token?.trimmingCharacters(in: .newlines)
        let outcome = try await self.run(arguments, environment: environment)
        #expect(outcome.status == (isAllowed ? 0 : 4), "\(command): \(outcome)")
        #expect(outcome.standardError.split(separator: "\n").count == (isAllowed ? 0 : 1), "\(command): \(outcome)")
      }
    }
    let log = try await run("log", "notes", "--json", token: owner)
    #expect(try log.json()[0]?["subject"] == "ada", "\(log)")
    let elsewhere = try await run("show", "other", token: reader)
    #expect(elsewhere.status == 4 && elsewhere.standardError.contains("the room is not for you"), "\(elsewhere)")
    for command in [["show", "notes"], ["rooms"]] {
      let untrusted = try await self.run(
        command + ["--url", address], environment: ["SYNCCTL_TOKEN": administrator.trimmingCharacters(in: .newlines)])
      #expect(untrusted.status == 3 && untrusted.standardError.contains("certificate is not trusted"), "\(untrusted)")
      let plain = try await self.run(command + ["--url", "http://localhost:\(relay.port)"])
      #expect(plain.status == 3 && plain.standardError.contains("the server ended the connection"), "\(plain)")
      let missing = try await self.run(command + ["--url", address, "--trust-roots", folder.file("none.pem").path])
      #expect(missing.status == 3 && missing.standardError.contains("none.pem"), "\(missing)")
      for outcome in [untrusted, plain, missing] {
        #expect(outcome.standardError.split(separator: "\n").count == 1, "\(outcome)")
      }
    }
  }

  /// Serves a node of this process over HTTP for the length of `body`, which gets its address.
  private func withServer(
    _ authorizer: (any Authorizer)? = nil, _ body: @escaping @Sendable (Node, String) async throws -> Void
  ) async throws {
    var configuration = Node.Configuration(store: .ephemeral)
    configuration.logger.logLevel = .critical
    configuration.authorizer = authorizer
    let node = try Node(configuration)
    let port = Mutex<Int?>(nil)
    let server = HTTPServer(node: node, address: try ListenAddress(port: 0)) { bound in port.withLock { $0 = bound } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let bound = try await eventually("the server listens") { port.withLock { $0 } }
      try await body(node, "http://127.0.0.1:\(bound)")
      group.cancelAll()
    }
    await node.stop()
  }

  @Test("A relay that keeps documents in memory shows them, and says that it has no history")
  func memory() async throws {
    try await withServer { node, address in
      let handle = try await node.open("notes")
      try await handle.edit { $0.text("text").append("Hello") }
      let rooms = try await syncctl("rooms", "--url", address, "--json")
      try expectSchema("rooms", rooms.standardOutput)
      #expect(try rooms.json()[0]?["name"] == "notes", "\(rooms)")
      #expect(try await syncctl("rooms", "--url", address).status == 0)
      #expect(try await syncctl("show", "notes", "--url", address, "--json").json() == ["text": "Hello"])
      let stats = try await syncctl("stats", "notes", "--url", address, "--json")
      try expectSchema("stats", stats.standardOutput)
      #expect(try await syncctl("stats", "notes", "--url", address).status == 0)
      for command in [["log", "notes"], ["copies", "notes"], ["verify"]] {
        let refused = try await run(command + ["--url", address])
        #expect(refused.status == 3 && refused.standardError.contains("in memory only"), "\(refused)")
      }
    }
  }

  /// Says no in words that a terminal would act on.
  private struct Trickster: Authorizer {
    func grant(for request: AccessRequest) async throws -> Grant { throw AccessDenied("no\u{1B}[2J\u{9B}31m\nnever") }
  }

  @Test("What a relay says does nothing to the terminal")
  func escapes() async throws {
    try await withServer(Trickster()) { _, address in
      for command in [["rooms"], ["show", "notes"], ["log", "notes"], ["status"]] {
        let refused = try await outcome(of: ChildProcess(TestFiles.syncctl, command + ["--url", address]))
        #expect(refused.status == 4 && refused.standardError.contains("no\u{FFFD}[2J"), "\(refused)")
        #expect(!refused.standardError.contains("\u{1B}") && !refused.standardError.contains("\u{9B}"), "\(refused)")
        #expect(refused.standardError.split(separator: "\n").count == 1, "\(refused)")
      }
    }
  }

  @Test("Addresses that make no sense and servers that are no relays are told apart from relays")
  func nonsense() async throws {
    for address in ["127.0.0.1:8787", "tcp://127.0.0.1:8787", "http://", "file:///tmp/x", "http://a?b"] {
      let refused = try await syncctl("rooms", "--url", address)
      #expect(refused.status == 2 && refused.standardError.contains("--url"), "\(address): \(refused)")
    }
    let both = try await syncctl("rooms", "--url", "http://127.0.0.1:1", "--store", "x")
    #expect(both.status == 2 && both.standardError.contains("exclude each other"), "\(both)")
    // A server of files, which knows nothing of it.
    let python = try ChildProcess(
      URL(filePath: "/usr/bin/env"),
      [TestFiles.python.path, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.url.path])
    let line = try await eventually("the server listens") {
      python.line(0).map { String(decoding: $0, as: UTF8.self) }
    }
    let port = try #require(line.firstMatch(of: /port (\d+)/)?.1)
    for command in [["rooms"], ["show", "notes"], ["log", "notes"]] {
      let refused = try await run(command + ["--url", "http://127.0.0.1:\(port)"])
      #expect(refused.status == 3 && refused.standardError.contains("no relay"), "\(command): \(refused)")
    }
    python.signal(SIGKILL)
    try await python.waitForExit()
  }
}
