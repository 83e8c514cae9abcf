import Foundation
import SyncNode
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

#if os(Linux)
  /// Disks that fail, fill up, or do not answer.
  @Suite struct DiskFaultTests {
    private static let seeds: [UInt64] = TestEnvironment.integer("CRDT_SEED").map { [UInt64($0)] } ?? [1, 2]
    /// Relays that each seed runs; `CRDT_FAULTY_RELAYS=500` for a long run.
    private static let relays = TestEnvironment.integer("CRDT_FAULTY_RELAYS") ?? 6

    private let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
    }

    @Test(
      "Writes that fail at random, and kill -9 among them, cost nothing that was acknowledged", arguments: seeds)
    func randomFaults(seed: UInt64) async throws {
      let disk = try await FaultyDisk(in: folder)
      let store = folder.file("store.sqlite")
      var random = SeededGenerator(seed: seed)
      var acknowledged: Set<String> = []
      var failures = 0
      for number in 0..<DiskFaultTests.relays {
        let trigger = folder.file("failing-\(number)")
        let launcher = disk.failing(oneIn: 2 + random.below(30), seed: random.next() % 1_000_000, while: trigger)
        let when = "relay \(number) of seed \(seed), \(launcher)"
        // Some cannot even open the store.
        if random.oneIn(4) { try Data().write(to: trigger) }
        do {
          let relay = try await Relay.start(
            store: store, options: ["--compact-after", "10", "--log-level", "error"], launcher: launcher)
          let writing = Task { await write(to: relay, number) }
          // The moments are random; nothing is waited for.
          try await Task.sleep(for: .milliseconds(random.below(300)))
          try Data().write(to: trigger)
          try await Task.sleep(for: .milliseconds(100 + random.below(700)))
          // Time to find that the disk takes writes again.
          if random.oneIn(2) {
            try FileManager.default.removeItem(at: trigger)
            try await Task.sleep(for: .milliseconds(random.below(1000)))
          }
          try await relay.crash()
          acknowledged.formUnion(await writing.value)
          if relay.process.standardError.contains("read-only") { failures += 1 }
        } catch let early as Relay.EndedEarly {
          // A store that cannot be opened is refused, in words.
          #expect(early.status == 3, "\(when): \(early.message)")
        }
        guard !acknowledged.isEmpty else { continue }
        let reader = try StoreReader(path: store.path)
        #expect(try reader.verify().findings == [], "\(when)")
        let document = try #require(try reader.document(named: "burst"), "\(when)")
        #expect(acknowledged.subtracting(BurstWriter.markers(in: document)).isEmpty, "\(when)")
      }
      #expect(failures > 0 && !acknowledged.isEmpty)
    }

    /// Writes until the relay is gone, over one connection after the other.
    ///
    /// - Returns: What was acknowledged.
    private func write(to relay: Relay, _ number: Int) async -> [String] {
      var acknowledged: [String] = []
      var client = UInt64(number) << 16
      while relay.process.exitStatus == nil {
        client += 1
        let writer = BurstWriter(port: relay.port, room: "burst", prefix: "\(client)", client: client)
        await writer.run(count: 40)
        acknowledged += writer.acknowledged
      }
      return acknowledged
    }

    @Test("A full disk makes a relay read-only, which it says; it goes on by itself when there is room")
    func fullDisk() async throws {
      let relay = try await SmallDisk.startRelay(in: folder)
      let yjs = try ClientHost.yjs()
      let alice = try await yjs.open("alice", at: relay.url, room: "room", awareness: ["name": "alice"])
      let bob = try await yjs.openMultiplexed("bob", at: relay.url, room: "room", awareness: ["name": "bob"])
      for client in [alice, bob] { try await client.waitUntilSynced() }
      try await alice.burst("before", count: 10)
      try await eventually("all is stored") { try await alice.state().acknowledgedCount == 10 }

      try relay.fillDisk()
      var round = 0
      while try await status(of: relay, "readyz").code != 503 {
        try await alice.insert(String(repeating: "some words ", count: 2000), at: 0)
        try await bob.burst("while-\(round)", count: 5)
        round += 1
        try #require(round < 200, "the disk was never full")
      }
      #expect(try await status(of: relay, "readyz").text == "read-only\n")
      #expect(try await status(of: relay, "statusz").text.contains("\"storeFailure\""))
      // What is stored is read, by somebody who comes now, too, and who is there is seen.
      let reader = try await yjs.open("reader", at: relay.url, room: "room", awareness: ["name": "reader"])
      try await reader.waitUntilSynced()
      #expect(try await reader.content().list.count >= 10)
      try await eventually("the reader is seen") {
        try await bob.state().awareness.values.contains(["name": "reader"])
      }
      try await reader.push("written while the disk is full")
      try await bob.push("this, too")

      try relay.emptyDisk()
      try await eventually("the relay takes writes again") { try await status(of: relay, "readyz").code == 200 }
      let content = try await eventuallyEqual([alice, bob, reader]) { content in
        content.list.contains("written while the disk is full") && content.list.contains("this, too")
      }
      #expect(content.list.count == 10 + 5 * round + 2)
      try await eventually("bob has word on all that he wrote") {
        try await bob.state().acknowledgedCount == 5 * round
      }
      #expect(try await relay.syncctl("verify", "--store", relay.store).status == 0)
      let shown = try await relay.syncctl("show", "room", "--format", "json", "--store", relay.store)
      #expect(try shown.json()["list"] == .array(content.list))
      relay.process.signal(SIGTERM)
      #expect(try await relay.process.waitForExit() == 0)
    }

    @Test("A relay whose disk does not answer says so when it should stop, and has lost nothing it had acknowledged")
    func hangingDisk() async throws {
      let disk = try await FaultyDisk(in: folder)
      let store = folder.file("store.sqlite")
      let trigger = folder.file("hang")
      let relay = try await Relay.start(
        store: store, options: ["--stop-timeout", "1"], launcher: disk.hanging(once: trigger))
      let first = BurstWriter(port: relay.port, room: "burst", prefix: "first", client: 1)
      await first.run(count: 20)
      #expect(first.acknowledged.count == 20)
      try Data().write(to: trigger)
      let second = BurstWriter(port: relay.port, room: "burst", prefix: "second", client: 2)
      let writing = Task { await second.run(count: 20) }
      relay.process.signal(SIGTERM)
      #expect(try await relay.process.waitForExit() == 1)
      await writing.value
      let lines = relay.process.standardError.split(separator: "\n")
      #expect(lines.last?.contains("did not stop within 1 seconds") == true, "\(lines)")
      #expect(second.acknowledged.isEmpty)
      let again = try await Relay.start(store: store)
      let document = try #require(try StoreReader(path: store.path).document(named: "burst"))
      #expect(Set(first.acknowledged).isSubset(of: BurstWriter.markers(in: document)))
      again.process.signal(SIGTERM)
      #expect(try await again.process.waitForExit() == 0)
    }

    private func status(of relay: SmallDisk, _ path: String) async throws -> (code: Int, text: String) {
      let url = try #require(URL(string: "http://127.0.0.1:\(relay.port)/\(path)"))
      let (data, response) = try await URLSession.shared.data(from: url)
      return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }
  }
#endif
