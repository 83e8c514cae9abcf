import ArgumentParser
import Foundation
import SyncNode

/// Where limits are chosen: `--limit NAME=VALUE` before the environment, that before a file, and that before the defaults.
struct LimitOptions: ParsableArguments {
  /// What the names of limits stand behind in the environment.
  private static let environmentPrefix = "SYNCCTL_LIMIT_"
  private static let fileVariable = "SYNCCTL_CONFIG"

  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp(
      "Change one limit on what others may do, as in message-bytes=4MiB; `syncctl limits` lists all. May be repeated.",
      valueName: "name=value"))
  var settings: [String] = []

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "A JSON file with limits, as in {\"limits\": {\"message-bytes\": \"4MiB\"}}. (default: $SYNCCTL_CONFIG, or none)",
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
    if let path = file ?? environment[LimitOptions.fileVariable].flatMap({ $0.isEmpty ? nil : $0 }) {
      for (name, value) in try ConfigurationFile(path: path).limits { try choose(name, value.text, path) }
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
      let near = NearMisses(of: name, among: Limits.table.map(\.name)).names.map { "`\($0)`" }
      let advice = near.isEmpty ? "see `syncctl limits`" : "did you mean \(near.joined(separator: " or "))?"
      throw Failure(.usage, "no limit `\(Output.printable(name))` (\(source)): \(advice)")
    }
    guard let value = entry.value(text) else {
      throw Failure(.usage, "`\(Output.printable(text))` is no \(name) (\(source)): it is \(entry.expectation)")
    }
    return Choice(entry: entry, value: value, source: source)
  }
}

/// What may stand in the file that `--config` names.
private struct ConfigurationFile {
  /// A number or a text.
  struct Value: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else {
        text = try container.decode(String.self)
      }
    }
  }

  private static let section = "limits"

  /// By name, in order.
  let limits: [(name: String, value: Value)]

  /// - Throws: ``Failure``
  init(path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw Failure(.unreachable, "cannot read the configuration \(path) (\(error.localizedDescription))")
    }
    let sections: [String: [String: Value]]
    do {
      sections = try JSONDecoder().decode([String: [String: Value]].self, from: data)
    } catch {
      throw Failure(
        .usage,
        "\(path) is no configuration (\(ConfigurationFile.reason(error))): write {\"limits\": {\"NAME\": VALUE}}")
    }
    if let unknown = sections.keys.sorted().first(where: { $0 != ConfigurationFile.section }) {
      throw Failure(.usage, "no section `\(Output.printable(unknown))` in \(path): there is only `limits`")
    }
    limits = (sections[ConfigurationFile.section] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return error.localizedDescription }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
      return "at \(context.codingPath.map(\.stringValue).joined(separator: "."))"
    default: return "it is no JSON"
    }
  }
}
