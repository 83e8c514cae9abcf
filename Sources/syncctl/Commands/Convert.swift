import ArgumentParser
import CRDT
import Foundation

/// Writes an update in another form.
struct Convert: ParsableCommand {
  /// What an update becomes.
  enum Target: String, CaseIterable, ExpressibleByArgument {
    case v1, v2, json
  }

  static let configuration = CommandConfiguration(
    abstract: "Write an update in format V1 or V2, as JSON, in hexadecimal or Base64.",
    discussion: """
      The formats V1 and V2 say the same, with the same structs. JSON is what a document shows that has the update; it
      cannot be turned back. Whether the input is V1 or V2, raw, hexadecimal or Base64, is found out.

      Examples:
        syncctl convert notes.update --to v2 -o notes.update2
        syncctl convert notes.update --output-encoding base64
        pbpaste | syncctl convert - --to json
      """)

  @Argument(help: "The file with the update; - for standard input.")
  var file: String

  @Option(help: "v1, v2 or json. Without it, the format stays and only the encoding changes.")
  var to: Target?

  @OptionGroup var input: UpdateInputOptions
  @OptionGroup var output: ByteOutputOptions

  func validate() throws {
    if to == .json, output.outputEncoding != .raw {
      throw ValidationError("JSON is text: leave --output-encoding out")
    }
  }

  func run() throws {
    if to != .json { try output.refuseTerminal() }
    let (update, format) = try input.read(file)
    do {
      try output.write(converted(update, from: format.format))
    } catch let error as UpdateError {
      // The input can be read, so it is too large for a document.
      throw Failure(.check, "\(file) cannot be converted (\(error)): look into it with `syncctl inspect`")
    }
  }

  private func converted(_ update: [UInt8], from format: UpdateFormat) throws(UpdateError) -> [UInt8] {
    switch to {
    case .v1: return try Update.convert(update, from: format, to: .v1)
    case .v2: return try Update.convert(update, from: format, to: .v2)
    case .json:
      let document = Document()
      try document.apply(update, format: format)
      return [UInt8]("\(document.jsonString(pretty: true))\n".utf8)
    case nil: return update
    }
  }
}
