import ArgumentParser
import Foundation
import SyncNode

/// Where limits are chosen: `--limit NAME=VALUE` before the environment, that before a file, and that before the defaults.
struct LimitOptions: ParsableArguments {
  /// What the names of limits stand behind in the environment.
  static let environmentPrefix = "SYNCCTL_LIMIT_"

  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp(
      "Change one limit on what others may do, as in message-bytes=4MiB; `syncctl limits` lists all. May be repeated.",
      valueName: "name=value"))
  var settings: [String] = []

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "A JSON file with settings and limits, as in {\"limits\": {\"message-bytes\": \"4MiB\"}}. (default: $SYNCCTL_CONFIG, or none)",
      valueName: "file"))
  var file: String?

  /// One limit as it holds.
  struct Choice {
    let entry: Limits.Entry
    let value: Int
    /// Where it was chosen: a flag, a variable of the environment or a file; nil for the default.
    let source: String?
  }

  /// The limits that hold.
  ///
  /// - Throws: ``Failure`` when a name or a value makes no sense, or the file cannot be read.
  func limits(in environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Limits {
    var limits = Limits()
    for choice in try choices(in: environment) { limits[choice.entry] = choice.value }
    return limits
  }

  /// All limits, in the order of their table.
  ///
  /// - Throws: ``Failure`` when a name or a value makes no sense, or the file cannot be read.
  func choices(in environment: [String: String] = ProcessInfo.processInfo.environment) throws -> [Choice] {
    var chosen: [String: Choice] = [:]
    func choose(_ name: String, _ text: String, _ source: String) throws {
      chosen[name] = try LimitOptions.choice(name, text, source)
    }
    if let path = ConfigurationFile.path(file, in: environment) {
      let file = try ConfigurationFile(path: path)
      for (name, text) in file.limits { try choose(name, text, file.path) }
    }
    for (variable, text) in environment.sorted(by: { $0.key < $1.key })
    where variable.hasPrefix(LimitOptions.environmentPrefix) {
      try choose(LimitOptions.name(in: variable), text, "$" + variable)
    }
    for setting in settings {
      guard let equals = setting.firstIndex(of: "=") else {
        throw Failure(.usage, "--limit \(setting) is no NAME=VALUE: see `syncctl limits`")
      }
      try choose(String(setting[..<equals]), String(setting[setting.index(after: equals)...]), "--limit")
    }
    return Limits.table.map { chosen[$0.name] ?? Choice(entry: $0, value: $0.defaultValue, source: nil) }
  }

  /// The variable of the environment that a limit is read from.
  static func variable(of entry: Limits.Entry) -> String {
    environmentPrefix + entry.name.uppercased().replacing("-", with: "_")
  }

  private static func name(in variable: String) -> String {
    variable.dropFirst(environmentPrefix.count).lowercased().replacing("_", with: "-")
  }

  private static func choice(_ name: String, _ text: String, _ source: String) throws -> Choice {
    guard let entry = Limits.table.first(where: { $0.name == name }) else {
      let advice = NearMisses(of: name, among: Limits.table.map(\.name)).question(or: "see `syncctl limits`")
      throw Failure(.usage, "no limit `\(Output.printable(name))` (\(source)): \(advice)")
    }
    guard let value = entry.value(text) else {
      throw Failure(.usage, "`\(Output.printable(text))` is no \(name) (\(source)): it is \(entry.expectation)")
    }
    return Choice(entry: entry, value: value, source: source)
  }
}
