import ArgumentParser
import SyncNode

/// Brings a file into a room of a store at rest.
struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Merge an update or JSON from a file into a room.",
    discussion: """
      The store must not be in use; a store and a room that are not there are made. An update (V1 or V2, raw, hexadecimal \
      or Base64, which is found out) is merged as if a client had sent it. JSON, as `syncctl export --format json` writes \
      it, is an object of roots by their names; each becomes what is in the file by the fewest edits, so what others \
      write elsewhere stays. New objects and arrays become shared maps and arrays, and roots that the file does not name \
      stay as they are. In the history the author is `command line`.

      Examples:
        syncctl import notes notes.update
        syncctl import notes notes.json
        syncctl export notes --store other.sqlite | syncctl import notes -
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Argument(help: "The file to read; - for standard input.")
  var file: String

  @Option(help: "v1, v2 or json, instead of finding out; a file is JSON when its name ends in .json.")
  var format: ImportedDocument.Format?

  @OptionGroup var store: StoreOptions

  func validate() throws {
    if room.isEmpty { throw ValidationError("a room's name has at least one character") }
  }

  func run() async throws {
    let document = try ImportedDocument(file, format: format)
    let progress = Progress()
    defer { progress.end() }
    progress.note("merging")
    let change = try await store.write(createsMissing: true) { writer in
      try writer.transaction { try document.write(to: room, in: $0) }
    }
    progress.end()
    Output.line("\(Output.printable(room)): \(change.summary)")
  }
}

extension StoreTransaction.Change {
  /// What was done, in a few words.
  var summary: String {
    let news = isNewRoom ? "created, \(bytes) bytes" : bytes == 0 ? "nothing new" : "\(bytes) bytes"
    return isPending ? "\(news); something waits for updates that are not there" : news
  }
}
