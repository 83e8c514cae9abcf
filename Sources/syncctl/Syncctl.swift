import ArgumentParser
import Foundation

/// The command line: parses, runs one command, and turns every failure into one line on stderr and an exit code.
@main
struct Syncctl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "syncctl",
    abstract: "Runs a relay for Yjs documents, and inspects what it stores.",
    discussion: """
      Exit codes: 0 done, 1 a difference or a failed check, 2 wrong usage, 3 cannot connect or open, 4 refused.
      """,
    subcommands: [
      Serve.self, Rooms.self, Show.self, Stats.self, Log.self, Blame.self, Diff.self, Export.self, Import.self,
      Versions.self, Watch.self, Activity.self, Top.self, Metrics.self, Alerts.self, Notify.self, Notifications.self,
      WebhooksCommand.self, Status.self, Bench.self, Copies.self, Edit.self, SetValue.self, Insert.self,
      Delete.self,
      Recreate.self,
      Verify.self,
      Backup.self, Compact.self, Repair.self, Token.self, ListLimits.self, Config.self, Inspect.self, Convert.self,
      Obfuscate.self,
      Merge.self,
    ])

  static func main() async {
    do {
      var command = try parse(ConfiguredArguments())
      Output.begin(command)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      Output.end()
    } catch let failure as Failure {
      failure.exit()
    } catch {
      // Help and the like are errors to the parser, too.
      guard exitCode(for: error) != .success else { exit(withError: error) }
      Failure(.usage, "\(message(for: error)): see `syncctl --help`").exit()
    }
  }

  private static func parse(_ line: ConfiguredArguments) throws -> any ParsableCommand {
    do {
      return try parseAsRoot(line.arguments)
    } catch {
      guard exitCode(for: error) != .success else { throw error }
      throw Failure(.usage, "\(line.explain(message(for: error))): see `syncctl --help`")
    }
  }
}

/// Why a command could not do what it was asked for.
struct Failure: Error, CustomStringConvertible {
  /// What the process exits with.
  enum Code: Int32 {
    /// A difference was found, or a check failed.
    case check = 1
    /// The command line makes no sense.
    case usage = 2
    /// Something cannot be connected to or opened.
    case unreachable = 3
    /// What was asked for is not allowed.
    case refused = 4
  }

  let code: Code
  /// One line: what happened, and what to do next.
  let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  var description: String { message }

  /// Prints the message to stderr and ends the process, when a pager has shown what was
  /// written before. Others may have chosen a part of it: names, and what relays say.
  func exit() -> Never {
    Output.end()
    let line = Output.printable(message.split(whereSeparator: \.isNewline).joined(separator: " "))
    FileHandle.standardError.write(Data("syncctl: \(line)\n".utf8))
    Foundation.exit(code.rawValue)
  }
}
