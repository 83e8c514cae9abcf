import ArgumentParser
import Logging
import SyncNode

/// What a relay would run with.
struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check what a relay would run with.", subcommands: [CheckConfiguration.self])
}

/// Checks the settings of a relay, and lists them.
struct CheckConfiguration: AsyncParsableCommand, RelayCommand, ColoringCommand, PagingCommand {
  /// What is told of a setting or a limit.
  private struct Row: Encodable {
    private enum Key: String, CodingKey {
      case section, name, value, source, variable
    }

    let section: String
    let name: String
    let value: Setting.Value
    /// The value for people.
    let text: String
    /// Nil for the default.
    let source: String?
    let variable: String

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(section, forKey: .section)
      try members.encode(name, forKey: .name)
      try members.encode(value, forKey: .value)
      try members.encodeIfPresent(source, forKey: .source)
      try members.encode(variable, forKey: .variable)
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check what a relay would run with, and list every setting with where it was chosen.",
    discussion: """
      Takes the options of `syncctl serve`, and the same environment and file. Files that are named in them are read, but \
      no store is opened and no port is listened on. The exit code is the one that `syncctl serve` would end with: 2 for \
      what makes no sense, 3 for a file that cannot be used, 4 for an address that is not allowed.
      """)

  @Flag(help: "Print JSON: an array of objects, in the same order.")
  var json = false

  @OptionGroup(title: "Listen") var listening: ListenOptions
  @OptionGroup(title: "TLS") var tls: TLSOptions
  @OptionGroup(title: "Peers") var peering: PeerOptions
  @OptionGroup(title: "Access") var access: AccessOptions
  @OptionGroup(title: "Storage") var storage: StorageOptions
  @OptionGroup(title: "Storage") var history: HistoryOptions
  @OptionGroup(title: "Feeds") var alerting: AlertOptions
  @OptionGroup(title: "Feeds") var webhooks: WebhookOptions
  @OptionGroup(title: "Feeds") var notifications: NotificationOptions
  @OptionGroup(title: "Feeds") var activity: ActivityOptions
  @OptionGroup(title: "Process") var process: ProcessOptions
  @OptionGroup var limitOptions: LimitOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func run() async throws {
    let sources = try ConfiguredArguments().sources
    _ = try await RelaySetup(self, logger: Logger(label: "syncctl") { _ in SwiftLogNoOpLogHandler() })
    let rows = Setting.table.map { row($0, sources) } + (try limitOptions.choices().map { row($0) })
    if json { return try Output.json(rows) }
    Output.table(
      ["SETTING", "VALUE", "FROM"],
      rows.map { ["\($0.section).\($0.name)", Output.printable($0.text), Output.printable($0.source ?? "default")] },
      numbers: [])
  }

  private func row(_ setting: Setting, _ sources: [String: String]) -> Row {
    let value = setting.value(self)
    return Row(
      section: setting.section.rawValue, name: setting.name, value: value, text: value.description,
      source: sources[setting.name], variable: setting.variable)
  }

  private func row(_ choice: LimitOptions.Choice) -> Row {
    Row(
      section: ConfigurationFile.limitsSection, name: choice.entry.name,
      value: .number(choice.value == .max ? nil : choice.value), text: choice.entry.text(choice.value),
      source: choice.source, variable: LimitOptions.variable(of: choice.entry))
  }
}
