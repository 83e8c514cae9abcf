import ArgumentParser
import Foundation
import SyncHTTP
import SyncNode

/// What relays alert of.
struct Alerts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what relays alert of and by which rules, and check rules.",
    discussion: """
      An alert fires when what a rule says of a metric has held for a while without a break, and resolves when it has been \
      good again for as long. The last alert of each rule and relay is in the room `system`, and replicates with it.

      Rules are a JSON array, as `rules --json` prints it, for `serve --alert-rules`:
        [{"name": "slow-delivery", "metric": "sync_delivery_seconds", "statistic": "p99", "window": "1m",
          "condition": "above", "threshold": 0.1, "clear": 0.08, "seconds": 30, "severity": "warning"}]
      `condition` is above, below or absent; `statistic` value, count, rate, mean, min, max, p50, p90 or p99; `window` 1s, \
      10s, 1m or 1h; `severity` info, warning or critical. `labels` choose series, `application` one's metrics. What is \
      left out is: value, 1m, above, no clear, 30 seconds, warning.
      """,
    subcommands: [List.self, Rules.self, Check.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the last alert of each rule and relay, the newest first.")

    @Flag(help: "Only those that fire now.")
    var firing = false

    @Flag(help: "Print JSON: an array of objects.")
    var json = false

    @OptionGroup var options: ReplicaOptions

    func run() async throws {
      let all: [Alert]
      if let url = options.url {
        all = try await options.access.node(at: url).page(MetricsAPI.Path.alerts)
      } else {
        let document = try await options.replica().storedDocument(of: FeedRoom(.system).name)
        all = document.map { AlertBook(document: $0).alerts } ?? []
      }
      let alerts = all.filter { !firing || $0.state == .firing }
      if json { return try Output.json(alerts) }
      let rows = alerts.map { alert in
        [
          alert.state.rawValue, alert.severity.rawValue, Output.printable(alert.rule), Output.time(alert.since),
          alert.until.map { Output.time($0) } ?? "-", Output.excerpt(alert.node, characters: 8),
          Output.printable(alert.title),
        ]
      }
      Output.table(["STATE", "SEVERITY", "RULE", "SINCE", "UNTIL", "RELAY", "WHAT"], rows, numbers: [])
    }
  }

  struct Rules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the rules by which a relay alerts.")

    @Option(
      help: ArgumentHelp(
        "The relay, as in http://127.0.0.1:8787. Without one, the rules that hold unless others are chosen.",
        valueName: "address"))
    var url: NodeAddress?

    @Flag(help: "Print JSON: an array of objects, which `serve --alert-rules` reads.")
    var json = false

    @OptionGroup var access: NodeAccessOptions

    func run() async throws {
      let rules: [AlertRule] =
        if let url { try await access.node(at: url).page(MetricsAPI.Path.alertRules) } else { AlertRule.defaults() }
      if json { return try Output.json(rules) }
      let rows = rules.map { rule in
        [
          Output.printable(rule.name), rule.severity.rawValue, Output.printable(rule.title),
          rule.clear.map(NodeView.number) ?? "-", NodeView.duration(rule.seconds),
        ]
      }
      Output.table(["RULE", "SEVERITY", "FIRES WHEN", "GOOD AT", "FOR"], rows, numbers: [3, 4])
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check a file with rules.")

    @Argument(help: "The JSON file.")
    var file: String

    func run() throws { Output.line("\(counted(UInt64(try AlertRulesFile.read(file).count), "rule")): all make sense") }
  }
}

/// The file with the rules by which a relay alerts.
enum AlertRulesFile {
  /// Reads the rules.
  ///
  /// - Throws: ``Failure`` that names the rule and the member that make no sense.
  static func read(_ path: String) throws(Failure) -> [AlertRule] {
    let input = try InputFile.read(path)
    do {
      let rules = try JSONDecoder().decode([AlertRule].self, from: Data(input.bytes))
      try AlertRule.check(rules)
      return rules
    } catch let error as AlertRuleError {
      throw Failure(.usage, "\(path): \(error)")
    } catch {
      throw Failure(.usage, "\(path) has no rules (\(reason(error))): see `syncctl alerts --help`")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return error.localizedDescription }
    switch error {
    case .keyNotFound(let key, let context): return "rule \(index(context)): `\(key.stringValue)` is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return context.codingPath.isEmpty
        ? "it is no array" : "rule \(index(context)): \(member(context)) is of another kind"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty ? "it is no JSON" : "rule \(index(context)): \(member(context)) is unknown"
    @unknown default: return "it cannot be read"
    }
  }

  private static func index(_ context: DecodingError.Context) -> String {
    context.codingPath.first?.intValue.map { "\($0 + 1)" } ?? "?"
  }

  private static func member(_ context: DecodingError.Context) -> String {
    context.codingPath.last.map { "`\($0.stringValue)`" } ?? "it"
  }
}
