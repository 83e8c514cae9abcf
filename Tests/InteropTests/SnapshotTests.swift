import CRDT
import TestSupport
import Testing

@Suite("Snapshots beside Yjs and yrs")
struct SnapshotTests {
  @Test("The past reads, compares and restores as in Yjs", arguments: SeedRange.chosen(default: 60, length: 15))
  func past(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      let failure = try CurrentSeed.run(seed) {
        var program = try PastProgram(seed: seed, driver: driver)
        return try program.run()
      }
      guard let failure else { continue }
      Issue.record(
        """
        seed \(seed): \(failure)
        rerun: CRDT_SEED=\(seed) swift test --filter SnapshotTests
        """)
      return
    }
  }

  @Test("yrs takes the same snapshots and positions", arguments: SeedRange.chosen(default: 40, length: 20))
  func yrs(seeds: SeedRange) throws {
    let driver = try Driver.yrs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        var operations = OperationGenerator(seed: seed, profile: .yrs)
        let replica = LocalReplica(client: 5)
        try driver.create(0, client: 6)
        for _ in 0..<20 {
          for update in replica.perform(operations.transaction()) { _ = try driver.apply(update, to: 0) }
        }
        _ = try driver.perform(operations.transaction(), on: 0)
        // Both clean up formats when they hear of others' changes.
        for _ in 0..<2 {
          try replica.apply(try driver.encodeUpdate(0))
          _ = try driver.apply(replica.document.encodeUpdate(), to: 0)
        }
        #expect(try driver.snapshot(0) == replica.document.snapshot, "seed \(seed)")
        for _ in 0..<10 {
          let array = replica.document.array("array")
          let index = random.below(array.count + 1)
          // At the end, yrs has no position that stays with what follows.
          let isPrevious = random.oneIn(2) || index == array.count
          let ours = array.position(at: index, association: isPrevious ? .previous : .next)
          let theirs = try driver.position(0, at: UInt32(index), isPrevious: isPrevious, in: 0)
          #expect(ours.encode() == theirs.bytes, "seed \(seed), index \(index), \(isPrevious)")
          #expect(try driver.resolve(ours.encode(), in: 0)?.index == index, "seed \(seed), index \(index)")
        }
        try driver.drop(0)
      }
    }
  }
}

/// A document of ours and one of Yjs edit concurrently and keep their deleted content; now and then a moment is noted.
private struct PastProgram {
  private let driver: Driver
  private let document: Document
  private var random: SeededGenerator
  private var operations: OperationGenerator

  init(seed: UInt64, driver: Driver) throws {
    self.driver = driver
    random = SeededGenerator(seed: seed)
    operations = OperationGenerator(
      seed: seed, profile: OperationProfile(splitsPairs: false, hasUnwritableValues: false))
    var options = Document.Options()
    options.collectsGarbage = false
    document = Document(clientID: 100, options: options)
    for name in Document.sharedRootNames { _ = document.sharedRoot(name) }
    try driver.create(0, client: 200)
    try driver.keepContent(of: 0)
  }

  mutating func run() throws -> String? {
    var moments = [document.snapshot]
    for _ in 0..<(20 + random.below(30)) {
      switch random.below(4) {
      case 0, 1: document.transact { for operation in operations.transaction() { operation.perform(on: document) } }
      case 2: _ = try driver.perform(operations.transaction(), on: 0)
      default:
        try sync()
        let theirs = try driver.snapshot(0)
        if theirs != document.snapshot { return "the snapshots differ: \(theirs), \(document.snapshot)" }
        moments.append(theirs)
      }
    }
    try sync()
    for moment in moments {
      if let difference = try compare(at: moment) { return difference }
    }
    for _ in 0..<10 {
      if let difference = try compare(from: random.pick(moments), to: random.pick(moments)) { return difference }
    }
    try driver.drop(0)
    return nil
  }

  /// Twice, since both clean up formats when they hear of the other's changes.
  private func sync() throws {
    for _ in 0..<2 {
      _ = try driver.apply(document.encodeUpdate(since: try driver.state(0).stateVector), to: 0)
      try document.apply(try driver.encodeUpdate(0, since: document.stateVector))
    }
  }

  private func compare(at moment: Snapshot) throws -> String? {
    let theirs = try driver.past(0, at: moment)
    let restored = try document.restored(at: moment)
    if restored.canonicalValues != theirs.values {
      return "the restored values differ\n  ours   \(restored.canonicalValues)\n  theirs \(theirs.values)"
    }
    if restored.snapshot != moment { return "the restored document is at another moment" }
    let text = document.text("text").delta(at: moment).canonicalContent
    if text != theirs.text { return "the text then differs:\n  ours   \(text)\n  theirs \(theirs.text)" }
    let elements = document.array("array").values(at: moment).map { $0.value?.canonical }
    if elements != restored.array("array").values.map({ $0.value?.canonical }) {
      return "the elements then differ: \(elements)"
    }
    let entries = document.map("map").entries(at: moment)
    if entries.count != restored.map("map").count { return "the keys then differ: \(entries)" }
    for (key, value) in entries {
      let expected = restored.map("map")[key]
      if expected == nil || value.value?.canonical != expected?.value?.canonical {
        return "the value of \(key) then differs"
      }
    }
    return nil
  }

  private func compare(from first: Snapshot, to second: Snapshot) throws -> String? {
    let lines = document.text("text").changes(from: first, to: second).map { piece in
      // Yjs does not say when what is embedded came or went.
      if let embedded = piece.embedded { return "<\(embedded.canonical)>\(piece.attributes.canonical)" }
      let content = canonicalString(piece.text)
      return switch piece.change {
      case .unchanged: content + piece.attributes.canonical
      case .added(let author): "\(content)\(piece.attributes.canonical) added \(author)"
      case .removed(let author): "\(content)\(piece.attributes.canonical) removed \(author)"
      }
    }
    let (ours, theirs) = (lines.joined(separator: "\n"), try driver.textChanges(0, from: first, to: second))
    return ours == theirs ? nil : "the changes differ\n  ours\n\(ours)\n  theirs\n\(theirs)"
  }
}
