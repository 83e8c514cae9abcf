import ArgumentParser
import SyncNode

/// Lists what a store or a relay holds.
struct Rooms: AsyncParsableCommand, ColoringCommand, PagingCommand {
  /// What is told of a room: what is stored, and how a relay uses it.
  private struct Line: Encodable {
    private enum Key: String, CodingKey {
      case name, clients, peers, memoryBytes
    }

    let report: RoomReport

    func encode(to encoder: any Encoder) throws {
      try report.stored?.encode(to: encoder)
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(report.name, forKey: .name)
      try members.encodeIfPresent(report.usage?.clients, forKey: .clients)
      try members.encodeIfPresent(report.usage?.peers, forKey: .peers)
      try members.encodeIfPresent(report.usage?.memoryBytes, forKey: .memoryBytes)
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "List the rooms of a store or of a relay.",
    discussion: """
      BYTES are those of the document as it is stored, without its history. Of a relay, CLIENTS are those who have the \
      room open, a dash where it is not loaded.
      """)

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  @Flag(help: "Print JSON: an array of objects, in the order of their names.")
  var json = false

  func run() async throws {
    let rooms = try await options.replica().rooms(named: nil)
    if json {
      try Output.json(rooms.map { Line(report: $0) })
    } else {
      printTable(rooms)
    }
  }

  private func printTable(_ rooms: [RoomReport]) {
    let isLive = options.url != nil
    let rows = rooms.map { room in
      var row = [Output.printable(room.name), "-", "-", "-"]
      if let stored = room.stored {
        row[1...] = ["\(stored.updates)", "\(stored.bytes)", Output.time(stored.modifiedMilliseconds)]
      }
      if isLive { row.append(room.usage.map { "\($0.clients)" } ?? "-") }
      return row
    }
    Output.table(
      ["ROOM", "UPDATES", "BYTES", "MODIFIED"] + (isLive ? ["CLIENTS"] : []), rows, numbers: [1, 2, 4])
  }
}
