import ArgumentParser
import SyncNode

/// When a relay alerts.
struct AlertOptions: ParsableArguments {
  @Option(
    name: .customLong("alert-rules"),
    help: ArgumentHelp(
      "The JSON file with the rules by which the relay alerts; see `syncctl alerts`. (default: rules for latency, lag, refusals, memory, disk and links)",
      valueName: "file"))
  var rulesFile: String?

  @Option(
    name: .customLong("alert-user"),
    help: ArgumentHelp(
      "A user who is notified when an alert of the relay fires or resolves. May be repeated.", valueName: "user"))
  var recipients: [String] = []

  func validate() throws {
    if recipients.contains("") { throw ValidationError("--alert-user is the name of a user") }
  }

  /// - Throws: ``Failure`` when the file cannot be read, or a rule in it makes no sense.
  func configure(_ configuration: inout Node.Configuration) throws(Failure) {
    configuration.alertRecipients = recipients
    if let rulesFile { configuration.alertRules = try AlertRulesFile.read(rulesFile) }
  }
}
