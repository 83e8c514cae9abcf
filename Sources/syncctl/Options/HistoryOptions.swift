import ArgumentParser

/// How long a store keeps histories.
struct HistoryOptions: ParsableArguments {
  @Option(
    name: .customLong("history-days"),
    help: ArgumentHelp(
      "How long the store keeps who wrote what and when, with what was deleted since; 0 keeps none. (default: for ever)",
      valueName: "days"))
  var days: Int?

  /// Nil for ever.
  var duration: Duration? { days.map { .seconds($0 * 86_400) } }

  func validate() throws {
    guard (0...36_500).contains(days ?? 0) else { throw ValidationError("--history-days is 0 to 36500 days") }
  }
}
