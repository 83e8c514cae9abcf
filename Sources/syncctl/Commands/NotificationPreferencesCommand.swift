import ArgumentParser
import CRDT
import Foundation
import SyncHTTP
import SyncNode

/// Shows what a user wants to be told, and changes it.
struct NotificationPreferencesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preferences",
    abstract: "Show what a user wants to be told, and change it.",
    discussion: """
      What is muted is not stored from then on. In quiet hours it is stored, and says that no device is to make a sound. A \
      digest holds a category back until the next of its times, * all categories that have no digest of their own.
      """)

  @Argument(help: "The user: the ID of the rooms user:ID and notifications:ID.")
  var user: String

  @Option(help: ArgumentHelp("Mute: category:NAME, room:NAME or sender:NAME. May be repeated.", valueName: "what"))
  var mute: [MuteArgument] = []

  @Option(
    help: ArgumentHelp("Mute no more: category:NAME, room:NAME or sender:NAME. May be repeated.", valueName: "what"))
  var unmute: [MuteArgument] = []

  @Option(help: ArgumentHelp("Hours without a sound, as in 22:00-07:00.", valueName: "from-to"))
  var quiet: HoursArgument?

  @Flag(help: "Have no quiet hours.")
  var noQuiet = false

  @Option(
    help: ArgumentHelp(
      "Hold a category back, as in performance=09:00,17:00. May be repeated.", valueName: "category=times"))
  var digest: [DigestArgument] = []

  @Option(help: ArgumentHelp("Hold a category back no more. May be repeated.", valueName: "category"))
  var noDigest: [String] = []

  @Option(help: "The time zone of --quiet and --digest, as in Europe/Berlin. (default: this machine's)")
  var zone: String?

  @Flag(help: "Print JSON: an object.")
  var json = false

  @OptionGroup var options: ReplicaOptions

  func validate() throws {
    if quiet != nil, noQuiet { throw ValidationError("--quiet and --no-quiet exclude each other") }
    if zone != nil, quiet == nil, digest.isEmpty { throw ValidationError("--zone is for --quiet and --digest") }
  }

  private var isChange: Bool {
    !mute.isEmpty || !unmute.isEmpty || quiet != nil || noQuiet || !digest.isEmpty || !noDigest.isEmpty
  }

  func run() async throws {
    let replica = try options.replica()
    let known = try await replica.notifications(of: user)
    var preferences = known.preferences
    if isChange {
      // Before the room is made for it.
      try change(&preferences)
      _ = try await replica.edit(known.rooms.user) { document in
        preferences = NotificationPreferences(document)
        try change(&preferences)
        preferences.write(to: document)
      }
    }
    let told = NotificationAPI.Preferences(preferences)
    if json { return try Output.json(told) }
    for line in NotificationPreferencesCommand.lines(of: told) { Output.line(Output.printable(line)) }
  }

  private func change(_ preferences: inout NotificationPreferences) throws(Failure) {
    let zone = zone ?? TimeZone.current.identifier
    do throws(NotificationError) {
      preferences.mutes.formUnion(mute.map(\.mute))
      preferences.mutes.subtract(unmute.map(\.mute))
      if noQuiet { preferences.quietHours = nil }
      if let quiet {
        preferences.quietHours = try NotificationPreferences.QuietHours(from: quiet.from, to: quiet.to, zone: zone)
      }
      for category in noDigest { preferences.digests[NotificationCategory(rawValue: category)] = nil }
      for digest in digest {
        preferences.digests[NotificationCategory(rawValue: digest.category)] = try NotificationPreferences.Digest(
          times: digest.times, zone: zone)
      }
      try preferences.check()
    } catch {
      throw Failure(.usage, "\(error)")
    }
  }

  private static func lines(of preferences: NotificationAPI.Preferences) -> [String] {
    var lines = preferences.mutes.map { "muted: \($0.kind) \($0.name)" }
    if let quiet = preferences.quietHours { lines.append("quiet: \(quiet.from) to \(quiet.to), \(quiet.zone)") }
    lines += preferences.digests.map { "digest: \($0.category) at \($0.times.joined(separator: ", ")), \($0.zone)" }
    return lines.isEmpty ? ["everything is told at once"] : lines
  }
}

/// What is muted, as in category:performance.
struct MuteArgument: ExpressibleByArgument {
  let mute: NotificationPreferences.Mute

  /// Reads a kind and a name; nil when it is something else.
  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let kind = NotificationPreferences.Mute.Kind(rawValue: String(parts[0])) else { return nil }
    mute = NotificationPreferences.Mute(kind, String(parts[1]))
  }
}

/// Hours of a day, as in 22:00-07:00.
struct HoursArgument: ExpressibleByArgument {
  let from: DayTime
  let to: DayTime

  /// Reads two times; nil when it is something else.
  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { DayTime(String($0)) }
    guard parts.count == 2, let from = parts[0], let to = parts[1] else { return nil }
    self.from = from
    self.to = to
  }
}

/// A category and times of day, as in performance=09:00,17:00.
struct DigestArgument: ExpressibleByArgument {
  let category: String
  let times: [DayTime]

  /// Reads a category and times; nil when it is something else.
  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex else { return nil }
    let texts = argument[argument.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
    let times = texts.compactMap { DayTime(String($0)) }
    guard times.count == texts.count else { return nil }
    category = String(argument[..<equals])
    self.times = times
  }
}
