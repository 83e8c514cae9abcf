import Foundation
import Testing

/// Copies and checks of stores, by the command line.
@Suite struct BackupTests {
  @Test(
    "A backup of a running relay can be checked and served, and the relays it was linked to give it what came later")
  func restore() async throws {
    let folder = try TemporaryFolder()
    let (store, copy) = (folder.file("store.sqlite"), folder.file("copy.sqlite"))
    let other = try await Relay.start(store: folder.file("other.sqlite"), tcpPort: 0)
    let relay = try await Relay.start(store: store, peers: [other.tcpURL])
    let first = BurstWriter(port: relay.port, room: "burst", prefix: "first", client: 1)
    await first.run(count: 20)
    let made = try await syncctl("backup", copy.path, "--store", store.path)
    #expect(made.status == 0 && made.standardOutput.hasPrefix("whole: 1 rooms, "), "\(made)")
    let again = try await syncctl("backup", copy.path, "--store", store.path)
    #expect(again.status == 3 && again.standardError.contains("exists"), "\(again)")
    let checked = try await syncctl("verify", "--store", copy.path, "--json")
    let verification = try #require(try expectSchema("verify", checked.standardOutput).first)
    #expect(verification["rooms"] == 1 && verification["findings"] == [], "\(checked)")
    let another = folder.file("another.sqlite").path
    let told = try await syncctl("backup", another, "--store", copy.path, "--json")
    #expect(try expectSchema("verify", told.standardOutput) == [verification], "\(told)")

    let live = try await syncctl("verify", "--url", "http://127.0.0.1:\(relay.port)", "--json")
    #expect(live.status == 0, "\(live)")
    #expect(try expectSchema("verify", live.standardOutput) == [verification], "\(live)")

    let second = BurstWriter(port: relay.port, room: "burst", prefix: "second", client: 2)
    await second.run(count: 20)
    let written = Set(first.acknowledged + second.acknowledged)
    #expect(written.count == 40)
    func markers(_ store: URL) async throws -> Set<String> {
      let shown = try await syncctl("show", "burst", "--store", store.path, "--format", "json")
      guard shown.status == 0, case .array(let list)? = try shown.json()["list"] else { return [] }
      return Set(list.compactMap { if case .string(let marker) = $0 { marker } else { nil } })
    }
    try await eventually("the other relay has all") { try await markers(folder.file("other.sqlite")) == written }
    try await relay.crash()
    let restored = try await Relay.start(store: copy, peers: [other.tcpURL])
    try await eventually("the backup gets what came later") { try await markers(copy) == written }
    for relay in [restored, other] {
      relay.process.signal(SIGTERM)
      #expect(try await relay.process.waitForExit() == 0)
    }
  }

  @Test("A check names what is wrong, exits with 1, and leaves the store as it is")
  func damage() async throws {
    let folder = try TemporaryFolder()
    let store = folder.file("store.sqlite")
    let relay = try await Relay.start(store: store)
    await BurstWriter(port: relay.port, room: "burst", prefix: "x", client: 1).run(count: 20)
    relay.process.signal(SIGTERM)
    #expect(try await relay.process.waitForExit() == 0)
    let script = """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1])
      database.execute("update updates set bytes = x'0102' where sequence = 7")
      database.execute("delete from updates where sequence = 9")
      database.commit()
      """
    try #require(try await outcome(of: ChildProcess(TestFiles.python, ["-c", script, store.path])).status == 0)
    let before = try Data(contentsOf: store)
    let checked = try await syncctl("verify", "--store", store.path)
    #expect(checked.status == 1 && checked.standardOutput.split(separator: "\n").count == 2, "\(checked)")
    #expect(checked.standardOutput.contains("update 7 cannot be read"), "\(checked)")
    let json = try await syncctl("verify", "--store", store.path, "--json")
    let verification = try #require(try expectSchema("verify", json.standardOutput).first)
    #expect(json.status == 1 && verification["findings"]?[1] != nil, "\(json)")
    let copied = try await syncctl("backup", folder.file("copy.sqlite").path, "--store", store.path)
    #expect(copied.status == 1, "\(copied)")
    #expect(try Data(contentsOf: store) == before)
    let running = try await Relay.start(store: store)
    let address = "http://127.0.0.1:\(running.port)"
    let live = try await syncctl("verify", "--url", address)
    #expect(live.status == 1 && live.standardOutput == checked.standardOutput, "\(live)")
    #expect(live.standardError.contains(address), "\(live)")
    running.process.signal(SIGTERM)
    #expect(try await running.process.waitForExit() == 0)
  }
}
