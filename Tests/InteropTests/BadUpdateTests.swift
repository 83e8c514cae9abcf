import CRDT
import TestSupport
import Testing

@Suite("Bad input for tools and V2")
struct BadUpdateTests {
  /// Mutations of each seed's updates.
  private static let mutationsPerSeed = 400

  @Test(
    "A damaged update of any content throws, or each tool makes something of it that can be read",
    arguments: SeedRange.chosen(default: 8, length: 2))
  func damagedUpdates(seeds: SeedRange) throws {
    let driver = try Driver.yjs()
    for seed in seeds.range {
      try CurrentSeed.run(seed) {
        let program = try driver.richProgram(seed: seed, steps: 30)
        for format in [UpdateFormat.v1, .v2] {
          var mutator = UpdateMutator(samples: program.updates(format) + [program.whole(format)], seed: seed)
          for number in 0..<Self.mutationsPerSeed {
            let update = mutator.next()
            do {
              try strike(update, beside: program, format)
            } catch {
              Issue.record(
                """
                seed \(seed), mutation \(number), \(format): \(error)
                update: \(hex(update))
                rerun: CRDT_SEED=\(seed) swift test --filter BadUpdateTests
                """)
              return
            }
          }
        }
      }
    }
  }

  private struct Finding: Error, CustomStringConvertible {
    let description: String
  }

  private func strike(_ update: [UInt8], beside program: Driver.RichProgram, _ format: UpdateFormat) throws {
    let memory = peakMemoryBytes()
    defer {
      #expect(peakMemoryBytes() - memory < 512 << 20, "taken by \(hex(update))")
    }
    let inspection: Update.Inspection
    do throws(UpdateError) {
      inspection = try Update.inspect(update, format: format)
    } catch {
      guard error.byteOffset >= 0, error.byteOffset <= update.count else {
        throw Finding(description: "the error's offset is outside of the update: \(error)")
      }
      try checkRefused(update, beside: program, format, error)
      return
    }
    try checkAccepted(update, inspection, beside: program, format)
  }

  /// What one tool refuses, all do, and so does a document, which stays as it is.
  private func checkRefused(
    _ update: [UInt8], beside program: Driver.RichProgram, _ format: UpdateFormat, _ error: UpdateError
  ) throws {
    let document = Document(clientID: 5)
    #expect(throws: error) { try document.apply(update, format: format) }
    #expect(throws: error) { try Update.merge([program.whole(format), update], format: format) }
    #expect(throws: error) { try Update.convert(update, from: format, to: format == .v1 ? .v2 : .v1) }
    guard document.stateVector.isEmpty, document.pending == nil else {
      throw Finding(description: "refused, but the document changed: \(error)")
    }
  }

  private func checkAccepted(
    _ update: [UInt8], _ inspection: Update.Inspection, beside program: Driver.RichProgram, _ format: UpdateFormat
  ) throws {
    let other: UpdateFormat = format == .v1 ? .v2 : .v1
    let converted = try Update.convert(update, from: format, to: other)
    // Numbers that are too large for JSON are lost on the way back, and nothing after that.
    let settled = try roundTrip(converted, other)
    guard try roundTrip(settled, other) == settled else {
      throw Finding(description: "converted twice, it is another update: \(hex(converted))")
    }
    let merged = try Update.merge([update, program.updates(format)[0], update], format: format)
    let obfuscated = try Update.obfuscate(update, format: format)
    let ids = inspection.structs.map { [$0.id.client.rawValue, $0.id.clock, $0.length] }
    guard
      try Update.inspect(obfuscated, format: format).structs.map({ [$0.id.client.rawValue, $0.id.clock, $0.length] })
        == ids
    else {
      throw Finding(description: "obfuscated, it has other structs: \(hex(obfuscated))")
    }
    let vector = try Update.stateVector(of: program.whole(format), format: format)
    let difference = try Update.difference(update, since: vector, format: format)
    for result in [merged, obfuscated, difference] { _ = try Update.inspect(result, format: format) }
    let (one, two) = (Document(clientID: 5), Document(clientID: 5))
    do throws(UpdateError) {
      try one.apply(update, format: format)
    } catch {
      // Only a document has a limit to the units in it.
      guard error.code == .tooLarge else { throw error }
      return
    }
    try two.apply(converted, format: other)
    guard one.stateVector == two.stateVector else {
      throw Finding(description: "converted, it gives another document: \(hex(converted))")
    }
    let whole = one.encodeUpdate(format: .v2)
    try Document(clientID: 6).apply(whole, format: .v2)
  }

  private func roundTrip(_ update: [UInt8], _ format: UpdateFormat) throws -> [UInt8] {
    let other: UpdateFormat = format == .v1 ? .v2 : .v1
    return try Update.convert(Update.convert(update, from: format, to: other), from: other, to: format)
  }
}
