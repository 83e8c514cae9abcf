import ArgumentParser
import CRDT
import Foundation
import SyncHTTP
import SyncNode

/// Tells who did what in a project, and tells others of something.
struct Activity: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell who did what in a project, and record events.",
    discussion: """
      A project is the room project:ID, and ID alone will do. Relays tell who joined and left, what was edited and \
      which versions were made, of users by their tokens; applications tell of the rest.

      Examples:
        syncctl activity 42 --user ada --since 2026-11-25
        syncctl activity 42 --search 'buy milk' --url http://127.0.0.1:8787
        syncctl activity record 42 deployed 'version 7' --url http://127.0.0.1:8787
      """,
    subcommands: [List.self, Record.self], defaultSubcommand: List.self)
}

/// A project's room or what its name has behind `project:`.
struct ProjectArgument: ExpressibleByArgument {
  let feed: FeedRoom

  /// The room that the feed tells of.
  var room: String { feed.subject ?? feed.name }

  init?(argument: String) {
    guard let feed = FeedRoom(activityOf: argument) ?? FeedRoom(activityOf: "project:\(argument)") else { return nil }
    self.feed = feed
  }
}

extension Activity {
  /// Lists what was done.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List who did what in a project, the newest first.",
      discussion: """
        An entry is what somebody did at one place without a pause of a minute; what goes on grows. + and − count \
        UTF-16 units of text, elements of arrays, and values of keys. With --follow, entries come as they happen, the \
        oldest first, and one that grows comes again, until ^C or after --limit entries.
        """)

    @Argument(help: "The project: its room, project:ID, or ID alone.")
    var project: ProjectArgument

    @OptionGroup var filter: ActivityFilterOptions

    @Option(help: "How many entries at most. (default: 50; with --follow, no end)")
    var limit: Int?

    @Flag(help: "Follow what happens from now on, in a relay at --url.")
    var follow = false

    @Flag(help: "Print JSON: an array of objects, the newest first; with --follow, an object in each line.")
    var json = false

    @OptionGroup var options: ReplicaOptions

    func validate() throws {
      if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
      if follow, options.url == nil { throw ValidationError("--follow takes a relay that runs: --url") }
    }

    func run() async throws {
      if follow, let url = options.url { return try await follow(options.access.node(at: url)) }
      var entries: [ActivityEntry] = []
      var query = filter.query
      let replica = try options.replica()
      repeat {
        query.limit = min((limit ?? 50) - entries.count, ActivityQuery.limitMax)
        let page = try await replica.activity(of: project.feed, query)
        entries += page.entries
        query.before = page.entries.isEmpty ? nil : page.next.flatMap { ActivityEntry.Cursor($0) }
      } while query.before != nil && entries.count < limit ?? 50
      if json { return try Output.json(entries) }
      Output.table(
        ["TIME", "WHO", "WHAT"], entries.map { [Output.time($0.milliseconds), $0.who, $0.what] }, numbers: [])
    }

    private func follow(_ node: NodeReplica) async throws {
      let query = filter.query
      var told = 0
      try await node.client(of: project.feed.name) { client in
        let followed = FollowedFeed(try await client.document())
        Output.note("following `\(Output.printable(project.room))`")
        while let event = try await client.next() {
          guard case .update(let update) = event else { continue }
          for entry in try followed.receive(update) where query.includes(entry) {
            if json { try Output.json(entry) } else { Output.line(entry.line) }
            told += 1
            if told == limit { return }
          }
        }
        throw Failure(.unreachable, "\(node.place) ended the connection: try again later")
      }
    }
  }

  /// Records an event.
  struct Record: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Record an event of the application in a project's activity.",
      discussion: """
        At a relay, the author is whom the token is for, which takes the right to write in the room activity:ID; only \
        administrators name another by --user. In a store that no relay has open, whoever may write the file may say \
        anything.
        """)

    @Argument(help: "The project: its room, project:ID, or ID alone.")
    var project: ProjectArgument

    @Argument(help: "What happened, in a word of letters, digits, dots, hyphens and underscores, as in deployed.")
    var kind: String

    @Argument(help: "What there is to say.")
    var text: String?

    @Option(help: "Where in the document, as in tasks/0/title.")
    var path: String?

    @Option(help: "Who did it, for administrators.")
    var user: String?

    @Flag(help: "Print JSON: the entry.")
    var json = false

    @OptionGroup var options: ReplicaOptions

    func run() async throws {
      let event = ActivityAPI.Event(room: project.room, kind: kind, text: text, path: path, user: user)
      let entry = try await options.replica().record(event, in: project.feed)
      if json { try Output.json(entry) } else { Output.line(entry.line) }
    }
  }
}

