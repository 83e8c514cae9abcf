import CRDT
import TestSupport
import Testing

@Suite("Update formats and tools, beside Yjs")
struct UpdateFormatTests {
  private static let formats: [UpdateFormat] = [.v1, .v2]

  @Test(
    "All kinds of content come from Yjs, go back and are converted byte by byte as Yjs does",
    arguments: SeedRange.chosen(default: 20, length: 5))
  func richContent(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        let program = try driver.richProgram(seed: seed, steps: 40)
        for format in Self.formats {
          // Each update by itself, in either format, to a document.
          let document = Document(clientID: 1)
          for update in program.updates(format) { try document.apply(update, format: format) }
          try #require(document.pending == nil, "seed \(seed)")
          for target in Self.formats {
            expectSame(
              document.encodeUpdate(format: target), program.whole(target), "seed \(seed): the end in \(target)")
          }
          // The whole at once.
          let loaded = Document(clientID: 2)
          try loaded.apply(program.whole(format), format: format)
          for target in Self.formats {
            expectSame(loaded.encodeUpdate(format: target), program.whole(target), "seed \(seed): loaded, in \(target)")
          }
          let other: UpdateFormat = format == .v1 ? .v2 : .v1
          for update in program.updates(format) + [program.whole(format)] {
            let theirs = try driver.convert(update, from: format, to: other)
            let ours = try Update.convert(update, from: format, to: other)
            expectSame(ours, theirs, "seed \(seed): converted from \(format) \(hex(update))")
          }
        }
      }
    }
  }

  @Test(
    "Updates with gaps, in any order and format, lead to the document of Yjs",
    arguments: SeedRange.chosen(default: 20, length: 5))
  func gaps(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let program = try driver.richProgram(seed: seed, steps: 40)
        let document = Document(clientID: 6)
        // Each group leaves gaps that others fill.
        var groups: [[Int]] = Array(repeating: [], count: 4)
        for index in program.updatesV1.indices { groups[random.below(groups.count)].append(index) }
        for group in groups where group.count > 1 {
          let format = random.pick(Self.formats)
          let merged = try Update.merge(group.map { program.updates(format)[$0] }, format: format)
          try document.apply(merged, format: format)
        }
        for group in groups where group.count == 1 {
          try document.apply(program.updatesV2[group[0]], format: .v2)
        }
        #expect(document.pending == nil, "seed \(seed)")
        expectSame(document.encodeUpdate(format: .v2), program.wholeV2, "seed \(seed): the end")
      }
    }
  }

  @Test(
    "An update in parts leaves nothing waiting, here or in Yjs", arguments: SeedRange.chosen(default: 20, length: 5))
  func parts(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let program = try driver.richProgram(seed: seed, steps: 10 + random.below(60))
        for format in Self.formats {
          let whole = program.whole(format)
          let byteCount = 1 + random.below(whole.count)
          let parts = try Update.parts(of: whole, ofAbout: byteCount, format: format)
          let document = Document(clientID: 1)
          try driver.create(1, client: 2)
          for part in parts {
            let result = try document.apply(part, format: format)
            try #require(!result.isPending, "seed \(seed): in parts of \(byteCount) bytes of \(hex(whole))")
            _ = try driver.apply(Update.convert(part, from: format, to: .v1), to: 1)
            try #require(!driver.state(1).isPending, "seed \(seed): in parts of \(byteCount) bytes of \(hex(whole))")
          }
          let loaded = Document(clientID: 3)
          try loaded.apply(whole, format: format)
          // Not bytes: marks that say nothing in the text as it was after a part may be gone.
          #expect(document.canonicalValues == loaded.canonicalValues, "seed \(seed)")
          #expect(loaded.deleteSet.isSubset(of: document.deleteSet), "seed \(seed)")
          #expect(try driver.state(1).stateVector == loaded.stateVector, "seed \(seed)")
          #expect(document.stateVector == loaded.stateVector, "seed \(seed)")
          try driver.drop(1)
        }
      }
    }
  }

  @Test("Updates are merged and told apart as Yjs does", arguments: SeedRange.chosen(default: 20, length: 5))
  func tools(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        var random = SeededGenerator(seed: seed)
        let program = try driver.richProgram(seed: seed, steps: 10 + random.below(60))
        for format in Self.formats {
          try compareTools(program.updates(format), format, driver: driver, seed: seed, random: &random)
        }
      }
    }
  }

  /// Merges what is left of the updates after losses, with repetitions and in any order, again and again.
  private func compareTools(
    _ updates: [[UInt8]], _ format: UpdateFormat, driver: Driver, seed: UInt64, random: inout SeededGenerator
  ) throws {
    var pool = updates
    for round in 0..<10 {
      let count = 2 + random.below(round < 5 ? 4 : 20)
      let chosen = (0..<count).map { _ in random.pick(pool) }
      let merged = try Update.merge(chosen, format: format)
      expectSame(
        merged, try driver.merge(chosen, format: format), "seed \(seed): merged from \(chosen.map { hex($0) })")
      #expect(
        try Update.stateVector(of: merged, format: format) == (try driver.stateVector(of: merged, format: format)),
        "seed \(seed), of \(hex(merged))")
      var vector = StateVector()
      for entry in try Update.inspect(merged, format: format).structs where random.oneIn(3) {
        vector[entry.id.client] = entry.id.clock + UInt64(random.below(Int(entry.length) + 2))
      }
      let difference = try Update.difference(merged, since: vector, format: format)
      expectSame(
        difference, try driver.difference(merged, since: vector, format: format),
        "seed \(seed): of \(hex(merged)) since \(vector.clocks)")
      pool += [merged, difference]
    }
  }

  private func expectSame(_ ours: [UInt8], _ theirs: [UInt8], _ what: String) {
    guard ours != theirs else { return }
    let same = zip(ours, theirs).prefix { $0 == $1 }.count
    Issue.record("\(what)\n  ours   \(hex(ours))\n  theirs \(hex(theirs))\n  the same up to byte \(same)")
  }
}
