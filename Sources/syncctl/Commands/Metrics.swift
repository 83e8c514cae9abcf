import ArgumentParser
import Foundation
import SyncHTTP
import SyncNode

/// What is measured: of a relay, and of applications that publish to it.
struct Metrics: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what is measured of a relay or an application, and record values of an application.",
    discussion: """
      An application's metrics are those of the room analytics:NAME, whose clients are told of them by presence up to four \
      times a second. Each is a counter, a gauge, a timing in seconds or a distribution of whole numbers, and is \
      summarised over the last second, ten seconds, minute and hour. What is not measured for an hour is forgotten.

      Examples:
        syncctl metrics record signups 1 --application acme --label plan=free --url http://127.0.0.1:8787
        syncctl metrics list --application acme --url http://127.0.0.1:8787
      """,
    subcommands: [List.self, Record.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what is measured, with what was recorded lately.")

    @Option(help: ArgumentHelp("An application's metrics instead of the relay's own.", valueName: "name"))
    var application: String?

    @Option(help: "How far back to summarise: 1s, 10s, 1m or 1h.")
    var window = MetricWindow.minute

    @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
    var url: NodeAddress

    @Flag(help: "Print JSON: an array of objects, in the order of their names, with all windows.")
    var json = false

    @OptionGroup var access: NodeAccessOptions

    func run() async throws {
      let query = application.map { [(name: "application", value: $0)] } ?? []
      let reports: [MetricReport] = try await access.node(at: url).page(MetricsAPI.Path.metrics, query)
      if json { return try Output.json(reports) }
      let rows = reports.map { report in
        let summary = report[window]
        let recorded = summary?.count ?? 0 > 0
        func cell(_ value: Double?) -> String { recorded ? value.map(NodeView.number) ?? "-" : "-" }
        return [
          Output.printable(report.name), Metrics.text(of: report.labels), report.kind.rawValue,
          report.value.map(NodeView.number) ?? "-",
          report.kind == .counter ? summary?.rate.map(NodeView.number) ?? "-" : "-", cell(summary?.p50),
          cell(summary?.p99), cell(report.kind == .counter ? nil : summary?.max),
        ]
      }
      Output.table(
        ["NAME", "LABELS", "KIND", "VALUE", "A SECOND", "P50", "P99", "MAX"], rows, numbers: [3, 4, 5, 6, 7])
    }
  }

  struct Record: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Record a value of an application.")

    @Argument(help: "The metric's name: letters, digits and _.")
    var name: String

    @Argument(
      help:
        "What a counter grows by, what a gauge is, or one value of a distribution or of timings in seconds; a negative one stands behind --."
    )
    var value: Double

    @Option(help: ArgumentHelp("Which application's.", valueName: "name"))
    var application: String

    @Option(help: "What kind of values the metric has: counter, gauge, timing or distribution.")
    var kind = MetricKind.counter

    @Option(
      name: .customLong("label"),
      help: ArgumentHelp("What parts the series from others of the metric. May be repeated.", valueName: "name=value"))
    var labels: [String] = []

    @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
    var url: NodeAddress

    @OptionGroup var access: NodeAccessOptions

    func run() async throws {
      let pairs = try labels.map { label in
        guard let equals = label.firstIndex(of: "=") else {
          throw Failure(.usage, "--label \(Output.printable(label)) is no NAME=VALUE")
        }
        return (String(label[..<equals]), String(label[label.index(after: equals)...]))
      }
      let sample: MetricSample
      do {
        guard value.isFinite else { throw Failure(.usage, "a value is a finite number") }
        sample = MetricSample(
          name: try MetricName(name, labels: Dictionary(pairs) { $1 }), kind: kind, value: value)
      } catch let error as MetricError {
        throw Failure(.usage, "\(error)")
      }
      try await access.node(at: url).tell(
        MetricsAPI.Path.metrics, [(name: "application", value: application)], [sample])
    }
  }

  private static func text(of labels: [String: String]) -> String {
    if labels.isEmpty { return "-" }
    return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\(Output.excerpt($0.value, characters: 30))" }
      .joined(separator: ",")
  }
}

extension MetricKind: ExpressibleByArgument {}
extension MetricWindow: ExpressibleByArgument {}
