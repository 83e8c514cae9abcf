import Foundation
import TestSupport
import Testing

/// Webhooks of relays that run, told by stock Yjs clients' edits, to a receiver that verifies them with a library of its own.
@Suite struct WebhookRelayTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A process that takes events.
  private final class Receiver: Sendable {
    let process: ChildProcess
    let port: Int

    init(port: Int = 0, secret: String) async throws {
      let process = try ChildProcess(
        TestFiles.python, [TestFiles.clientsFolder.appending(path: "webhook_receiver.py").path, "\(port)", secret])
      let line = try await eventually("the receiver listens: \(process.standardError)") { process.line(0) }
      guard case .number(let port)? = try JSONDecoder().decode(JSON.self, from: line)["port"] else {
        throw DeadlineExceeded(description: "no port in \(String(decoding: line, as: UTF8.self))")
      }
      self.process = process
      self.port = Int(port)
    }

    /// What came, as it was verified.
    func events() throws -> [JSON] {
      var events: [JSON] = []
      while let line = process.line(events.count + 1) { events.append(try JSONDecoder().decode(JSON.self, from: line)) }
      return events
    }

    func stop() async throws {
      process.signal(SIGKILL)
      _ = try await process.waitForExit()
    }
  }

  private func run(_ arguments: String..., at relay: Relay) async throws -> Outcome {
    try await outcome(
      of: ChildProcess(TestFiles.syncctl, ["webhooks"] + arguments + ["--url", "http://127.0.0.1:\(relay.port)"]))
  }

  @Test(
    "What a stock client writes is told, signed so that a library of Standard Webhooks takes it, also after crashes")
  func told() async throws {
    let secret = try await syncctl("webhooks", "secret").standardOutput.trimmingCharacters(in: .newlines)
    let secretFile = folder.file("hook.secret")
    try Data(secret.utf8).write(to: secretFile)
    let receiver = try await Receiver(secret: secret)
    let file = folder.file("webhooks.json")
    let webhooks = #"""
      [{"url": "http://127.0.0.1:\#(receiver.port)/hook", "secretFile": "\#(secretFile.path)",
        "events": ["document.changed"], "rooms": ["project:*"]}]
      """#
    try Data(webhooks.utf8).write(to: file)
    #expect(try await syncctl("webhooks", "check", file.path).standardOutput == "1 webhook: all make sense\n")

    let store = folder.file("store.sqlite")
    let options = ["--webhooks", file.path]
    let relay = try await Relay.start(store: store, options: options)
    let yjs = try ClientHost.yjs()
    let client = try await yjs.open("ada", at: relay.url, room: "project:1")
    try await client.waitUntilSynced()
    try await client.insert("Hello", at: 0)
    let event = try await eventually("it is told") { try receiver.events().first }
    #expect(event["event"]?["type"] == .string("document.changed"))
    #expect(event["event"]?["data"]?["room"] == .string("project:1"), "\(event)")
    let list = try await run("--json", at: relay)
    #expect(try list.json()[0]?["delivered"] == .number(1), "\(list)")

    // Nobody takes it, and the relay crashes.
    try await receiver.stop()
    try await client.insert("again", at: 0)
    let waiting = try await eventually("it waits") { () -> JSON? in
      let pending = try await run("deliveries", "--state", "pending", "--json", at: relay).json()[0]
      return pending?["failure"] == nil ? nil : pending
    }
    try await relay.crash()
    let resting = try await syncctl("webhooks", "deliveries", "--store", store.path, "--json")
    #expect(try resting.json()[0]?["id"] == waiting["id"], "\(resting)")

    let next = try await Receiver(port: receiver.port, secret: secret)
    let recovered = try await Relay.start(store: store, port: relay.port, options: options)
    let late = try await eventually("it is told at last", within: .seconds(60)) { try next.events().first }
    #expect(late["id"] == waiting["id"] && late["event"]?["type"] == .string("document.changed"), "\(late)")
    try await eventually("nothing waits") {
      try await run("deliveries", "--json", at: recovered).json().elements == []
    }
    let dead = try await run("retry", at: recovered)
    #expect(dead.status == 0 && dead.standardOutput == "0 events tried again\n", "\(dead)")
    let unknown = try await run("discard", "msg_unknown", at: recovered)
    #expect(unknown.status == 1, "\(unknown)")
    try await next.stop()
  }

  @Test("A file of webhooks that makes no sense keeps a relay from starting, and says why")
  func badFile() async throws {
    let file = folder.file("webhooks.json")
    try Data(#"[{"url": "http://example.org", "secret": "hunter2"}]"#.utf8).write(to: file)
    let outcome = try await syncctl("serve", "--port", "0", "--ephemeral", "--webhooks", file.path)
    #expect(outcome.status == 2 && outcome.standardError.contains("webhook 1: `secret` is `whsec_`"), "\(outcome)")
    #expect(!outcome.standardError.contains("hunter2"), "\(outcome)")
  }
}
