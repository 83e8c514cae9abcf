import Configuration
import Foundation

/// A command line with what the environment and a file choose where it says nothing.
///
/// What they choose is put before its own options, so that the parser and its checks see one command line, whoever chose.
struct ConfiguredArguments {
  /// The commands that take the settings of a relay.
  private static let commands = [["serve"], ["config", "check"]]
  private static let variablePrefix = "SYNCCTL_"

  /// What the parser is to read.
  let arguments: [String]
  /// Where each setting was chosen, by its name: a flag, a variable of the environment or a file. What is not here holds by
  /// default.
  let sources: [String: String]

  /// - Throws: ``Failure`` when the file cannot be read, or something in it or in the environment makes no sense.
  init(
    _ arguments: [String] = Array(CommandLine.arguments.dropFirst()),
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) {
    let help = ["-h", "--help", "--help-hidden"]
    guard let command = ConfiguredArguments.commands.first(where: { arguments.starts(with: $0) }),
      !arguments.contains(where: help.contains)
    else {
      self.arguments = arguments
      sources = [:]
      return
    }
    let own = Array(arguments.dropFirst(command.count))
    let variables = try ConfiguredArguments.variables(in: environment)
    let path = ConfigurationFile.path(ConfiguredArguments.value(of: "config", in: own), in: environment)
    let file = try path.map { path throws(Failure) in try ConfigurationFile(path: path) }
    var chosen: [String] = []
    var sources: [String: String] = [:]
    for setting in Setting.table {
      if ConfiguredArguments.has(setting.name, in: own) {
        sources[setting.name] = "--\(setting.name)"
      } else if let (content, source) = try ConfiguredArguments.choice(of: setting, variables, file) {
        chosen += ConfiguredArguments.arguments(setting.name, content)
        sources[setting.name] = source
      }
    }
    self.arguments = command + chosen + own
    self.sources = sources
  }

  /// `message` of the parser, with where the options that it names were chosen when that was not on the command line.
  func explain(_ message: String) -> String {
    let words = Set(message.split { !$0.isLetter && !$0.isNumber && $0 != "-" })
    let places = sources.sorted { $0.key < $1.key }.compactMap { name, source in
      let option = "--\(name)"
      return source != option && words.contains(option[...]) ? "\(option) is from \(source)" : nil
    }
    return places.isEmpty ? message : "\(message) (\(places.joined(separator: ", ")))"
  }

  /// The environment's choices: what is empty chooses nothing.
  private static func variables(in environment: [String: String]) throws(Failure) -> EnvironmentVariablesProvider {
    let ours = environment.filter { $0.key.hasPrefix(variablePrefix) && !$0.value.isEmpty }
    let known = Setting.table.map(\.variable)
    let others = ours.keys.sorted().filter { !$0.hasPrefix(LimitOptions.environmentPrefix) && !known.contains($0) }
    // Variables of other commands and programs may begin alike; one that is almost ours is a mistake.
    for variable in others where !reservedVariables.contains(variable) {
      let names = known.map { String($0.dropFirst(variablePrefix.count)) }
      let near = NearMisses(of: String(variable.dropFirst(variablePrefix.count)), among: names).names
      guard let name = near.first else { continue }
      throw Failure(
        .usage, "no setting `$\(Output.printable(variable))`: did you mean `$\(variablePrefix)\(name)`?")
    }
    return EnvironmentVariablesProvider(environmentVariables: ours)
  }

  private static let reservedVariables = [ConfigurationFile.variable, NodeAccessOptions.tokenVariable]

  private static func choice(
    of setting: Setting, _ variables: EnvironmentVariablesProvider, _ file: ConfigurationFile?
  ) throws(Failure) -> (ConfigContent, source: String)? {
    do {
      let variable = try variables.value(forKey: setting.key, type: setting.kind.type)
      if let value = variable.value { return (value.content, "$\(variable.encodedKey)") }
      guard let file, let value = try file.provider.value(forKey: setting.key, type: setting.kind.type).value else {
        return nil
      }
      return (value.content, file.path)
    } catch {
      // The file's types were checked when it was read.
      throw Failure(.usage, "$\(setting.variable) is not \(setting.kind.expectation): see `syncctl serve --help`")
    }
  }

  private static func arguments(_ name: String, _ content: ConfigContent) -> [String] {
    switch content {
    case .string(let text): ["--\(name)=\(text)"]
    case .int(let number): ["--\(name)=\(number)"]
    case .bool(let isOn): isOn ? ["--\(name)"] : []
    case .stringArray(let elements): elements.map { "--\(name)=\($0)" }
    default: []
    }
  }

  /// Whether an option was given. The value of another one never begins with a hyphen.
  private static func has(_ name: String, in arguments: [String]) -> Bool {
    arguments.contains { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }
  }

  /// The last value of an option, as the parser takes it.
  private static func value(of name: String, in arguments: [String]) -> String? {
    guard let index = arguments.lastIndex(where: { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }) else {
      return nil
    }
    if let equals = arguments[index].firstIndex(of: "=") {
      return String(arguments[index][arguments[index].index(after: equals)...])
    }
    return index + 1 < arguments.count ? arguments[index + 1] : nil
  }
}
