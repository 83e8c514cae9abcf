import CRDT
import Foundation
import SyncNode

/// Two nodes that were equal; one writes while the other is away.
enum CatchUp {
  private static let room = "notes"
  /// Edits that are stored before the next are made.
  private static let editsAtOnce = 1000

  static func measure(edits: Int, runs: Int) async throws {
    for isTyped in [true, false] {
      var times: [Duration] = []
      var editing: [Duration] = []
      for run in 0..<runs {
        let (edited, caughtUp) = try await sample(edits, isTyped: isTyped, seed: UInt64(run))
        editing.append(edited)
        times.append(caughtUp)
      }
      let kind = isTyped ? "typed one after the other" : "at random places"
      NodeBenchmark.row(
        "\(edits) characters \(kind), an update each, made and stored while the link is down",
        String(format: "median %.0f ms", editing.quantile(0.5).milliseconds))
      NodeBenchmark.row(
        "… from the link's connection until the other node has stored them all, \(runs) runs",
        String(
          format: "median %.0f ms, max %.0f ms", times.quantile(0.5).milliseconds, times.quantile(1).milliseconds),
        aim: "< 1000 ms")
    }
  }

  private static func sample(
    _ edits: Int, isTyped: Bool, seed: UInt64
  ) async throws -> (edited: Duration, caughtUp: Duration) {
    var result = (edited: Duration.zero, caughtUp: Duration.zero)
    try await withTemporaryFolder { folder in
      let writer = try await RunningNode(store: "\(folder)/writer.sqlite")
      let address = try writer.address("tcp")
      let handle = try await writer.node.open(room)
      var reader = try await RunningNode(store: "\(folder)/reader.sqlite", peers: [address])
      let id = reader.node.id
      try await handle.edit { document in document.text("body").append("What both have. ") }
      try await handle.flushed(to: id)
      await reader.stop()

      let start = ContinuousClock.now
      var generator = SplitMix(state: seed)
      for _ in stride(from: 0, to: edits, by: editsAtOnce) {
        let places = (0..<editsAtOnce).map { _ in generator.next() }
        try await handle.edit { document in
          let text = document.text("body")
          for place in places {
            text.insert("x", at: isTyped ? text.count : Int(place % UInt64(text.count + 1)))
          }
        }
      }
      result.edited = .now - start

      async let flushed: Void = handle.flushed(to: id)
      reader = try await RunningNode(store: "\(folder)/reader.sqlite", peers: [address])
      let link = reader.node.links[0]
      for await _ in link.states where link.peer != nil { break }
      let connected = ContinuousClock.now
      try await flushed
      result.caughtUp = .now - connected

      let copy = try await reader.node.open(room)
      let text = try await copy.read { $0.text("body").string }
      guard text == (try await handle.read { $0.text("body").string }) else {
        throw WrongResult(description: "the nodes differ after catching up")
      }
      await reader.stop()
      await writer.stop()
    }
    return result
  }
}

/// Random numbers that a seed repeats.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
