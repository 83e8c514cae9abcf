import Foundation
import TestSupport
import Testing

/// `bench`: clients that load a relay.
@Suite struct BenchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Every update comes to every other client of its room, and is stored")
  func complete() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let outcome = try await syncctl(
      "bench", "--url", "http://127.0.0.1:\(relay.port)", "--clients", "7", "--rooms", "3", "--rate", "70", "--seconds",
      "1", "--prefix", "load", "--json")
    #expect(outcome.status == 0, "\(outcome)")
    let report = try #require(try expectSchema("bench", outcome.standardOutput).first)
    // Three clients in one room, two in each of the others, ten updates each.
    #expect(report["sent"] == 70 && report["stored"] == 70 && report["refused"] == 0, "\(outcome)")
    #expect(report["expected"] == 100 && report["delivered"] == 100 && report["lost"] == 0, "\(outcome)")
    let rooms = try await syncctl("rooms", "--store", relay.store.path, "--json").json()
    let updates = (0..<3).map { index in rooms[index]?["updates"] }
    #expect(updates == [30, 20, 20], "\(rooms)")
    #expect(rooms[0]?["name"] != nil && rooms[3] == nil)
    let table = try await syncctl(
      "bench", "--url", "http://127.0.0.1:\(relay.port)", "--clients", "2", "--rooms", "1", "--rate", "20", "--seconds",
      "1")
    #expect(table.status == 0 && table.standardOutput.contains("20 of 20"), "\(table)")
  }

  @Test("A relay that is not there, goes away, has no room or lets nobody write is told from one that is slow")
  func failures() async throws {
    let relay = try await Relay.start(
      store: folder.file("store.sqlite"), options: ["--limit", "connections-per-address=5"])
    let address = "http://127.0.0.1:\(relay.port)"
    let crowded = try await syncctl("bench", "--url", address, "--clients", "20", "--rooms", "1")
    #expect(crowded.status == 3 && crowded.standardError.split(separator: "\n").count == 1, "\(crowded)")
    let running = try ChildProcess(
      TestFiles.syncctl,
      ["bench", "--url", address, "--clients", "4", "--rooms", "2", "--seconds", "600", "--prefix", "gone"])
    try await eventually("clients write") {
      try await syncctl("rooms", "--store", relay.store.path).standardOutput.contains("gone-")
    }
    try await relay.crash()
    #expect(try await running.waitForExit() == 3, "\(running.standardError)")
    let missing = try await syncctl("bench", "--url", address)
    #expect(missing.status == 3 && missing.standardError.contains("Connection refused"), "\(missing)")
    for arguments in [
      ["--clients", "0"], ["--rooms", "11", "--clients", "10"], ["--rate", "0"], ["--seconds", "0"],
    ] {
      let refused = try await outcome(of: ChildProcess(TestFiles.syncctl, ["bench", "--url", address] + arguments))
      #expect(refused.status == 2, "\(arguments): \(refused)")
    }
  }

  @Test("Who may only read is told so")
  func reading() async throws {
    let secret = folder.file("secret.txt")
    try Data("a secret that nobody guesses, long enough\n".utf8).write(to: secret)
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: ["--jwt-secret", secret.path])
    let minted = try await syncctl(
      "token", "mint", "--secret", secret.path, "--subject", "ada", "--room", "*=read", "--lifetime", "1h")
    let token = folder.file("token.txt")
    try Data(minted.standardOutput.utf8).write(to: token)
    let refused = try await syncctl(
      "bench", "--url", "http://127.0.0.1:\(relay.port)", "--clients", "2", "--rooms", "1", "--token-file", token.path)
    #expect(refused.status == 4 && refused.standardError.contains("reading only"), "\(refused)")
  }
}
