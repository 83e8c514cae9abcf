import CRDT
import TestSupport

/// Three documents that edit concurrently, and whose updates arrive in any order, too early, or twice.
final class ThreeDocuments {
  let documents: [Document]
  private var updates: [[UInt8]] = []
  private var subscriptions: [Subscription] = []

  init(random: inout SeededGenerator) {
    // Small identifiers that may come in any order, so that ties go to each of the three.
    let first = UInt64(1 + random.below(1000))
    documents = [first, first + 1, first + 2].shuffled(using: &random).map {
      Document(clientID: ClientID(rawValue: $0))
    }
    subscriptions = documents.map { document in
      document.observeUpdates { [unowned self] event in
        if event.isLocal { updates.append(event.update) }
      }
    }
  }

  /// Sends what one document lacks, or any update of the past.
  func exchange(using random: inout SeededGenerator) throws {
    let target = random.pick(documents)
    if random.oneIn(2) || updates.isEmpty {
      try target.apply(random.pick(documents).encodeUpdate(since: target.stateVector))
    } else {
      try target.apply(random.pick(updates))
    }
  }

  /// Sends everything to everybody.
  func converge() throws {
    for source in documents {
      for target in documents where target !== source {
        try target.apply(source.encodeUpdate(since: target.stateVector))
      }
    }
  }

  /// Makes as many random steps as the seed says: `edit` on one document, or an exchange.
  func run(using random: inout SeededGenerator, edit: (Document, inout SeededGenerator) throws -> Void) throws {
    let editWeight = 1 + random.below(5)
    for _ in 0..<(10 + random.below(60)) {
      if random.below(editWeight + 1) < editWeight {
        try edit(random.pick(documents), &random)
      } else {
        try exchange(using: &random)
      }
    }
    try converge()
  }
}

/// Runs `body` for each seed until one has recorded an issue.
func forEachSeed(
  in seeds: SeedRange, test: String, _ body: (inout SeededGenerator) throws -> String?
) throws {
  for seed in seeds.range {
    let failure = try CurrentSeed.run(seed) {
      var random = SeededGenerator(seed: seed)
      return try body(&random)
    }
    guard let failure else { continue }
    throw SeedFailure(description: "seed \(seed): \(failure); rerun: CRDT_SEED=\(seed) swift test --filter \(test)")
  }
}

/// What differed, and how to see it again.
struct SeedFailure: Error, CustomStringConvertible {
  let description: String
}
