import ArgumentParser
import CRDT
import SyncNode

/// Lists what was written to a room.
struct Log: AsyncParsableCommand, ColoringCommand, PagingCommand {
  /// What is told of one entry.
  private struct Line: Encodable {
    private enum Key: String, CodingKey {
      case first, last, updates, subject, source, startMilliseconds, endMilliseconds, clients, bytes
    }

    /// The first and the last update of the moment.
    let first: Int64
    let last: Int64
    let updates: Int
    let subject: String?
    let source: String
    let startMilliseconds: Int64
    let endMilliseconds: Int64
    /// Who wrote the units, as the document knows it.
    let clients: [UInt64]
    let bytes: Int
    let told: ToldChanges

    func encode(to encoder: any Encoder) throws {
      try told.encode(to: encoder)
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(first, forKey: .first)
      try members.encode(last, forKey: .last)
      try members.encode(updates, forKey: .updates)
      try members.encodeIfPresent(subject, forKey: .subject)
      try members.encode(source, forKey: .source)
      try members.encode(startMilliseconds, forKey: .startMilliseconds)
      try members.encode(endMilliseconds, forKey: .endMilliseconds)
      try members.encode(clients, forKey: .clients)
      try members.encode(bytes, forKey: .bytes)
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "List who changed what in a room, and when.",
    discussion: """
      The newest entry comes first. An entry is what one author wrote within a minute without a pause of 10 seconds;
      UPDATES are the first and the last update of that moment, for `syncctl show --at`. WHO is the subject of the
      author's token, if there was one, and where the change came from. What was inserted and deleted is counted in
      UTF-16 units of text, elements of arrays, and values of keys.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Option(help: "How many entries.")
  var limit = 20

  @Option(help: ArgumentHelp("Only entries that end before this update.", valueName: "update"))
  var before: Int64?

  @Flag(help: "Print JSON: an array of objects, the newest entry first.")
  var json = false

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is at least 1") }
  }

  func run() async throws {
    let replica = try options.replica()
    var entries: [(entry: HistoryEntry, news: ContentIDs)] = []
    try await replica.forEachEntry(of: room) { entry, news in
      guard entry.moment.upperBound < before ?? .max else { return }
      entries.append((entry, news))
      if entries.count / 2 >= limit { entries.removeFirst(entries.count - limit) }
    }
    let document = try await replica.document(of: room)
    let lines = try entries.suffix(limit).reversed().map { try line($0.entry, $0.news, in: document) }
    if json { return try Output.json(lines) }
    let rows = lines.map { line in
      [
        line.first == line.last ? "\(line.last)" : "\(line.first)–\(line.last)", Output.time(line.endMilliseconds),
        Output.printable(Author(subject: line.subject, source: line.source).description), "\(line.bytes)",
        line.told.summary,
      ]
    }
    Output.table(["UPDATES", "TIME", "WHO", "BYTES", "WHAT"], rows, numbers: [3], dim: [3])
  }

  private func line(_ entry: HistoryEntry, _ news: ContentIDs, in document: Document) throws -> Line {
    let changes = try document.changes(by: entry.update, among: news)
    let clients = news.insertions.clients.sorted { $0.rawValue < $1.rawValue }
    return Line(
      first: entry.moment.lowerBound, last: entry.moment.upperBound, updates: entry.updates,
      subject: entry.author.subject, source: entry.author.source, startMilliseconds: entry.milliseconds.lowerBound,
      endMilliseconds: entry.milliseconds.upperBound, clients: clients.map(\.rawValue), bytes: entry.update.count,
      told: ToldChanges(changes))
  }
}
