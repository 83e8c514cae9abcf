import ArgumentParser
import CRDT
import Foundation
import SyncNode

/// Writes documents to files or to stdout.
struct Export: AsyncParsableCommand {
  /// What is written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case v1, v2, json, text
  }

  static let configuration = CommandConfiguration(
    abstract: "Write a room's document to a file or to stdout, or those of all rooms into a folder.",
    discussion: """
      The formats v1 and v2 are one Yjs update with all of the document; any Yjs client can apply it.

      With --all, each room is a file of the new folder that -o names: ROOM.update, .update2 or .json. Letters and digits
      of ASCII, - and _ of its name stand for themselves, all else is % and two hexadecimal digits; long names go on in
      folders. `syncctl import --all` reads it. Histories and what was put aside stay behind: see `syncctl backup`.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String?

  @Flag(help: "Write all rooms, into the folder that -o names.")
  var all = false

  @Option(help: "v1, v2, json, or text (of the only text).")
  var format = Format.v1

  @OptionGroup var output: OutputOptions

  @Option(help: "The number of a copy that was put aside, instead of the room's document; see `syncctl copies`.")
  var copy: Int64?

  @OptionGroup var options: ReplicaOptions

  func validate() throws {
    guard all else {
      if room == nil { throw ValidationError("name a room, or pass --all") }
      return
    }
    if room != nil || copy != nil { throw ValidationError("--all writes all rooms: leave the room and --copy out") }
    if output.output == nil { throw ValidationError("name the new folder for --all with -o") }
    if format == .text { throw ValidationError("--all writes v1, v2 or json") }
  }

  func run() async throws {
    let replica = try options.replica()
    if all, let folder = output.output { return try await exportAll(of: replica, into: folder) }
    if format == .v1 || format == .v2 { try output.refuseTerminal() }
    try await output.write(bytes(of: replica.document(of: room ?? "", copy: copy)))
  }

  private func bytes(of document: Document) throws -> Data {
    switch format {
    case .v1: Data(document.encodeUpdate())
    case .v2: Data(document.encodeUpdate(format: .v2))
    case .json: Data("\(document.jsonString(pretty: true))\n".utf8)
    case .text: Data(try document.onlyText().string.utf8)
    }
  }

  /// Writes all rooms into a folder that is there under its name only when it is complete.
  private func exportAll(of replica: any Replica, into folder: String) async throws {
    let folder = URL(fileURLWithPath: folder).path
    let partial = "\(folder).partial-\(UUID().uuidString.prefix(8))"
    let names = try await replica.rooms(named: nil).map(\.name)
    let progress = Progress()
    defer {
      progress.end()
      try? FileManager.default.removeItem(atPath: partial)
    }
    var byteCount = 0
    do {
      try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: false)
      let files = RoomFile.files(of: names, as: ImportedDocument.Format(rawValue: format.rawValue) ?? .v1)
      for (index, file) in files.enumerated() {
        progress.note("writing room", index, of: files.count, file.room)
        let bytes = try await bytes(of: replica.document(of: file.room))
        byteCount += bytes.count
        let url = URL(fileURLWithPath: "\(partial)/\(file.path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url)
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(
        .unreachable, "cannot write \(partial) (\(error.localizedDescription)): name another folder with -o")
    }
    // Replaces nothing but an empty folder.
    guard rename(partial, folder) == 0 else {
      let why = String(cString: strerror(errno))
      throw Failure(.unreachable, "cannot write \(folder) (\(why)): name a folder with -o that is not there yet")
    }
    progress.end()
    Output.line("\(names.count) rooms, \(byteCount) bytes")
  }
}
