import ArgumentParser
import SyncNode

/// Lists the limits that a relay would run with.
struct ListLimits: ParsableCommand, ColoringCommand, PagingCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "List the limits on what others may do, as they hold here, and where each was chosen.",
    discussion: """
      A limit is chosen by --limit, else by a variable of the environment such as SYNCCTL_LIMIT_MESSAGE_BYTES, else by the
      file of --config. Values are whole numbers, of bytes also with KiB, MiB, GiB or TiB behind them; `none` is no limit.
      """)

  @Flag(help: "Print JSON: an array of objects, in the same order.")
  var json = false

  @OptionGroup var options: LimitOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  private struct Row: Encodable {
    let name: String
    /// Nil when there is no limit.
    let value: Int?
    let `default`: Int?
    let unit: String
    /// Where it was chosen; nil for the default.
    let source: String?
    let variable: String
    let meaning: String
    let beyond: String
  }

  func run() throws {
    let choices = try options.choices()
    if json { return try Output.json(choices.map { row($0) }) }
    let rows = choices.map { choice in
      [
        choice.entry.name, choice.entry.text(choice.value), choice.entry.unit.rawValue, choice.source ?? "default",
        choice.entry.meaning,
      ]
    }
    Output.table(["LIMIT", "VALUE", "UNIT", "FROM", "BOUNDS"], rows, numbers: [1], dim: [2])
  }

  private func row(_ choice: LimitOptions.Choice) -> Row {
    func number(_ value: Int) -> Int? { value == .max ? nil : value }
    let entry = choice.entry
    return Row(
      name: entry.name, value: number(choice.value), default: number(entry.defaultValue), unit: entry.unit.rawValue,
      source: choice.source, variable: LimitOptions.variable(of: entry), meaning: entry.meaning,
      beyond: entry.consequence)
  }
}
