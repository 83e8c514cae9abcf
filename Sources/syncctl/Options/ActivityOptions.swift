import ArgumentParser
import SyncNode

/// What a relay tells of who does what.
struct ActivityOptions: ParsableArguments {
  @Option(
    name: .customLong("activity-rooms"),
    help: ArgumentHelp(
      "Of which rooms project:ID it is told in activity:ID who does what: names in which * stands for anything. May be repeated. (default: project:*)",
      valueName: "pattern"))
  var rooms: [String] = []

  @Flag(name: .customLong("no-activity"), help: "Tell nothing of who does what.")
  var isOff = false

  @Option(
    name: .customLong("activity-days"),
    help: ArgumentHelp("For how many days activity:ID keeps what was done, 1,000 entries at most.", valueName: "days"))
  var days = 90

  @Option(
    name: .customLong("activity-index-days"),
    help: ArgumentHelp("For how many days it can be searched, 100,000 entries at most.", valueName: "days"))
  var indexDays = 365

  @Option(
    name: .customLong("activity-grace"),
    help: ArgumentHelp("Who is back within so long has neither left nor joined.", valueName: "seconds"))
  var graceSeconds = 10

  func validate() throws {
    if isOff, !rooms.isEmpty { throw ValidationError("--activity-rooms and --no-activity exclude each other") }
    for days in [days, indexDays] where !(1...36_500).contains(days) {
      throw ValidationError("--activity-days and --activity-index-days are 1 to 36500 days")
    }
    guard (0...3600).contains(graceSeconds) else { throw ValidationError("--activity-grace is 0 to 3600 seconds") }
  }

  func configure(_ configuration: inout Node.Configuration) {
    if isOff { configuration.activity.rooms = [] } else if !rooms.isEmpty { configuration.activity.rooms = rooms }
    configuration.activity.ageMax = .seconds(days * 86_400)
    configuration.activity.indexAgeMax = .seconds(indexDays * 86_400)
    configuration.activity.reconnectGrace = .seconds(graceSeconds)
  }
}
