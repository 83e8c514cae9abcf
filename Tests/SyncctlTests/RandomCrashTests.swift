import Foundation
import SyncNode
import TestSupport
import Testing

/// What a client was told is stored survives `kill -9` at any moment: in a burst, in a compaction, in a backup, while the
/// relay starts and while it stops. The store is whole after each.
@Suite struct RandomCrashTests {
  /// How often relays are killed; `CRDT_KILLS=5000` for a long run.
  private static let kills = TestEnvironment.integer("CRDT_KILLS") ?? 200
  /// Each has a store of its own, and half of the kills. A seed is where it begins.
  private static let lanes: [UInt64] = TestEnvironment.integer("CRDT_SEED").map { [UInt64($0)] } ?? [1, 2]
  /// A store is left for an empty one after so many kills, so that checking it takes no longer and longer.
  private static let killsPerStore = 20

  @Test("After kill -9 at random moments the store is whole, and has all that was acknowledged", arguments: lanes)
  func survivesAnyMoment(seed: UInt64) async throws {
    let folder = try TemporaryFolder()
    var lane = Lane(seed: seed, folder: folder)
    let kills = RandomCrashTests.kills / RandomCrashTests.lanes.count
    for kill in 0..<kills {
      if kill % RandomCrashTests.killsPerStore == 0 { lane.beginStore(kill) }
      let moment = try await lane.crash(kill)
      try await lane.check("kill \(kill) of \(kills), \(moment), seed \(seed)")
    }
    // Or the test shows nothing.
    #expect(lane.acknowledgedCount > kills, "\(lane.acknowledgedCount) updates were acknowledged")
    #expect(kills < 100 || lane.backupCount > 0, "no backup was made to its end")
  }
}

/// One relay after the other on the same store.
private struct Lane {
  /// What goes on when a relay is killed.
  enum Moment: CaseIterable {
    case burst, backup, start, stop
  }

  private let folder: TemporaryFolder
  private let seed: UInt64
  private var random: SeededGenerator
  private var store: URL
  private var acknowledged: Set<String> = []
  private var lastClient: UInt64 = 0
  private(set) var acknowledgedCount = 0
  private(set) var backupCount = 0
  /// The last backup that may be there, and what must be in it.
  private var backup: (file: URL, markers: Set<String>)?

  init(seed: UInt64, folder: TemporaryFolder) {
    self.folder = folder
    self.seed = seed
    random = SeededGenerator(seed: seed)
    store = folder.url
  }

  mutating func beginStore(_ number: Int) {
    store = folder.file("store-\(number).sqlite")
    acknowledged = []
  }

  private mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: range, using: &random))
  }

  private var arguments: [String] {
    ["serve", "--port", "0", "--store", store.path, "--compact-after", "10", "--log-level", "error"]
  }

  /// Has a relay killed at a random moment.
  ///
  /// The waits choose the moment; nothing is waited for.
  mutating func crash(_ number: Int) async throws -> Moment {
    let moment = random.pick([.burst, .burst, .burst, .backup, .start, .stop] as [Moment])
    let process = try ChildProcess(TestFiles.syncctl, arguments)
    if moment == .start {
      try await Task.sleep(for: milliseconds(0...200))
      process.signal(SIGKILL)
      try await process.waitForExit()
      return moment
    }
    let relay = try await Relay.waitUntilReady(process, store: store)
    lastClient += 1
    let writer = BurstWriter(port: relay.port, room: "burst", prefix: "\(number)", client: lastClient)
    let writing = Task { await writer.run(count: 60) }
    try await Task.sleep(for: milliseconds(5...120))
    var copying: ChildProcess?
    switch moment {
    case .backup:
      let file = folder.file("backup-\(number).sqlite")
      backup = (file, acknowledged.union(writer.acknowledged))
      copying = try ChildProcess(TestFiles.syncctl, ["backup", file.path, "--store", store.path])
      try await Task.sleep(for: milliseconds(0...150))
      if random.oneIn(3) { copying?.signal(SIGKILL) }
    case .stop:
      process.signal(SIGTERM)
      try await Task.sleep(for: milliseconds(0...30))
    case .burst, .start: break
    }
    process.signal(SIGKILL)
    try await process.waitForExit()
    try await copying?.waitForExit()
    await writing.value
    acknowledged.formUnion(writer.acknowledged)
    acknowledgedCount += writer.acknowledged.count
    return moment
  }

  /// Looks at what is on the disk.
  mutating func check(_ when: String) async throws {
    if let backup, FileManager.default.fileExists(atPath: backup.file.path) {
      backupCount += 1
      try expect(backup.markers, in: backup.file, "the backup of \(when)")
      try FileManager.default.removeItem(at: backup.file)
    }
    backup = nil
    // A relay that is killed at once has created nothing.
    guard FileManager.default.fileExists(atPath: store.path), try Data(contentsOf: store).count > 0 else {
      return #expect(acknowledged.isEmpty, "\(when)")
    }
    try expect(acknowledged, in: store, when)
  }

  private func expect(_ markers: Set<String>, in store: URL, _ when: String) throws {
    guard let reader = try RandomCrash.reader(of: store, mayBeEmpty: markers.isEmpty) else { return }
    #expect(try reader.verify().findings == [], "\(when)")
    let stored = Set(try reader.document(named: "burst").map { BurstWriter.markers(in: $0) } ?? [])
    let lost = markers.subtracting(stored)
    #expect(lost.isEmpty, "\(when)")
  }
}

private enum RandomCrash {
  /// Opens a store; nil when nothing was committed yet, and that may be.
  static func reader(of store: URL, mayBeEmpty: Bool) throws -> StoreReader? {
    do {
      return try StoreReader(path: store.path)
    } catch {
      if error.code == .foreign, mayBeEmpty { return nil }
      throw error
    }
  }
}
