import ArgumentParser
import CRDT
import Foundation
import SyncHTTP
import SyncNode

/// Lists what a user was told, and marks it as one of its devices does.
struct Notifications: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what a user was told, mark it as read or archived, and choose what is told.",
    discussion: """
      Works as one of the user's devices does: what others mark at the same time is merged. Tell a user something with \
      `syncctl notify`. A store must not be in use where something is marked or chosen.

      Examples:
        syncctl notifications list ada --state unread --url http://127.0.0.1:8787
        syncctl notifications read ada --all
        syncctl notifications preferences ada --mute category:performance --quiet 22:00-07:00 --zone Europe/Berlin
      """,
    subcommands: [
      List.self, Read.self, Unread.self, Archive.self, Unarchive.self, NotificationPreferencesCommand.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what a user was told, the newest first.")

    @Argument(help: "The user: the ID of the rooms user:ID and notifications:ID.")
    var user: String

    @Option(help: "Which of it: unread, read, archived or all.")
    var state = NotificationList.State.all

    @Option(help: ArgumentHelp("How many at most, 1 or more.", valueName: "count"))
    var limit = NotificationAPI.pageDefault

    @Option(help: ArgumentHelp("Only what is behind this place: `next` of what --json printed.", valueName: "place"))
    var before: UserNotification.Position?

    @Flag(help: "Print JSON: an object.")
    var json = false

    @OptionGroup var options: ReplicaOptions

    func validate() throws {
      if limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() async throws {
      let list = try await options.replica().notifications(of: user).list
      let page = list.page(state, before: before, limit: limit)
      if json { return try Output.json(NotificationAPI.Page(page, unreadCount: list.unreadCount)) }
      let rows = page.items.map { item in
        let notification = item.notification
        let state = item.archivedMilliseconds != nil ? "archived" : item.isUnread ? "unread" : "read"
        return [
          Output.printable(notification.id), Output.time(notification.shownMilliseconds), state,
          Output.excerpt(notification.category.rawValue, characters: 24),
          Output.excerpt(notification.title, characters: 72),
        ]
      }
      Output.table(["ID", "TIME", "STATE", "CATEGORY", "TITLE"], rows, numbers: [])
    }
  }

  struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Mark notifications as read.")
    @OptionGroup var marking: MarkOptions
    func run() async throws { try await marking.mark(.read) }
  }

  struct Unread: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Mark notifications as unread again.")
    @OptionGroup var marking: MarkOptions
    func run() async throws { try await marking.mark(.unread) }
  }

  struct Archive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Put notifications away.")
    @OptionGroup var marking: MarkOptions
    func run() async throws { try await marking.mark(.archived) }
  }

  struct Unarchive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Put notifications back among the others.")
    @OptionGroup var marking: MarkOptions
    func run() async throws { try await marking.mark(.unarchived) }
  }
}

/// Which notifications are marked.
struct MarkOptions: ParsableArguments {
  @Argument(help: "The user: the ID of the rooms user:ID and notifications:ID.")
  var user: String

  @Argument(help: "The identifiers of notifications, as `syncctl notifications list` prints them.")
  var ids: [String] = []

  @Flag(help: "Mark all that are shown.")
  var all = false

  @Flag(help: "Print JSON: an object.")
  var json = false

  @OptionGroup var options: ReplicaOptions

  func validate() throws {
    if all != ids.isEmpty { throw ValidationError("name notifications by their identifiers, or --all, and not both") }
  }

  func mark(_ mark: NotificationMark) async throws {
    let replica = try options.replica()
    let known = try await replica.notifications(of: user)
    let shown = known.list.items.map(\.notification.id)
    if let unknown = ids.first(where: { !shown.contains($0) }) {
      throw Failure(
        .unreachable,
        "no notification `\(Output.printable(unknown))`: list all with `syncctl notifications list \(Output.printable(user))`"
      )
    }
    let (wanted, present) = (all ? shown : ids, Set(known.told.map(\.id)))
    var changed = 0
    var unreadCount = 0
    _ = try await replica.edit(known.rooms.user) { document in
      changed = NotificationMarks.mark(wanted, as: mark, in: document, present: present, now: known.now)
      unreadCount = NotificationList(known.told, marks: NotificationMarks(document), now: known.now).unreadCount
    }
    if json { return try Output.json(NotificationAPI.Marked(changed: changed, unreadCount: unreadCount)) }
    Output.line("\(changed) marked; \(unreadCount) unread")
  }
}

extension NotificationList.State: ExpressibleByArgument {}

extension UserNotification.Position: ExpressibleByArgument {
  /// Reads a place; nil when it is none.
  public init?(argument: String) { self.init(argument) }
}
