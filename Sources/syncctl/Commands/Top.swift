import ArgumentParser
import Dispatch
import Foundation
import SyncHTTP
import SyncNode
import Synchronization

/// Shows how a relay is, again and again.
struct Top: AsyncParsableCommand {
  private struct Record: Encodable {
    let time: Date
    let node: String
    let storeFailure: String?
    let connections: Int
    let rooms: Int
    let roomMemory: Int
    let metrics: [MetricReport]
    let clients: [ConnectionReport]
    let alerts: [Alert]
  }

  static let configuration = CommandConfiguration(
    abstract: "Show live how a relay is: rates, latencies, rooms, connections and alerts.",
    discussion: """
      A delivery is one update on its way to one client, measured from when its message was read until it is handed to the \
      client's socket; a commit is measured from when an update is handed to the store; lag is how much later than it \
      should an event loop does something. On a terminal the view fills the screen until q or ^C; else one follows the \
      other. This is for administrators of all rooms.
      """)

  @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
  var url: NodeAddress

  @Option(help: ArgumentHelp("How long from one view to the next.", valueName: "seconds"))
  var interval = 1.0

  @Option(help: ArgumentHelp("End after so many views.", valueName: "views"))
  var count: Int?

  @Flag(help: "Print JSON: an object in each line.")
  var json = false

  @OptionGroup var access: NodeAccessOptions

  func validate() throws {
    guard (0.25...3600).contains(interval) else { throw ValidationError("--interval is 0.25 to 3600 seconds") }
    if let count, count < 1 { throw ValidationError("--count is at least 1") }
  }

  func run() async throws {
    let node = try access.node(at: url)
    // A relay that cannot be asked is told of before the screen is taken.
    let first = try await NodeSnapshot(of: node)
    let ending = Ending()
    let signals = [SIGINT, SIGTERM].map { Top.source(of: $0) { ending.isOver.store(true, ordering: .relaxed) } }
    let screen =
      json ? nil : TerminalScreen { if $0 == UInt8(ascii: "q") { ending.isOver.store(true, ordering: .relaxed) } }
    defer {
      screen?.end()
      for signal in signals { signal.cancel() }
    }
    var (now, earlier, shown) = (first, NodeSnapshot?.none, 0)
    while true {
      try show(now, since: earlier, on: screen)
      shown += 1
      guard shown != count, try await isToGoOn(until: ending) else { return }
      earlier = now
      now = try await NodeSnapshot(of: node)
    }
  }

  /// Waits until the next view is due.
  ///
  /// - Returns: Whether it is to be shown; when not, the end has been asked for.
  private func isToGoOn(until ending: Ending) async throws -> Bool {
    let due = ContinuousClock.now + .seconds(interval)
    while !ending.isOver.load(ordering: .relaxed) {
      let now = ContinuousClock.now
      if now >= due { return true }
      try await Task.sleep(for: min(due - now, Top.keyDelay))
    }
    return false
  }

  /// How soon a key is heeded.
  private static let keyDelay = Duration.milliseconds(50)

  private func show(_ now: NodeSnapshot, since earlier: NodeSnapshot?, on screen: TerminalScreen?) throws {
    if json {
      return try Output.json(
        Record(
          time: now.time, node: now.status.node, storeFailure: now.status.storeFailure,
          connections: now.status.connections, rooms: now.status.rooms, roomMemory: now.status.roomMemory,
          metrics: now.metrics, clients: now.connections, alerts: now.alerts))
    }
    let view = NodeView(place: url.description, now: now, earlier: earlier)
    if let screen {
      screen.show(view.lines(atMost: TerminalScreen.size.lines))
    } else {
      Output.text((view.lines() + ["", ""]).joined(separator: "\n"))
    }
  }

  /// Calls `body` instead of ending the process.
  private static func source(of number: Int32, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number)
    source.setEventHandler { body() }
    source.activate()
    return source
  }
}

/// Whether the end has been asked for.
private final class Ending: Sendable {
  let isOver = Atomic(false)
}
