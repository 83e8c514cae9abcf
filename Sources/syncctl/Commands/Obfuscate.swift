import ArgumentParser
import CRDT

/// Writes an update without what it says.
struct Obfuscate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hide what an update says and keep its structure, to share it in a report of a problem.",
    discussion: """
      Structs, identifiers, lengths, deletions, kinds of content and the names of roots stay. Text becomes digits, values
      become numbers, embeds empty objects, bytes a single byte; keys, formats and the names of nodes become others, the
      same ones for the same ones; subdocuments lose their options. The result has the format of the input.

      Example:
        syncctl export notes | syncctl obfuscate - -o report.update
      """)

  @Argument(help: "The file with the update; - for standard input.")
  var file: String

  @OptionGroup var input: UpdateInputOptions
  @OptionGroup var output: ByteOutputOptions

  func run() throws {
    try output.refuseTerminal()
    let (update, format) = try input.read(file)
    // It was read already.
    try output.write(Update.obfuscate(update, format: format.format))
  }
}
