import ArgumentParser
import SyncNode

/// Brings a file into a room.
struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Merge an update or JSON from a file into a room, or files of all rooms from a folder.",
    discussion: """
      A store must not be in use; a store and a room that are not there are made. An update (V1 or V2, raw, hexadecimal \
      or Base64, which is found out) is merged as if a client had sent it. JSON, as `syncctl export --format json` writes \
      it, is an object of roots by their names; each becomes what is in the file by the fewest edits, so what others \
      write elsewhere stays. New objects and arrays become shared maps and arrays, and roots that the file does not name \
      stay as they are. In the history the author is `command line`.

      With --all, the files of the folder are named as `syncctl export --all` names them. Into a store all are imported or \
      none; into a relay that runs, one after the other, once all could be read.

      Examples:
        syncctl import notes notes.update
        syncctl import notes notes.json
        syncctl import --all rooms
        syncctl export notes --store other.sqlite | syncctl import notes - --url http://127.0.0.1:8787
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String?

  @Argument(help: "The file to read; - for standard input.")
  var file: String?

  @Option(
    name: .customLong("all"),
    help: ArgumentHelp("Import all rooms of a folder that `syncctl export --all` wrote.", valueName: "folder"))
  var folder: String?

  @Option(help: "v1, v2 or json, instead of finding out; a file is JSON when its name ends in .json.")
  var format: ImportedDocument.Format?

  @OptionGroup var options: ReplicaOptions

  func validate() throws {
    if folder != nil {
      if room != nil || format != nil { throw ValidationError("--all takes names and formats from the folder") }
    } else {
      if file == nil { throw ValidationError("name a room and a file, or a folder with --all") }
      if room == "" { throw ValidationError("a room's name has at least one character") }
    }
  }

  func run() async throws {
    let progress = Progress()
    defer { progress.end() }
    if let folder { return try await importAll(folder, progress) }
    guard let room, let file else { return }
    let document = try ImportedDocument(file, format: format)
    progress.note("merging")
    let change = try await document.write(to: room, of: options.replica())
    progress.end()
    Output.line("\(Output.printable(room)): \(change.summary)")
  }

  /// Imports all rooms, after all files were read once: then nothing is made when one is damaged.
  private func importAll(_ folder: String, _ progress: Progress) async throws {
    let files = try RoomFile.files(in: folder)
    func read(_ file: RoomFile) throws(Failure) -> ImportedDocument {
      try ImportedDocument("\(folder)/\(file.path)", format: file.format, encoding: .raw)
    }
    for (index, file) in files.enumerated() {
      progress.note("reading file", index, of: files.count, file.room)
      _ = try read(file)
    }
    let rooms = files.map(\.room)
    let changes = try await options.replica().write(to: rooms) { index in
      progress.note("merging room", index, of: files.count, files[index].room)
      return try read(files[index])
    }
    progress.end()
    for (room, change) in zip(rooms, changes) where change.bytes > 0 || change.isPending {
      Output.line("\(Output.printable(room)): \(change.summary)")
    }
    let news = changes.count { $0.bytes > 0 }
    Output.line("\(changes.count) rooms, \(news) of them changed")
  }
}
