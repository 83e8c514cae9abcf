import CRDT
import Foundation
import SocketClients
import Synchronization

/// A node that is flooded while clients in other rooms type at a human rate: how long others there wait for each character.
///
/// The node is a process of its own, and so are the flooders, which take what the others leave of the processor: each is
/// meant to be on another machine.
enum Flood {
  private static let rooms = 10
  /// What a typist needs for a character, in milliseconds.
  private static let pause = 100.0...200.0

  static func measure(seconds: Int, kinds: [FloodKind]) async throws {
    for kind in [nil] + kinds.map(Optional.some) {
      try await withTemporaryFolder { folder in
        // One for each, so that nothing is left over from the flood before.
        let node = try Child("flooded", "\(folder)/flooded.sqlite")
        let port = try node.result(FloodFigures.self).port
        var typists: [FloodTypist] = []
        for number in 0..<rooms { typists.append(try await FloodTypist(room: "typing-\(number)", port: port)) }
        try await measure(kind, typists, node, port: port, seconds: seconds)
        for typist in typists { await typist.close() }
        node.end()
      }
    }
  }

  private static func measure(
    _ kind: FloodKind?, _ typists: [FloodTypist], _ node: Child, port: Int, seconds: Int
  ) async throws {
    let flooders = try kind.map { try Child("flooders", $0.rawValue, "\(port)") }
    let sentBefore = try flooders?.result(FloodFigures.self)
    let before = try node.ask(FloodFigures.self)
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for typist in typists { group.addTask { try await typist.type(until: start + .seconds(seconds), pause: pause) } }
      try await group.waitForAll()
    }
    let elapsed = (ContinuousClock.now - start).milliseconds / 1e3
    let (after, sent) = (try node.ask(FloodFigures.self), try flooders?.ask(FloodFigures.self))
    // They wait for what they have typed with the flood going on, however long it takes.
    for typist in typists { try await typist.waitForAll() }
    flooders?.end()

    let latencies = typists.flatMap(\.latencies)
    let processor = (after.processorSeconds - before.processorSeconds) / elapsed
    let what = kind.map { "… beside " + $0.title } ?? "a keystroke in \(rooms) rooms where nothing else goes on"
    NodeBenchmark.row(
      what + ", \(latencies.count) times",
      String(
        format: "p50 %.2f ms, p99 %.2f ms, max %.2f ms", latencies.quantile(0.5).milliseconds,
        latencies.quantile(0.99).milliseconds, latencies.quantile(1).milliseconds),
      aim: kind == nil ? "–" : "p99 < 100 ms")
    guard let kind, let sent, let sentBefore else { return }
    var figure =
      String(format: "%.0f ", Double(kind.count(in: sent) - kind.count(in: sentBefore)) / elapsed) + kind.unit
      + String(
        format: "/s, %.1f MB/s; peak %.0f MB, %.0f %% of a core",
        Double(sent.sentBytes - sentBefore.sentBytes) / elapsed / 1e6, Double(after.peakBytes) / 1e6, processor * 100)
    for (reason, count) in after.reasons.sorted(by: { $0.key < $1.key }) { figure += ", \(reason) × \(count)" }
    NodeBenchmark.row("… what the node takes of it, and what that costs", figure)
  }
}

extension FloodKind {
  fileprivate func count(in figures: FloodFigures) -> Int {
    unit == "connections" ? figures.connections : figures.messages
  }
}

/// A client that types in a room, and another one that has to see it.
private final class FloodTypist: Sendable {
  private let writer: SocketClient
  private let reader: SocketClient
  private let stopwatch = Stopwatch()
  private let typedCount = Atomic<Int>(0)

  init(room: String, port: Int) async throws {
    let (stopwatch, replica) = (stopwatch, Replica())
    reader = try await SocketClient(room: room, port: port) { update, _ in stopwatch.noteSeen(replica.apply(update)) }
    writer = try await SocketClient(room: room, port: port) { _, _ in }
    reader.askForAll()
  }

  /// From typing to seeing.
  var latencies: [Duration] { stopwatch.latencies }

  /// Types one character after the other, whether they are seen or not.
  func type(until end: ContinuousClock.Instant, pause: ClosedRange<Double>) async throws {
    let document = Document()
    var generator = SystemRandomNumberGenerator()
    while ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(Double.random(in: pause, using: &generator)))
      stopwatch.noteTyped()
      typedCount.add(1, ordering: .relaxed)
      let known = document.stateVector
      document.text("body").append("x")
      let update = document.encodeUpdate(since: known)
      writer.send { $0.writeUpdateMessage(update) }
    }
  }

  func waitForAll() async throws {
    try await until("the last character") {
      if !writer.isConnected || !reader.isConnected { throw WrongResult(description: "a typist was cut off") }
      return stopwatch.seenCount == typedCount.load(ordering: .relaxed)
    }
  }

  func close() async {
    await writer.close()
    await reader.close()
  }
}
