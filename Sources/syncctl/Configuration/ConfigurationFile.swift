import Configuration
import Foundation

/// What a file says of settings and limits: JSON with a section for each group.
struct ConfigurationFile {
  /// A value as it stands in a file.
  private enum Value: Decodable {
    case number(Int)
    case flag(Bool)
    case text(String)
    case list([String])
    /// One that no setting takes.
    case other

    init(from decoder: any Decoder) throws {
      if let list = try? [String](from: decoder) {
        self = .list(list)
        return
      }
      guard let container = try? decoder.singleValueContainer() else {
        self = .other
        return
      }
      if let isOn = try? container.decode(Bool.self) {
        self = .flag(isOn)
      } else if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .other
      }
    }

    func content(of kind: Setting.Kind) -> ConfigContent? {
      switch (kind, self) {
      case (.text, .text(let text)): .string(text)
      case (.number, .number(let number)): .int(number)
      case (.flag, .flag(let isOn)): .bool(isOn)
      case (.list, .list(let elements)): .stringArray(elements)
      default: nil
      }
    }
  }

  static let limitsSection = "limits"
  /// What names the file where no option does.
  static let variable = "SYNCCTL_CONFIG"

  /// The file's name, as it was given.
  let path: String
  /// What is chosen there.
  let provider: InMemoryProvider
  /// The limits, by name.
  let limits: [(name: String, text: String)]

  /// - Throws: ``Failure`` when the file cannot be read, or something in it makes no sense.
  init(path: String) throws(Failure) {
    self.path = path
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    var limits: [(name: String, text: String)] = []
    for (section, members) in try ConfigurationFile.sections(in: path).sorted(by: { $0.key < $1.key }) {
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        if section == ConfigurationFile.limitsSection {
          limits.append((name, try ConfigurationFile.limit(name, value, path)))
        } else {
          let setting = try ConfigurationFile.setting(name, section, path)
          guard let content = value.content(of: setting.kind) else {
            throw Failure(
              .usage, "\(setting.place) in \(path) is not \(setting.kind.expectation): see `syncctl serve --help`")
          }
          values[setting.key] = ConfigValue(content, isSecret: false)
        }
      }
    }
    provider = InMemoryProvider(name: path, values: values)
    self.limits = limits
  }

  /// The file that holds where an option names `path` or none; nil for no file.
  static func path(_ path: String?, in environment: [String: String]) -> String? {
    path ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func sections(in path: String) throws(Failure) -> [String: [String: Value]] {
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
        .usage, "\(path) is no configuration (\(reason(error))): write {\"SECTION\": {\"NAME\": VALUE}}")
    }
    let known = Setting.Section.allCases.map(\.rawValue) + [limitsSection]
    if let unknown = sections.keys.sorted().first(where: { !known.contains($0) }) {
      throw Failure(
        .usage,
        "no section `\(Output.printable(unknown))` in \(path): "
          + NearMisses(of: unknown, among: known).question(or: "there are \(known.joined(separator: ", "))"))
    }
    return sections
  }

  private static func setting(_ name: String, _ section: String, _ path: String) throws(Failure) -> Setting {
    if let setting = Setting.named(name) {
      if setting.section.rawValue == section { return setting }
      throw Failure(
        .usage, "`\(name)` in \(path) stands in section `\(section)`: move it to `\(setting.section.rawValue)`")
    }
    let near = NearMisses(of: name, among: Setting.table.map(\.name))
    throw Failure(
      .usage,
      "no setting `\(Output.printable("\(section).\(name)"))` (\(path)): "
        + near.question(or: "see `syncctl serve --help`"))
  }

  private static func limit(_ name: String, _ value: Value, _ path: String) throws(Failure) -> String {
    switch value {
    case .number(let number): return "\(number)"
    case .text(let text): return text
    default:
      throw Failure(
        .usage,
        "\(Output.printable("\(limitsSection).\(name)")) in \(path) is neither a whole number nor a text:"
          + " see `syncctl limits`")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return error.localizedDescription }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
      let place = context.codingPath.map(\.stringValue).joined(separator: ".")
      return place.isEmpty ? "it is no object" : "\(Output.printable(place)) is no object"
    default: return "it is no JSON"
    }
  }
}
