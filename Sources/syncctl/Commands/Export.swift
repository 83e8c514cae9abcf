import ArgumentParser
import CRDT
import Foundation

/// Writes a document to a file or to stdout.
struct Export: ParsableCommand {
  /// What is written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case v1, json, text
  }

  static let configuration = CommandConfiguration(
    abstract: "Write a room's document to a file or to stdout.",
    discussion: "The format v1 is one Yjs update with the whole history; any Yjs client can apply it.")

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Option(help: "v1, json, or text (of the only text).")
  var format = Format.v1

  @OptionGroup var output: OutputOptions

  @Option(help: "The number of a copy that was put aside, instead of the room's document; see `syncctl copies`.")
  var copy: Int64?

  @OptionGroup var store: StoreOptions

  func run() throws {
    if format == .v1 { try output.refuseTerminal() }
    let document = try store.document(of: room, copy: copy)
    let bytes: Data
    switch format {
    case .v1: bytes = Data(document.encodeUpdate())
    case .json: bytes = Data("\(document.jsonString(pretty: true))\n".utf8)
    case .text: bytes = Data(try document.onlyText().utf8)
    }
    try output.write(bytes)
  }
}
