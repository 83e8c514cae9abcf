import ArgumentParser
import CRDT

/// Makes one update of several.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make one update of several, which does what all of them do.",
    discussion: """
      The updates may be of one document only, in any order, and may overlap; what is missing between them stays missing,
      and is a gap in the result. Each may be V1 or V2, raw, hexadecimal or Base64, which is found out.

      Example:
        syncctl merge monday.update tuesday.update -o both.update
      """)

  @Argument(help: "The files with the updates; - for standard input.")
  var files: [String]

  @Option(help: "The result's format, v1 or v2; without it that of all the updates, or v1 when they differ.")
  var format: UpdateFormatName?

  @OptionGroup var input: UpdateInputOptions
  @OptionGroup var output: ByteOutputOptions

  func validate() throws {
    if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read once: name - once") }
  }

  func run() throws {
    try output.refuseTerminal()
    let updates = try files.map { try input.read($0) }
    let formats = Set(updates.map(\.format))
    let target = format ?? (formats.count == 1 ? updates[0].format : .v1)
    // They were read already.
    let converted = try updates.map { update in
      try Update.convert(update.bytes, from: update.format.format, to: target.format)
    }
    try output.write(Update.merge(converted, format: target.format))
  }
}
