import ArgumentParser
import CRDT
import SyncHTTP
import SyncNode

/// Prints a document, or a part of it.
struct Show: AsyncParsableCommand, PagingCommand {
  /// How a document is printed.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case json, text, delta, tree, xml
  }

  static let configuration = CommandConfiguration(
    abstract: "Print a room's document.",
    discussion: """
      The format delta shows a text with its formats and what is embedded, in Quill's form. The format tree shows every item with its identifier, the deleted ones too. The format xml shows markup: of what is \
      at --path, or of each root that is XML, a line each in the order of their names.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Option(help: "The part to print: a root's name, then keys and indices, as in tasks/0/title.")
  var path: String?

  @Option(help: "json; text or delta of the text at --path, or of the only one; tree or xml.")
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
    case .delta: Output.line(try delta(of: document).jsonString)
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
    guard let path else { return try document.onlyText().string }
    switch try DocumentPath(path).requireContent(in: document) {
    case .array, .map: throw Failure(.usage, "`\(path)` is not text: show it with --format json")
    case let content: return content.plainText
    }
  }

  private func delta(of document: Document) throws -> TextDelta {
    guard let path else { return try document.onlyText().delta }
    switch try DocumentPath(path).requireContent(in: document) {
    case .text(let text): return text.delta
    case .xmlText(let text): return text.text.delta
    default: throw Failure(.usage, "`\(Output.printable(path))` is no text: show it with --format json")
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

extension TextDelta {
  /// As Quill reads it: `[{"insert":"a","attributes":{"bold":true}}]`. A shared type that is embedded is shown by its content.
  fileprivate var jsonString: String {
    let steps = operations.compactMap { operation -> String? in
      switch operation {
      case .insert(let text, let attributes): TextDelta.step(Value.string(text).jsonString(), attributes)
      case .embed(let content, let attributes): TextDelta.step(content.jsonString(), attributes)
      case .retain, .delete: nil
      }
    }
    return "[\(steps.joined(separator: ","))]"
  }

  private static func step(_ content: String, _ attributes: Attributes) -> String {
    let formats = attributes.isEmpty ? "" : ",\"attributes\":\(Value.object(attributes.members).jsonString())"
    return "{\"insert\":\(content)\(formats)}"
  }
}