/// Which entries are wanted.
struct ActivityFilterOptions: ParsableArguments {
  @Option(help: "Only what this user did.")
  var user: String?

  @Option(
    help: "Only entries of this kind: joined, left, edited, version-created, version-removed, or the application's.")
  var kind: String?

  @Option(help: "Only what was done at this place or inside of it, as in tasks/0.")
  var path: String?

  @Option(
    help: ArgumentHelp("Only what was done later than this day or time, as in 2026-11-25T18:00:00Z.", valueName: "time")
  )
  var since: MomentArgument?

  @Option(help: ArgumentHelp("Only what was done by this day or time.", valueName: "time"))
  var until: MomentArgument?

  @Option(help: ArgumentHelp("Only entries with words that begin like these.", valueName: "words"))
  var search: String?

  func validate() throws {
    for (moment, name) in [(since, "--since"), (until, "--until")] where moment != nil && moment?.milliseconds == nil {
      throw ValidationError("\(name) takes a day or a time, as in 2026-11-25 or 2026-11-25T18:00:00Z")
    }
  }

  /// What is looked for.
  var query: ActivityQuery {
    var query = ActivityQuery()
    query.user = user
    query.kind = kind.map { ActivityEntry.Kind(rawValue: $0) }
    query.path = path
    query.after = since?.milliseconds
    query.until = until?.milliseconds
    query.search = search
    return query
  }
}

extension MomentArgument {
  /// The time in milliseconds since 1970; nil when it is something else.
  fileprivate var milliseconds: Int64? {
    if case .moment(.time(let milliseconds)) = kind { milliseconds } else { nil }
  }
}

/// A feed that is followed: what comes into it.
private final class FollowedFeed {
  private let document: Document
  private var entries: [ActivityEntry] = []
  private var subscription: Subscription?

  init(_ document: Document) {
    self.document = document
    subscription = ActivityEntry.observe(document) { [unowned self] entry in entries.append(entry) }
  }

  /// The entries that an update brings.
  func receive(_ update: [UInt8]) throws -> [ActivityEntry] {
    entries = []
    do {
      try document.apply(update)
    } catch {
      throw Failure(.check, "an update cannot be read (\(error))")
    }
    return entries
  }
}

extension ActivityEntry {
  /// Who did it.
  fileprivate var who: String { Output.excerpt(user ?? source.map { "(\($0))" } ?? "?", characters: 40) }

  /// What was done, in one line.
  fileprivate var what: String {
    var words = [kind == .edited ? "" : Output.printable(kind.rawValue)]
    if let path { words.append(Output.excerpt(path, characters: 60)) }
    if kind == .edited, places > 1 { words.append("\(places) places") }
    if inserted > 0 { words.append("+\(inserted)") }
    if deleted > 0 { words.append("−\(deleted)") }
    if formats > 0 { words.append("format") }
    if bytes > 0 { words.append("\(bytes) bytes") }
    if let text { words.append("“\(Output.excerpt(text, characters: 60))”") }
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The entry in one line.
  fileprivate var line: String { "\(Output.time(milliseconds))  \(who)  \(what)" }
}
