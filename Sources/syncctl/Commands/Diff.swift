import ArgumentParser
import CRDT
import SyncNode

/// Compares two replicas.
struct Diff: AsyncParsableCommand, ColoringCommand, PagingCommand {
  /// What is told of two documents.
  private struct Comparison: Encodable {
    /// Absent for two documents.
    var room: String?
    /// Whether the room is in one of the stores only: `left` or `right`.
    var onlyIn: String?
    let isEqual: Bool
    let clocks: ClockComparison
    let content: [ContentComparison.Difference]

    init(_ left: Document, _ right: Document) {
      clocks = ClockComparison(left.snapshot, right.snapshot)
      content = ContentComparison(left, right).differences
      isEqual = clocks.ordering == .equal && content.isEmpty
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "Compare two rooms, moments, updates, stores or relays, by what they show and by what they know.",
    discussion: """
      LEFT and RIGHT are each one of:
        ROOM         a room of the store of --store, or of the relay at --url
        ROOM@MOMENT  as it was after so many updates, at a time, or at a version; see `syncctl show --at`
        STORE:ROOM   a room of another store; with @MOMENT, too
        URL/ROOM     a room of a relay, as in http://127.0.0.1:8787/notes; with @MOMENT, too
        FILE         an update, V1 or V2, in a file
        STORE or URL all rooms of a store or a relay, if both are such
      The content is compared place by place, texts line by line. By clocks, a replica is ahead that has units or
      deletions which the other does not have; when each has some, they are concurrent, and a merge keeps all. The exit
      code is 1 when there is a difference.

      Examples:
        syncctl diff notes@120 notes
        syncctl diff one.sqlite two.sqlite
        syncctl diff one.sqlite:notes notes.update
        syncctl diff one.sqlite http://127.0.0.1:8787
      """)

  @Argument(help: ArgumentHelp("What to compare.", valueName: "left"))
  var left: String

  @Argument(help: ArgumentHelp("What to compare it with.", valueName: "right"))
  var right: String

  @Flag(help: "Print JSON: an object, or for stores and relays an array of objects, one for each room that differs.")
  var json = false

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func run() async throws {
    switch (try await Comparand(left, options), try await Comparand(right, options)) {
    case (.document(let mine), .document(let theirs)):
      let comparison = Comparison(mine, theirs)
      if json { try Output.json(comparison) } else { printComparison(comparison) }
      guard comparison.isEqual else { throw Failure(.check, "the two differ") }
    case (.replica(let mine), .replica(let theirs)): try await compare(mine, theirs)
    default:
      throw Failure(
        .usage, "a store or a relay is compared with another one: name a room of it as STORE:ROOM or URL/ROOM")
    }
  }

  private func compare(_ left: any Replica, _ right: any Replica) async throws {
    let mine = Set(try await left.rooms(named: nil).map(\.name))
    let theirs = Set(try await right.rooms(named: nil).map(\.name))
    var comparisons: [Comparison] = []
    for room in mine.union(theirs).sorted() {
      var comparison = Comparison(
        try await left.storedDocument(of: room) ?? Document(), try await right.storedDocument(of: room) ?? Document())
      comparison.room = room
      comparison.onlyIn = !theirs.contains(room) ? "left" : !mine.contains(room) ? "right" : nil
      if !comparison.isEqual || comparison.onlyIn != nil { comparisons.append(comparison) }
    }
    if json {
      try Output.json(comparisons)
    } else {
      for (index, comparison) in comparisons.enumerated() {
        if index > 0 { Output.line("") }
        let place = comparison.onlyIn.map { ", on the \($0) only" } ?? ""
        Output.line(Output.styled("room \(Output.printable(comparison.room ?? ""))\(place)", .bold))
        if comparison.onlyIn == nil { printComparison(comparison) }
      }
    }
    let count = mine.union(theirs).count
    guard comparisons.isEmpty else { throw Failure(.check, "\(comparisons.count) of \(count) rooms differ") }
  }

  private func printComparison(_ comparison: Comparison) {
    for difference in comparison.content {
      for line in difference.lines { Output.line(line) }
    }
    switch comparison.clocks.ordering {
    case .equal: if comparison.isEqual { Output.line("equal") }
    case .ahead: Output.line("the left is ahead: it has all of the right")
    case .behind: Output.line("the left is behind: the right has all of it")
    case .concurrent: Output.line("concurrent: each has what the other does not")
    }
    guard !comparison.clocks.clients.isEmpty else { return }
    let rows = comparison.clocks.clients.map { client in
      [
        "\(client.client)", "\(client.left)", "\(client.right)", "\(client.deletedOnlyLeft)",
        "\(client.deletedOnlyRight)",
      ]
    }
    Output.table(
      ["CLIENT", "LEFT", "RIGHT", "DELETED LEFT", "DELETED RIGHT"], rows, numbers: [0, 1, 2, 3, 4])
  }
}
