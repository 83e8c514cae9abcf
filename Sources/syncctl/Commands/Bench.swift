import ArgumentParser
import CRDT
import Foundation
import SyncNode

/// Loads a relay with clients, and measures what it does for them.
struct Bench: AsyncParsableCommand, ColoringCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load a relay that runs with clients that write, and measure how fast and how completely it delivers.",
    discussion: """
      Clients join new rooms, each of which gets a name that begins with --prefix, and write a character at a time. It is \
      measured from sending an update until each other client of the room has it, and until the relay has said that it is \
      stored. What is not delivered within 10 seconds after the last update is lost. The exit code is 1 when something is \
      lost or refused. The rooms stay in the relay's store, so measure a relay that is there for it. Clients and relay on \
      one machine take from each other.

      Example:
        syncctl bench --url http://127.0.0.1:8787 --clients 500 --rooms 50 --rate 1000 --seconds 30
      """)

  @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
  var url: NodeAddress

  @Option(help: "How many clients; each has a socket of its own.")
  var clients = 100

  @Option(help: "Into how many rooms they are divided.")
  var rooms = 10

  @Option(help: "How many updates all of them send in a second.")
  var rate = 100

  @Option(help: "For how many seconds they write.")
  var seconds = 10

  @Option(help: ArgumentHelp("From when on a delivery is late.", valueName: "milliseconds"))
  var late = 100

  @Option(help: "How the names of the rooms begin.")
  var prefix = "bench"

  @Flag(help: "Print JSON: an object.")
  var json = false

  @OptionGroup var access: NodeAccessOptions
  @OptionGroup var coloring: ColorOptions

  func validate() throws {
    guard (1...100_000).contains(clients) else { throw ValidationError("--clients is 1 to 100000") }
    guard (1...clients).contains(rooms) else { throw ValidationError("--rooms is 1 to as many as --clients") }
    guard (1...1_000_000).contains(rate) else { throw ValidationError("--rate is 1 to 1000000 updates") }
    guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds is 1 to 86400") }
    guard late >= 1 else { throw ValidationError("--late is at least 1 ms") }
  }

  func run() async throws {
    let node = try access.node(at: url)
    let progress = Progress()
    defer { progress.end() }
    let load = Load(
      node: node, clients: clients, rooms: rooms, prefix: "\(prefix)-\(UInt32.random(in: .min ... .max))")
    let report = try await load.run(
      rate: rate, duration: .seconds(seconds), late: .milliseconds(late)
    ) { progress.note($0) }
    progress.end()
    if json { try Output.json(report) } else { Bench.print(report, late: late) }
    if report.lost > 0 || report.refused > 0 {
      throw Failure(.check, "\(report.lost) deliveries are lost and \(report.refused) updates refused")
    }
  }

  private static func print(_ report: LoadReport, late: Int) {
    Output.line("\(report.clients) clients in \(report.rooms) rooms")
    Output.line("sent       \(report.sent) updates in \(text(report.seconds)) s, \(report.stored) of them stored")
    Output.line(
      """
      delivered  \(report.delivered) of \(report.expected), \(Int(report.deliveriesPerSecond.rounded())) a second; \
      \(report.lost) lost, \(report.late) after more than \(late) ms
      """)
    let rows = [("delivered", report.delivery), ("stored", report.storing)].compactMap { name, latency in
      latency.map { [name, text($0.median), text($0.p90), text($0.p99), text($0.max)] }
    }
    if !rows.isEmpty { Output.table(["MS UNTIL", "MEDIAN", "P90", "P99", "MAX"], rows, numbers: [1, 2, 3, 4]) }
  }

  private static func text(_ number: Double) -> String { String(format: "%.2f", number) }
}
