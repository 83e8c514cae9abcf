import ArgumentParser
import CRDT
import SyncNode

/// Prints a document, or a part of it.
struct Show: AsyncParsableCommand, PagingCommand {
  /// How a document is printed.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case json, text, tree, xml
  }

  static let configuration = CommandConfiguration(
    abstract: "Print a room's document.",
    discussion: """
      The format tree shows every item with its identifier, the deleted ones too. The format xml shows markup: of what is \
      at --path, or of each root that is XML, a line each in the order of their names.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Option(help: "The part to print: a root's name, then keys and indices, as in tasks/0/title.")
  var path: String?

  @Option(help: "json, text (of the text at --path, or of the only one), tree, or xml.")
  var format = Format.json

  @Flag(help: "Print JSON in one line.")
  var json = false

  @Option(help: "The number of a copy that was put aside, instead of the room's document; see `syncctl copies`.")
  var copy: Int64?

  @Option(
    help: ArgumentHelp(
      """
      The document as it was after so many updates, at a time as in 2026-11-26T14:00:00Z, or at a version; see `syncctl log` \
      and `syncctl version list`.
      """,
      valueName: "update|time|version"))
  var at: MomentArgument?

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var paging: PagingOptions

  func validate() throws {
    if json, format != .json { throw ValidationError("--json and --format \(format) exclude each other") }
    if at != nil, copy != nil { throw ValidationError("--at and --copy exclude each other") }
    if path != nil, format == .tree { throw ValidationError("--format tree shows whole documents: leave --path out") }
  }

  func run() async throws {
    let document = try await document()
    switch format {
    case .json: Output.line(try jsonText(of: document))
    case .text: Output.line(try text(of: document))
    case .tree: Output.text(document.treeDescription())
    case .xml: Output.line(try markup(of: document))
    }
  }

  private func document() async throws -> Document {
    let replica = try options.replica()
    guard let at else { return try await replica.document(of: room, copy: copy) }
    return try await replica.document(of: room, at: at)
  }

  private func jsonText(of document: Document) throws -> String {
    guard let path else { return document.jsonString(pretty: !json) }
    return try DocumentPath(path).requireContent(in: document).jsonString(pretty: !json)
  }

  private func text(of document: Document) throws -> String {
    guard let path else { return try document.onlyText() }
    switch try DocumentPath(path).requireContent(in: document) {
    case .array, .map: throw Failure(.usage, "`\(path)` is not text: show it with --format json")
    case let content: return content.plainText
    }
  }

  private func markup(of document: Document) throws -> String {
    if let path {
      guard let markup = try DocumentPath(path).requireContent(in: document).markup else {
        throw Failure(.usage, "`\(Output.printable(path))` is no XML: show it with --format json")
      }
      return markup
    }
    let markups = document.roots.sorted { $0.name < $1.name }.compactMap(\.content.markup)
    guard !markups.isEmpty else { throw Failure(.usage, "the document has no XML at its root: use --format json") }
    return markups.joined(separator: "\n")
  }
}

extension Content {
  /// XML as markup; nil for all else.
  fileprivate var markup: String? {
    switch self {
    case .xmlFragment(let fragment): fragment.markup
    case .xmlElement(let element): element.markup
    case .xmlText(let text): text.markup
    case .xmlHook(let hook): hook.markup
    case .value, .text, .array, .map, .document: nil
    }
  }
}
