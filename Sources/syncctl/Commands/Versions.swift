import ArgumentParser
import CRDT
import Foundation
import SyncHTTP
import SyncNode

/// Names moments of a room's document, and goes back to them.
struct Versions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Name moments of a room's document, list them, and go back to one.",
    discussion: """
      Versions are kept in the document itself, in the root array `versions`, by the convention of Yjs: relays and clients \
      get them like anything else in it. `syncctl show --at NAME` and `syncctl diff ROOM@NAME ROOM` look at one.

      Examples:
        syncctl version create project:42 'before the move'
        syncctl version restore project:42 'before the move' --url http://127.0.0.1:8787
        syncctl version restore project:42 2026-11-25T18:00:00Z
      """,
    subcommands: [Create.self, List.self, Restore.self, Remove.self])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give the moment a name.")

    @Argument(help: "The room's name, as it stands in its URL.")
    var room: String

    @Argument(help: "What the version is called.")
    var name: String

    @Option(help: "Who made it.")
    var author: String?

    @OptionGroup var options: EditOptions

    func validate() throws {
      if name.isEmpty { throw ValidationError("a version's name has at least one character") }
    }

    func run() async throws {
      try await options.edit(room) { document in
        try failing(in: room) { () throws(VersionError) in try document.versionHistory() }.create(
          name: name, author: author, date: (Date().timeIntervalSince1970 * 1000).rounded())
      }
    }
  }

  struct List: AsyncParsableCommand, ColoringCommand, PagingCommand {
    static let configuration = CommandConfiguration(abstract: "List the versions of a document, the oldest first.")

    @Argument(help: "The room's name, as it stands in its URL.")
    var room: String

    @Flag(help: "Print JSON: an array of objects, the oldest first.")
    var json = false

    @OptionGroup var options: ReplicaOptions
    @OptionGroup var coloring: ColorOptions
    @OptionGroup var paging: PagingOptions

    func run() async throws {
      let document = try await options.replica().document(of: room)
      let lines = document.versions.map { VersionReport($0) }
      if json { return try Output.json(lines) }
      let rows = lines.map { line in
        let time = Int64(exactly: line.milliseconds.rounded()).map { Output.time($0) }
        return [
          line.name.map { Output.printable($0) } ?? "-", time ?? "-", line.author.map { Output.printable($0) } ?? "-",
          "\(line.units - min(line.deletedUnits, line.units))",
        ]
      }
      Output.table(["NAME", "TIME", "AUTHOR", "UNITS"], rows, numbers: [3])
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a document show what it showed at a version or a moment, by a new change.",
      discussion: """
        What was deleted since is written again, in its old place, and what came since is deleted; nothing that others \
        have is rewritten, and what they write meanwhile is merged. The list of versions stays. The room's history has \
        what is written again, so it must go back as far.
        """)

    @Argument(help: "The room's name, as it stands in its URL.")
    var room: String

    @Argument(
      help: ArgumentHelp(
        "The name of a version, or another moment: after so many updates, or a time as in 2026-11-26T14:00:00Z.",
        valueName: "version|update|time"))
    var moment: MomentArgument

    @OptionGroup var options: EditOptions

    func run() async throws {
      let replica = try options.replica()
      let kept = try await replica.keptDocument(of: room)
      let snapshot =
        switch moment.kind {
        case .moment: try await replica.document(of: room, at: moment).snapshot
        case .version(let name): try kept.document.version(named: name, in: room).snapshot
        }
      let update = try failing(in: room) { () throws(VersionError) in try kept.update(restoring: snapshot) }
      guard let update else { return try options.tellNothingNew(room) }
      try options.tell(room, try await replica.merge(update, into: room))
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "delete", abstract: "Take a version out of the list; the document stays as it is.")

    @Argument(help: "The room's name, as it stands in its URL.")
    var room: String

    @Argument(help: "The name of the version; the latest of that name.")
    var name: String

    @OptionGroup var options: EditOptions

    func run() async throws {
      try await options.edit(room) { document in
        let history = try failing(in: room) { () throws(VersionError) in try document.versionHistory() }
        history.remove(try document.version(named: name, in: room))
      }
    }
  }
}
