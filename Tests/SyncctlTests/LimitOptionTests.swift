import Foundation
import SyncNode
import Testing

/// How limits are chosen on the command line.
@Suite struct LimitOptionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await outcome(of: ChildProcess(TestFiles.syncctl, arguments, environment: environment))
  }

  private func file(_ content: String) throws -> String {
    let file = folder.file("\(UUID().uuidString).json")
    try Data(content.utf8).write(to: file)
    return file.path
  }

  @Test("A flag goes before the environment, that before the file, and that before the default")
  func precedence() async throws {
    let path = try file(
      #"{"limits": {"message-bytes": "4MiB", "rooms-per-peer": 30, "room-name-bytes": "none", "repeated-deltas": 7}}"#)
    let outcome = try await run(
      ["limits", "--json", "--limit", "message-bytes=2048", "--limit", "message-bytes=1MiB"],
      environment: [
        "SYNCCTL_CONFIG": path, "SYNCCTL_LIMIT_MESSAGE_BYTES": "3MiB", "SYNCCTL_LIMIT_ROOMS_PER_PEER": "20",
      ])
    try expectSchema("limits", outcome.standardOutput)
    struct Row: Decodable, Equatable {
      let name: String
      let value: Int?
      let source: String?
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(outcome.standardOutput.utf8))
    #expect(rows.map(\.name) == Limits.table.map(\.name))
    for row in [
      Row(name: "message-bytes", value: 1 << 20, source: "--limit"),
      Row(name: "rooms-per-peer", value: 20, source: "$SYNCCTL_LIMIT_ROOMS_PER_PEER"),
      Row(name: "room-name-bytes", value: nil, source: path), Row(name: "repeated-deltas", value: 7, source: path),
      Row(name: "outgoing-bytes", value: 16 << 20, source: nil),
    ] {
      #expect(rows.contains(row), "\(row)")
    }
    let text = try await run(["limits", "--config", path])
    #expect(text.standardOutput.contains("room-name-bytes") && text.standardOutput.contains("none"))
    #expect(text.standardOutput.split(separator: "\n").count == Limits.table.count + 1)
  }

  @Test("What makes no sense exits with 2 and names what is near, before a store is made")
  func nonsense() async throws {
    let store = folder.file("store.sqlite")
    let cases: [(arguments: [String], environment: [String: String], words: [String])] = [
      (["--limit", "mesage-bytes=1MiB"], [:], ["mesage-bytes", "message-bytes"]),
      (["--limit", "message-bytes=lots"], [:], ["lots", "1KiB to 1GiB"]),
      (["--limit", "message-bytes"], [:], ["NAME=VALUE"]),
      ([], ["SYNCCTL_LIMIT_MESSAGE_BYTE": "1"], ["$SYNCCTL_LIMIT_MESSAGE_BYTE", "message-bytes"]),
      ([], ["SYNCCTL_LIMIT_ROOMS_PER_PEER": "0"], ["`0`", "1 or more"]),
      (["--config", try file("{")], [:], ["no JSON"]),
      (["--config", try file(#"{"limit": {}}"#)], [:], ["`limit`", "`limits`"]),
      (["--config", try file(#"{"limits": {"message-bytes": 1.5}}"#)], [:], ["limits.message-bytes"]),
      (["--config", try file(#"{"limits": {"message-byte": 5}}"#)], [:], ["message-byte", "did you mean"]),
    ]
    for (arguments, environment, words) in cases {
      for command in [["serve", "--port", "0", "--store", store.path], ["limits"]] {
        let outcome = try await run(command + arguments, environment: environment)
        #expect(outcome.status == 2, "\(arguments) \(environment): \(outcome)")
        for word in words { #expect(outcome.standardError.contains(word), "\(outcome)") }
      }
    }
    let missing = try await run(["limits", "--config", folder.file("missing.json").path])
    #expect(missing.status == 3 && missing.standardError.contains("missing.json"))
    #expect(!FileManager.default.fileExists(atPath: store.path))
  }

  @Test("A relay runs with the limits that were chosen")
  func serves() async throws {
    let relay = try await Relay.start(
      store: folder.file("store.sqlite"), options: ["--limit", "message-bytes=1KiB"])
    let yjs = try ClientHost.yjs()
    let client = try await yjs.open("client", at: relay.url, room: "room")
    try await client.waitUntilSynced()
    try await client.burst(String(repeating: "x", count: 1 << 10), count: 1)
    let closure = try await eventually("the client's socket is closed") { try await client.state().closures.first }
    #expect(closure.hasPrefix("1009"), "close code and reason: \(closure)")
  }
}
