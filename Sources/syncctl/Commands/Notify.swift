import ArgumentParser
import Foundation
import SyncHTTP
import SyncNode

/// Tells a user something.
struct Notify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell a user something, on all devices.",
    discussion: """
      Users see it as soon as they are connected anywhere, and `syncctl notifications` lists it. A relay takes it from who has \
      the right to write in the room `notifications:USER`, or from administrators, and says as its sender who that is. A \
      store must not be in use; there, any category is taken. What the user has muted is not stored.

      Examples:
        syncctl notify ada 'Backups moved to Sunday' --category system --url http://127.0.0.1:8787
        syncctl notify ada 'Build 41 failed' --category performance --key build:main --link /builds/41 --expires 24h
      """)

  @Argument(help: "Who is told: the ID of the rooms user:ID and notifications:ID.")
  var user: String

  @Argument(help: "What is told, in a line.")
  var title: String

  @Option(help: "What kind of thing it is: system, user-action, performance, or one of the application's own.")
  var category: String

  @Option(help: "What else there is to say.")
  var body = ""

  @Option(help: "Where it leads: an http:// or https:// address, or a path that begins with /.")
  var link: String?

  @Option(help: "The room that it is about, by which it can be muted.")
  var room: String?

  @Option(help: "Who tells it. (default: who the token is for)")
  var sender: String?

  @Option(help: "What it replaces others by: a user has one of a key.")
  var key: String?

  @Option(
    help: ArgumentHelp("For how long it is shown: 30s, 15m, 24h or 90d. (default: while it is kept)", valueName: "time")
  )
  var expires: Lifetime?

  @Flag(help: "Print JSON: an object.")
  var json = false

  @OptionGroup var options: ReplicaOptions

  func run() async throws {
    var draft = NotificationDraft(category: NotificationCategory(rawValue: category), title: title)
    (draft.body, draft.link, draft.room, draft.sender, draft.key) = (body, link, room, sender, key)
    draft.expiryMilliseconds = expires.map { Int64((Date().timeIntervalSince1970 + $0.seconds) * 1000) }
    let outcome = try await options.replica().notify(user: user, draft)
    if json { return try Output.json(outcome) }
    Output.line(Output.printable(Notify.line(of: outcome)))
  }

  private static func line(of outcome: NotificationAPI.Outcome) -> String {
    if let mute = outcome.mutedBy { return "muted: the user wants nothing of the \(mute.kind) \(mute.name)" }
    let id = outcome.notification.map { " \($0.id)" } ?? ""
    let due = outcome.notification?.dueMilliseconds.map { "; shown at \(Output.time($0))" } ?? ""
    return "\(outcome.outcome)\(id)\(due)"
  }
}
