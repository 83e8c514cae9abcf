import ArgumentParser
import SyncNode

/// Lists what was put aside of a room.
struct Copies: AsyncParsableCommand, ColoringCommand, PagingCommand {
  /// What is told of one copy.
  private struct Line: Encodable {
    let number: Int64
    let bytes: Int
    let milliseconds: Int64
  }

  static let configuration = CommandConfiguration(
    abstract: "List the documents that were put aside when a room was recreated.",
    discussion: "Show one with `syncctl show ROOM --copy NUMBER`, or write it to a file with `syncctl export`.")

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Flag(help: "Print JSON: an array of objects, the oldest copy first.")
  var json = false

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func run() async throws {
    let lines = try await options.replica().copies(of: room).map {
      Line(number: $0.number, bytes: $0.update.count, milliseconds: $0.milliseconds)
    }
    if json { return try Output.json(lines) }
    let rows = lines.map { ["\($0.number)", "\($0.bytes)", Output.time($0.milliseconds)] }
    Output.table(["NUMBER", "BYTES", "ASIDE SINCE"], rows, numbers: [0, 1])
  }
}
