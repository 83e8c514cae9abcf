import ArgumentParser
import Foundation

/// Whether output is coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never

  /// Whether what goes to stdout now is.
  var isColored: Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      let environment = ProcessInfo.processInfo.environment
      let isUnwanted = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
      return isatty(STDOUT_FILENO) == 1 && !isUnwanted && environment["TERM"] != "dumb"
    }
  }
}

/// How the output of a command is coloured.
struct ColorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Use colours always, never, or auto: on a terminal, unless NO_COLOR is set.", valueName: "when"))
  var color = ColorChoice.auto
}

/// How a command shows what is longer than the screen.
struct PagingOptions: ParsableArguments {
  @Flag(
    name: .customLong("no-pager"), help: "Write to a terminal at once, instead of page by page with $PAGER or less.")
  var isUnpaged = false
}

/// A command that sets off parts of its output by colours.
protocol ColoringCommand: ParsableCommand {
  var coloring: ColorOptions { get }
}

/// A command whose output may be longer than the screen.
protocol PagingCommand: ParsableCommand {
  var paging: PagingOptions { get }
}
