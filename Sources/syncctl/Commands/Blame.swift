import ArgumentParser
import CRDT
import SyncHTTP
import SyncNode

/// Tells who wrote what is at a place of a document.
struct Blame: AsyncParsableCommand, ColoringCommand, PagingCommand {
  /// What came from one author at one moment.
  private struct Line: Encodable {
    /// Where it begins: an index of the text or the array; absent for a key.
    var index: Int?
    /// Absent in lists.
    var key: String?
    /// Units of text, elements, or 1 for a key.
    var length: Int
    /// The text, or the values as JSON.
    var content: String
    let client: UInt64
    let clock: UInt64
    let subject: String?
    /// Absent, with the time and the update, where the history does not go back as far.
    let source: String?
    let milliseconds: Int64?
    let update: Int64?

    /// Whether `other`, which follows, came from the same author at the same moment.
    func isContinued(by other: Line) -> Bool {
      client == other.client && subject == other.subject && source == other.source && update == other.update
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "Tell who wrote each part of a text, an array or a map, and when.",
    discussion: """
      A line is what one author wrote within a minute, as far as it stands together. WHO is the subject of the author's
      token, if there was one, and where the change came from; a dash where the history does not go back as far.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Argument(help: "The place: a root's name, then keys and indices, as in tasks/0/title.")
  var path: String

  @Flag(help: "Print JSON: an array of objects, in the order of the document.")
  var json = false

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func run() async throws {
    let replica = try options.replica()
    let document = try await replica.document(of: room)
    let content = try DocumentPath(path).requireContent(in: document)
    let lines = try lines(of: content, try await Authorship(of: room, in: replica))
    if json { return try Output.json(lines) }
    let rows = lines.map { line in
      let author = line.source.map { Author(subject: line.subject, source: $0).description } ?? "-"
      return [
        line.key.map { Output.printable($0) } ?? line.index.map { "\($0)" } ?? "", Output.printable(author),
        line.milliseconds.map { Output.time($0) } ?? "-", line.update.map { "\($0)" } ?? "-", "\(line.client)",
        Output.excerpt(line.content, characters: 60),
      ]
    }
    let place = content.map == nil ? "INDEX" : "KEY"
    Output.table(
      [place, "WHO", "TIME", "UPDATE", "CLIENT", "CONTENT"], rows, numbers: place == "KEY" ? [3] : [0, 3],
      dim: [3, 4])
  }

  private func lines(of content: Content, _ authorship: Authorship) throws -> [Line] {
    switch content {
    case .text(let text): return pieces(of: text.units, authorship)
    case .xmlText(let node): return pieces(of: node.text.units, authorship)
    case .array(let array): return elements(array.values, array.units, authorship)
    case .xmlFragment(let fragment): return elements(fragment.children, fragment.units, authorship)
    case .xmlElement(let element):
      return keys(of: element.attributes, authorship) + elements(element.children, element.units, authorship)
    case .map(let map): return keys(of: map, authorship)
    case .xmlHook(let hook): return keys(of: hook.map, authorship)
    case .value, .document: throw Failure(.usage, "`\(path)` is one value: name the map or the list that it is in")
    }
  }

  /// Runs of text, divided where another author or another moment begins.
  private func pieces(of units: [TextUnits], _ authorship: Authorship) -> [Line] {
    var lines: [Line] = []
    var index = 0
    for unit in units {
      let text = Array(unit.text.utf16)
      for run in authorship.runs(from: unit.id, count: unit.count) {
        let content = String(decoding: text[run.offset..<run.offset + run.count], as: UTF16.self)
        let first = ItemID(client: unit.id.client, clock: unit.id.clock + Clock(run.offset))
        var line = line(run.entry, first, content, run.count)
        line.index = index
        index += run.count
        if let last = lines.last, last.isContinued(by: line) {
          lines[lines.count - 1].length += line.length
          lines[lines.count - 1].content += line.content
        } else {
          lines.append(line)
        }
      }
    }
    return lines
  }

  private func elements(_ values: [Content], _ units: [ItemID], _ authorship: Authorship) -> [Line] {
    zip(values, units).enumerated().map { index, element in
      var line = line(authorship.entry(of: element.1), element.1, element.0.jsonString(pretty: false), 1)
      line.index = index
      return line
    }
  }

  private func keys(of map: SharedMap, _ authorship: Authorship) -> [Line] {
    map.entries.compactMap { key, value in
      guard let unit = map.unit(forKey: key) else { return nil }
      var line = line(authorship.entry(of: unit), unit, value.jsonString(pretty: false), 1)
      line.key = key
      return line
    }
  }

  private func line(_ entry: Authorship.Entry?, _ unit: ItemID, _ content: String, _ length: Int) -> Line {
    Line(
      length: length, content: content, client: unit.client.rawValue, clock: unit.clock, subject: entry?.author.subject,
      source: entry?.author.source, milliseconds: entry?.milliseconds, update: entry?.update)
  }
}
