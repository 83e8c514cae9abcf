import ArgumentParser
import Logging

/// How the process of a relay ends, and what it tells.
struct ProcessOptions: ParsableArguments {
  @Option(
    name: .customLong("stop-timeout"),
    help: ArgumentHelp(
      "How long stopping may take, until all that was received is stored; after that the relay exits with code 1.",
      valueName: "seconds"))
  var stopTimeoutSeconds = 10

  @Option(help: "The least severe messages to log: trace, debug, info, notice, warning, error or critical.")
  var logLevel = Logger.Level.info

  func validate() throws {
    guard (1...3600).contains(stopTimeoutSeconds) else { throw ValidationError("--stop-timeout is 1 to 3600 seconds") }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
